"""Card payments and whether they were frauds, read in the order of their instants."""

import csv
import gzip
import lzma
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from benchmarks.quality.refusals import NoDataError, UnreadableError

COLUMNS = ("trans_date_trans_time", "cc_num", "merchant", "category", "amt", "is_fraud")
DAY_S = 86_400

_Told = TypeVar("_Told")

_TRUTHS = {"0": False, "1": True}
_BROKEN = (OSError, EOFError, UnicodeDecodeError, csv.Error, lzma.LZMAError)


class Payment(NamedTuple):
    """A payment as it is told: everything but its truth."""

    number: int
    """Its line in the file; names it, and tells nothing else."""
    at_s: int
    """Seconds since 1970; instants without a zone are read as UTC."""
    user: str
    category: str
    merchant: str
    amount_minor: int
    """Negative when money goes out."""

    @property
    def day(self) -> int:
        """The number of its day, counted from 1970."""
        return self.at_s // DAY_S


class Labelled(NamedTuple):
    """A payment, and whether it was a fraud."""

    payment: Payment
    is_fraud: bool


def read_payments(path: Path) -> list[Labelled]:
    """Read a table by its suffix; payments of one instant keep the order of the file."""
    rows: list[Labelled] = []
    try:
        with _opened(path) as text:
            rows.extend(_rows(text, path.name))
    except _BROKEN as error:
        raise NoDataError(f"{path.name} cannot be read: {error}") from error
    if not rows:
        raise NoDataError(f"{path.name} has no payments")
    rows.sort(key=lambda labelled: labelled.payment.at_s)
    return rows


def _opened(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8", newline="")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _rows(text: TextIO, name: str) -> Iterator[Labelled]:
    lines = csv.DictReader(text)
    if missing := [column for column in COLUMNS if column not in (lines.fieldnames or ())]:
        raise NoDataError(f"{name} has no column {', '.join(missing)}")
    for line in lines:
        yield _row(line, f"{name}, line {lines.line_num}", lines.line_num)


def _row(line: Mapping[str, str | None], place: str, number: int) -> Labelled:
    def told(column: str, read: Callable[[str], _Told]) -> _Told:
        text = line[column] or ""
        try:
            return read(text)
        except (ValueError, KeyError, OverflowError, InvalidOperation):
            raise UnreadableError(f"{place}: {column} cannot be {text!r}") from None

    payment = Payment(
        number,
        told("trans_date_trans_time", _instant_s),
        told("cc_num", _word),
        told("category", _word),
        told("merchant", _word),
        -told("amt", _minor),  # The file counts what was spent.
    )
    return Labelled(payment, told("is_fraud", _TRUTHS.__getitem__))


def _instant_s(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


def _minor(text: str) -> int:
    return round(Decimal(text) * 100)
