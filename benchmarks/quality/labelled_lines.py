"""Labelled bank lines, of a CSV or a JSON file, with columns found by their names."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.quality.line_classes import canonical
from benchmarks.quality.refusals import NoDataError

_TEXT = ("transaction_text", "rawDescription", "description", "descriptor", "text")
_CLASS = ("transaction_category", "expected.category", "category", "class", "label")
_SIGN = ("transaction_type", "amountSign", "direction", "sign")
_MCC = ("mcc", "mccHint")
_COMES_IN = frozenset({"credit", "in", "+", "income"})

Record = Mapping[str, Any]


class Line(NamedTuple):
    """A bank's text, whether the money came in, and what it was for."""

    text: str
    comes_in: bool
    mcc: str | None
    label: str


def read_lines(path: Path) -> list[Line]:
    """Read a file whose lines have at least a text and a class."""
    try:
        records = _json(path) if path.suffix == ".json" else _csv(path)
    except (ValueError, csv.Error) as error:
        raise NoDataError(f"{path.name} cannot be read: {error}") from error
    if not records:
        raise NoDataError(f"{path.name} has no lines")
    text, label = _column(records, _TEXT, path), _column(records, _CLASS, path)
    return [
        Line(
            str(_at(record, text)),
            str(_first(record, _SIGN)).casefold() in _COMES_IN,
            str(_first(record, _MCC)) or None,
            canonical(str(_at(record, label))),
        )
        for record in records
        if _at(record, text) and _at(record, label)
    ]


def _csv(path: Path) -> list[Record]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _json(path: Path) -> list[Record]:
    """Read a list of objects, or an object of which one field is such a list."""
    told = json.loads(path.read_text(encoding="utf-8-sig"))
    lists = [told] if isinstance(told, list) else [*told.values()] if isinstance(told, dict) else []
    found = [one for one in lists if isinstance(one, list) and one and isinstance(one[0], dict)]
    return [record for record in found[0] if isinstance(record, dict)] if found else []


def _column(records: Sequence[Record], names: Sequence[str], path: Path) -> str:
    found = [name for name in names if any(_at(record, name) for record in records)]
    if not found:
        raise NoDataError(f"{path.name} has none of the columns {', '.join(names)}")
    return found[0]


def _first(record: Record, names: Sequence[str]) -> Any:
    return next((found for name in names if (found := _at(record, name))), "")


def _at(record: Record, name: str) -> Any:
    """Give a field, or a field of a field."""
    head, _, rest = name.partition(".")
    inner = record.get(head)
    if not rest:
        return inner
    return inner.get(rest) if isinstance(inner, dict) else None
