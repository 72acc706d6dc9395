from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.bookings import Booking
from sample.concerns.habits import Habits
from sample.concerns.people import CRIMES
from sample.concerns.travel import Travel
from sample.concerns.trouble import Trouble
from sample.household import Concern, Household
from sample.truth import TrueEvent
from tests.sample.lives import END, Friend, Life, Wages, lived

seeds = st.integers(0, 2**32)
few = settings(max_examples=8)

GOOD = {"legitimate_repeat", "large_but_planned"}
GIVEN_BACK = CRIMES | {"duplicate_charge"}
TOLD = {"card_testing": 4, "legitimate_repeat": 2}
"""How many payments must be seen before somebody can know; one, for what is not here."""


class ByDay(Habits):
    """The habits of somebody who sleeps at night."""

    def __init__(self, home: Household) -> None:
        super().__init__(home)
        self._own = [own for own in self._own if own.habit.hours[0] >= 6]


class LongTrip:
    """Some months in another place."""

    def live(self, home: Household) -> None:
        home.away = home.market if 4 <= home.today.month <= 9 else None


def stuck(home: Household) -> tuple[Concern, ...]:
    return (LongTrip(), Wages(), Friend(), ByDay(home), Trouble(home))


def troubled(home: Household) -> tuple[Concern, ...]:
    return (Wages(), Friend(), Travel(home), ByDay(home), Trouble(home))


@cache
def town() -> tuple[Life, ...]:
    """The year of 70 households."""
    return tuple(lived(1, troubled, number=number) for number in range(1, 71))


def noted(kind: str) -> Iterator[tuple[Life, TrueEvent, list[Booking]]]:
    """Give what was noted of a kind in town, and what was booked of it."""
    found = 0
    for life in town():
        booked = life.of_events()
        for event in life.events:
            if event.kind == kind:
                found += 1
                yield life, event, booked[event.event_id]
    assert found >= 3, kind


def before(life: Life, booking: Booking) -> list[Booking]:
    """Give what was booked of the household's own accord until a booking."""
    earlier = life.bookings[: life.bookings.index(booking)]
    return [own for own in earlier if own.event is None]


# Of all kinds.


@few
@given(seed=seeds)
def test_every_event_noted_was_booked_and_every_event_booked_was_noted(seed: int) -> None:
    life = lived(seed, troubled, imports=True)
    booked = life.of_events()
    noted = {event.event_id: event for event in life.events}

    assert set(noted) <= set(booked)
    for event_id, own in booked.items():
        if event_id in noted:
            event = noted[event_id]
            assert event.amount_minor == -sum(booking.amount_minor for booking in own)
            assert event.account_id == own[0].account.account_id
            assert {booking.account.account_id for booking in own} == {event.account_id}
            assert event.expected == (event.kind not in GOOD)
        else:
            told = [booking.seen_on or booking.on for booking in own]
            assert own[0].on < life.home.joins_on or max(told) >= END


@few
@given(seed=seeds)
def test_an_event_can_be_known_once_enough_of_it_is_published_and_not_before(seed: int) -> None:
    life = lived(seed, troubled)
    published = dict(life.published)
    for row in life.rows:
        if row.replaced_by is not None:
            pending_on = life.published[row.transaction_id]
            published[row.replaced_by] = min(pending_on, published.get(row.replaced_by, END))
    booked = life.of_events()

    for event in life.events:
        days = sorted(published.get(own.transaction_id, END) for own in booked[event.event_id])
        if event.kind == "duplicate_charge":
            days = [max(days[0], published.get(event.subject, date.min))]
        assert event.known_on == days[TOLD.get(event.kind, 1) - 1]


@few
@given(seed=seeds)
def test_nothing_but_a_forgotten_account_makes_trouble_while_nobody_is_at_home(seed: int) -> None:
    life = lived(seed, stuck)

    for event_id, own in life.of_events().items():
        assert "dormant_account" in event_id or not 4 <= own[0].on.month <= 9


@few
@given(seed=seeds)
def test_fraud_and_mistakes_come_back_in_full_or_not_at_all_and_nothing_else_does(
    seed: int,
) -> None:
    life = lived(seed, troubled, imports=True)
    kinds = {event.event_id: event.kind for event in life.events}

    for refund, purchase in life.refunds():
        assert purchase.event is not None
        assert refund.event is None
        assert refund.amount_minor == -purchase.amount_minor
        assert kinds.get(purchase.event, "duplicate_charge") in GIVEN_BACK
        assert timedelta(days=2) <= refund.on - purchase.on <= timedelta(days=21)
    assert len({id(purchase) for _, purchase in life.refunds()}) == len(list(life.refunds()))


@few
@given(seed=seeds)
def test_money_brought_from_savings_has_two_legs(seed: int) -> None:
    legs: Counter[str] = Counter()
    for booking in lived(seed, troubled).bookings:
        if booking.transfer_id is not None:
            legs[booking.transfer_id] += booking.amount_minor

    assert set(legs.values()) <= {0}


def test_a_household_has_two_to_four_troubles_a_year() -> None:
    events = sum(len(life.events) for life in town())

    assert 2 * len(town()) <= events <= 4 * len(town())


def test_in_imported_years_trouble_is_rare() -> None:
    booked, days = 0, 0
    for number in range(1, 31):
        life = lived(2, troubled, number=number, imports=True, end=date(2025, 2, 1))
        booked += sum(own[0].on < life.home.joins_on for own in life.of_events().values())
        days += (life.home.joins_on - life.home.start).days

    assert 0 < booked * 365 < days * 3 // 2


# Each kind.


def test_an_unusual_amount_is_many_times_what_is_usual_at_such_shops() -> None:
    for life, event, [booking] in noted("unusual_amount"):
        usual = [
            -own.amount_minor
            for own in before(life, booking)
            if own.payee.category == booking.payee.category and own.kind == "card"
            if own.series is None and not own.payee.country and own.amount_minor < 0
        ]
        middle_minor = sorted(usual[-15:])[len(usual[-15:]) // 2]
        assert 8 * middle_minor <= event.amount_minor <= 25 * middle_minor


def test_an_unusual_place_is_a_country_where_the_household_is_not() -> None:
    for life, event, [booking] in noted("unusual_place"):
        assert booking.payee.country not in {"", life.home.market.country}
        assert life.away[booking.on] is None
        been_in = {own.payee.country for own in before(life, booking) if own.amount_minor < 0}
        assert booking.payee.country not in been_in
        assert booking.account.bank.tells_mcc
        assert event.expected


def test_an_unusual_hour_is_one_at_which_the_household_slept_for_months() -> None:
    for life, _event, [booking] in noted("unusual_hour"):
        assert booking.account.bank.tells_minute
        assert booking.minute is not None
        assert 150 <= booking.minute <= 255
        for own in before(life, booking):
            is_recent = booking.on - own.on <= timedelta(days=120)
            assert not is_recent or own.minute is None or not 60 <= own.minute < 330


def test_a_card_is_tested_with_small_sums_within_an_hour_and_then_often_drained() -> None:
    drained = 0
    for life, _event, booked in noted("card_testing"):
        small = [own for own in booked if -own.amount_minor <= life.home.price(1_000)]
        minutes = [own.minute for own in small if own.minute is not None]
        assert 4 <= len(small) <= 12
        assert len(booked) - len(small) <= 1
        assert max(minutes) - min(minutes) < 60
        assert {own.on for own in booked} == {booked[0].on}
        drained += len(booked) > len(small)

    assert drained > 3


def test_a_charge_comes_twice_by_mistake_on_the_day_of_the_first() -> None:
    for life, event, [again] in noted("duplicate_charge"):
        [first] = [own for own in life.bookings if own.transaction_id == event.subject]
        assert (first.account, first.payee, first.amount_minor, first.on) == (
            (again.account, again.payee, again.amount_minor, again.on)
        )


def test_some_buy_the_same_twice_on_purpose() -> None:
    for _life, event, [one, other] in noted("legitimate_repeat"):
        assert (one.account, one.payee, one.amount_minor, one.on) == (
            (other.account, other.payee, other.amount_minor, other.on)
        )
        assert not event.expected


def test_somebody_new_gets_several_times_what_anybody_ever_got() -> None:
    for life, event, [booking] in noted("new_payee_large"):
        sent = [own for own in before(life, booking) if own.kind == "transfer" and not own.other]
        paid = [own for own in sent if own.amount_minor < 0]
        largest_minor = max(-own.amount_minor for own in paid)
        assert 3 * largest_minor <= event.amount_minor <= 10 * largest_minor
        assert booking.payee.name not in {own.payee.name for own in paid}


def test_a_forgotten_account_lies_still_until_somebody_finds_it() -> None:
    for life, _event, booked in noted("dormant_account"):
        account = booked[0].account
        assert [own for own in life.bookings if own.account is account and own.event] == booked
        assert booked[0].on - life.home.start >= timedelta(days=120)
        assert account.balance_minor >= 0


def test_about_one_household_in_eight_has_forgotten_an_account() -> None:
    forgotten = sum(len(life.home.others) for life in town())

    assert len(town()) * 2 // 100 <= forgotten <= len(town()) * 25 // 100


def test_what_was_planned_is_large_and_no_reason_to_warn() -> None:
    for life, event, _booked in noted("large_but_planned"):
        assert event.amount_minor >= life.home.market.price(119_000)
        assert not event.expected
