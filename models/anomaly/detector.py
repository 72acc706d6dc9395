"""One user's detector in one currency: all signs of a payment, and what they add up to."""

from collections.abc import Mapping
from math import log
from operator import mul
from typing import NamedTuple, Protocol

from river.base import AnomalyDetector

from models.anomaly import bursts, rules
from models.anomaly.customs import MEASURES, UNIT, Customs, Seen
from models.anomaly.patterns import Patterns, pattern_of
from models.anomaly.spread import Spread
from models.anomaly.terms import AmountForCategory, Features
from models.anomaly.weights import ALONE, SIGNS, Weights, sign, sign_of_context


class Habits(Protocol):
    """What is remembered of one user; the detector changes it as it learns."""

    amounts: dict[str, Spread]
    hours: list[int]
    day_sum: float
    day_usual: Spread
    day_last: int
    bursts: tuple[float, float, int]


class Judged(NamedTuple):
    """What was made of a payment before it was learned; the words for it are made for few."""

    surprise: float
    """What the payment alone adds up to."""
    episode: float
    """What it adds up to with what went before it."""
    measured: tuple[float, ...]
    """How far out each term lay, in the order of `MEASURES`."""
    nats: tuple[float, ...]
    """Of each sign, in the order of `SIGNS`."""
    weights: tuple[float, ...]
    """Of each sign, in the same order."""

    @property
    def measures(self) -> tuple[int, ...]:
        """Give how far out each term lay, in thousandths, as all users learn it."""
        return tuple([round(far * UNIT) for far in self.measured])

    @property
    def signs(self) -> Mapping[str, float]:
        """Give the nats of each sign, by its name."""
        return dict(zip(SIGNS, self.nats, strict=True))

    @property
    def addends(self) -> Mapping[str, float]:
        """Give what each sign adds; together they are the episode's score."""
        return dict(zip(SIGNS, map(mul, self.weights, self.nats), strict=True))


class Detector(AnomalyDetector):
    """All terms of one user; it answers from the first payment on, by what is customary."""

    def __init__(
        self, habits: Habits, customs: Customs, patterns: Patterns, weights: Weights
    ) -> None:
        self._habits, self._customs = habits, customs
        self._patterns, self._weights = patterns, weights

    @property
    def amount(self) -> AmountForCategory:
        """Give the term that knows what is usual in a category."""
        return AmountForCategory(self._habits.amounts, self._customs)

    def judge_one(self, x: Features) -> Judged:
        """Say what a payment's signs are, and what they add up to."""
        habits, customs, weights = self._habits, self._customs, self._weights
        category, size, hour, instant = x["category"], x["size"], x["hour"], x["instant"]
        amount = rules.measure_amount(habits.amounts, customs, category, size)
        odd_hour = rules.measure_hour(habits.hours, customs, category, hour)
        share = rules.measure_share(habits.amounts, customs, category)
        day_sum = rules.sum_of_day(habits.day_sum, habits.day_last, instant, x["minor"])
        day = rules.measure_day(habits.day_usual, log(day_sum))
        short, long = bursts.inputs_of(habits.bursts, instant)
        _, sizes, hours, shares, days = customs.rarities
        nats = (
            sign(customs.rarity_in(category).chance(amount)),
            sign(sizes.chance(size)),
            sign_of_context(hours.chance(odd_hour)) if hour >= 0 else 0.0,
            sign_of_context(shares.chance(share)),
            sign_of_context(days.chance(day)),
            self._patterns.surprise(pattern_of(category, size, hour)),
            short,
            long,
        )
        measured = (amount, size, odd_hour, share, day)
        surprise, episode = weights.scores(nats)
        return Judged(surprise, episode, measured, nats, weights.in_order)

    def score_one(self, x: Features) -> float:
        """Score a payment; the higher, the more surprising."""
        return self.judge_one(x).surprise

    def learn_one(self, x: Features) -> None:
        """Learn a payment as a habit; of a day that is long past, no sum is known."""
        habits, category, instant = self._habits, x["category"], x["instant"]
        rules.learn_amount(habits.amounts, self._customs, category, x["size"])
        rules.learn_hour(habits.hours, x["hour"])
        if instant >= habits.day_last:
            day_sum = rules.sum_of_day(habits.day_sum, habits.day_last, instant, x["minor"])
            habits.day_usual = rules.learn_day(habits.day_usual, log(day_sum))

    def feel_one(self, x: Features, surprise: float) -> None:
        """Let a payment count towards the day and its burst, whether or not it is learned."""
        habits, instant = self._habits, x["instant"]
        habits.day_sum = rules.sum_of_day(habits.day_sum, habits.day_last, instant, x["minor"])
        if instant > habits.day_last:
            habits.day_last = instant
        habits.bursts = bursts.learned(habits.bursts, instant, surprise)


def seen(x: Features, judged: Judged, weight: int) -> Seen:
    """Give a payment as it teaches all users."""
    return Seen(x["category"], x["hour"], judged.measures, weight)


assert MEASURES == ("amount", "size", "hour", "share", "day"), "terms are measured in order"
assert SIGNS[:ALONE] == (*MEASURES, "pattern"), "signs are told in order"
