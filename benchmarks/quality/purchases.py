"""Labelled purchases of real cards, read in the order of their days."""

import csv
import lzma
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from benchmarks.quality.contender import Labelled, Row
from benchmarks.quality.refusals import NoDataError
from models.descriptor import read_descriptor

FILES = "transactions-*.csv.xz"
COLUMNS = ("trans_date", "card", "original_gross_amt", "merchant_name", "cac1_code", "cac1_desc")
_CATCH_ALL = "B1"


class Purchases(NamedTuple):
    """What was read: the labelled rows, and how many had no label or could not be read."""

    rows: list[Labelled]
    unlabelled: int
    unreadable: int


def read_purchases(folder: Path, label_of: Callable[[str], str]) -> Purchases:
    """Read every file of a folder; *label_of* makes a label of an expense type.

    Rows of one day keep the order in which the files tell them.
    """
    paths = sorted(folder.glob(FILES))
    if not paths:
        raise NoDataError(f"there is no {FILES} in {folder}")
    rows, unlabelled, unreadable = [], 0, 0
    for line in (line for path in paths for line in _lines(path)):
        expense_type = line["cac1_desc"].strip()
        if not expense_type or line["cac1_code"].strip() == _CATCH_ALL:
            unlabelled += 1
        elif (row := _row(line)) is None:
            unreadable += 1
        else:
            rows.append(Labelled(row, label_of(expense_type)))
    rows.sort(key=lambda labelled: labelled.row.day)
    return Purchases(rows, unlabelled, unreadable)


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as text:
        lines = csv.DictReader(text)
        if missing := [name for name in COLUMNS if name not in (lines.fieldnames or ())]:
            raise NoDataError(f"{path.name} has no column {', '.join(missing)}")
        yield from lines


def _row(line: dict[str, str]) -> Row | None:
    # Foreign sums as they were billed; at home the bill often stands empty.
    amount = line.get("billing_gross_amt") or line["original_gross_amt"]
    try:
        day = date.fromisoformat(line["trans_date"]).toordinal()
        amount_minor = -round(Decimal(amount) * 100)
    except (ValueError, OverflowError, InvalidOperation):
        return None
    text = line["merchant_name"]
    return Row(day, line["card"], read_descriptor(text).key, text, amount_minor)
