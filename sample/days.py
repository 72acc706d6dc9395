"""Calendar dates: months that are shorter than a day of the month, and clocks at home."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
_WEEKEND = (5, 6)


def on_day(year: int, month: int, day_of_month: int) -> date:
    """Give a day of a month counted on from any year's January; the last, where it has none.

    >>> on_day(2025, 14, 31)
    datetime.date(2026, 2, 28)
    """
    years, month_index = divmod(month - 1, 12)
    year += years
    return date(year, month_index + 1, min(day_of_month, monthrange(year, month_index + 1)[1]))


def month_ends(day: date) -> bool:
    """Say whether it is the last day of its month."""
    return (day + ONE_DAY).day == 1


def working_day(day: date) -> date:
    """Give the day itself, or the Monday after it: banks rest on weekends."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() in _WEEKEND else day


def working_day_before(day: date) -> date:
    """Give the day itself, or the Friday before it: pay comes early rather than late."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def instant(day: date, minute: int, time_zone: str) -> datetime:
    """Give the instant at which the clock at home showed a minute of a day."""
    zone = _offset(day, time_zone)
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)


@cache
def _zone(name: str) -> ZoneInfo:
    # The wheel's rules, not the machine's: what is generated must not depend on where.
    path = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with path.open("rb") as stored:
        return ZoneInfo.from_file(stored, name)


@cache
def _offset(day: date, time_zone: str) -> timezone:
    # By noon, so that no minute of the day is one that the clock left out or showed twice.
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return timezone(noon.astimezone(_zone(time_zone)).utcoffset() or timedelta(0))
