"""A bar on standard error for what takes a while, with rate and estimate."""

from collections.abc import Callable, Iterator
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

_CONSOLE = Console(stderr=True)


@contextmanager
def watched(what: str, rows: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many of the rows are done; without a number, only that something is under way."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_CONSOLE) as progress:
        bar = progress.add_task(what, total=rows, rate="")

        def passed(count: int) -> None:
            progress.update(bar, advance=count)
            speed = progress.tasks[bar].speed
            progress.update(bar, rate="" if speed is None else f"{speed:,.0f} rows/s")

        yield passed
        progress.update(bar, total=rows or 1, completed=rows or 1)
