"""How far a partition has been read, shown on standard error while it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from streams.explain.reading import Progress as Told


@contextmanager
def told_offsets() -> Iterator[Told]:
    """Hand out what is to be told how many offsets of how many have been heard."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("offsets", total=None)
        yield lambda heard, until: progress.update(bar, completed=heard, total=until)
