"""Trips: booked ahead, then days of meals, rides and cash in another place, and home again."""

from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from sample.bookings import Booking
from sample.concerns.agenda import Agenda
from sample.concerns.errands import shop_in, shop_near
from sample.concerns.habits import Habit
from sample.household import Household
from sample.payees import Payee
from sample.places.market import Market
from sample.places.markets import abroad

_STAYS_PERCENT = 55
"""Below this level of means nobody travels."""
_OFTEN_PERCENT = 120
_WORRIED_MOOD_PERCENT = 70
_FIRST_WITHIN_DAYS = 150
_BOOKED_AHEAD_DAYS = 40
_SAVES_UP_DAYS = (15, 45)
_MONTHS_PERMILLE = (400, 550, 500, 750, 750, 850, 1_000, 1_000, 750, 650, 350, 650)
"""From January to December: how many who think of a month do leave in it."""

_ABROAD_PERMILLE = 620
_BY_CAR = "transport.fuel"
_BY = {"transport.public": 600, _BY_CAR: 400}
_BY_ABROAD = {"travel.flights": 700, "transport.public": 300}
_FARE_CENTS = {"travel.flights": 19_000, "transport.public": 6_500, _BY_CAR: 5_500}
_NIGHTS = (1, 7)
_NIGHTS_ABROAD = (3, 14)
_NIGHT_CENTS = 7_500
_DEPOSIT_PERCENT = (0, 20, 30, 30, 50, 100)
_DRIFT_PERMILLE = (985, 1_015)
_NOTE_MINOR = 1_000

_AWAY = (
    Habit("dining.coffee", 550, 420, 40, (8, 16)),
    Habit("dining.restaurant", 700, 3_100, 50, (12, 22)),
    Habit("dining.fast_food", 400, 1_050, 45, (11, 22)),
    Habit("dining.bar", 180, 1_800, 60, (18, 24)),
    Habit("food.groceries", 300, 1_700, 60, (8, 20)),
    Habit("transport.public", 420, 480, 70, (7, 22)),
    Habit("transport.taxi", 130, 1_800, 50, (7, 24)),
    Habit("entertainment.outings", 300, 2_700, 60, (9, 20)),
    Habit("shopping.general", 110, 2_800, 70, (10, 20)),
    Habit("shopping.clothing", 70, 4_500, 70, (10, 20)),
    Habit("cash.withdrawal", 130, 7_000, 50, (9, 21)),
)


class _Trip(NamedTuple):
    """Where a household goes, and what it has agreed on."""

    there: Market
    city: str
    nights: int
    drift_permille: int
    """How the rate of exchange stands beside the usual one."""
    lodging: Payee
    rest_minor: int = 0
    """What is still to be paid for the beds on arrival, in the money there."""
    pump: Payee | None = None
    """Where the car is filled up on the way, if they drive."""


def exchanged(
    home: Household, there: Market, there_minor: int, drift_permille: int = 1000
) -> tuple[int, tuple[int, str] | None]:
    """Give what a price elsewhere takes from an account here and, in other money, what it was."""
    if there.currency == home.market.currency:
        return there_minor, None
    here_minor = there_minor * home.market.level_permille * drift_permille
    here_minor //= there.level_permille * 1000
    return max(1, here_minor), (there_minor, there.currency)


class Travel:
    """The trips of a household: some go three times a year, some never."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        self._trip: _Trip | None = None
        level_percent = home.means.level_percent
        if level_percent >= _STAYS_PERCENT:
            trips = home.dice.between(1, 2) + (level_percent > _OFTEN_PERCENT)
            self._gap_days = 365 // trips - _BOOKED_AHEAD_DAYS
            self._dream(home, home.dice.below(_FIRST_WITHIN_DAYS))

    def live(self, home: Household) -> None:
        """Book, leave, come back, or spend another day away."""
        self._agenda.live(home)
        if self._trip is not None:
            _spend(home, self._trip)

    def _dream(self, home: Household, days: int) -> None:
        """Choose when to go next: not before so many days, and mostly when the weather is fine."""
        dice = home.dice
        books_on = home.today + timedelta(days=days + 1)
        leaves_on = books_on + timedelta(days=dice.between(8, 2 * _BOOKED_AHEAD_DAYS - 8))
        while not dice.permille(_MONTHS_PERMILLE[leaves_on.month - 1]):
            leaves_on += timedelta(days=dice.between(7, 30))
        self._agenda.put(books_on, partial(self._book, leaves_on))

    def _wait(self, home: Household) -> None:
        """Let some months pass until the next trip is thought of."""
        self._dream(home, home.dice.between(self._gap_days // 2, self._gap_days * 3 // 2))

    def _book(self, leaves_on: date, home: Household) -> None:
        """Pay for the way, and a deposit for the beds; nobody books who is short of money."""
        if home.mood_percent > _WORRIED_MOOD_PERCENT and (trip := self._booked(home)):
            self._agenda.put(leaves_on, partial(self._leave, trip))
        else:
            self._dream(home, home.dice.between(*_SAVES_UP_DAYS))

    def _booked(self, home: Household) -> _Trip | None:
        dice, there = home.dice, home.market
        if dice.permille(_ABROAD_PERMILLE):
            there = dice.one_of(abroad(home.market))
        minute = dice.between(8 * 60, 23 * 60)
        by = dice.weighted(_BY if there is home.market else _BY_ABROAD)
        carrier = shop_near(home, by)
        pump = carrier if by == _BY_CAR else None
        fare_minor = home.scaled(dice.about(_FARE_CENTS[by], 40))
        if pump is None and home.buy(carrier, fare_minor, minute=minute) is None:
            return None
        city = dice.one_of([city for city in there.cities if city != home.city])
        nights = dice.mostly_low(*(_NIGHTS if there is home.market else _NIGHTS_ABROAD))
        trip = _Trip(
            there, city, nights, dice.between(*_DRIFT_PERMILLE),
            shop_in(home, there, city, "travel.lodging"), pump=pump,
        )  # fmt: skip
        beds_minor = nights * _price(home, there, _NIGHT_CENTS, 35)
        deposit_minor = beds_minor * dice.one_of(_DEPOSIT_PERCENT) // 100
        if deposit_minor and not _pay(home, trip, trip.lodging, deposit_minor, minute=minute + 9):
            deposit_minor = 0
        return trip._replace(rest_minor=beds_minor - deposit_minor)

    def _leave(self, trip: _Trip, home: Household) -> None:
        """Be away from now on; without money for the beds, the trip is called off."""
        minute = home.dice.between(14 * 60, 21 * 60)
        if trip.rest_minor and not _pay(home, trip, trip.lodging, trip.rest_minor, minute=minute):
            self._wait(home)
            return
        home.away, self._trip = trip.there, trip
        _fill_up(home, trip)
        self._agenda.put(home.today + timedelta(days=trip.nights), self._return)

    def _return(self, home: Household) -> None:
        if self._trip is not None:
            _fill_up(home, self._trip)
        home.away = self._trip = None
        self._wait(home)


def _spend(home: Household, trip: _Trip) -> None:
    """Buy what a day away brings."""
    dice = home.dice
    for habit in _AWAY:
        if dice.raw() % 1000 < habit.daily_permille:
            there_minor = _price(home, trip.there, habit.typical_cents, habit.spread_percent)
            if habit.category == "cash.withdrawal":
                there_minor = (there_minor // _NOTE_MINOR + 1) * _NOTE_MINOR
            shop = shop_in(home, trip.there, trip.city, habit.category)
            minute = dice.between(habit.hours[0] * 60, habit.hours[1] * 60 - 1)
            _pay(home, trip, shop, there_minor, minute=minute)


def _pay(
    home: Household, trip: _Trip, payee: Payee, there_minor: int, **facts: Any
) -> Booking | None:
    """Pay in the money there; None when nothing has room."""
    here_minor, foreign = exchanged(home, trip.there, there_minor, trip.drift_permille)
    return home.buy(payee, here_minor, foreign=foreign, **facts)


def _price(home: Household, there: Market, cents: int, spread_percent: int) -> int:
    """Draw a price there; who has more goes to dearer places, but not by as much."""
    means_percent = (100 + home.means.level_percent) // 2
    there_minor = there.price(home.dice.about(cents, spread_percent))
    return max(1, there_minor * home.price_permille * means_percent // 100_000)


def _fill_up(home: Household, trip: _Trip) -> None:
    if trip.pump is not None:
        amount_minor = home.price(home.dice.about(_FARE_CENTS[_BY_CAR], 30))
        home.buy(trip.pump, amount_minor, minute=home.dice.between(7 * 60, 21 * 60))
