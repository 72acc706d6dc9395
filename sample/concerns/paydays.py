"""Pay that comes regularly: early rather than on a weekend, raised once a year, at times late."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sample.bookings import Series
from sample.concerns.agenda import EXPECTED_AFTER, TIMES_A_YEAR, Agenda, a_year_after, passed_due
from sample.concerns.remarks import remark
from sample.days import working_day_before
from sample.household import Household

GRACE_DAYS = 3
"""For so many days after it was due, pay that is not there yet is not missed."""
UNUSUAL_PERCENT = 20

_LATE_PERMILLE = 14
_LATE_DAYS = (1, 9)
_RAISED_PERMILLE = (8, 42)
_PROMOTED_PERMILLE = 40
_PROMOTED_BY_PERMILLE = (90, 280)


@dataclass(eq=False, slots=True)
class Pay:
    """What somebody has agreed to pay to a household regularly."""

    series: Series
    raises_on: date
    varies_percent: int = 0
    """By how much it may be more or less than usual: hours, or a commission."""
    bonus_percent: int = 0
    """Of a month's pay, once a year."""
    bonus_on: date = date.max
    paid: int = 0

    @property
    def monthly_minor(self) -> int:
        """Give what comes of it in a usual month."""
        return self.series.amount_minor * TIMES_A_YEAR[self.series.cadence] // 12


class Paydays:
    """When all the pay of a household comes, and what is noted when it is late or unusual."""

    def __init__(self) -> None:
        self._agenda = Agenda()
        self._pays: list[Pay] = []

    @property
    def monthly_minor(self) -> int:
        """Give what comes in during a usual month."""
        return sum(pay.monthly_minor for pay in self._pays if pay.series.ended_on is None)

    def add(self, pay: Pay) -> None:
        """Pay from the first due day on, until the series has ended."""
        self._pays.append(pay)
        self._await(pay)

    def live(self, home: Household) -> None:
        """Pay what is due today."""
        self._agenda.live(home)

    def _await(self, pay: Pay) -> None:
        self._agenda.put(working_day_before(pay.series.next_on), partial(self._fall_due, pay))

    def _fall_due(self, pay: Pay, home: Household) -> None:
        """Pay on time, or late, or, when it has come to an end, let it be missed."""
        series, dice = pay.series, home.dice
        if series.ended_on is not None:
            self._pays.remove(pay)
            # Nobody misses a benefit that ended because all is well again.
            expected = series.payee.category != "income.benefits"
            self._miss_after_grace(home, pay, series.next_on, expected=expected)
            return
        due_on = passed_due(series)
        self._await(pay)
        if not dice.permille(_LATE_PERMILLE):
            self._pay(pay, due_on, None, home)
            return
        event, paid_on = None, home.today + timedelta(days=dice.between(*_LATE_DAYS))
        if paid_on > due_on + timedelta(days=GRACE_DAYS):
            event = self._miss_after_grace(home, pay, due_on, expected=True)
        self._agenda.put(paid_on, partial(self._pay, pay, due_on, event))

    def _miss_after_grace(
        self, home: Household, pay: Pay, due_on: date, *, expected: bool
    ) -> str | None:
        """Note on the day after the grace that pay is missed, if anybody knew of it."""
        if pay.paid < EXPECTED_AFTER:
            return None
        event, series, missed_minor = (
            home.new_id("missed_income"),
            pay.series,
            pay.series.amount_minor,
        )

        def miss(home: Household) -> None:
            home.note(
                "missed_income",
                series.account,
                missed_minor,
                expected=expected,
                subject=series.series_id,
                event_id=event,
            )

        self._agenda.put(due_on + timedelta(days=GRACE_DAYS + 1), miss)
        return event

    def _pay(self, pay: Pay, due_on: date, event: str | None, home: Household) -> None:
        series = pay.series
        usual_minor = series.amount_minor
        if home.today >= pay.raises_on:
            self._raise(pay, home)
        amount_minor = _amount_minor(pay, home)
        more_minor = amount_minor - usual_minor
        is_unusual = abs(more_minor) * 100 >= usual_minor * UNUSUAL_PERCENT
        changed = home.new_id("changed_income") if is_unusual and pay.paid >= EXPECTED_AFTER else ""
        pay.paid += 1
        booking = home.book(
            series.account,
            series.payee,
            amount_minor,
            series=series,
            due_on=due_on,
            event=event or changed or None,
        )
        if changed:
            # Whoever lives on commissions is used to it.
            expected = pay.varies_percent < UNUSUAL_PERCENT
            remark(home, "changed_income", booking, more_minor, expected=expected, event_id=changed)

    def _raise(self, pay: Pay, home: Household) -> None:
        dice = home.dice
        pay.raises_on = a_year_after(pay.raises_on)
        is_salary = pay.series.payee.category == "income.salary"
        promoted = is_salary and dice.permille(_PROMOTED_PERMILLE)
        more_permille = dice.between(*(_PROMOTED_BY_PERMILLE if promoted else _RAISED_PERMILLE))
        was_minor = self.monthly_minor
        pay.series.amount_minor += pay.series.amount_minor * more_permille // 1000
        home.income_minor += self.monthly_minor - was_minor


def _amount_minor(pay: Pay, home: Household) -> int:
    """Give what is paid this time."""
    amount_minor = pay.series.amount_minor
    if pay.varies_percent:
        varied_percent = home.dice.between(-pay.varies_percent, pay.varies_percent)
        amount_minor += amount_minor * varied_percent // 100
    if home.today >= pay.bonus_on:
        pay.bonus_on = a_year_after(pay.bonus_on)
        amount_minor += pay.monthly_minor * pay.bonus_percent // 100
    return amount_minor
