"""Which figures an entry moved: all of a user's figures before it, held against those after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from processors.state.book import oldest_week
from processors.state.days import month_of
from processors.state.sections import Day, Month, Total
from processors.state.shared import LONG_AGO
from processors.state.user import User
from processors.state.weekly import first_of
from streams.summary import EARLIER, month_text

_BALANCE = ("now_minor", "reported_minor", "expected_minor", "moved_minor", "pending_minor")


class Figure(NamedTuple):
    """Which figure: of a month, a day or an account; *of* names the category or the payer."""

    kind: str
    place: str
    currency: str
    of: str
    measure: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure before and after an entry, in minor units or as a count."""

    figure: Figure
    before: int
    after: int


def moved(before: User, after: User) -> list[Moved]:
    """List the figures that differ; what is not there is 0."""
    was, now = _figures(before), _figures(after)
    return [
        Moved(figure, was.get(figure, 0), now.get(figure, 0))
        for figure in sorted({*was, *now})
        if was.get(figure, 0) != now.get(figure, 0)
    ]


def within_window(differences: list[Moved], today: int) -> list[Moved]:
    """Leave out what a day closes and forgets: older months and days, whose money stays."""
    if today == LONG_AGO:
        return differences
    first = first_of(oldest_week(today))
    first_by_kind = {
        "month": month_text(month_of(first)),
        "source": month_text(month_of(first)),
        "fixed": month_text(month_of(first)),
        "day": date.fromordinal(first).isoformat(),
    }
    return [
        one
        for one in differences
        if one.figure.place >= first_by_kind.get(one.figure.kind, "")
        and one.figure.place != EARLIER
    ]


def _figures(user: User) -> dict[Figure, int]:
    money = user.aggregate
    figures: dict[Figure, int] = {}
    for number, by_currency in (*money.hot.months.items(), *money.cold.months.items()):
        for currency, month in by_currency.items():
            figures.update(_of_month(month_text(number), currency, month))
    for week in map(money.days.weeks.peek, money.days.weeks.numbers):
        for number, days in (week or {}).items():
            for currency, day in days.items():
                figures.update(_of_day(date.fromordinal(number).isoformat(), currency, day))
    for account_id, balances in money.hot.balances.items():
        for currency, balance in balances.items():
            for measure in _BALANCE:
                figure = Figure("balance", account_id, currency, "", measure)
                figures[figure] = getattr(balance, measure) or 0
    return figures


def _of_month(place: str, currency: str, month: Month) -> Iterator[tuple[Figure, int]]:
    for category, total in month.by_category.items():
        for measure in Total.__struct_fields__:
            figure = Figure("month", place, currency, category, measure)
            yield figure, getattr(total, measure)
    for source, income_minor in month.by_source.items():
        yield Figure("source", place, currency, source, "income_minor"), income_minor
    yield Figure("fixed", place, currency, "", "fixed_minor"), month.fixed_minor


def _of_day(place: str, currency: str, day: Day) -> Iterator[tuple[Figure, int]]:
    for measure in Day.__struct_fields__:
        yield Figure("day", place, currency, "", measure), getattr(day, measure)
