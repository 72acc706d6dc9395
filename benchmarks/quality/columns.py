"""Figures for people: a column for each walk, and beside each floor whether it is reached."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.quality.floors import Floor
from benchmarks.reporting import Figures, flat

_WIDTH_MIN = 140


def console_of_figures() -> Console:
    """Give a console wide enough for all columns, even where nobody looks."""
    return Console(width=max(_WIDTH_MIN, Console().width))


def table_of(title: str, columns: Mapping[str, Figures]) -> Table:
    """Set figures of the same names side by side, each column under its heading."""
    table = Table("figure", title=title)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    told = [dict(flat(figures)) for figures in columns.values()]
    for figure in told[0] if told else ():
        table.add_row(figure, *(shown(column[figure]) for column in told))
    return table


def verdicts(figures: Figures, floors: Sequence[Floor]) -> list[str]:
    """Say of each floor what was found, and whether it is reached."""
    return [
        f"{floor.figure}: {shown(figures.get(floor.figure))} "
        f"({floor.shown}: {'reached' if floor.is_kept_by(figures) else 'missed'})"
        for floor in floors
    ]


def shown(figure: float | None) -> str:
    """Write a figure, in four digits if it is no count."""
    if figure is None:
        return "-"
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:,.4g}"
