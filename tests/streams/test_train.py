"""`penstock train`: labels from files and from the journal, and what is written of them."""

import asyncio
import csv
import gzip
import io
import json
import lzma
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from models.artifact import Artifact
from models.training.examples import Example
from schemas.event import Event
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.journal import UserErased
from schemas.preferences import OwnCategory, Preferences, SettingsChanged
from schemas.topics import ENRICHED, FEEDBACK, TRANSACTIONS
from schemas.topics import JOURNAL as WRITTEN
from schemas.transactions import TransactionImported
from streams.errors import MendableError
from streams.labelled.csv_file import LabelledFileError, gather_file
from streams.labelled.gathered import Gathered
from streams.labelled.journal import gather_journal
from streams.log import KafkaLog
from streams.names import Names
from streams.protocols import Partition
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain, Read
from tests.models.test_training import TOWN
from tests.processors.household import CURRENT, NAME, paid
from tests.streams.test_cli import run
from tests.streams.written_log import JOURNAL, WrittenLog, journal_of

COLUMNS = ("date", "user", "text", "amount_minor", "label")
ROW = ("2025-03-14", "u-1", "CARD 4411 CORNER GROCER", "-1299", "food.groceries")


def csv_text(rows: Iterable[Sequence[object]], columns: Sequence[str] = COLUMNS) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue()


def town_text() -> str:
    return csv_text(
        (date.fromordinal(own.day), own.user, own.text, own.amount_minor, own.label) for own in TOWN
    )


def said(error: pytest.ExceptionInfo[BaseException]) -> str:
    return str(error.value)


# Files.


def test_a_row_of_a_file_is_an_example(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(csv_text([ROW]), encoding="utf-8")
    (own,) = gather_file(file).examples

    assert (own.day, own.user, own.amount_minor, own.label) == (
        date(2025, 3, 14).toordinal(), "u-1", -1_299, "food.groceries",
    )  # fmt: skip
    assert "corner grocer" in own.key


def test_a_merchant_that_a_provider_cleaned_goes_before_the_text(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    columns = (*COLUMNS, "merchant")
    file.write_text(csv_text([(*ROW, "Tea House"), (*ROW, "")], columns), encoding="utf-8")
    cleaned, own = gather_file(file).examples

    assert cleaned.key == "tea house"
    assert "corner grocer" in own.key


def test_files_may_be_packed_and_begin_with_a_mark(tmp_path: Path) -> None:
    data = ("\ufeff" + csv_text([ROW])).encode()
    for name, packed in (
        ("a.csv", data),
        ("a.csv.gz", gzip.compress(data)),
        ("a.csv.xz", lzma.compress(data)),
    ):
        (tmp_path / name).write_bytes(packed)
        assert len(gather_file(tmp_path / name).examples) == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "missing_column: {file} has no column date"),
        (b"date,user,text,label\n", "missing_column: {file} has no column amount_minor"),
        (csv_text([]).encode(), "no_rows: {file}"),
        (b"\xff\xfe\0", "not_utf8: {file}"),
        (csv_text([ROW]).encode() + b'2025-01-01,"u', "not_csv: {file}"),
        (
            csv_text([ROW, ("14.03.2025", *ROW[1:])]).encode(),
            "bad_date: {file}, line 3: '14.03.2025' is no date",
        ),
        (
            csv_text([(*ROW[:3], "12.99", ROW[4])]).encode(),
            "bad_amount: {file}, line 2: '12.99' is no whole number of minor units",
        ),
        (csv_text([(*ROW[:3], "9" * 19, ROW[4])]).encode(), "bad_amount: {file}, line 2"),
        (csv_text([(*ROW[:4], " ")]).encode(), "missing_field: {file}, line 2: label is empty"),
        (b"date,user,text,amount_minor,label\n2025-01-01\n", "bad_amount: {file}, line 2"),
        (
            csv_text([(*ROW[:2], "x" * 10_001, *ROW[3:])]).encode(),
            "too_long: {file}, line 2: text has more than 10,000 signs",
        ),
    ],
    ids=lambda own: own[:24] if isinstance(own, str) else "",
)
def test_the_first_fault_of_a_file_is_named_with_its_line(
    tmp_path: Path, data: bytes, why: str
) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes(data)

    with pytest.raises(LabelledFileError) as error:
        gather_file(file)
    assert said(error).startswith(why.format(file=file))


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_packed_file_that_is_damaged_is_told(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"labels.csv{suffix}"
    file.write_bytes(b"no archive at all")

    with pytest.raises(LabelledFileError, match="unreadable_file"):
        gather_file(file)


@pytest.mark.parametrize("text", ["", "🍕", "مطعم النور", "\x1b[2J\x07", "x" * 10_000])
def test_any_text_may_be_labelled(tmp_path: Path, text: str) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(csv_text([(*ROW[:2], text, *ROW[3:])]), encoding="utf-8")

    assert len(gather_file(file).examples) == 1


# The journal.


def label(
    transaction_id: str, category: str | None, verdict: str = "set", revision: int = 1
) -> FeedbackGiven:
    about = {"kind": "category", "verdict": verdict, "account_id": CURRENT, "category": category}
    return FeedbackGiven(
        feedback_id=f"f-{transaction_id}-{revision}", user_id=NAME, revision=revision,
        about=AboutCategory.model_validate({**about, "transaction_id": transaction_id}),
    )  # fmt: skip


def gathered(events: Sequence[Event], partitions: int = 1) -> Gathered:
    log = WrittenLog({Partition(JOURNAL, 0): journal_of(events)})
    return asyncio.run(gather_journal(log, Names(""), partitions, lambda _heard, _until: None))


def labels(found: Gathered) -> list[str]:
    return [own.label for own in found.examples]


MARCH_1 = date(2025, 3, 1)
GROCER = "CARD 4411 CORNER GROCER"


def payment(name: str, day: int = 0, **fields: object) -> TransactionImported:
    usual = {"description": GROCER, **fields}
    return paid(1_299, MARCH_1 + timedelta(days=day), name, **usual)


def test_a_label_is_joined_with_what_it_names() -> None:
    (own,) = gathered([payment("t-1"), payment("t-2"), label("t-1", "food.groceries")]).examples

    assert own == Example(
        MARCH_1.toordinal(), NAME, "corner grocer", own.text, -1_299, "food.groceries"
    )


def test_the_newest_label_of_a_transaction_counts_and_not_the_last_that_came() -> None:
    events = [
        payment("t-1"),
        label("t-1", "dining.coffee", revision=2),
        label("t-1", "food.groceries", revision=3),
        label("t-1", "travel.lodging", revision=1),
    ]

    assert labels(gathered(events)) == ["food.groceries"]


def test_a_label_may_come_before_the_version_that_counts() -> None:
    events = [
        payment("t-1", revision=2, description="TEA HOUSE"),
        label("t-1", "dining.coffee"),
        payment("t-1", revision=1, description="old"),
    ]

    assert [own.key for own in gathered(events).examples] == ["tea house"]


def test_what_was_accepted_is_what_the_fold_had_filed() -> None:
    events = [
        payment("t-1"),
        label("t-1", "dining.bar"),
        payment("t-2", 1),
        payment("t-3", 2),
        label("t-2", None, "accepted"),
        label("t-1", "food.groceries", revision=2),
        label("t-3", None, "accepted"),
    ]

    # t-3 was filed before the last correction, and only t-1 itself is filed anew.
    assert labels(gathered(events)) == ["dining.bar", "food.groceries", "dining.bar"]


@pytest.mark.parametrize("verdict", ["rejected", "withdrawn"])
def test_what_was_taken_back_is_no_label(verdict: str) -> None:
    events = [
        payment("t-1"),
        payment("t-2"),
        label("t-1", "dining.coffee"),
        label("t-2", "dining.coffee"),
        label("t-1", None, verdict, 2),
    ]
    found = gathered(events)

    assert labels(found) == ["dining.coffee"]
    assert found.passed_over == {"names_no_category": 1}


def test_labels_that_teach_nothing_about_others_are_counted_by_their_reason() -> None:
    boat = OwnCategory(category="own:boat", name="Boat", parent="travel")
    events = [
        SettingsChanged(
            change_id="c", user_id=NAME, revision=1, preferences=Preferences(categories=(boat,))
        ),
        *(payment(f"t-{number}") for number in range(3)),
        payment("t-3", kind="transfer"),
        payment("t-4", counterparty_account="somebody"),
        payment("t-5", status="removed"),
        payment("t-7", description="TRANSFER TO JANE EXAMPLE"),
        label("t-0", "dining.coffee"),
        label("t-1", "own:boat"),
        label("t-2", "unknown.unknown"),
        *(label(f"t-{number}", "dining.coffee") for number in (3, 4, 5, 6, 7)),
    ]
    found = gathered(events)

    assert labels(found) == ["dining.coffee"]
    assert found.passed_over == {
        "own_category": 1, "names_no_category": 1, "between_people": 3, "no_transaction": 2,
    }  # fmt: skip


def test_of_who_was_erased_nothing_is_learned() -> None:
    erased = UserErased(user_id=NAME, request_id="r-1")
    before = [payment("t-1"), label("t-1", "dining.coffee")]
    after = [payment("t-2"), label("t-2", "food.groceries")]

    assert labels(gathered([*before, erased, *after])) == ["food.groceries"]
    with pytest.raises(MendableError, match="no_labels"):
        gathered([*before, erased])


def test_a_journal_without_labels_says_what_to_do() -> None:
    with pytest.raises(MendableError, match=r"no_labels: .* --from FILE.csv"):
        gathered([payment("t-1")], partitions=3)


def test_a_journal_that_nobody_has_folded_is_not_read() -> None:
    log = WrittenLog(is_committed=False)
    with pytest.raises(MendableError, match="no offset is committed"):
        asyncio.run(gather_journal(log, Names(""), 1, lambda _heard, _until: None))


# The command.


def test_the_command_writes_an_artifact_and_its_card(tmp_path: Path) -> None:
    file, out, card = (tmp_path / name for name in ("town.csv", "out.bin", "card.md"))
    file.write_text(town_text(), encoding="utf-8")
    arguments = ["train", "categories", "--from", str(file), "--out", str(out)]
    shown = run([*arguments, "--card", str(card), "--version", "mine"])
    told = json.loads(run([*arguments, "--version", "mine", "--json"]).stdout)
    made = Artifact.from_bytes(out.read_bytes())

    assert shown.exit_code == 0, shown.output
    assert f"penstock models publish {out}" in shown.stdout
    assert f"sha256 {made.sha256}" in shown.stdout
    assert (told["sha256"], told["bytes"]) == (made.sha256, len(out.read_bytes()))
    assert (told["model"], told["version"]) == ("categories", "mine")
    assert told["out_of_time"]["overall"]["accuracy"] == 1.0
    assert card.read_text(encoding="utf-8").startswith("# categories mine\n")


def test_strictness_refuses_data_with_warnings_and_writes_nothing(tmp_path: Path) -> None:
    file, out = tmp_path / "town.csv", tmp_path / "out.bin"
    file.write_text(town_text() + "2099-01-01,u,x,-1,rare.one\n", encoding="utf-8")
    result = run(["train", "categories", "--from", str(file), "--out", str(out), "--strict"])

    assert result.exit_code == 1
    assert "data_warnings: nothing was trained" in result.stderr
    assert "future_dates: 1 rows lie in the future, the last on 2099-01-01" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (csv_text([ROW]), "cannot_learn: all rows are labelled food.groceries"),
        (csv_text([ROW, (*ROW[:4], "dining.bar")]), "cannot_learn: there are only 2 examples"),
        (csv_text([("never", *ROW[1:])]), "bad_date"),
    ],
)
def test_what_cannot_be_learned_from_is_told_in_one_line(
    tmp_path: Path, text: str, code: str
) -> None:
    file = tmp_path / "few.csv"
    file.write_text(text, encoding="utf-8")
    result = run(["train", "categories", "--from", str(file), "--out", str(tmp_path / "out.bin")])

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert code in result.stderr
    assert result.stderr.count("\n") == 1


def test_wrong_usage_ends_with_two(tmp_path: Path) -> None:
    out = str(tmp_path / "out.bin")
    for arguments in (
        ["--from", "nowhere.csv", "--out", out],
        ["--out", out],
        ["--from", "journal"],
        ["--from", "journal", "--out", out, "--version", " "],
    ):
        assert run(["train", "categories", *arguments]).exit_code == 2


def test_where_it_cannot_write_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "town.csv"
    file.write_text(town_text(), encoding="utf-8")
    out = tmp_path / "not there" / "out.bin"
    result = run(["train", "categories", "--from", str(file), "--out", str(out)])

    assert result.exit_code == 1
    assert "cannot_write" in result.stderr


def test_labels_are_learned_from_a_real_journal(stack: Stack, tmp_path: Path) -> None:
    chain, out = Chain(stack, tmp_path), tmp_path / "out.bin"
    for number, own in enumerate(TOWN):
        name = {"user_id": own.user, "transaction_id": f"t-{number}", "account_id": "a-1"}
        on = date.fromordinal(own.day).isoformat()
        payment = {**name, "booked_on": on, "description": own.text, "amount_minor": -500}
        chain.publish_json(TRANSACTIONS, {**PAYMENT, **payment})
    chain.flush()
    with running_worker(chain.settings), chain.reader(ENRICHED, WRITTEN) as reader:
        reader.until(lambda records: sum("enriched" in own.topic for own in records) >= len(TOWN))
        for number, own in enumerate(TOWN):
            about = {"kind": "category", "verdict": "set", "category": own.label}
            about |= {"transaction_id": f"t-{number}", "account_id": "a-1"}
            answer = {"feedback_id": f"f-{number}", "user_id": own.user, "revision": 1}
            chain.publish_json(FEEDBACK, {**answer, "about": about})
        chain.flush()
        heard = reader.until(lambda records: sum(map(is_feedback, records)) >= len(TOWN))
        asyncio.run(folded(chain, [own for own in heard if is_feedback(own)]))
    result = run(["train", "categories", "--from", "journal", "--out", str(out), "--json"], chain)

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["data"]["examples"] == len(TOWN)
    assert told["out_of_time"]["overall"]["accuracy"] == 1.0
    assert Artifact.from_bytes(out.read_bytes()).sha256 == told["sha256"]


def is_feedback(own: Read) -> bool:
    return own.headers.get("ce_type") == FeedbackGiven.ce_type.encode()


async def folded(chain: Chain, entries: Sequence[Read]) -> None:
    """Wait until the worker has committed what lies behind all of some entries."""
    log, deadline = KafkaLog(chain.settings.kafka, chain.settings.group), time.monotonic() + 60
    try:
        for own in entries:
            place = Partition(own.topic, own.partition)
            while (await log.committed(place) or 0) <= own.offset:
                assert time.monotonic() < deadline, f"{place} stays behind {own.offset}"
                await asyncio.sleep(0.05)
    finally:
        await log.close()
