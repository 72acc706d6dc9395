from __future__ import annotations

from functools import cache
from itertools import pairwise

from hypothesis import given, settings

from sample.concerns.subscriptions import Subscriptions
from sample.household import Household
from tests.sample.regular_lives import Life, lived, numbers

MONTHS = 48


def able(home: Household) -> tuple[Subscriptions]:
    """Give a household all the money that subscriptions could cost."""
    home.card = None
    home.checking.balance_minor = home.price(10_000_000)
    return (Subscriptions(home),)


def subscribed(number: int) -> Life:
    return lived(number, able, months=MONTHS)


@cache
def town() -> tuple[Life, ...]:
    return tuple(subscribed(number) for number in range(60))


@settings(max_examples=25)
@given(number=numbers)
def test_a_price_stays_unless_a_rise_is_noted(number: int) -> None:
    life = subscribed(number)
    rises = {note.event_id: note for note in life.noted("price_rise")}

    for series_id, bookings in life.of_series().items():
        for before, booking in pairwise(bookings):
            more_minor = before.amount_minor - booking.amount_minor
            rise = rises.get(booking.event or "")
            assert more_minor == (rise.amount_minor if rise else 0)
            assert more_minor >= 0
            assert rise is None or (rise.subject == series_id and rise.known_on >= booking.on)


@settings(max_examples=25)
@given(number=numbers)
def test_after_cancelling_only_noted_charges_come(number: int) -> None:
    life = subscribed(number)
    noted = {note.event_id for note in life.noted("charged_after_cancelling")}

    for bookings in life.of_series().values():
        for booking in bookings:
            assert booking.series is not None
            ended_on = booking.series.ended_on
            is_after = ended_on is not None and booking.on >= ended_on
            assert is_after == (booking.event in noted)


@settings(max_examples=25)
@given(number=numbers)
def test_charges_come_on_their_very_day(number: int) -> None:
    for bookings in subscribed(number).of_series().values():
        assert all(booking.on == booking.due_on for booking in bookings)


@settings(max_examples=25)
@given(number=numbers)
def test_nothing_is_subscribed_to_twice_at_once(number: int) -> None:
    life = subscribed(number)

    living = [one.payee for one in life.home.series if one.ended_on is None]

    assert len(living) == len(set(living))


def test_a_noted_trial_was_seen_before_it_became_dear() -> None:
    converted = 0
    for life in town():
        for note in life.noted("trial_converted"):
            converted += 1
            first = life.of_series()[note.subject][0]
            assert first.event == note.event_id
            assert note.amount_minor == -first.amount_minor
            assert any(
                one.payee == first.payee and one.series is None and one.on < first.on
                for one in life.bookings
            )

    assert converted > 20


def test_some_are_charged_after_they_cancelled() -> None:
    assert sum(len(life.noted("charged_after_cancelling")) for life in town()) > 5


def test_a_card_that_is_declined_ends_a_subscription() -> None:
    def broke(home: Household) -> tuple[Subscriptions]:
        home.card = None
        home.checking.balance_minor = -home.checking.limit_minor
        return (Subscriptions(home),)

    life = lived(7, broke, months=14)

    assert not life.of_series()
    assert all(series.ended_on for series in life.home.series if series.next_on < life.home.today)
