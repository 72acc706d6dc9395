"""What a household buys day by day: by weekday, season, mood and means, in shops it knows."""

from collections.abc import Mapping
from typing import NamedTuple

from sample.household import Household
from sample.payees import Payee
from schemas.money import EXPONENTS
from schemas.taxonomy import leaf


class Habit(NamedTuple):
    """What is bought on some days."""

    category: str
    daily_permille: int
    typical_cents: int
    spread_percent: int
    hours: tuple[int, int]
    weekdays_percent: tuple[int, ...] = (100,) * 7
    """From Monday to Sunday, beside the average day."""
    months_percent: Mapping[int, int] = {}
    """Of months that differ from the others."""


_SHOPPING_DAYS = (85, 80, 85, 95, 125, 150, 80)
_WORKDAYS = (120, 125, 125, 125, 120, 50, 35)
_GOING_OUT = (55, 60, 75, 95, 165, 175, 75)
_CHRISTMAS = {11: 130, 12: 190, 1: 80}

HABITS = (
    Habit("food.groceries", 330, 2_900, 75, (8, 20), (95, 85, 90, 100, 125, 150, 55), {12: 112}),
    Habit("food.convenience", 120, 620, 65, (7, 22)),
    Habit("food.alcohol_and_tobacco", 45, 1_500, 60, (10, 21), _GOING_OUT, {12: 140}),
    Habit("dining.restaurant", 75, 3_300, 65, (12, 22), _GOING_OUT, {12: 120}),
    Habit("dining.fast_food", 110, 1_050, 55, (11, 22), (90, 90, 95, 100, 120, 120, 85)),
    Habit("dining.coffee", 150, 430, 45, (7, 16), _WORKDAYS),
    Habit("dining.bar", 40, 1_800, 70, (17, 23), _GOING_OUT),
    Habit("dining.delivery", 45, 2_600, 50, (18, 22), (70, 75, 80, 95, 130, 125, 125)),
    Habit("transport.parking_and_tolls", 55, 520, 60, (8, 20), _WORKDAYS),
    Habit("transport.taxi", 28, 1_700, 60, (7, 23), _GOING_OUT),
    Habit("health.pharmacy", 40, 1_400, 75, (9, 19), _SHOPPING_DAYS, {1: 130, 2: 130, 7: 80}),
    Habit("health.doctor", 9, 5_500, 90, (8, 17), (120, 120, 120, 120, 120, 5, 0)),
    Habit("health.beauty", 22, 3_800, 60, (9, 18), _SHOPPING_DAYS),
    Habit("shopping.clothing", 38, 4_200, 80, (10, 19), _SHOPPING_DAYS, _CHRISTMAS),
    Habit("shopping.electronics", 10, 8_500, 115, (10, 20), _SHOPPING_DAYS, _CHRISTMAS),
    Habit("shopping.general", 50, 2_600, 85, (9, 20), _SHOPPING_DAYS, _CHRISTMAS),
    Habit("shopping.online", 95, 2_700, 95, (7, 24), (110, 105, 100, 100, 90, 90, 110), _CHRISTMAS),
    Habit("shopping.books", 18, 1_600, 60, (10, 19), _SHOPPING_DAYS, _CHRISTMAS),
    Habit("shopping.hobbies", 20, 3_300, 90, (10, 19), _SHOPPING_DAYS, _CHRISTMAS),
    Habit(
        "housing.diy_and_garden", 22, 3_600, 95, (8, 19), _SHOPPING_DAYS, {4: 160, 5: 170, 12: 60}
    ),
    Habit("housing.furnishing", 6, 12_000, 100, (10, 19), _SHOPPING_DAYS),
    Habit("entertainment.outings", 26, 3_200, 80, (10, 21), _GOING_OUT, {7: 130, 8: 130}),
    Habit("entertainment.games", 14, 1_700, 80, (8, 24)),
    Habit("entertainment.gambling", 10, 1_200, 90, (8, 23)),
    Habit("giving.gifts", 10, 3_000, 70, (9, 19), _SHOPPING_DAYS, {12: 320, 5: 130}),
    Habit("services.other", 12, 1_500, 80, (8, 18), _SHOPPING_DAYS),
    Habit("cash.withdrawal", 45, 6_000, 55, (8, 22), _SHOPPING_DAYS),
)

# A household goes about in one way more than in the other.
DRIVES = Habit("transport.fuel", 125, 5_400, 35, (6, 21), (105, 95, 95, 100, 125, 115, 65))
RIDES = Habit("transport.public", 210, 480, 90, (6, 22), _WORKDAYS)

_NEVER_PERMILLE = 180
_FIRST_PERMILLE = 500
_FAVOURITES_PERMILLE = 800
_FAVOURITES_MAX = 6
_ESSENTIAL_MOOD_PERCENT_MIN = 80
_ENDINGS = (99, 99, 95, 50, 0, 0)
_ENDINGS_PERMILLE = 350
_ROUNDED_MINOR = 500
# Ten euros, ten pounds, a thousand yen: machines give notes.
_NOTE_MINOR = 1_000


class _Own(NamedTuple):
    """A habit as this household has it."""

    habit: Habit
    daily_permille: int
    typical_cents: int
    favourites: tuple[Payee, ...]
    near: tuple[Payee, ...]
    is_essential: bool


class Habits:
    """The habits of a household, some strong and some that it does not have at all."""

    def __init__(self, home: Household) -> None:
        dice = home.dice
        about = [DRIVES, RIDES] if dice.permille(400) else [dice.one_of((DRIVES, RIDES))]
        self._own = [
            self._taken_up(home, habit)
            for habit in (*HABITS, *about)
            if leaf(habit.category).mark == "essential" or not dice.permille(_NEVER_PERMILLE)
        ]

    def live(self, home: Household) -> None:
        """Buy what today brings."""
        if home.away is not None:
            return
        raw, weekday, month = home.dice.raw, home.today.weekday(), home.today.month
        mood = home.mood_percent
        needed = max(mood, _ESSENTIAL_MOOD_PERCENT_MIN)
        for own in self._own:
            habit = own.habit
            chance = own.daily_permille * habit.weekdays_percent[weekday]
            chance = chance * (needed if own.is_essential else mood) // 100
            chance = chance * habit.months_percent.get(month, 100) // 100
            if raw() % 100_000 < chance:
                self._buy(home, own)

    def _taken_up(self, home: Household, habit: Habit) -> _Own:
        dice = home.dice
        shops = near(home, habit.category)
        count = min(len(shops), dice.between(2, _FAVOURITES_MAX))
        return _Own(
            habit,
            dice.about(habit.daily_permille, 35),
            max(100, dice.about(habit.typical_cents, 25)),
            tuple(dice.some_of(shops, count)),
            shops,
            leaf(habit.category).mark == "essential",
        )

    def _buy(self, home: Household, own: _Own) -> None:
        dice, habit = home.dice, own.habit
        spread = habit.spread_percent * home.means.volatility_percent // 100
        amount_minor = home.scaled(dice.about(own.typical_cents, spread))
        amount_minor = self._rounded(home, habit, amount_minor)
        minute = dice.between(habit.hours[0] * 60, habit.hours[1] * 60 - 1)
        home.buy(self._shop(home, own), amount_minor, minute=minute)

    def _shop(self, home: Household, own: _Own) -> Payee:
        """Go where the household always goes, or mostly goes, or somewhere else for once."""
        dice = home.dice
        if dice.permille(_FIRST_PERMILLE):
            return own.favourites[0]
        if dice.permille(_FAVOURITES_PERMILLE):
            return dice.one_of(own.favourites)
        return dice.one_of(own.near)

    def _rounded(self, home: Household, habit: Habit, amount_minor: int) -> int:
        """Give a price as shops make them, often with 99 in the end; notes from a machine."""
        if habit.category == "cash.withdrawal":
            return max(1, (amount_minor + _NOTE_MINOR // 2) // _NOTE_MINOR) * _NOTE_MINOR
        has_cents = EXPONENTS[home.market.currency] > 0
        if has_cents and amount_minor > _ROUNDED_MINOR and home.dice.permille(_ENDINGS_PERMILLE):
            return amount_minor // 100 * 100 + home.dice.one_of(_ENDINGS)
        return amount_minor


def near(home: Household, category: str) -> tuple[Payee, ...]:
    """List the shops that are in the household's city, or everywhere."""
    city = home.city
    return tuple(own for own in home.market.payees[category] if own.city in {"", city})
