from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given, settings

from sample.concerns.agenda import EXPECTED_AFTER
from sample.concerns.bills import Bills
from sample.concerns.dues import GRACE_DAYS, UNUSUAL_PERCENT
from sample.concerns.income import Income
from sample.days import working_day
from sample.household import Household
from tests.sample.regular_lives import START, Life, lived, numbers

WEEK = timedelta(days=7)


def paid(number: int) -> Life:
    return lived(number, lambda home: (Income(home), Bills(home)))


def ruined(home: Household) -> tuple[Bills]:
    """Give a household bills and, after half a year or so, nothing to pay them with."""
    home.income_minor = home.scaled(250_000)
    home.savings = None
    home.checking.balance_minor = home.income_minor * 2
    return (Bills(home),)


def enriched(home: Household) -> tuple[Bills]:
    """Give a household bills and no worries."""
    home.income_minor = home.scaled(250_000)
    home.checking.balance_minor = home.income_minor * 10_000
    return (Bills(home),)


@cache
def movers() -> tuple[Life, ...]:
    """Households that can pay any deposit, over five years."""
    return tuple(lived(number, enriched, months=60) for number in range(30))


@settings(max_examples=25)
@given(number=numbers)
def test_bills_are_paid_on_their_day_or_the_next_working_day(number: int) -> None:
    for bookings in lived(number, enriched).of_series().values():
        for booking in bookings:
            assert booking.due_on is not None
            assert booking.on in (booking.due_on, working_day(booking.due_on))
            assert booking.amount_minor < 0


@settings(max_examples=25)
@given(number=numbers)
def test_a_bill_never_takes_what_is_not_there(number: int) -> None:
    life = lived(number, ruined)
    checking = life.home.checking
    balance_minor = life.evenings[checking.account_id][START]
    balance_minor -= sum(one.amount_minor for one in life.on(checking) if one.on == START)

    for booking in life.on(checking):
        balance_minor += booking.amount_minor
        assert booking.series is None or balance_minor >= -checking.limit_minor


@settings(max_examples=25)
@given(number=numbers)
def test_what_bounced_costs_a_fee_and_is_tried_again_in_weeks(number: int) -> None:
    life = lived(number, ruined)

    for booking in (one for ones in life.of_series().values() for one in ones):
        assert booking.due_on is not None
        tried_on = {booking.due_on, working_day(booking.due_on)}
        assert booking.on in {day + WEEK * times for day in tried_on for times in range(3)}


@settings(max_examples=25)
@given(number=numbers)
def test_what_is_noted_as_missed_had_not_come_by_then(number: int) -> None:
    life = lived(number, ruined)

    for note in life.noted("missed_bill"):
        due_on = note.known_on - timedelta(days=GRACE_DAYS)
        bookings = life.of_series()[note.subject]
        assert all(one.on > note.known_on for one in bookings if one.due_on == due_on)
        assert sum(one.on < note.known_on for one in bookings) >= EXPECTED_AFTER


@settings(max_examples=25)
@given(number=numbers)
def test_a_bill_has_changed_exactly_when_it_is_noted(number: int) -> None:
    life = lived(number, enriched)
    noted = {note.event_id: note.amount_minor for note in life.noted("changed_bill")}

    for bookings in life.of_series().values():
        for before, booking in pairwise(bookings):
            more_minor = before.amount_minor - booking.amount_minor
            if booking.event is not None:
                assert noted[booking.event] == more_minor
                assert abs(more_minor) * 100 >= -before.amount_minor * UNUSUAL_PERCENT


@settings(max_examples=25)
@given(number=numbers)
def test_what_was_borrowed_is_paid_back_at_last(number: int) -> None:
    life = lived(number, enriched, months=64)

    for series in life.home.series:
        if series.payee.category in ("finance.car_loan", "finance.loan", "finance.student_loan"):
            assert series.ended_on is not None
            assert life.of_series()[series.series_id][-1].on == series.ended_on


def test_who_runs_out_of_money_is_charged_for_it_and_misses_bills() -> None:
    lives = [lived(number, ruined) for number in range(30)]

    assert sum(bool(life.noted("fee")) for life in lives) > 25
    assert sum(bool(life.noted("missed_bill")) for life in lives) > 20


def test_a_household_rents_one_home_at_a_time() -> None:
    for life in movers():
        rents = [one for one in life.home.series if one.payee.category == "housing.rent"]
        assert Counter(one.ended_on is None for one in rents)[True] <= 1


def test_who_moves_pays_a_deposit_and_gets_the_last_one_back() -> None:
    given_back = [
        booking
        for life in movers()
        for booking in life.bookings
        if booking.payee.category == "housing.rent" and booking.amount_minor > 0
    ]

    assert given_back
    assert any(booking.refund_of is not None for booking in given_back)
    for booking in given_back:
        deposit = booking.refund_of
        if deposit is not None:
            assert deposit.payee == booking.payee
            assert booking.amount_minor <= -deposit.amount_minor


def test_bills_come_to_about_two_fifths_of_the_income() -> None:
    came_in = went_out = 0
    for number in range(40):
        life = paid(number)
        for booking in life.bookings:
            # Countries have moneys of their own; the thousandth is as good as the whole.
            minor = booking.amount_minor * 1000 // life.home.market.level_permille
            came_in += minor if booking.payee.category.startswith("income.") else 0
            went_out -= minor if booking.series is not None and minor < 0 else 0

    assert came_in * 30 // 100 < went_out < came_in * 45 // 100
