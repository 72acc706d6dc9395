from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.bookings import Booking
from sample.concerns.debts import Debts
from sample.concerns.habits import Habits
from sample.concerns.income import Income
from sample.concerns.saving import Saving
from sample.concerns.transfers import make_room, round_sum
from sample.household import Household
from tests.sample.regular_lives import Life, lived, numbers

SLOWEST = timedelta(days=2)


def moved(number: int) -> Life:
    return lived(
        number, lambda home: (Income(home), Saving(home), Debts(home), Habits(home)), months=14
    )


def legs_of(life: Life) -> dict[str, list[Booking]]:
    legs: dict[str, list[Booking]] = defaultdict(list)
    for booking in life.bookings:
        if booking.transfer_id is not None:
            legs[booking.transfer_id].append(booking)
    return legs


@settings(max_examples=20)
@given(number=numbers)
def test_both_legs_of_a_transfer_add_up_to_zero(number: int) -> None:
    life = moved(number)

    for legs in legs_of(life).values():
        if legs[0].other is None or legs[0].on > life.home.today - SLOWEST:
            continue
        out, into = legs
        assert out.amount_minor + into.amount_minor == 0
        assert out.amount_minor < 0
        assert (out.account, out.other) == (into.other, into.account)
        assert out.on <= into.on <= out.on + SLOWEST


@settings(max_examples=20)
@given(number=numbers)
def test_of_what_is_not_connected_one_leg_is_seen(number: int) -> None:
    life = moved(number)

    for legs in legs_of(life).values():
        if legs[0].other is None:
            assert len(legs) == 1
            assert legs[0].account is life.home.checking


@settings(max_examples=20)
@given(number=numbers)
def test_own_transfers_alone_have_a_transfer_id(number: int) -> None:
    for booking in moved(number).bookings:
        is_own = booking.payee.category.startswith("transfer.")
        assert is_own == (booking.transfer_id is not None)


@given(number=numbers, wanted_minor=st.integers(1, 1_000_000))
def test_room_is_made_exactly_when_there_are_savings_for_it(number: int, wanted_minor: int) -> None:
    home = lived(number, lambda _home: (), months=1).home
    savings_minor = home.savings.balance_minor if home.savings else 0
    before_minor = home.checking.spare_minor

    made = make_room(home, wanted_minor)

    assert made == (home.checking.spare_minor >= wanted_minor)
    assert made == (max(before_minor, before_minor + savings_minor) >= wanted_minor)
    assert home.savings is None or home.savings.balance_minor >= 0


@given(number=numbers, amount_minor=st.integers(0, 10**7))
def test_a_round_sum_is_just_below(number: int, amount_minor: int) -> None:
    home: Household = lived(number, lambda _home: (), months=1).home

    assert 0 <= amount_minor - round_sum(home, amount_minor) < home.market.price(1_000)
