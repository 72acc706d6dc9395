"""The command about anomalies, on tiny made-up data: what it reads, tells and refuses."""

import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner, Result

from benchmarks.quality.__main__ import main
from benchmarks.quality.anomalies.card_events import confirmed, imported
from benchmarks.quality.anomalies.contest import Outcome, outcome_of
from benchmarks.quality.anomalies.course import course_of
from benchmarks.quality.anomalies.entries import ENTRIES, FOREST, OWN, OWN_TAUGHT
from benchmarks.quality.anomalies.figures import figures_of, own_figures
from benchmarks.quality.anomalies.floors import ANOMALIES
from benchmarks.quality.anomalies.payments import (
    COLUMNS,
    Payment,
    read_payments,
)
from benchmarks.quality.anomalies.picture import drawn
from benchmarks.quality.anomalies.walk import Run
from benchmarks.quality.columns import verdicts
from benchmarks.quality.refusals import NoDataError, UnreadableError
from benchmarks.quality.watching import watched
from schemas.feedback import AboutFraud
from tests.benchmarks.card_stream import line, line_of, paid, stream, written

DESIGNED = {
    *("ap", "ap_feedback", "ap_isolation_forest", "ap_half_space_trees", "first_of_episode"),
    *("recall_at_budget", "alerts_per_user_30d", "us_per_transaction", "state_bytes"),
}
QUICK = ("--contenders", "gaussian,half_space_trees")


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards")
    return written(folder / "cards.csv.xz", map(line_of, stream(users=14)))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["anomalies", *map(str, arguments)])


# Reading.


def test_a_payment_is_read_as_it_stands(tmp_path: Path) -> None:
    read = read_payments(written(tmp_path / "cards.csv", [line(is_fraud="1")]))
    at = datetime(2019, 1, 1, 0, 2, 20, tzinfo=UTC)

    payment = Payment(2, int(at.timestamp()), "4001", "grocery", "Corner Shop", -1_230)
    assert read == [(payment, True)]


def test_amounts_keep_their_cents_and_refunds_come_in(tmp_path: Path) -> None:
    lines = [line(amt=amount) for amount in ("0.29", "1147.83", "-4.05", "7")]
    read = read_payments(written(tmp_path / "cards.csv", lines))

    assert [row.payment.amount_minor for row in read] == [-29, -114_783, 405, -700]


def test_an_instant_with_a_zone_is_that_instant(tmp_path: Path) -> None:
    instants = ("2019-01-01 02:00:00+02:00", "2019-01-01 00:00:00", "2018-12-31T19:00:00-05:00")
    lines = [line(trans_date_trans_time=instant) for instant in instants]
    read = read_payments(written(tmp_path / "cards.csv", lines))

    assert len({row.payment.at_s for row in read}) == 1


def test_payments_come_by_their_instants_and_equal_ones_by_their_lines(tmp_path: Path) -> None:
    instants = ["2019-01-02 00:00:00", "2019-01-01 00:00:00", "2019-01-01 00:00:00"]
    lines = [line(trans_date_trans_time=instant) for instant in instants]
    read = read_payments(written(tmp_path / "cards.csv", lines))

    assert [row.payment.number for row in read] == [3, 4, 2]


def test_it_does_not_matter_how_a_file_is_packed(tmp_path: Path) -> None:
    lines = [line_of(row) for row in stream(users=1, days=90)]
    packed = [written(tmp_path / f"cards.csv{suffix}", lines) for suffix in ("", ".gz", ".xz")]

    plain, *others = map(read_payments, packed)
    assert others == [plain, plain]


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    rows = stream(users=2, days=90)
    read = read_payments(written(tmp_path / "cards.csv", map(line_of, rows)))

    assert [row.is_fraud for row in read] == [row.is_fraud for row in rows]
    assert [row.payment[2:] for row in read] == [row.payment[2:] for row in rows]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_file_without_a_column_is_refused(tmp_path: Path, column: str) -> None:
    path = written(tmp_path / "cards.csv", [line()], without=column)

    with pytest.raises(NoDataError, match=f"cards.csv has no column {column}"):
        read_payments(path)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("trans_date_trans_time", "yesterday"),
        ("trans_date_trans_time", ""),
        ("cc_num", " "),
        ("category", ""),
        ("merchant", ""),
        ("amt", "much"),
        ("amt", "NaN"),
        ("amt", "Infinity"),
        ("is_fraud", "2"),
        ("is_fraud", "yes"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, column: str, value: str
) -> None:
    path = written(tmp_path / "cards.csv", [line(), line(**{column: value}), line()])

    with pytest.raises(UnreadableError, match=f"cards.csv, line 3: {column} cannot be '{value}'"):
        read_payments(path)


@pytest.mark.parametrize("name", ["cards.csv", "cards.csv.gz", "cards.csv.xz"])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00 no table")

    with pytest.raises(NoDataError, match="cannot be read"):
        read_payments(tmp_path / name)


def test_a_table_without_payments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="has no payments"):
        read_payments(written(tmp_path / "cards.csv", []))


# Telling.


def test_the_command_prints_one_object_and_draws(cards: Path, tmp_path: Path) -> None:
    picture = tmp_path / "precision.svg"
    options = ["--contenders", "isolation_forest,gaussian", "--users", "all"]
    done = run("--data", cards, *options, "--json", "--picture", picture)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.keys() >= DESIGNED
    assert (told["users"], told["measured_users"]) == ("all", 14)
    assert told["payments"] == 14 * 150 + told["measured_frauds"]
    assert (told["measured_frauds"], told["measured_episodes"]) == (14 * 4, 14)
    forest, gaussian = (told["contenders"][name] for name in ("isolation_forest", "gaussian"))
    assert forest.keys() == gaussian.keys()
    assert told["ap_isolation_forest"] == forest["ap"] > 3 * told["base_rate"]
    assert forest["base_rate"] == gaussian["base_rate"] == told["base_rate"]
    assert forest["ap_low"] < forest["ap"]
    assert forest["alerts_per_user_30d"] > 1  # A tenth of what is paid, once a day.
    assert gaussian["alerts_per_user_30d"] is None
    assert told["ap_half_space_trees"] is None
    ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314  Our own picture.


def test_figures_are_the_same_in_every_run(cards: Path) -> None:
    def told() -> dict[str, float]:
        done = run("--data", cards, *QUICK, "--json")
        figures = json.loads(done.stdout.splitlines()[-1])["contenders"]["half_space_trees"]
        return {name: figure for name, figure in figures.items() if not name.startswith("us_")}

    assert told() == told()


def test_whose_payments_are_measured_can_be_chosen(cards: Path) -> None:
    def users(whose: str) -> int:
        done = run("--data", cards, *QUICK, "--json", "--users", whose)
        return int(json.loads(done.stdout.splitlines()[-1])["measured_users"])

    assert users("dev") + users("test") == users("all") == 14


def test_the_command_prints_a_table_and_misses_floors_without_penstock(cards: Path) -> None:
    done = run("--data", cards, *QUICK, "--floors")

    assert done.exit_code == 1, done.output
    assert "first_of_episode" in done.stdout
    assert "half_space_trees" in done.stdout


def test_each_floor_tells_whether_it_is_reached() -> None:
    figures = {floor.figure: floor.bound for floor in ANOMALIES} | {"alerts_per_user_30d": 1.2}
    told = verdicts({**figures, "ap": 0.519}, ANOMALIES)

    assert "ap: 0.519 (at least 0.52: missed)" in told
    assert "alerts_per_user_30d: 1.2 (at least 0.9: reached)" in told
    assert "alerts_per_user_30d: 1.2 (at most 1.15: missed)" in told
    assert sum("missed" in verdict for verdict in told) == 2


def test_the_picture_stays_within_its_frame_and_names_everybody() -> None:
    course = course_of(stream(users=6), "all")
    names = ("isolation_forest", "half_space_trees")
    outcomes = [outcome_of(name, ENTRIES[name], course, watched) for name in names]
    picture = drawn(outcomes, course, "a <small> town")

    root = ET.fromstring(picture)  # noqa: S314  Our own picture.
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    for mark in root.iter():
        points = [point.split(",") for point in mark.get("points", "").split()]
        across = [mark.get("x", 0), mark.get("cx", 0), *(point[0] for point in points)]
        down = [mark.get("y", 0), mark.get("cy", 0), *(point[1] for point in points)]
        assert all(0 <= float(place) <= width for place in across), ET.tostring(mark)
        assert all(0 <= float(place) <= height for place in down), ET.tostring(mark)
    assert [name for name in names if name.replace("_", " ") not in picture] == []
    assert picture.count("<circle") == 1  # Half-space trees do not decide by themselves.


def test_what_lies_beyond_the_picture_stands_at_its_edge() -> None:
    course = course_of(sorted(stream(users=6) * 4, key=lambda row: row.payment.at_s), "all")
    count = len(course.rows)
    eager = Run(np.zeros(count), np.zeros(count), np.ones(count, dtype=np.bool_))
    picture = drawn([Outcome("eager", eager, decides=True, state_bytes=0)], course, "eager")

    (dot,) = re.findall(r'<circle cx="([0-9.]+)"', picture)
    (frame,) = {x for x in re.findall(r'x2="([0-9.]+)"', picture) if float(x) >= float(dot)}
    assert dot == frame


# Figures.


def test_the_list_goes_by_episodes_and_the_first_row_by_surprise() -> None:
    course = course_of(stream(users=6), "all")
    frauds = np.array([row.is_fraud for row in course.rows], dtype=np.float64)
    nowhere = np.zeros(len(frauds), dtype=np.bool_)

    listed = Outcome("listed", Run(-frauds, frauds, nowhere), decides=False, state_bytes=0)
    told = figures_of(listed, course)
    assert (told["ap"], told["recall_at_budget"], told["any_of_episode"]) == (
        1,
        0.7083,
        0,
    )  # 17 of 24.
    alert = Outcome("alert", Run(frauds, -frauds, nowhere), decides=True, state_bytes=0)
    told = figures_of(alert, course)
    assert (told["recall_at_budget"], told["alerts_per_user_30d"]) == (0, 0)
    assert told["any_of_episode"] > 0.9
    assert told["alert_precision"] is None


def test_own_figures_are_held_against_the_way_of_the_guides() -> None:
    told = {OWN: {"ap": 0.6, "state_bytes": 900}, OWN_TAUGHT: {"ap": 0.7}, FOREST: {"ap": 0.15}}
    own = own_figures(told)

    assert (own["ap"], own["ap_feedback"], own["ap_isolation_forest"]) == (0.6, 0.7, 0.15)
    assert own["times_isolation_forest"] == 4
    assert own["ap_half_space_trees"] is None
    assert own_figures({**told, FOREST: {"ap": 0.0}})["times_isolation_forest"] is None


# What Penstock is told.


def test_a_payment_is_told_as_a_bank_does_and_confirmed_under_the_same_id() -> None:
    payment = paid(3.5, amount_minor=-1_250, number=7).payment._replace(category="home")
    told, said = imported(payment), confirmed(payment)

    assert (told.amount_minor, told.description) == (-1_250, "shop")
    assert (told.booked_on, told.occurred_at) == (
        date(1970, 1, 4),
        datetime(1970, 1, 4, 12, tzinfo=UTC),
    )
    assert isinstance(said.about, AboutFraud)
    assert (said.user_id, said.about.account_id) == (told.user_id, told.account_id)
    assert said.about.transaction_id == told.transaction_id
    assert imported(payment._replace(category="moon dust")).mcc is None


# Refusing.


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--contenders", "nobody"], "nobody; known: "),
        (["--contenders", ""], "nothing; known: "),
        (["--users", "some"], "is not one of"),
        (["--picture", "no/such/folder/picture.svg"], "nothing can be written into"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_refused(cards: Path, options: list[str], says: str) -> None:
    done = run("--data", cards, *options)

    assert done.exit_code == 2
    assert says in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "has no payments"),
        ([line(), line(amt="")], "line 3: amt cannot be ''"),
        ([line_of(row._replace(is_fraud=False)) for row in stream()], "is a fraud"),
        ([line_of(row) for row in stream(users=3)], "at least 5 are needed"),
    ],
    ids=["empty", "unreadable", "no fraud", "few users"],
)
def test_data_that_give_no_figure_are_refused(
    tmp_path: Path, lines: list[dict[str, str]], says: str
) -> None:
    done = run("--data", written(tmp_path / "cards.csv", lines), "--users", "all", "--json")

    assert done.exit_code == 2
    assert says in done.stderr
    assert not done.stdout


DATA = os.environ.get("PENSTOCK_DATA", "")


@pytest.mark.skipif(not DATA, reason="PENSTOCK_DATA names no folder with card-stream")
def test_the_whole_stream_can_be_read() -> None:
    rows = read_payments(Path(DATA) / "card-stream" / "transactions.csv.xz")

    assert len(rows) > 100_000
    assert 0 < sum(row.is_fraud for row in rows) < 1_000
