"""The commands of quality, on tiny made-up data: what they read, tell and refuse."""

import csv
import io
import json
import lzma
import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from benchmarks.quality.__main__ import main
from benchmarks.quality.groups import group_of
from benchmarks.quality.labelled_lines import Line, read_lines
from benchmarks.quality.line_classes import MERCHANT_STUDIO, US_BANK, canonical, scheme_of
from benchmarks.quality.purchases import read_purchases
from benchmarks.quality.refusals import NoDataError
from schemas.taxonomy import LEAVES, UNKNOWN

HEADER = [
    *("trans_date", "card", "original_gross_amt", "billing_gross_amt", "merchant_name"),
    *("mcc", "cac1_code", "cac1_desc", "directorate"),
]
CHANGES_ITS_MIND_ON = date(2004, 7, 1)
SHOPS = (
    ("hilltop fuel", "Vehicle Fuel"),
    ("hilltop fuel services", "Vehicle Fuel"),
    ("old mill grocers", "Purchases Food"),
    ("north books ltd", "Books"),
    ("quick print", "Stationery"),
)


def written(folder: Path, name: str, lines: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *lines])
    (folder / name).write_bytes(lzma.compress(text.getvalue().encode()))


def line(day: str, merchant: str, expense_type: str, **other: str) -> list[str]:
    told = {"trans_date": day, "card": "0001", "original_gross_amt": "1.00"} | {
        "merchant_name": merchant,
        "cac1_code": "K020",
        "cac1_desc": expense_type,
    }
    return [(told | other).get(name, "") for name in HEADER]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Two years of three cards, of which one calls a shop otherwise, and one does so later."""
    random = Random(7)  # noqa: S311  Nothing secret.
    lines: dict[int, list[list[str]]] = {2003: [], 2004: []}
    for number in range(730):
        on = date(2003, 1, 1) + timedelta(number)
        for _ in range(2):
            merchant, expense_type = random.choice(SHOPS)
            card = random.choice(["0001", "0002", "0003"])
            changed = CHANGES_ITS_MIND_ON if card == "0002" else date.min
            if card != "0001" and merchant == "quick print" and on >= changed:
                expense_type = "Books"
            amount = f"{random.uniform(1, 90):.2f}"
            own = line(on.isoformat(), merchant, expense_type, card=card, original_gross_amt=amount)
            lines[on.year].append(own)
    for year, rows in lines.items():
        written(tmp_path, f"transactions-{year}.csv.xz", rows)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


# Purchases.


def test_purchases_of_all_files_are_read_by_day_and_keep_their_order_within_one(
    tmp_path: Path,
) -> None:
    late, early = line("2003-02-01", "late", "Books"), line("2003-01-01", "early", "Books")
    written(tmp_path, "transactions-1.csv.xz", [late, early])
    written(tmp_path, "transactions-2.csv.xz", [line("2003-01-01", "again", "Vehicle Fuel")])
    read = read_purchases(tmp_path, group_of)

    assert [labelled.row.text for labelled in read.rows] == ["early", "again", "late"]
    assert [labelled.label for labelled in read.rows] == ["books_media", "fuel", "books_media"]
    assert date.fromordinal(read.rows[0].row.day) == date(2003, 1, 1)


def test_money_out_is_negative_and_foreign_sums_count_as_billed(tmp_path: Path) -> None:
    lines = [
        line("2003-01-01", "a", "Books", original_gross_amt="12.30"),
        line("2003-01-02", "b", "Books", original_gross_amt="20", billing_gross_amt="17.57"),
        line("2003-01-03", "c", "Books", original_gross_amt="-4.05"),
    ]
    written(tmp_path, "transactions-1.csv.xz", lines)

    read = read_purchases(tmp_path, str)
    assert [labelled.row.amount_minor for labelled in read.rows] == [-1_230, -1_757, 405]


def test_what_has_no_label_or_cannot_be_read_is_counted(tmp_path: Path) -> None:
    lines = [
        line("2003-01-01", "a", ""),
        line("2003-01-01", "a", "The City", cac1_code="B1"),
        line("yesterday", "a", "Books"),
        line("2003-01-01", "a", "Books", original_gross_amt="much"),
        line("2003-01-01", "a", "Books"),
    ]
    written(tmp_path, "transactions-1.csv.xz", lines)

    read = read_purchases(tmp_path, str)
    assert (len(read.rows), read.unlabelled, read.unreadable) == (1, 2, 2)


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "transactions-1.csv.xz").write_bytes(lzma.compress(b"trans_date,card\n"))

    with pytest.raises(NoDataError, match="has no column original_gross_amt"):
        read_purchases(tmp_path, str)


# The command about categories.


def test_the_command_prints_one_object_and_draws(town: Path) -> None:
    picture = town / "calibration.svg"
    options = ["--train-until", "2003-12-31", "--contenders", "merchant,forest"]
    done = run("categories", "--data", town, *options, "--json", "--picture", picture)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["trained_rows"], told["tested_rows"]) == (730, 730)
    assert (told["tested_from"], told["tested_until"]) == ("2004-01-01", "2004-12-30")
    every, forest = told["contenders"]["merchant"], told["contenders"]["forest"]
    assert every.keys() == {"all", "all_30_days", "random_10", "errors", "errors_30"}
    assert forest.keys() == {"all"}
    assert every["all"]["accuracy"] > 0.85  # Of one shop in five, half of the cards differ.
    assert forest["all"]["accuracy"] > 0.8
    assert every["all"]["corrections_followed"] < 1  # Users are unknown to it.
    assert sum(own["rows"] for own in told["details"]["all"]["labels"].values()) == 730
    ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314  Our own picture.


def test_the_command_prints_a_table_and_misses_floors_without_penstock(town: Path) -> None:
    options = ["--train-until", "2003-12-31", "--contenders", "merchant", "--policies", "all"]
    done = run("categories", "--data", town, *options, "--limit", "50", "--floors")

    assert done.exit_code == 1, done.output
    assert "hindsight_coverage_at_90" in done.stdout


def test_expense_types_can_be_told_apart_as_well_as_groups(town: Path) -> None:
    options = ["--train-until", "2003-12-31", "--contenders", "merchant", "--policies", "all"]
    done = run("categories", "--data", town, *options, "--labels", "types", "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["classes"] == len({expense_type for _, expense_type in SHOPS})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--contenders", "nobody"], "known: "),
        (["--policies", ""], "known: all"),
        (["--train-until", "1999-12-31"], "too few rows to train with"),
        (["--train-until", "2009-12-31"], "nothing to be tested with"),
        (["--until", "2003-06-30", "--train-until", "2003-12-31"], "nothing to be tested with"),
        (["--picture", "no/such/folder/picture.svg"], "nothing can be written into"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_refused(town: Path, options: list[str], says: str) -> None:
    done = run("categories", "--data", town, *options)

    assert done.exit_code == 2
    assert says in done.stderr
    assert not done.stdout


def test_absent_data_are_refused(tmp_path: Path) -> None:
    assert run("categories", "--data", tmp_path / "none").exit_code == 2
    done = run("categories", "--data", tmp_path)

    assert done.exit_code == 2
    assert "there is no transactions-*.csv.xz" in done.stderr


def test_penstock_stands_beside_its_frozen_twin_and_follows_corrections(town: Path) -> None:
    options = ["--train-until", "2003-12-31", "--contenders", "penstock,frozen"]
    done = run("categories", "--data", town, *options, "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["corrections_followed"] == 1
    assert told["accuracy"] >= 0.9
    assert told["frozen_accuracy"] is not None


DATA = os.environ.get("PENSTOCK_DATA", "")


@pytest.mark.skipif(not DATA, reason="PENSTOCK_DATA names no folder with purchase-cards")
def test_real_purchases_can_be_read() -> None:
    read = read_purchases(Path(DATA) / "purchase-cards", group_of)

    assert len(read.rows) > 100_000
    assert read.unreadable == 0


# The command about descriptors.


def test_lines_are_read_by_the_names_of_their_columns(tmp_path: Path) -> None:
    table, told = tmp_path / "lines.csv", tmp_path / "lines.json"
    table.write_text(
        "transaction_category,transaction_type,transaction_text\n"
        "Food & Drink / Groceries,Debit,POS OLD MILL GROCERS\n"
        "Income,Credit,PAYROLL\n"
        ",Debit,nobody knows\n",
        encoding="utf-8-sig",
    )
    lines = [{"rawDescription": "OLD MILL", "amountSign": "debit", "mccHint": "5411"}]
    lines[0] |= {"expected": {"category": "loans"}}  # type: ignore[dict-item]  # As files nest it.
    told.write_text(json.dumps({"version": "1", "descriptors": lines}), encoding="utf-8")

    assert read_lines(table) == [
        Line("POS OLD MILL GROCERS", False, None, "Food & Drink"),
        Line("PAYROLL", True, None, "Income"),
    ]
    assert read_lines(told) == [Line("OLD MILL", False, "5411", "financial")]


def test_every_leaf_of_ours_means_a_class_of_each_scheme() -> None:
    for scheme in (US_BANK, MERCHANT_STUDIO):
        without = [leaf_id for leaf_id in LEAVES if scheme.class_of(leaf_id) is None]

        assert without == [UNKNOWN.id]
        assert scheme.by_leaf.keys() <= LEAVES.keys()
        assert scheme_of(map(canonical, scheme.classes)) is scheme
    assert len(US_BANK.classes) == 12
    assert scheme_of(["Food & Drink", "groceries"]) is None


def test_the_command_asks_the_shipped_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(
        "text,class\nZZQX 0000,Travel\nSTARBUCKS STORE 12345 SEATTLE WA,Food & Drink\n"
        "SHELL OIL 57442 TULSA OK,Transportation\nNETFLIX.COM,Entertainment\n",
        encoding="utf-8",
    )
    done = run("descriptors", "--data", path, "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["lines"], told["classes"], told["largest_class"]) == (4, 4, 0.25)
    assert told["accuracy"] >= 0.5
    assert told["hit_share"] * told["precision"] == pytest.approx(told["accuracy"], abs=0.001)
    assert sum(own["lines"] for own in told["by_agreement"].values()) == told["hit_share"] * 4


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("lines.csv", "", "has no lines"),
        ("lines.csv", "text,colour\na,blue\n", "none of the columns transaction_category"),
        ("lines.csv", "text,class\na,Blue\n", "classes that no table of ours knows"),
        ("lines.json", "{", "lines.json cannot be read"),
    ],
)
def test_lines_that_say_nothing_are_refused(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    done = run("descriptors", "--data", path)

    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
