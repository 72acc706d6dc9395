"""Which days are to be written to the journal: time enters a state in no other way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import structlog

from processors.state.shared import LONG_AGO, Shared
from schemas.journal import DayPassed
from streams.journal import own_message
from streams.names import Names
from streams.protocols import Log, Message

Clock = Literal["wall", "data"]

GRACE = timedelta(hours=6)
"""How long a day waits at most for what was sent on it to be taken in."""

_LOOK_AGAIN = timedelta(seconds=5)

_log = structlog.get_logger("penstock.ticker")


def data_day(shared: Shared) -> int:
    """Give the last day that is over if the newest booking tells the time."""
    return shared.days.newest_booked - 1


def due(shared: Shared, day: int, written: Mapping[int, int]) -> list[tuple[int, date]]:
    """List the buckets for which *day* is to be written, unless it was *written* already."""
    if day <= LONG_AGO:
        return []
    return [
        (bucket, date.fromordinal(day))
        for bucket, last in sorted(shared.days.by_bucket.items())
        if max(last, written.get(bucket, LONG_AGO)) < day
    ]


@dataclass(slots=True)
class Ticker:
    """Tells which days are over: by the wall's clock, or by the dates of a partition's data.

    By the wall's, a day is over when intake has taken in all that was sent on it, or six hours
    later. By either, no day is over that the broker's own clock says is still to come.
    """

    clock: Clock
    names: Names
    log: Log
    now: Callable[[], datetime]
    _over: int = LONG_AGO
    _look_at: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    async def look(self) -> None:
        """Find out whether another day is over by the wall's clock."""
        now = self.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        yesterday = midnight.toordinal() - 1
        if self.clock != "wall" or self._over >= yesterday or now < self._look_at:
            return
        self._look_at = now + _LOOK_AGAIN
        has_waited = now - midnight >= GRACE
        is_over = has_waited or await self._has_taken_in(midnight)
        self._over = yesterday if is_over else max(self._over, yesterday - 1)

    async def _has_taken_in(self, midnight: datetime) -> bool:
        try:
            before_ms = int(midnight.timestamp() * 1_000)
            return await self.log.has_taken_in(self.names.inputs, before_ms)
        except Exception as error:  # noqa: BLE001 - Whatever it is, the six hours decide.
            _log.warning("whether a day is over is not known", detail=str(error))
            return False

    def messages(
        self, partition: int, shared: Shared, newest_ms: int, written: dict[int, int]
    ) -> list[Message]:
        """Give the days that are over and neither in the state nor *written*; note them there.

        *newest_ms* is when the partition's newest record was written, by the broker's clock; while
        that is not known, as before the first, no day is over.
        """
        if not newest_ms:
            return []
        day = data_day(shared) if self.clock == "data" else self._over
        today = datetime.fromtimestamp(newest_ms / 1_000, UTC).toordinal()
        messages = []
        for bucket, over in due(shared, min(day, today), written):
            written[bucket] = over.toordinal()
            event = DayPassed(bucket=bucket, day=over)
            identity = (partition, bucket, over.isoformat())
            messages.append(
                own_message(self.names.journal, event, partition, identity, "/penstock/ticker")
            )
        return messages
