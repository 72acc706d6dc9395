"""Turns of life: friends and birthdays, repairs, illness, celebrations, a child, a pet."""

from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from sample.bookings import Series
from sample.concerns.agenda import Act, Agenda, a_year_after, begun, passed_due
from sample.concerns.errands import shop_near
from sample.concerns.transfers import make_room
from sample.days import on_day, working_day
from sample.household import Household
from sample.payees import Payee

_BIRTHDAYS = (2, 7)
_GIFT_CENTS = 3_500
_GIFTS = {
    "giving.gifts": 380,
    "shopping.online": 190,
    "shopping.books": 130,
    "shopping.hobbies": 130,
    "shopping.clothing": 110,
    "transfer.person": 60,
}

_FRIENDS = (0, 4)
_EVEN_AFTER_DAYS = (12, 110)
_OWED_CENTS = 2_600
_OWES_PERMILLE = 600

_DRIVES_PERMILLE = 650
_OWNS_PERMILLE = 550
_PET_PERMILLE = 240

_CHILDREN_PERMILLE = 220
_IN_CARE_PERMILLE = 450
_BENEFIT_CENTS = 22_000
_BENEFIT_AFTER_DAYS = (30, 90)
_CHILDCARE_CENTS = 30_000
_CHILDCARE_AFTER_DAYS = (150, 420)
_CHILDCARE_YEARS = (2, 5)
_CHILDRENS_THINGS_DAYS = (5, 32)

_BILL_WAITS_DAYS = 14
"""After so many days a bill that nothing had room for is tried again."""
_AWAY_WAITS_DAYS = 3


class _Bill(NamedTuple):
    """What is to be paid once, within some days of its cause."""

    category: str
    cents: int
    spread_percent: int
    within_days: int


class _Turn(NamedTuple):
    """What brings several bills, and how rarely it happens."""

    every_days: int
    bills: tuple[_Bill, ...]
    several: tuple[int, int] = (1, 1)
    """How many times the bills may come."""


_CAR = _Turn(480, (_Bill("transport.upkeep", 32_000, 85, 1),))
_HOUSE = _Turn(850, (_Bill("housing.repairs", 38_000, 90, 10),))
_ILLNESS = _Turn(
    15 * 365,
    (
        _Bill("health.doctor", 48_000, 80, 55),
        _Bill("health.other", 26_000, 80, 60),
        _Bill("health.pharmacy", 4_500, 60, 60),
    ),
    (2, 4),
)
_TEETH = _Turn(5 * 365, (_Bill("health.dental", 62_000, 70, 30),))
_FEAST = _Turn(
    7 * 365,
    (
        _Bill("dining.restaurant", 85_000, 50, 8),
        _Bill("food.alcohol_and_tobacco", 14_000, 50, 8),
        _Bill("shopping.clothing", 16_000, 50, 20),
        _Bill("giving.gifts", 7_000, 50, 10),
    ),
)
_BIRTH = _Turn(
    25 * 365,
    (
        _Bill("family.children", 38_000, 50, 40),
        _Bill("family.children", 7_000, 60, 40),
        _Bill("health.other", 9_000, 70, 50),
    ),
    (1, 2),
)
_PET = _Turn(
    18 * 365,
    (_Bill("family.pets", 42_000, 50, 3), _Bill("family.pets", 11_000, 50, 12)),
)
_VET = _Turn(260, (_Bill("family.pets", 8_500, 75, 2),))


class Turns:
    """What comes once in a while, and what some of it changes for good."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        dice = home.dice
        for _ in range(dice.between(*_BIRTHDAYS)):
            born_on = home.start + timedelta(days=dice.between(8, 372))
            self._await_birthday(home, born_on, dice.about(_GIFT_CENTS, 45))
        for friend in dice.some_of(home.market.payees["transfer.person"], dice.between(*_FRIENDS)):
            self._put(home, dice.between(*_EVEN_AFTER_DAYS), partial(self._get_even, friend))
        for turn in (_ILLNESS, _TEETH, _FEAST):
            self._await(home, turn)
        if dice.permille(_DRIVES_PERMILLE):
            self._await(home, _CAR)
        if dice.permille(_OWNS_PERMILLE):
            self._await(home, _HOUSE)
        self._await(home, _BIRTH, self._raise_a_child)
        if dice.permille(_CHILDREN_PERMILLE):
            self._buy_again("family.children", 3_200, _CHILDRENS_THINGS_DAYS, home)
            if dice.permille(_IN_CARE_PERMILLE):
                self._book_childcare(home)
        if dice.permille(_PET_PERMILLE):
            self._keep_a_pet(home)
        else:
            self._await(home, _PET, self._keep_a_pet)

    def live(self, home: Household) -> None:
        """Do what today is for."""
        self._agenda.live(home)

    # What happens again and again, years or months apart.

    def _await(self, home: Household, turn: _Turn, then: Act | None = None) -> None:
        """Let something happen at some time; of what takes years, most households see none."""
        days = home.dice.between(1, turn.every_days)
        self._put(home, days, partial(self._take, turn, then))

    def _take(self, turn: _Turn, then: Act | None, home: Household) -> None:
        dice = home.dice
        for _ in range(dice.between(*turn.several)):
            for bill in turn.bills:
                amount_minor = home.scaled(dice.about(bill.cents, bill.spread_percent))
                pay = partial(self._pay, bill.category, amount_minor)
                self._put(home, dice.between(1, bill.within_days), pay)
        if then is not None:
            then(home)
        # From one to the next: as long on average as from any day to the next.
        days = dice.between(turn.every_days // 2, turn.every_days * 3 // 2)
        self._put(home, days, partial(self._take, turn, then))

    def _pay(self, category: str, amount_minor: int, home: Household) -> None:
        """Pay a bill with what has room, or from savings, or else when there is money again."""
        payee = shop_near(home, category)
        if _bought(home, payee, amount_minor):
            return
        if make_room(home, amount_minor):
            home.book(home.checking, payee, -amount_minor)
        else:
            self._put(home, _BILL_WAITS_DAYS, partial(self._pay, category, amount_minor))

    # Friends, and their birthdays.

    def _get_even(self, friend: Payee, home: Household) -> None:
        """Pay a friend one's share of a dinner, or get theirs, time and again."""
        dice = home.dice
        amount_minor = home.price(dice.about(_OWED_CENTS, 75))
        if dice.permille(_OWES_PERMILLE):
            _bought(home, friend, amount_minor)
        else:
            home.book(home.checking, friend, amount_minor)
        self._put(home, dice.between(*_EVEN_AFTER_DAYS), partial(self._get_even, friend))

    def _await_birthday(self, home: Household, birthday: date, cents: int) -> None:
        """Buy a gift some days ahead of a birthday, year by year, for about as much as always."""
        days = (birthday - home.today).days - home.dice.between(0, 6)
        self._put(home, days, partial(self._give, birthday, cents))

    def _give(self, birthday: date, cents: int, home: Household) -> None:
        dice = home.dice
        payee = shop_near(home, dice.weighted(_GIFTS))
        amount_minor = home.scaled(dice.about(cents, 25))
        _bought(home, payee, amount_minor)
        self._await_birthday(home, a_year_after(birthday), cents)

    # A child.

    def _raise_a_child(self, home: Household) -> None:
        """Let a benefit come soon, childcare cost later on, and things be bought from now on."""
        dice = home.dice
        self._put(home, dice.between(*_BENEFIT_AFTER_DAYS), self._get_benefit)
        self._put(home, dice.between(*_CHILDCARE_AFTER_DAYS), self._book_childcare)
        self._buy_again("family.children", 3_200, _CHILDRENS_THINGS_DAYS, home)

    def _get_benefit(self, home: Household) -> None:
        payee = shop_near(home, "income.benefits")
        benefit = begun(home, home.checking, payee, "monthly", home.price(_BENEFIT_CENTS))
        self._await_due(benefit, date.max)

    def _book_childcare(self, home: Household) -> None:
        payee = shop_near(home, "family.childcare")
        amount_minor = home.scaled(home.dice.about(_CHILDCARE_CENTS, 40))
        care = begun(home, home.checking, payee, "monthly", -amount_minor)
        years = home.dice.between(*_CHILDCARE_YEARS)
        self._await_due(care, on_day(home.today.year + years, 8, 31))

    def _await_due(self, series: Series, until: date) -> None:
        self._agenda.put(working_day(series.next_on), partial(self._settle, series, until))

    def _settle(self, series: Series, until: date, home: Household) -> None:
        """Pay or get what is due of a series; with its last day behind it, it has ended."""
        due_on = passed_due(series)
        if series.next_on > until:
            series.ended_on = home.today
        home.book(series.account, series.payee, series.amount_minor, series=series, due_on=due_on)
        if series.ended_on is None:
            self._await_due(series, until)

    # A pet.

    def _keep_a_pet(self, home: Household) -> None:
        self._buy_again("family.pets", 3_400, (9, 34), home)
        self._await(home, _VET)

    # What all of it is made of.

    def _buy_again(
        self, category: str, cents: int, gap_days: tuple[int, int], home: Household
    ) -> None:
        """Buy things for somebody from now on, every few days or weeks."""
        dice = home.dice

        def buy(home: Household) -> None:
            payee = shop_near(home, category)
            amount_minor = home.scaled(dice.about(cents, 65))
            _bought(home, payee, amount_minor)
            self._put(home, dice.between(*gap_days), buy)

        self._put(home, dice.between(*gap_days), buy)

    def _put(self, home: Household, days: int, act: Act) -> None:
        """Do something in so many days; when nobody is at home then, a few days later."""

        def when_at_home(home: Household) -> None:
            if home.away is None:
                act(home)
            else:
                self._put(home, _AWAY_WAITS_DAYS, act)

        self._agenda.put(home.today + timedelta(days=days), when_at_home)


def _bought(home: Household, payee: Payee, amount_minor: int) -> bool:
    """Pay at a till with what has room, and all else from checking; says whether there was room."""
    if payee.kind == "card":
        minute = home.dice.between(9 * 60, 20 * 60)
        return home.buy(payee, amount_minor, minute=minute) is not None
    has_room = home.checking.spare_minor >= amount_minor
    if has_room:
        home.book(home.checking, payee, -amount_minor)
    return has_room
