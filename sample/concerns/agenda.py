"""What falls due on which day, so that an ordinary day costs no more than a look."""

from collections.abc import Callable
from datetime import date, timedelta

from sample.bookings import Account, Series
from sample.days import on_day
from sample.household import Household
from sample.payees import Payee

Act = Callable[[Household], object]

TIMES_A_YEAR = {
    "weekly": 52,
    "fortnightly": 26,
    "four_weekly": 13,
    "monthly": 12,
    "quarterly": 4,
    "yearly": 1,
}
EXPECTED_AFTER = 3
"""So many payments make whoever reads the feed expect the next one."""

_DAYS = {"weekly": 7, "fortnightly": 14, "four_weekly": 28}
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_SOONEST_DAYS = 3
"""Late enough for a first payment that moves to the working day before to be still to come."""


class Agenda:
    """What one concern is to do on which day."""

    def __init__(self) -> None:
        self._acts: dict[date, list[Act]] = {}
        self._begun = date.min

    def put(self, day: date, act: Act) -> None:
        """Do something on a day that has not begun yet."""
        assert day > self._begun
        self._acts.setdefault(day, []).append(act)

    def live(self, home: Household) -> None:
        """Do what today is for."""
        self._begun = home.today
        for act in self._acts.pop(home.today, ()):
            act(home)


def begun(
    home: Household,
    account: Account,
    payee: Payee,
    cadence: str,
    amount_minor: int,
    day_of_month: int = 0,
) -> Series:
    """Agree on payments from now on; their first day is drawn."""
    day_of_month = day_of_month or home.dice.between(1, 31)
    first_on = _first_due(home, cadence, day_of_month)
    series = Series(
        home.new_id("series"), account, cadence, payee, amount_minor, first_on, day_of_month
    )
    home.series.append(series)
    return series


def passed_due(series: Series) -> date:
    """Give the day that a series is due on, and let it await the one after."""
    due_on = series.next_on
    if days := _DAYS.get(series.cadence):
        series.next_on = due_on + timedelta(days=days)
    else:
        months = _MONTHS[series.cadence]
        series.next_on = on_day(due_on.year, due_on.month + months, series.day_of_month)
    return due_on


def a_year_after(day: date) -> date:
    """Give the same day of the next year."""
    return on_day(day.year + 1, day.month, day.day)


def _first_due(home: Household, cadence: str, day_of_month: int) -> date:
    soonest = home.today + timedelta(days=_SOONEST_DAYS)
    if days := _DAYS.get(cadence):
        return soonest + timedelta(days=home.dice.below(days))
    months = _MONTHS[cadence]
    ahead = home.dice.below(months)
    due_on = on_day(soonest.year, soonest.month + ahead, day_of_month)
    if due_on < soonest:
        return on_day(soonest.year, soonest.month + ahead + months, day_of_month)
    return due_on
