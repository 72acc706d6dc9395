"""What is put aside: after payday, above a level, by rounding up; and taken back when needed."""

from datetime import timedelta
from functools import partial
from typing import Any

from sample.bookings import Booking, Series
from sample.concerns.agenda import Agenda, begun, passed_due
from sample.concerns.transfers import pass_on, pass_unseen, round_sum
from sample.days import on_day, working_day
from sample.household import Household
from sample.payees import Payee

_STANDING_ORDER_PERMILLE = 780
_INVESTORS_PERMILLE = 220
_INVESTED_CENTS = (2_500, 5_000, 10_000, 15_000)
_AFTER_PAYDAY_DAYS = (1, 3)
_ROUND_UPS_PERMILLE = 180
_ROUNDED_UP_TO_MINOR = 100
_ROUND_UP_EVERY_DAYS = (1, 7, 7)
_SWEPT_ABOVE_PERCENT = (35, 180)
"""Of a month's income: what is above, on one day of each month, goes to savings."""
_LOW_PERCENT = 10
_REFILLED_PERCENT = 30


class Saving:
    """How a household moves its own money; where its savings are not connected, one leg is seen."""

    def __init__(self, home: Household) -> None:
        dice = home.dice
        self._agenda = Agenda()
        self._payee = dice.one_of(home.market.payees["transfer.savings"])
        self._unseen_minor = 0 if home.savings else home.scaled(dice.about(250_000, 100))
        self._swept_above_percent = dice.mostly_low(*_SWEPT_ABOVE_PERCENT)
        self._rounded_up_minor = 0
        if dice.permille(_STANDING_ORDER_PERMILLE):
            saved_minor = home.income_minor * home.means.saving_permille // 1000
            self._order(home, self._payee, round_sum(home, saved_minor))
        if dice.permille(_INVESTORS_PERMILLE):
            payee = dice.one_of(home.market.payees["transfer.investments"])
            self._order(home, payee, home.price(dice.one_of(_INVESTED_CENTS)))
        if home.savings and dice.permille(_ROUND_UPS_PERMILLE):
            home.heard.append(self._round_up)
            every = timedelta(days=dice.one_of(_ROUND_UP_EVERY_DAYS))
            self._agenda.put(home.today, partial(self._move_round_ups, every))
        self._agenda.put(home.today + timedelta(days=dice.between(20, 50)), self._sweep)

    def live(self, home: Household) -> None:
        """Move what is to be moved today, and take back what is lacking."""
        self._agenda.live(home)
        if home.checking.balance_minor * 100 < home.income_minor * _LOW_PERCENT:
            self._take_back(home)

    # Standing orders.

    def _order(self, home: Household, payee: Payee, amount_minor: int) -> None:
        """Save as much every month, soon after payday."""
        if amount_minor <= 0:
            return
        paydays = [
            series.day_of_month
            for series in home.series
            if series.amount_minor > 0 and series.cadence == "monthly"
        ]
        after = home.dice.between(*_AFTER_PAYDAY_DAYS)
        # Counted on from the last day of a month, the next month's first days follow.
        day_of_month = (paydays[0] if paydays else 0) % 30 + after
        series = begun(home, home.checking, payee, "monthly", -amount_minor, day_of_month)
        self._await(series)

    def _await(self, series: Series) -> None:
        self._agenda.put(working_day(series.next_on), partial(self._fall_due, series))

    def _fall_due(self, series: Series, home: Household) -> None:
        """Carry out a standing order, unless too little would be left."""
        due_on = passed_due(series)
        self._await(series)
        left_minor = home.checking.balance_minor + series.amount_minor
        if left_minor * 100 >= home.income_minor * _REFILLED_PERCENT:
            self._put(home, series.payee, -series.amount_minor, series=series, due_on=due_on)

    # What is above a level, and what is lacking.

    def _sweep(self, home: Household) -> None:
        """Move what is above the level; look again in a month."""
        today = home.today
        self._agenda.put(on_day(today.year, today.month + 1, today.day), self._sweep)
        level_minor = home.income_minor * self._swept_above_percent // 100
        above_minor = round_sum(home, home.checking.balance_minor - level_minor)
        if above_minor > 0:
            self._put(home, self._payee, above_minor)

    def _take_back(self, home: Household) -> None:
        """Fill checking up again, as far as savings reach."""
        savings = home.savings
        saved_minor = savings.balance_minor if savings else self._unseen_minor
        up_to_minor = home.income_minor * _REFILLED_PERCENT // 100
        amount_minor = round_sum(home, min(saved_minor, up_to_minor - home.checking.balance_minor))
        if amount_minor <= 0:
            return
        if savings is None:
            self._unseen_minor -= amount_minor
            pass_unseen(home, self._payee, amount_minor)
        else:
            pass_on(home, self._payee, savings, home.checking, amount_minor)

    def _put(self, home: Household, payee: Payee, amount_minor: int, **facts: Any) -> None:
        """Put something aside, where it can be seen or where it cannot."""
        if home.savings and payee is self._payee:
            pass_on(home, payee, home.checking, home.savings, amount_minor, **facts)
            return
        if payee is self._payee:
            self._unseen_minor += amount_minor
        pass_unseen(home, payee, -amount_minor, **facts)

    # Rounding up.

    def _round_up(self, booking: Booking) -> None:
        never_posts = booking.posted_on is None
        if booking.kind == "card" and booking.amount_minor < 0 and not never_posts:
            self._rounded_up_minor += booking.amount_minor % _ROUNDED_UP_TO_MINOR

    def _move_round_ups(self, every: timedelta, home: Household) -> None:
        """Save what purchases lacked to the next full sum, if there is money for it."""
        self._agenda.put(home.today + every, partial(self._move_round_ups, every))
        amount_minor = self._rounded_up_minor
        if 0 < amount_minor <= home.checking.balance_minor:
            self._rounded_up_minor = 0
            self._put(home, self._payee, amount_minor)
