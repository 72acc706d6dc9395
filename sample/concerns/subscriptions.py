"""What is subscribed to: tried, made dearer, cancelled, and charged once more after all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from sample.bookings import Account, Series
from sample.concerns.agenda import Agenda, begun, passed_due
from sample.concerns.remarks import remark
from sample.days import ONE_DAY
from sample.household import Household
from sample.payees import Payee


class _Offer(NamedTuple):
    """What can be subscribed to, what it costs a month, and how often one pays."""

    weight: int
    monthly_cents: tuple[int, ...]
    cadences: Mapping[str, int]


_OFFERS = {
    "entertainment.streaming": _Offer(50, (599, 899, 1099, 1299, 1599, 1799), {"monthly": 1}),
    "health.fitness": _Offer(16, (1999, 2499, 2999, 3999), {"monthly": 4, "four_weekly": 1}),
    "shopping.electronics": _Offer(12, (199, 299, 999, 1199, 2199), {"monthly": 6, "yearly": 1}),
    "shopping.books": _Offer(10, (799, 999, 1999), {"monthly": 7, "weekly": 2, "yearly": 1}),
    "services.memberships": _Offer(7, (500, 900, 1500), {"yearly": 3, "quarterly": 2}),
    "entertainment.games": _Offer(5, (699, 899, 1499), {"monthly": 6, "quarterly": 1}),
}
_WEIGHTS = {category: offer.weight for category, offer in _OFFERS.items()}
_TIMES_PAID = {"weekly": 26, "four_weekly": 100, "monthly": 100, "quarterly": 300, "yearly": 1000}
"""What is paid at a time, in hundredths of a month's price; who pays for a year gets two months."""

_WANTED = (1, 6)
_LASTS_DAYS = (40, 1_900)
_ANOTHER_AFTER_DAYS = (5, 240)
_RISES_AFTER_DAYS = (150, 900)
_RISES_BY_PERMILLE = (60, 280)
_CAREFREE_PERCENT = 100
"""Below this mood, nothing new is subscribed to."""
_PRICES_END_BELOW_MINOR = 50
_TRIED_PERMILLE = 400
_TRIAL_DAYS = (7, 14, 30, 30)
_TRIAL_CONVERTS_PERMILLE = 650
_TRIAL_PAID_PERMILLE = 650
_TRIAL_PRICE_MINOR = 100
_CHARGED_AFTER_PERMILLE = 90
_CHARGED_AFTER_TIMES = (1, 2)


@dataclass(eq=False, slots=True)
class _Subscription:
    """One subscription, and what will become of it."""

    series: Series
    rises_on: date
    was_tried: bool
    """Whether a trial of it could be seen."""
    paid: int = 0
    charges_left: int = 0
    """How often it is still charged after it was cancelled."""


class Subscriptions:
    """A household's subscriptions; when one ends, another comes, sooner or later."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        self._payees: set[Payee] = set()
        for _ in range(home.dice.between(*_WANTED)):
            self._subscribe(home, *self._choice(home))

    def live(self, home: Household) -> None:
        """Pay what is due today, and try what is new."""
        self._agenda.live(home)

    # How it begins and ends.

    def _try(self, home: Household) -> None:
        """Take up something new, perhaps with a trial that may be cancelled in time."""
        if home.mood_percent < _CAREFREE_PERCENT:
            self._plan_another(home)
            return
        dice = home.dice
        offer, payee = self._choice(home)
        if not dice.permille(_TRIED_PERMILLE):
            self._subscribe(home, offer, payee, home.today + ONE_DAY)
            return
        trial = timedelta(days=dice.one_of(_TRIAL_DAYS))
        seen = dice.permille(_TRIAL_PAID_PERMILLE)
        if seen:
            home.book(_paying(home), payee, -_TRIAL_PRICE_MINOR, kind="card")
        if dice.permille(_TRIAL_CONVERTS_PERMILLE):
            self._subscribe(home, offer, payee, home.today + trial, was_tried=seen)
        else:
            self._plan_another(home)

    def _choice(self, home: Household) -> tuple[_Offer, Payee]:
        """Choose what is not subscribed to already, if there is such."""
        category = home.dice.weighted(_WEIGHTS)
        payees = home.market.payees[category]
        left = [payee for payee in payees if payee not in self._payees]
        return _OFFERS[category], home.dice.one_of(left or payees)

    def _subscribe(
        self,
        home: Household,
        offer: _Offer,
        payee: Payee,
        first_on: date | None = None,
        *,
        was_tried: bool = False,
    ) -> None:
        """Pay from a day on, or as if one had long been paying."""
        dice = home.dice
        cadence = dice.weighted(offer.cadences)
        cents = dice.one_of(offer.monthly_cents) * _TIMES_PAID[cadence] // 100
        amount_minor = max(1, home.market.price(cents))
        day = first_on.day if first_on else dice.between(1, 31)
        series = begun(home, _paying(home), payee, cadence, -amount_minor, day)
        if first_on is not None:
            series.next_on = first_on
        self._payees.add(payee)
        subscription = _Subscription(
            series,
            rises_on=home.today + timedelta(days=dice.between(*_RISES_AFTER_DAYS)),
            was_tried=was_tried,
        )
        self._await(subscription)
        ends_on = home.today + timedelta(days=dice.between(*_LASTS_DAYS))
        self._agenda.put(
            max(ends_on, series.next_on + ONE_DAY), partial(self._cancel, subscription)
        )

    def _cancel(self, subscription: _Subscription, home: Household) -> None:
        """End it, which some do not hear; sooner or later, there is something else to try."""
        if subscription.series.ended_on is not None:
            return
        subscription.series.ended_on = home.today
        if home.dice.permille(_CHARGED_AFTER_PERMILLE):
            subscription.charges_left = home.dice.between(*_CHARGED_AFTER_TIMES)
        self._plan_another(home)

    def _plan_another(self, home: Household) -> None:
        days = home.dice.between(*_ANOTHER_AFTER_DAYS)
        self._agenda.put(home.today + timedelta(days=days), self._try)

    # How it is paid.

    def _await(self, subscription: _Subscription) -> None:
        self._agenda.put(subscription.series.next_on, partial(self._fall_due, subscription))

    def _fall_due(self, subscription: _Subscription, home: Household) -> None:
        series = subscription.series
        if series.ended_on is not None and not subscription.charges_left:
            self._payees.discard(series.payee)
            return
        if series.account.spare_minor < -series.amount_minor:
            # A card that is declined ends a subscription, too.
            series.ended_on = series.ended_on or home.today
            self._payees.discard(series.payee)
            self._plan_another(home)
            return
        due_on = passed_due(series)
        self._await(subscription)
        self._charge(subscription, due_on, home)

    def _charge(self, subscription: _Subscription, due_on: date, home: Household) -> None:
        """Take the price, and note what its payer would want to hear of it."""
        series, noted, noted_minor = subscription.series, "", -subscription.series.amount_minor
        if series.ended_on is not None:
            subscription.charges_left -= 1
            noted = "charged_after_cancelling"
        elif subscription.was_tried and not subscription.paid:
            noted = "trial_converted"
        elif home.today >= subscription.rises_on and subscription.paid:
            noted, noted_minor = "price_rise", self._raise(subscription, home)
        subscription.paid += 1
        booking = home.book(
            series.account,
            series.payee,
            series.amount_minor,
            kind="card",
            series=series,
            due_on=due_on,
            event=home.new_id(noted) if noted else None,
        )
        if noted:
            remark(home, noted, booking, noted_minor)

    def _raise(self, subscription: _Subscription, home: Household) -> int:
        """Make it dearer, to a price that looks like one; gives by how much."""
        series, dice = subscription.series, home.dice
        subscription.rises_on = home.today + timedelta(days=dice.between(*_RISES_AFTER_DAYS))
        was_minor = -series.amount_minor
        raised_minor = was_minor + was_minor * dice.between(*_RISES_BY_PERMILLE) // 1000
        raised_minor = (raised_minor // _PRICES_END_BELOW_MINOR + 1) * _PRICES_END_BELOW_MINOR - 1
        series.amount_minor = -raised_minor
        return raised_minor - was_minor


def _paying(home: Household) -> Account:
    return home.card or home.checking
