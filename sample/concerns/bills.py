"""What a household agrees to pay: for a home and what runs in it, for safety, and for debts."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from sample.bookings import Booking, Series
from sample.concerns.agenda import TIMES_A_YEAR, Agenda, begun
from sample.concerns.dues import Bill, Dues
from sample.concerns.transfers import make_room
from sample.household import Household


class Kind(NamedTuple):
    """A kind of bill: what it costs, and how it changes from year to year."""

    a_month_cents: int
    permille: int
    """How many households have it."""
    cadences: Mapping[str, int] = {"monthly": 1}
    spread_percent: int = 30
    changes_permille: tuple[int, int] | None = (-20, 15)
    """By how much more than prices it changes in a year; None for what never does."""
    leaps_permille: int = 30
    varies_percent: int = 0
    """How far it may be from the usual, for those who pay by use."""


_SOMETIMES = {"yearly": 6, "quarterly": 2, "monthly": 2}
KINDS = {
    "utilities.energy": Kind(10_500, 930, {"monthly": 1}, 35, (-85, 85), 40, varies_percent=8),
    "utilities.water_and_waste": Kind(3_000, 620, {"quarterly": 3, "monthly": 1}),
    "utilities.internet": Kind(3_900, 900, spread_percent=20, leaps_permille=60),
    "utilities.phone": Kind(2_600, 940, spread_percent=45, varies_percent=14),
    "utilities.other": Kind(1_300, 350, {"quarterly": 3, "yearly": 1}),
    "insurance.home": Kind(1_300, 700, _SOMETIMES, leaps_permille=80),
    "insurance.vehicle": Kind(4_200, 560, _SOMETIMES, 40, (-85, 65), 90),
    "insurance.health": Kind(7_500, 300, {"monthly": 1}, 45, (-10, 55)),
    "insurance.life": Kind(2_800, 180, {"monthly": 1}, 45, None, 0),
    "insurance.other": Kind(900, 300, _SOMETIMES),
    "finance.car_loan": Kind(19_000, 160, {"monthly": 1}, 35, None, 0),
    "finance.student_loan": Kind(11_000, 80, {"monthly": 1}, 35, None, 0),
    "finance.loan": Kind(12_000, 80, {"monthly": 1}, 40, None, 0),
    "giving.charity": Kind(1_400, 160, {"monthly": 4, "yearly": 1}, 50, None),
}
_BORROWED = ("finance.car_loan", "finance.student_loan", "finance.loan")
_PAYMENTS_LEFT = (6, 60)
_COUNCIL_TAX = Kind(15_000, 950, {"monthly": 1}, 25, (0, 35), 0)
_PROPERTY_TAX = Kind(4_500, 850, {"quarterly": 2, "yearly": 1}, 50, (-20, 25), 0)
_RENT = Kind(0, 1000, {"monthly": 1}, 0, (-18, 12), 15)
_MORTGAGE = Kind(0, 1000, {"monthly": 1}, 0, None, 0)

_HOMES = {"rented": 610, "mortgaged": 280, "owned": 110}
_HOME_OF_INCOME_PERCENT = (22, 36)
_RENT_DAYS = (1, 1, 1, 1, 2, 3, 5, 15, 28)
_DAYS = (1, 1, 2, 3, 5, 7, 10, 12, 15, 15, 16, 18, 20, 22, 25, 27, 28, 31)
_VARYING_PERMILLE = 450

_LOOKS_EVERY = timedelta(days=30)
_MOVES_PERMILLE = 14
"""Each time: who rents moves about once in six years, if there is money for it."""
_NEW_RENT_PERCENT = (80, 130)
_DEPOSIT_RENTS = (1, 3)
_MOVERS_CENTS = 65_000
_MOVERS_AFTER_DAYS = (5, 25)
_DEPOSIT_BACK_AFTER_DAYS = (40, 110)
_DEPOSIT_KEPT_PERCENT = (0, 0, 0, 0, 15, 40)


class Bills:
    """The bills of a household, and the homes that it moves to."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        self._dues = Dues(home)
        self._deposit: Booking | None = None
        """What was paid for this home, if that is known."""
        self._house(home)
        for category, kind in KINDS.items():
            self._agree(home, category, kind)

    def live(self, home: Household) -> None:
        """Pay what is due today, and move when it is time."""
        self._dues.live(home)
        self._agenda.live(home)

    def _house(self, home: Household) -> None:
        """Rent a home, or own it, perhaps with a mortgage; some pay taxes for it."""
        dice = home.dice
        how = dice.weighted(_HOMES)
        a_month_minor = home.income_minor * dice.between(*_HOME_OF_INCOME_PERCENT) // 100
        if how == "rented":
            rent = self._sign(home, "housing.rent", _RENT, "monthly", a_month_minor)
            self._agenda.put(home.today + _LOOKS_EVERY, partial(self._look_around, rent.series))
        elif how == "mortgaged":
            self._sign(home, "housing.mortgage", _MORTGAGE, "monthly", a_month_minor)
        if home.market.country == "GB":
            self._agree(home, "government.local_tax", _COUNCIL_TAX)
        elif how != "rented":
            self._agree(home, "government.local_tax", _PROPERTY_TAX)

    def _agree(self, home: Household, category: str, kind: Kind) -> None:
        """Agree on a bill, if the household is one that has it."""
        dice = home.dice
        if not dice.permille(kind.permille):
            return
        cadence = dice.weighted(kind.cadences)
        cents = dice.about(kind.a_month_cents, kind.spread_percent)
        amount_minor = home.scaled(cents * 12 // TIMES_A_YEAR[cadence])
        bill = self._sign(home, category, kind, cadence, amount_minor)
        if kind.varies_percent and dice.permille(_VARYING_PERMILLE):
            bill.varies_percent = kind.varies_percent
            bill.is_seasonal = category == "utilities.energy"
        if category in _BORROWED:
            bill.payments_left = dice.between(*_PAYMENTS_LEFT)

    def _sign(
        self, home: Household, category: str, kind: Kind, cadence: str, amount_minor: int
    ) -> Bill:
        dice = home.dice
        payee = dice.one_of(home.market.payees[category])
        day_of_month = dice.one_of(_RENT_DAYS if kind is _RENT else _DAYS)
        amount_minor = -max(1, amount_minor)
        series = begun(home, home.checking, payee, cadence, amount_minor, day_of_month)
        changes_on = home.today + timedelta(days=dice.between(30, 390))
        bill = Bill(series, changes_on, kind.changes_permille or (0, 0), kind.leaps_permille)
        bill.prices_permille = home.price_permille if kind.changes_permille else None
        self._dues.add(bill)
        return bill

    # Another home.

    def _look_around(self, rent: Series, home: Household) -> None:
        """Move, once in some years, if there is money for it."""
        dice = home.dice
        deposit_minor = -rent.amount_minor * dice.between(*_DEPOSIT_RENTS)
        movers_minor = home.scaled(dice.about(_MOVERS_CENTS, 40))
        wants = dice.permille(_MOVES_PERMILLE)
        if wants and make_room(home, deposit_minor + movers_minor):
            rent = self._move(home, rent, deposit_minor)
            movers = dice.one_of(home.market.payees["services.other"])
            moved_on = home.today + timedelta(days=dice.between(*_MOVERS_AFTER_DAYS))
            self._agenda.put(moved_on, lambda home: home.book(home.checking, movers, -movers_minor))
        self._agenda.put(home.today + _LOOKS_EVERY, partial(self._look_around, rent))

    def _move(self, home: Household, old: Series, deposit_minor: int) -> Series:
        """Give notice to one landlord and a deposit to another; the old one comes back later."""
        dice = home.dice
        old.ended_on = home.today
        paid = self._deposit
        back_minor = -paid.amount_minor if paid else -old.amount_minor * _DEPOSIT_RENTS[0]
        back_minor -= back_minor * dice.one_of(_DEPOSIT_KEPT_PERCENT) // 100

        back_on = home.today + timedelta(days=dice.between(*_DEPOSIT_BACK_AFTER_DAYS))
        self._agenda.put(
            back_on, lambda home: home.book(old.account, old.payee, back_minor, refund_of=paid)
        )
        a_month_minor = -old.amount_minor * dice.between(*_NEW_RENT_PERCENT) // 100
        new = self._sign(home, "housing.rent", _RENT, "monthly", a_month_minor).series
        self._deposit = home.book(new.account, new.payee, -deposit_minor)
        return new
