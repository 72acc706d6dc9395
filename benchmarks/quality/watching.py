"""How many rows of a walk are done, shown while it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.cli.progress import progress


@contextmanager
def watched(what: str, rows: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many of the rows are done; without a number, only that something is under way."""
    with progress(what, rows) as bar:
        yield lambda count: bar.advance(count, "rows")
