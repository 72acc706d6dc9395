from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.concerns.charges import Charges, interest_minor
from sample.days import month_ends
from sample.household import Household
from tests.sample.regular_lives import Life, lived, numbers


def overdrawn(home: Household) -> tuple[Charges]:
    home.checking.balance_minor = -home.price(500_000)
    return (Charges(home),)


class Traveller:
    """Somebody who buys something abroad every day."""

    def live(self, home: Household) -> None:
        shop = home.market.payees["food.groceries"][0]
        home.book(home.checking, shop, -10_000, foreign=(-11_000, "CHF"))


def overdraft_fees(life: Life) -> list[int]:
    return [-one.amount_minor for one in life.bookings if one.payee.category == "finance.overdraft"]


@given(balance_minor=st.integers(0, 10**9), days=st.integers(0, 800))
def test_interest_is_never_more_than_it_says(balance_minor: int, days: int) -> None:
    earned_minor = interest_minor(balance_minor, "1.25", days)

    assert earned_minor * 365 * 10_000 <= balance_minor * 125 * days
    assert (earned_minor + 1) * 365 * 10_000 > balance_minor * 125 * days


@settings(max_examples=25)
@given(number=numbers)
def test_an_overdraft_costs_something_at_the_end_of_each_month(number: int) -> None:
    life = lived(number, overdrawn, months=6)

    fees = [one for one in life.bookings if one.payee.category == "finance.overdraft"]

    assert len(fees) == 6
    assert all(month_ends(one.on) for one in fees)
    # The last may be told of when all is over.
    assert len(life.noted("fee")) in (5, 6)


@settings(max_examples=25)
@given(number=numbers)
def test_each_month_is_charged_for_its_own_days_below_zero(number: int) -> None:
    life = lived(number, overdrawn, months=3)
    charges = life.home.concerns[0]
    assert isinstance(charges, Charges)
    evenings = life.evenings[life.home.checking.account_id]

    for fee in (one for one in life.bookings if one.payee.category == "finance.overdraft"):
        days = [day for day in evenings if (day.year, day.month) == (fee.on.year, fee.on.month)]
        # The fee itself is taken when the last day has been counted.
        owed_minor = fee.amount_minor - sum(evenings[day] for day in days)
        assert -fee.amount_minor == interest_minor(owed_minor, charges._overdraft_rate, 1)


@settings(max_examples=25)
@given(number=numbers)
def test_who_is_never_overdrawn_is_charged_no_overdraft(number: int) -> None:
    def rich(home: Household) -> tuple[Charges]:
        home.checking.balance_minor = home.price(100_000_000)
        return (Charges(home),)

    assert not overdraft_fees(lived(number, rich, months=6))


@settings(max_examples=25)
@given(number=numbers)
def test_savings_bear_interest_each_quarter(number: int) -> None:
    life = lived(number, lambda home: (Charges(home),), months=12)
    savings = life.home.savings

    paid = [one for one in life.on(savings) if one.payee.category == "income.investments"]

    assert all(month_ends(one.on) and one.on.month in (3, 6, 9, 12) for one in paid)
    assert all(one.amount_minor > 0 for one in paid)
    if savings is not None and savings.balance_minor > life.home.price(100_000):
        assert len(paid) == 4


@settings(max_examples=25)
@given(number=numbers)
def test_each_payment_abroad_costs_the_same_share_or_nothing(number: int) -> None:
    life = lived(number, lambda home: (Charges(home), Traveller()), months=1)

    bought = [one for one in life.bookings if one.foreign is not None and one.posted_on]
    fees = [one for one in life.bookings if one.event and one.payee.category == "finance.fee"]

    assert len(fees) in (0, len(bought))
    assert len({one.amount_minor for one in fees}) <= 1
    assert all(-300 <= one.amount_minor < 0 for one in fees)


@settings(max_examples=25)
@given(number=numbers)
def test_an_account_fee_is_a_series_that_nobody_wants_to_hear_of(number: int) -> None:
    life = lived(number, lambda home: (Charges(home),), months=12)

    for bookings in life.of_series().values():
        assert all(one.event is None for one in bookings)
        gaps = [later.on - one.on for one, later in pairwise(bookings)]
        assert all(timedelta(25) <= gap <= timedelta(35) for gap in gaps)
