from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given, settings

from sample.concerns.agenda import EXPECTED_AFTER, TIMES_A_YEAR
from sample.concerns.income import Income
from sample.concerns.paydays import GRACE_DAYS, UNUSUAL_PERCENT
from sample.days import working_day_before
from sample.household import Household, Shock
from tests.sample.regular_lives import START, Life, lived, numbers

LATE_DAYS_MAX = 9
BENEFIT_AFTER_DAYS_MAX = 50
MIDDLE = START.replace(year=2026)


def earned(number: int) -> Life:
    return lived(number, lambda home: (Income(home),))


@cache
def shocked() -> tuple[Life, ...]:
    """Eighty households of which some lose their jobs on the same day."""
    shock = Shock("job-loss", MIDDLE)
    return tuple(lived(number, lambda home: (Income(home),), shock=shock) for number in range(80))


def regular_minor(home: Household) -> int:
    return sum(
        series.amount_minor * TIMES_A_YEAR[series.cadence] // 12
        for series in home.series
        if series.ended_on is None
    )


@settings(max_examples=25)
@given(number=numbers)
def test_pay_comes_on_the_working_day_before_or_late(number: int) -> None:
    for bookings in earned(number).of_series().values():
        for booking in bookings:
            assert booking.due_on is not None
            on_time = working_day_before(booking.due_on)
            assert on_time <= booking.on <= on_time + timedelta(days=LATE_DAYS_MAX)
            assert booking.amount_minor > 0


def test_nearly_all_pay_is_on_time_and_so_never_on_a_weekend() -> None:
    pays = [
        booking
        for life in shocked()
        for bookings in life.of_series().values()
        for booking in bookings
    ]

    on_time = [one for one in pays if one.due_on and one.on == working_day_before(one.due_on)]

    assert len(on_time) > len(pays) * 97 // 100
    assert all(one.on.weekday() < 5 for one in on_time)


@settings(max_examples=25)
@given(number=numbers)
def test_no_pay_is_left_out_while_it_lasts(number: int) -> None:
    life = earned(number)

    for series in life.home.series:
        bookings = life.of_series().get(series.series_id, [])
        dues = sorted(booking.due_on for booking in bookings if booking.due_on)
        days = [(later - earlier).days for earlier, later in pairwise(dues)]
        step = 366 // TIMES_A_YEAR[series.cadence]
        assert all(step - 3 <= passed <= step + 1 for passed in days)


@settings(max_examples=40)
@given(number=numbers)
def test_what_is_noted_as_missed_was_not_there_when_its_grace_was_over(number: int) -> None:
    life = earned(number)

    for note in life.noted("missed_income"):
        due_on = note.known_on - timedelta(days=GRACE_DAYS + 1)
        paid = life.of_series()[note.subject]
        assert all(booking.on >= note.known_on for booking in paid if booking.due_on == due_on)
        assert sum(booking.on < note.known_on for booking in paid) >= EXPECTED_AFTER


@settings(max_examples=40)
@given(number=numbers)
def test_pay_after_its_grace_is_noted_once_it_is_known(number: int) -> None:
    life = earned(number)
    noted = {note.event_id for note in life.noted("missed_income")}

    for bookings in life.of_series().values():
        for booking in bookings[EXPECTED_AFTER + 1 :]:
            assert booking.due_on is not None
            if booking.on > booking.due_on + timedelta(days=GRACE_DAYS):
                assert booking.event in noted


@settings(max_examples=40)
@given(number=numbers)
def test_what_is_noted_as_changed_is_another_amount_than_usual(number: int) -> None:
    life = earned(number)

    for note in life.noted("changed_income"):
        usual_minor = min(
            abs(booking.amount_minor - note.amount_minor)
            for booking in life.of_series()[note.subject]
        )
        assert abs(note.amount_minor) * 100 >= usual_minor * UNUSUAL_PERCENT


@settings(max_examples=25)
@given(number=numbers)
def test_the_usual_income_follows_what_is_promised(number: int) -> None:
    freely_minor = []

    def compare(home: Household) -> tuple[Income]:
        income = Income(home)
        freely_minor.append(home.income_minor - regular_minor(home))
        return (income,)

    home = lived(number, compare).home

    assert freely_minor[0] >= 0
    just_lost = home.today - timedelta(days=BENEFIT_AFTER_DAYS_MAX)
    if any(one.ended_on and one.ended_on >= just_lost for one in home.series):
        return  # A benefit is counted on before it is granted.
    assert home.income_minor - regular_minor(home) == freely_minor[0]


def test_a_shock_ends_a_fifth_of_the_jobs_on_its_day() -> None:
    jobs = [
        series
        for life in shocked()
        for series in life.home.series
        if series.payee.category == "income.salary"
        and (series.ended_on is None or series.ended_on >= MIDDLE)
        and any(booking.on < MIDDLE for booking in life.of_series().get(series.series_id, []))
    ]

    ended = [series for series in jobs if series.ended_on == MIDDLE]

    assert len(jobs) // 10 < len(ended) < len(jobs) * 3 // 10


def test_after_a_lost_job_comes_a_benefit_and_then_another_employer() -> None:
    helped = found = lost = 0
    for life in shocked():
        for job in life.home.series:
            if job.ended_on != MIDDLE:
                continue
            lost += 1
            later = [one for one in life.home.series if one.next_on > MIDDLE and one is not job]
            helped += any(one.payee.category == "income.benefits" for one in later)
            found += any(
                one.payee.category == "income.salary" and one.payee != job.payee for one in later
            )

    assert lost > 5
    assert helped == lost
    assert found > lost // 2
