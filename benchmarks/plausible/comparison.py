"""The generated beside the known: row by row, in range or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.plausible.figures import Measured
from benchmarks.plausible.known import KNOWN, Known
from benchmarks.plausible.purchases import Figures


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, and the range that it should lie in."""

    name: str
    figure: float | None
    known: Known

    @property
    def is_in_range(self) -> bool | None:
        """Say whether it does; None of a figure that does not exist."""
        return None if self.figure is None else self.known.holds(self.figure)

    @property
    def shown(self) -> str:
        """Write the figure as people read it."""
        return "none" if self.figure is None else self.known.shown(self.figure)

    @property
    def verdict(self) -> str:
        """Say it in a word or two."""
        if self.figure is None:
            return "no figure"
        if self.is_in_range:
            return "in range"
        return "too low" if self.figure < self.known.low else "too high"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows, and the same figures of real data where there are some."""

    measured: Measured
    real: Mapping[str, Figures] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """Give a row for every range that is known."""
        return [Row(name, self.measured.figures[name], known) for name, known in KNOWN.items()]

    def named(self, name: str) -> Row:
        """Give one row."""
        return Row(name, self.measured.figures[name], KNOWN[name])

    @property
    def hits(self) -> int:
        """Count the figures that lie in their ranges."""
        return sum(row.is_in_range is True for row in self.rows)

    def as_fields(self) -> dict[str, Any]:
        """Give all of it for programs, by names that stay the same."""
        rows = self.rows
        return {
            "figures": {row.name: _fields(row) for row in rows},
            "in_range": self.hits,
            "of": len(rows),
            "missed": [row.name for row in rows if row.is_in_range is False],
            "without_figure": [row.name for row in rows if row.figure is None],
            "real": self.real or None,
        }


def _fields(row: Row) -> dict[str, Any]:
    return {
        "generated": row.figure,
        "low": row.known.low,
        "high": row.known.high,
        "in_range": row.is_in_range,
        "certainty": row.known.certainty,
        "sources": list(row.known.sources),
    }
