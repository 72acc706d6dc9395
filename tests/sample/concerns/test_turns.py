from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.bookings import Booking, Series
from sample.concerns.turns import Turns
from sample.days import on_day, working_day
from sample.household import Concern, Household
from sample.payees import Payee
from tests.sample.lives import Life, Wages, lived

seeds = st.integers(0, 2**32)
many = settings(max_examples=40)

WINDFALL = Payee("Windfall", "income.other", "transfer")


class LongTrip:
    """Two months in another place."""

    def live(self, home: Household) -> None:
        home.away = home.market if home.today.month in {5, 6} else None


class Poverty:
    """Nothing in any account until September, and then a lot."""

    def live(self, home: Household) -> None:
        if home.today == home.start:
            home.card = None
            for account in home.accounts:
                account.balance_minor = 0
        if home.today.month == 9 and home.today.day == 1:
            home.book(home.checking, WINDFALL, home.scaled(5_000_000))


def turning(home: Household) -> tuple[Concern, ...]:
    return (Wages(), Turns(home))


@cache
def town() -> tuple[Life, ...]:
    """The year of 80 households, some with a year before it."""
    return tuple(lived(1, turning, number=number, imports=True) for number in range(1, 81))


def by_series(life: Life) -> dict[str, list[Booking]]:
    found: defaultdict[str, list[Booking]] = defaultdict(list)
    for booking in life.bookings:
        if booking.series is not None:
            found[booking.series.series_id].append(booking)
    return found


def of_town(category: str) -> list[Booking]:
    return [own for life in town() for own in life.bookings if own.payee.category == category]


@many
@given(seed=seeds)
def test_benefits_and_childcare_fall_on_their_days_or_the_next_working_day(seed: int) -> None:
    for paid in by_series(lived(seed, turning, imports=True)).values():
        for booking in paid:
            assert booking.due_on is not None
            assert booking.on == working_day(booking.due_on)


@many
@given(seed=seeds)
def test_a_series_is_due_month_by_month_until_it_has_ended(seed: int) -> None:
    for paid in by_series(lived(seed, turning, imports=True)).values():
        series = paid[0].series
        assert isinstance(series, Series)
        dues = [booking.due_on for booking in paid if booking.due_on is not None]
        for one, other in pairwise([*dues, series.next_on]):
            assert other == on_day(one.year, one.month + 1, series.day_of_month)
        assert series.ended_on is None or series.ended_on >= paid[-1].on


@many
@given(seed=seeds)
def test_while_nobody_is_at_home_only_series_go_on(seed: int) -> None:
    life = lived(seed, lambda home: (LongTrip(), Turns(home)))

    for booking in life.bookings:
        assert booking.series is not None or booking.on.month not in {5, 6}


@many
@given(seed=seeds)
def test_what_can_wait_is_never_paid_with_money_that_is_not_there(seed: int) -> None:
    def watched(home: Household) -> tuple[Concern, ...]:
        home.heard.append(watch)
        return (Poverty(), Turns(home))

    def watch(booking: Booking) -> None:
        can_wait = booking.amount_minor < 0 and booking.series is None
        assert not can_wait or booking.account.spare_minor >= 0

    lived(seed, watched)


def test_bills_that_waited_are_paid_in_the_end() -> None:
    waiting = {"transport.upkeep", "housing.repairs", "health.dental", "health.doctor"}
    paid = Counter[int]()
    for number in range(1, 41):
        life = lived(2, lambda home: (Poverty(), Turns(home)), number=number)
        paid.update(own.on.month for own in life.bookings if own.payee.category in waiting)

    # Eight months' bills come together in September, when there is money.
    assert paid[9] > 3 * max(paid[10], paid[11], paid[12])


def test_money_from_savings_for_a_bill_has_two_legs_that_add_up_to_zero() -> None:
    legs: Counter[str] = Counter()
    for life in town():
        for booking in life.bookings:
            if booking.transfer_id is not None:
                legs[booking.transfer_id] += booking.amount_minor

    assert legs
    assert set(legs.values()) == {0}


def test_birthdays_come_round_with_gifts_for_about_as_much_as_always() -> None:
    given_away = [
        booking
        for life in town()
        for booking in life.bookings
        if booking.payee.category in {"giving.gifts", "shopping.books", "shopping.hobbies"}
    ]
    days = sum(len(life.away) for life in town())

    assert 1 <= len(given_away) * 365 // days <= 4


def test_friends_get_even_both_ways_and_the_same_ones_come_again() -> None:
    paid = of_town("transfer.person")
    friends = Counter((own.account.account_id, own.payee.name) for own in paid)

    assert sum(own.amount_minor < 0 for own in paid) > sum(own.amount_minor > 0 for own in paid)
    assert any(own.amount_minor > 0 for own in paid)
    assert max(friends.values()) >= 5


def test_rare_turns_happen_in_some_households_and_not_in_most() -> None:
    for category in ("family.childcare", "family.pets", "health.dental", "housing.repairs"):
        homes = {own.account.account_id for own in of_town(category)}
        assert 2 <= len(homes) <= 60, category


def test_a_child_brings_things_then_a_benefit_and_then_childcare() -> None:
    for life in town():
        first: dict[str, date] = {}
        for booking in life.bookings:
            first.setdefault(booking.payee.category, booking.on)
        if "income.benefits" not in first:
            continue
        # Some had another child before.
        assert first["family.children"] < first["income.benefits"]
    assert any(own.amount_minor > 0 for own in of_town("income.benefits"))
    assert all(own.amount_minor < 0 for own in of_town("family.childcare"))


def test_an_illness_is_several_large_bills_over_weeks() -> None:
    ill = [
        sorted(own.on for own in life.bookings if own.payee.category == "health.doctor")
        for life in town()
    ]
    bills = [days for days in ill if len(days) > 1]

    assert bills
    assert all(timedelta(0) < days[-1] - days[0] for days in bills)
