"""A journal entry as the fold sees it."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from schemas.event import Event


class Entry(NamedTuple):
    """One record of the journal; its place in the log is no part of it, so no rule can use it."""

    event: Event
    id: str
    recorded_at_ms: int

    @property
    def recorded_at(self) -> str:
        """Say when the input was recorded, as RFC 3339 wants it."""
        return _written(self.recorded_at_ms)


# Producers send batches, so many entries were recorded within one millisecond.
@lru_cache(maxsize=1024)
def _written(instant_ms: int) -> str:
    instant = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
