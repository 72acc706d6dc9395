from __future__ import annotations

from functools import cache

from hypothesis import given, settings

from sample.concerns.habits import Habits
from sample.concerns.income import Income
from sample.concerns.saving import Saving
from sample.household import Household
from tests.sample.regular_lives import Life, lived, numbers

ASIDE = ("transfer.savings", "transfer.investments")


def saved(number: int) -> Life:
    return lived(number, lambda home: (Income(home), Saving(home), Habits(home)), months=14)


@cache
def town() -> tuple[Life, ...]:
    return tuple(saved(number) for number in range(40))


@settings(max_examples=20)
@given(number=numbers)
def test_savings_are_never_overdrawn(number: int) -> None:
    life = saved(number)

    if life.home.savings is not None:
        assert min(life.evenings[life.home.savings.account_id].values()) >= 0


@settings(max_examples=20)
@given(number=numbers)
def test_nothing_is_put_aside_that_is_not_there(number: int) -> None:
    life = saved(number)

    for booking, left_minor in zip(life.bookings, life.left_minor, strict=True):
        if booking.payee.category in ASIDE and booking.amount_minor < 0:
            assert left_minor >= 0


@settings(max_examples=20)
@given(number=numbers)
def test_a_standing_order_is_always_as_large(number: int) -> None:
    for bookings in saved(number).of_series().values():
        if bookings[0].payee.category in ASIDE:
            assert len({booking.amount_minor for booking in bookings}) == 1


def test_rounding_up_saves_what_purchases_lack_to_the_next_full_sum() -> None:
    bought_minor = [-1_250, -999, -1, -300]

    def round_up(home: Household) -> tuple[Saving]:
        home.card = None
        home.income_minor = 100
        home.checking.balance_minor = 20_000
        return (Saving(home),)

    for number in range(200):
        life = lived(number, lambda _home: (), months=1)
        home = life.home
        if home.savings is None:
            continue
        saving = round_up(home)[0]
        if len(home.heard) == 1:
            continue
        shop = home.market.payees["food.groceries"][0]
        for amount_minor in bought_minor:
            home.book(home.checking, shop, amount_minor)
        before = len(life.bookings)
        saving.live(home)
        into = [one for one in life.bookings[before:] if one.account is home.checking]
        assert [one.amount_minor for one in into if one.amount_minor > -1_000] == [-(50 + 1 + 99)]
        return
    raise AssertionError("nobody rounds up")


def test_some_savings_are_seen_and_some_are_not() -> None:
    legs = [one for life in town() for one in life.bookings if one.payee.category in ASIDE]

    assert any(one.other is not None for one in legs)
    assert any(one.other is None for one in legs)


def test_savings_are_taken_back_when_checking_runs_low() -> None:
    taken_back = [
        one
        for life in town()
        for one in life.on(life.home.checking)
        if one.payee.category == "transfer.savings" and one.amount_minor > 0
    ]

    assert taken_back
