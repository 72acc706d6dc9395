"""A journal entry as the fold sees it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.event import Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the journal; its place in the log is no part of it, so no rule can use it."""

    event: Event
    id: str
    recorded_at_ms: int

    @property
    def recorded_at(self) -> str:
        """Say when the input was recorded, as RFC 3339 wants it."""
        instant = datetime.fromtimestamp(self.recorded_at_ms / 1000, UTC)
        return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
