"""The periods that a budget may have: calendar months, and weeks from Monday to Sunday."""

from typing import Literal

from processors.state.days import first_day, last_day, month_of

Period = Literal["month", "week"]
_DAYS_A_WEEK = 7


def first_day_of(period: Period, day: int) -> int:
    """Give the first day of the period that a day lies in.

    >>> from datetime import date
    >>> date.fromordinal(first_day_of("week", date(2026, 1, 1).toordinal()))
    datetime.date(2025, 12, 29)
    """
    if period == "week":
        return day - (day - 1) % _DAYS_A_WEEK  # The first day of year 1 was a Monday.
    return first_day(month_of(day)).toordinal()


def last_day_of(period: Period, day: int) -> int:
    """Give the last day of the period that a day lies in."""
    if period == "week":
        return first_day_of(period, day) + _DAYS_A_WEEK - 1
    return last_day(month_of(day)).toordinal()


def periods_before(period: Period, first: int, since: int, count: int) -> list[int]:
    """List the first days of the last *count* periods before one, none before *since*."""
    found: list[int] = []
    while first > since and len(found) < count:
        first = first_day_of(period, first - 1)
        found.append(first)
    return found
