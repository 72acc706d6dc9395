from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sample.bookings import Series
from sample.concerns.agenda import TIMES_A_YEAR, Agenda, begun, passed_due
from sample.days import ONE_DAY, month_ends
from sample.payees import Payee
from tests.sample.regular_lives import lived, numbers

GYM = Payee("The Gym", "health.fitness")


def agreed(number: int, cadence: str, day_of_month: int) -> tuple[Series, date]:
    home = lived(number, lambda _home: (), months=1).home
    return begun(home, home.checking, GYM, cadence, -1_000, day_of_month), home.today


@given(number=numbers, cadence=st.sampled_from(sorted(TIMES_A_YEAR)), day=st.integers(1, 31))
def test_a_series_comes_as_often_a_year_as_it_says(number: int, cadence: str, day: int) -> None:
    series, today = agreed(number, cadence, day)

    dues = [passed_due(series) for _ in range(TIMES_A_YEAR[cadence] * 4)]

    assert today < dues[0] <= today + timedelta(days=370)
    assert dues == sorted(set(dues))
    # Thirteen times four weeks are a day short of a year, and leap years have one more.
    assert abs((series.next_on - dues[0]).days - 4 * 365) <= 6


@given(number=numbers, cadence=st.sampled_from(["monthly", "quarterly", "yearly"]))
def test_a_series_keeps_its_day_where_the_month_has_it(number: int, cadence: str) -> None:
    series, _ = agreed(number, cadence, 31)

    assert all(month_ends(passed_due(series)) for _ in range(30))


def test_what_is_put_on_a_day_is_done_on_that_day_and_once() -> None:
    agenda, done = Agenda(), []
    home = lived(1, lambda _home: (), months=1).home
    tomorrow = home.today + ONE_DAY
    agenda.put(tomorrow, lambda home: done.append(home.today))

    for _ in range(3):
        agenda.live(home)
        home.today += ONE_DAY

    assert done == [tomorrow]


def test_an_act_may_put_another_on_a_later_day() -> None:
    agenda, done = Agenda(), []
    home = lived(1, lambda _home: (), months=1).home
    later = home.today + timedelta(days=2)
    agenda.put(home.today, lambda _: agenda.put(later, lambda home: done.append(home.today)))

    for _ in range(4):
        agenda.live(home)
        home.today += ONE_DAY

    assert done == [later]
