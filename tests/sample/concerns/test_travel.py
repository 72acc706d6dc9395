from __future__ import annotations

from functools import cache
from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.concerns.habits import Habits
from sample.concerns.travel import Travel, exchanged
from sample.household import Concern, Household
from sample.places.market import Market
from sample.places.markets import MARKETS
from tests.sample.lives import Life, Wages, lived, settled

seeds = st.integers(0, 2**32)
few = settings(max_examples=8)
many = settings(max_examples=40)

EUROS, YEN = (next(m for m in MARKETS if m.country == country) for country in ("DE", "JP"))


class Watched:
    """Habits, and on which days they did something."""

    def __init__(self, home: Household) -> None:
        self.habits = Habits(home)
        self.active = 0
        self.bought = 0
        home.heard.append(lambda _booking: self._count())

    def live(self, home: Household) -> None:
        before = self.bought
        self.habits.live(home)
        assert home.away is None or self.bought == before
        self.active += self.bought > before

    def _count(self) -> None:
        self.bought += 1


def travellers(home: Household) -> tuple[Concern, ...]:
    return (Wages(), Travel(home), Watched(home))


def well_off(home: Household) -> tuple[Concern, ...]:
    home.means.level_percent = max(60, home.means.level_percent)
    return (Wages(), Travel(home))


def spans(life: Life) -> list[tuple[Market | None, int]]:
    """Give where the household was, and for how many evenings, one place after the other."""
    return [(there, len(list(days))) for there, days in groupby(life.away.values())]


@cache
def town() -> tuple[Life, ...]:
    """The year of 40 households that could travel."""
    return tuple(lived(1, well_off, number=number) for number in range(1, 41))


@few
@given(seed=seeds)
def test_every_trip_ends_and_between_two_the_household_is_at_home(seed: int) -> None:
    life = lived(seed, travellers, imports=True)

    for here, there in pairwise(spans(life)):
        assert (here[0] is None) != (there[0] is None)
    assert all(1 <= days <= 14 for there, days in spans(life) if there is not None)


@few
@given(seed=seeds)
def test_habits_rest_while_the_household_is_away(seed: int) -> None:
    life = lived(seed, travellers, imports=True)
    watched = life.home.concerns[2]

    assert isinstance(watched, Watched)
    assert watched.active > 50


@many
@given(seed=seeds)
def test_what_is_bought_away_is_bought_there(seed: int) -> None:
    life = lived(seed, well_off, imports=True)

    for booking in life.bookings:
        there = life.away[booking.on]
        if there is not None and booking.payee.category not in {
            "income.salary",
            "transfer.card_payment",
        }:
            at_home = there.country == life.home.market.country
            assert booking.payee.country == ("" if at_home else there.country)


@many
@given(seed=seeds)
def test_other_money_is_told_and_changed_at_nearly_the_same_rate_all_the_time(seed: int) -> None:
    life = lived(seed, well_off, imports=True)
    by_country = {market.country: market for market in MARKETS}

    for booking in life.bookings:
        there = by_country[booking.payee.country or life.home.market.country]
        if there.currency == life.home.market.currency:
            assert booking.foreign is None
            continue
        assert booking.foreign is not None
        foreign_minor, currency = booking.foreign
        usual_minor = foreign_minor * life.home.market.level_permille // there.level_permille
        assert currency == there.currency
        assert abs(-booking.amount_minor - usual_minor) <= usual_minor * 15 // 1000 + 1


@many
@given(seed=seeds)
def test_nobody_pays_for_a_trip_with_money_that_is_not_there(seed: int) -> None:
    def with_eyes_on_it(home: Household) -> tuple[Concern, ...]:
        home.heard.append(lambda booking: short.append(booking.account.spare_minor < 0))
        return (Travel(home),)

    short: list[bool] = []
    lived(seed, with_eyes_on_it)

    assert not any(short)


def test_those_with_means_go_about_once_or_twice_a_year_and_more_go_abroad() -> None:
    trips = [there for life in town() for there, _ in spans(life) if there is not None]
    homes = [life.home.market.country for life in town() for there, _ in spans(life) if there]
    abroad = sum(there.country != home for there, home in zip(trips, homes, strict=True))

    assert 40 <= len(trips) <= 100
    assert len(trips) * 4 // 10 < abroad < len(trips) * 8 // 10
    assert max(sum(there is not None for there, _ in spans(life)) for life in town()) <= 4


def test_a_trip_is_flights_or_rides_and_beds_and_days_of_meals_and_cash() -> None:
    bought = {booking.payee.category for life in town() for booking in life.bookings}

    assert bought >= {
        "travel.flights",
        "travel.lodging",
        "transport.public",
        "transport.fuel",
        "dining.restaurant",
        "cash.withdrawal",
    }


def test_most_beds_are_paid_in_two_parts_one_of_them_before() -> None:
    ahead, there = 0, 0
    for life in town():
        for booking in life.bookings:
            if booking.payee.category == "travel.lodging":
                ahead += life.away[booking.on] is None
                there += life.away[booking.on] is not None

    assert ahead > 20
    assert there > 20


def test_who_has_little_stays_at_home() -> None:
    def poor(home: Household) -> tuple[Concern, ...]:
        home.means.level_percent = 54
        return (Wages(), Travel(home))

    assert set(lived(1, poor).away.values()) == {None}


def test_a_price_in_yen_takes_two_thirds_as_many_cents() -> None:
    home = settled(1)
    home.market = EUROS

    assert exchanged(home, YEN, 1_500) == (1_000, (1_500, "JPY"))
    assert exchanged(home, YEN, 1_500, drift_permille=1_010) == (1_010, (1_500, "JPY"))
    assert exchanged(home, EUROS, 1_500) == (1_500, None)
