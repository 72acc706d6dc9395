"""One user's detector in one currency: all signs of a payment, and what they add up to."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from river.base import AnomalyDetector

from models.anomaly.bursts import Bursts
from models.anomaly.customs import MEASURES, UNIT, Customs, Seen
from models.anomaly.patterns import Patterns, pattern_of
from models.anomaly.spread import Spread
from models.anomaly.suspicion import BURSTS, Suspicion, sign
from models.anomaly.terms import (
    AmountForCategory,
    CategoryShare,
    DaySum,
    Features,
    HourOfDay,
    Size,
    Term,
)


class Habits(Protocol):
    """What is remembered of one user; the detector changes it as it learns."""

    amounts: dict[str, Spread]
    shares: dict[str, int]
    hours: list[int]
    day_sum: float
    day_usual: Spread
    day_last: int
    bursts: tuple[float, float, int]


class Judged(NamedTuple):
    """What was made of a payment before it was learned."""

    measures: tuple[int, ...]
    """How far out each term lay, in thousandths, as all users learn it."""
    signs: Mapping[str, float]
    addends: Mapping[str, float]
    """What each sign adds; together they are the episode's score."""

    @property
    def surprise(self) -> float:
        """Give what the payment alone adds up to."""
        return sum(nats for name, nats in self.addends.items() if name not in BURSTS)

    @property
    def episode(self) -> float:
        """Give what it adds up to with what went before it."""
        return sum(self.addends.values())


class Detector(AnomalyDetector):
    """All terms of one user; it answers from the first payment on, by what is customary."""

    def __init__(
        self, habits: Habits, customs: Customs, patterns: Patterns, suspicion: Suspicion
    ) -> None:
        self._habits, self._patterns, self._suspicion = habits, patterns, suspicion
        self._day = DaySum(habits.day_sum, habits.day_usual, habits.day_last, customs)
        self._bursts = Bursts(*habits.bursts)
        self.amount = AmountForCategory(habits.amounts, customs)
        self._terms: tuple[Term, ...] = (
            self.amount,
            Size(customs),
            HourOfDay(habits.hours, customs),
            CategoryShare(habits.shares, customs),
            self._day,
        )

    def judge_one(self, x: Features) -> Judged:
        """Say what a payment's signs are, and what they add up to."""
        measures, signs = [], {}
        for term in self._terms:
            measured = term.measure_one(x)
            measures.append(round(measured * UNIT))
            signs[term.name] = sign(term.name, term.surprise(measured, x))
        pattern = pattern_of(x["category"], x["size"], x["hour"])
        signs["pattern"] = self._patterns.surprise(pattern)
        signs.update(self._bursts.inputs(x["instant"]))
        return Judged(tuple(measures), signs, self._suspicion.addends(signs))

    def score_one(self, x: Features) -> float:
        """Score a payment; the higher, the more surprising."""
        return self.judge_one(x).surprise

    def learn_one(self, x: Features) -> None:
        """Learn a payment as a habit."""
        for term in self._terms:
            term.learn_one(x)
        self._habits.day_usual = self._day.usual

    def feel_one(self, x: Features, surprise: float) -> None:
        """Let a payment count towards the day and its burst, whether or not it is learned."""
        self._day.feel_one(x)
        self._bursts.learn_one({"instant": x["instant"], "surprise": surprise})
        habits, day = self._habits, self._day
        habits.day_sum, habits.day_last, habits.bursts = (
            day.sum_minor,
            day.last,
            self._bursts.memory,
        )


def seen(x: Features, judged: Judged, weight: int) -> Seen:
    """Give a payment as it teaches all users."""
    return Seen(x["category"], x["hour"], judged.measures, weight)


assert tuple(MEASURES) == ("amount", "size", "hour", "share", "day"), "terms are measured in order"
