"""Labelled transactions from a CSV file; the first row that cannot be read is named."""

import csv
import gzip
import lzma
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import IO

from streams.errors import MendableError
from streams.labelled.gathered import Gathered

COLUMNS = ("date", "user", "text", "amount_minor", "label")
MERCHANT = "merchant"
"""The column that may be there besides: the merchant's name, where a provider cleaned it."""
_TEXT_LENGTH_MAX = 10_000
_WHOLE = re.compile(r"[+-]?\d{1,18}")


class LabelledFileError(MendableError):
    """The file cannot be read: a code, a colon, and a sentence that names the row."""


def gather_file(path: Path) -> Gathered:
    """Read a whole file, which may be packed by gzip or xz."""
    gathered = Gathered()
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file, strict=True)
            _require_columns(path, reader.fieldnames or ())
            for row in _numbered(path, reader):
                _take(gathered, *row)
    except UnicodeDecodeError:
        raise LabelledFileError(f"not_utf8: {path} is not text in UTF-8") from None
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise LabelledFileError(f"unreadable_file: {path}: {error}") from None
    except csv.Error as error:
        raise LabelledFileError(f"not_csv: {path}: {error}") from None
    if not gathered.examples:
        raise LabelledFileError(f"no_rows: {path} has no row below its heading")
    return gathered


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _require_columns(path: Path, found: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise LabelledFileError(
            f"missing_column: {path} has no column {missing[0]}; "
            f"needed are {', '.join(COLUMNS)}, and {MERCHANT} may be there besides"
        )


def _numbered(
    path: Path, reader: "csv.DictReader[str]"
) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    for row in reader:
        yield f"{path}, line {reader.line_num}", row


def _take(gathered: Gathered, where: str, row: Mapping[str, str | None]) -> None:
    cells = {name: (row.get(name) or "") for name in (*COLUMNS, MERCHANT)}
    day, amount_minor = _day(where, cells["date"]), _amount(where, cells["amount_minor"])
    for name in ("user", "label"):
        if not cells[name].strip():
            raise LabelledFileError(f"missing_field: {where}: {name} is empty")
    if len(cells["text"]) > _TEXT_LENGTH_MAX:
        raise LabelledFileError(f"too_long: {where}: text has more than {_TEXT_LENGTH_MAX:,} signs")
    text = cells[MERCHANT].strip() or cells["text"]
    gathered.add(day, cells["user"], text, amount_minor, cells["label"].strip())


def _day(where: str, written: str) -> date:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise LabelledFileError(
            f"bad_date: {where}: {written!r} is no date; write it as in 2026-02-28"
        ) from None


def _amount(where: str, written: str) -> int:
    if _WHOLE.fullmatch(written.strip()) is None:
        raise LabelledFileError(
            f"bad_amount: {where}: {written!r} is no whole number of minor units; "
            "write 12.50 paid as -1250"
        )
    return int(written)
