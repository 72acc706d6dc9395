"""Bills as they fall due: paid, changed once a year, skipped by who sends them, or bounced."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sample.bookings import Series
from sample.concerns.agenda import EXPECTED_AFTER, Agenda, a_year_after, passed_due
from sample.concerns.charges import charge
from sample.concerns.remarks import remark
from sample.concerns.transfers import make_room
from sample.days import working_day
from sample.household import Household

GRACE_DAYS = 5
"""After so many days, a bill that has not come is missed."""
UNUSUAL_PERCENT = 15

_SHIFTED_PERMILLE = 750
_ATTENTIVE_PERMILLE = 850
_SKIPPED_PERMILLE = 4
_LEAP_PERMILLE = (150, 350)
_BOUNCED_CENTS = 800
_RETRIED_AFTER_DAYS = 7
_TRIES = 2
_NORTHERN_PERCENT = (165, 155, 130, 100, 75, 60, 55, 55, 65, 90, 115, 135)
_SOUTHERN = ("AR", "AU", "BR", "CL", "NZ", "ZA")


@dataclass(eq=False, slots=True)
class Bill:
    """What a household has agreed to pay, and how that behaves over the years."""

    series: Series
    changes_on: date
    changes_permille: tuple[int, int]
    """By how much more than prices it changes in a year."""
    leaps_permille: int
    """In how many years it leaps up instead."""
    prices_permille: int | None = None
    """What things cost when it was last agreed on; None for what prices do not change."""
    varies_percent: int = 0
    is_seasonal: bool = False
    payments_left: int | None = None
    """Of what was borrowed; all else has no end."""
    paid: int = 0
    last_minor: int = 0


@dataclass(eq=False, slots=True)
class _Due:
    """One payment that is due, and how often it will be tried."""

    bill: Bill
    due_on: date
    amount_minor: int
    event: str | None = None
    """That it was missed, if it was."""
    tries_left: int = _TRIES


class Dues:
    """When all the bills of a household are paid, and what is noted when they are not."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        self._shifts = home.dice.permille(_SHIFTED_PERMILLE)
        """Whether the bank pays on Monday what is due on a weekend."""
        self._is_attentive = home.dice.permille(_ATTENTIVE_PERMILLE)
        """Whether somebody looks in time whether there is money for a bill."""
        self._summers = 6 if home.market.country in _SOUTHERN else 0

    def add(self, bill: Bill) -> None:
        """Pay from the first due day on, until the series has ended."""
        due_on = bill.series.next_on
        pays_on = working_day(due_on) if self._shifts else due_on
        self._agenda.put(pays_on, partial(self._fall_due, bill))

    def live(self, home: Household) -> None:
        """Pay what is due today."""
        self._agenda.live(home)

    def _fall_due(self, bill: Bill, home: Household) -> None:
        """Pay it, unless it has ended, or does not come for once."""
        if bill.series.ended_on is not None:
            return
        due_on = passed_due(bill.series)
        self.add(bill)
        due = _Due(bill, due_on, self._amount_minor(bill, home))
        if home.dice.permille(_SKIPPED_PERMILLE):
            self._miss(due, home)
        else:
            self._pay(due, home)

    def _amount_minor(self, bill: Bill, home: Household) -> int:
        """Give what is to be paid this time, once a year by a new price."""
        dice, series = home.dice, bill.series
        if bill.prices_permille is not None and home.today >= bill.changes_on:
            bill.changes_on = a_year_after(bill.changes_on)
            leaps = dice.permille(bill.leaps_permille)
            permille = dice.between(*(_LEAP_PERMILLE if leaps else bill.changes_permille))
            permille += (home.price_permille - bill.prices_permille) * 1000 // bill.prices_permille
            bill.prices_permille = home.price_permille
            series.amount_minor += series.amount_minor * permille // 1000
        amount_minor = -series.amount_minor
        if bill.is_seasonal:
            month = (home.today.month - 1 + self._summers) % 12
            amount_minor = amount_minor * _NORTHERN_PERCENT[month] // 100
        if bill.varies_percent:
            percent = 100 + dice.between(-bill.varies_percent, bill.varies_percent)
            amount_minor = amount_minor * percent // 100
        return max(1, amount_minor)

    def _pay(self, due: _Due, home: Household) -> None:
        """Pay it if there is money for it, at the latest brought from savings."""
        bill, amount_minor = due.bill, due.amount_minor
        series = bill.series
        lacks = series.account.spare_minor < amount_minor
        if lacks and not (self._is_attentive and make_room(home, amount_minor)):
            self._bounce(due, home)
            return
        more_minor = amount_minor - bill.last_minor if bill.last_minor else 0
        is_unusual = abs(more_minor) * 100 >= bill.last_minor * UNUSUAL_PERCENT
        is_fixed = not bill.varies_percent and not bill.is_seasonal
        changed = home.new_id("changed_bill") if more_minor and is_unusual and is_fixed else ""
        bill.paid += 1
        bill.last_minor = amount_minor
        if bill.payments_left is not None:
            bill.payments_left -= 1
            series.ended_on = home.today if not bill.payments_left else None
        booking = home.book(
            series.account,
            series.payee,
            -amount_minor,
            series=series,
            due_on=due.due_on,
            event=due.event or changed or None,
        )
        if changed:
            remark(home, "changed_bill", booking, more_minor, event_id=changed)

    def _bounce(self, due: _Due, home: Household) -> None:
        """Let the bank refuse it, for a fee; it is tried again a week later, a few times."""
        charge(home, due.bill.series.account, "finance.overdraft", home.price(_BOUNCED_CENTS))
        if due.event is None:
            self._miss(due, home)
        due.tries_left -= 1
        again_on = home.today + timedelta(days=_RETRIED_AFTER_DAYS)
        if due.tries_left and again_on < due.bill.series.next_on:
            self._agenda.put(again_on, partial(self._pay, due))

    def _miss(self, due: _Due, home: Household) -> None:
        """Note in some days that it is missed, if anybody knew that it was to come."""
        bill, series = due.bill, due.bill.series
        if bill.paid < EXPECTED_AFTER:
            return
        due.event = event = home.new_id("missed_bill")

        def miss(home: Household) -> None:
            home.note(
                "missed_bill",
                series.account,
                due.amount_minor,
                subject=series.series_id,
                event_id=event,
            )

        self._agenda.put(due.due_on + timedelta(days=GRACE_DAYS), miss)
