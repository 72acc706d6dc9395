"""Calendar arithmetic on days counted from year 1, which cost less than dates to keep."""

from calendar import monthrange
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo


@lru_cache(maxsize=4096)
def month_of(day: int) -> int:
    """Give the month that a day lies in, as year and month in one number.

    >>> month_of(date(2026, 1, 31).toordinal())
    202601
    """
    at = date.fromordinal(day)
    return at.year * 100 + at.month


def month_before(month: int) -> int:
    """Give the month before.

    >>> month_before(202601)
    202512
    """
    return month - 1 if month % 100 > 1 else month - 89


def months_before(month: int, count: int) -> int:
    """Go back *count* months."""
    for _ in range(count):
        month = month_before(month)
    return month


def first_day(month: int) -> date:
    """Give a month's first day."""
    return date(month // 100, month % 100, 1)


def last_day(month: int) -> date:
    """Give a month's last day.

    >>> last_day(202402)
    datetime.date(2024, 2, 29)
    """
    year, in_year = divmod(month, 100)
    return date(year, in_year, monthrange(year, in_year)[1])


def local_day(instant: datetime, time_zone: str | None) -> int:
    """Give the calendar date of an instant where the user lives; where it was said, if unknown.

    >>> late = datetime.fromisoformat("2026-01-31T23:30:00+00:00")
    >>> date.fromordinal(local_day(late, None)), date.fromordinal(local_day(late, "Asia/Tokyo"))
    (datetime.date(2026, 1, 31), datetime.date(2026, 2, 1))
    """
    return (instant.astimezone(zone(time_zone)) if time_zone else instant).toordinal()


@cache
def zone(name: str) -> ZoneInfo:
    """Give a time zone of the wheel's, whatever the machine's own files say.

    >>> zone("Europe/Lisbon")
    zoneinfo.ZoneInfo(key='Europe/Lisbon')
    """
    rules = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    return ZoneInfo.from_file(BytesIO(rules), key=name)
