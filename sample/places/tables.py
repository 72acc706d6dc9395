"""The tables that countries are made from: those in `sample/places/data`, written by hand."""

import csv
from importlib.resources import files


def rows(table: str) -> list[dict[str, str]]:
    """Read a table, each row by the names of its columns."""
    text = files("sample.places").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def parts(cell: str) -> tuple[str, ...]:
    """Give what stands in a cell between bars; an empty part is one, an empty cell has none."""
    return tuple(cell.split("|")) if cell else ()
