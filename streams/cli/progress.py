"""How far something is: a bar on standard error with time and estimate, while it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bar:
    """One bar, and what is told beside it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def advance(self, count: int, unit: str) -> None:
        """Go on by so many, and tell how many of these a second that makes."""
        self._progress.advance(self._task, count)
        speed = self._progress.tasks[self._task].speed
        beside = "" if speed is None else f"{speed:,.0f} {unit}/s"
        self._progress.update(self._task, beside=beside)

    def reach(self, done: int, total: int | None = None, *, beside: str = "") -> None:
        """Be at so many, of so many if that is known only now."""
        self._progress.update(self._task, completed=done, total=total, beside=beside)

    def step(self, what: str) -> None:
        """Go on by one step, and name it."""
        self._progress.update(self._task, advance=1, description=what)


@contextmanager
def progress(
    what: str, total: int | None, *, console: Console | None = None, transient: bool = False
) -> Iterator[Bar]:
    """Show a bar, full once all is done; without a total, only that something is under way.

    A transient one leaves nothing behind, so it is shown on a terminal alone.
    """
    console = console or Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[beside]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    is_hidden = transient and not console.is_terminal
    with Progress(*columns, console=console, transient=transient, disable=is_hidden) as shown:
        task = shown.add_task(what, total=total, beside="")
        yield Bar(shown, task)
        known = shown.tasks[task].total
        end = 1 if known is None else known
        shown.update(task, total=end, completed=end)
