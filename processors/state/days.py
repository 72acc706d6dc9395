"""Calendar arithmetic on days counted from year 1, which cost less than dates to keep."""

from calendar import monthrange
from datetime import date
from functools import lru_cache


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
