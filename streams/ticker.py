"""Which days are to be written to the journal: time enters a state in no other way."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from processors.state.shared import LONG_AGO, Shared

# What is booked late in a day still has this long to be taken in before the day is over.
GRACE = timedelta(hours=6)


def wall_day(now: datetime) -> int:
    """Give the last day that is over by the wall clock, its grace included."""
    return (now - GRACE).date().toordinal() - 1


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
