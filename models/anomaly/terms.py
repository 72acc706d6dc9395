"""The terms of surprise as River's detectors: one class for each thing that may be unusual.

A term measures how far out a payment lies for its user, and asks the customs how rarely anybody's
payment lies so far out. What it remembers of the user is given to it, and changes only by learning;
how, is said in `rules`.
"""

import math
from abc import abstractmethod
from collections.abc import Hashable
from typing import Any

from river.base import AnomalyDetector

from models.anomaly import rules
from models.anomaly.customs import Customs
from models.anomaly.spread import Spread

Features = dict[Hashable, Any]


class Term(AnomalyDetector):
    """One thing that may be unusual of a payment."""

    name: str

    def __init__(self, customs: Customs) -> None:
        self._customs = customs

    @abstractmethod
    def measure_one(self, x: Features) -> float:
        """Say how far out a payment lies for its user."""

    def surprise(self, measured: float, x: Features) -> float:  # noqa: ARG002 One asks for it.
        """Say in nats how rarely anything lies so far out."""
        return self._customs.rarity(self.name).surprise(measured)

    def score_one(self, x: Features) -> float:
        """Score a payment; the higher, the more surprising."""
        return self.surprise(self.measure_one(x), x)


class AmountForCategory(Term):
    """How much more is paid than this user usually pays in this category."""

    name = "amount"

    def __init__(self, memory: rules.Amounts, customs: Customs) -> None:
        super().__init__(customs)
        self.memory = memory

    def usual(self, category: str, otherwise: float) -> Spread:
        """Give what is usual for the user here: their own payments, beside what is customary."""
        custom, own = self._customs.amount_in(category, otherwise), self.memory.get(category)
        usual = rules.usual_amount(self.memory, custom, category)
        return Spread(0 if own is None else own.values, *usual)

    def measure_one(self, x: Features) -> float:
        """Give the distance from the usual in times of its scatter."""
        return rules.measure_amount(self.memory, self._customs, x["category"], x["size"])

    def surprise(self, measured: float, x: Features) -> float:
        """Ask among payments of the category."""
        return self._customs.rarity_in(x["category"]).surprise(measured)

    def learn_one(self, x: Features) -> None:
        """Learn an amount, and how it stands to what others pay."""
        rules.learn_amount(self.memory, self._customs, x["category"], x["size"])


class Size(Term):
    """How much is paid at all, whoever pays it; nothing of the user is remembered for it."""

    name = "size"

    def measure_one(self, x: Features) -> float:
        """Give the logarithm of the amount."""
        return float(x["size"])

    def learn_one(self, x: Features) -> None:
        """Learn nothing: what is customary is learned by all."""


class HourOfDay(Term):
    """How seldom the user pays at such an hour."""

    name = "hour"

    def __init__(self, memory: list[int], customs: Customs) -> None:
        super().__init__(customs)
        self.memory = memory

    def measure_one(self, x: Features) -> float:
        """Give how much rarer the hour is than if all were alike; 0 where it is unknown."""
        return rules.measure_hour(self.memory, self._customs, x["category"], x["hour"])

    def surprise(self, measured: float, x: Features) -> float:
        """Say nothing of an hour that nobody told."""
        return super().surprise(measured, x) if x["hour"] >= 0 else 0.0

    def learn_one(self, x: Features) -> None:
        """Learn an hour; old ones fade."""
        rules.learn_hour(self.memory, x["hour"])


class CategoryShare(Term):
    """How seldom the user pays for such things."""

    name = "share"

    def __init__(self, memory: rules.Shares, customs: Customs) -> None:
        super().__init__(customs)
        self.memory = memory

    def measure_one(self, x: Features) -> float:
        """Give the nats of the category's share among the user's payments."""
        return rules.measure_share(self.memory, self._customs, x["category"])

    def learn_one(self, x: Features) -> None:
        """Count a payment."""
        rules.learn_share(self.memory, x["category"])


class DaySum(Term):
    """How much the user has paid within hours, beside what they usually have."""

    name = "day"

    def __init__(self, sum_minor: float, usual: Spread, last: int, customs: Customs) -> None:
        super().__init__(customs)
        self.sum_minor, self.usual, self.last = sum_minor, usual, last

    def measure_one(self, x: Features) -> float:
        """Give the distance of the sum from the usual in times of its scatter."""
        return rules.measure_day(self.usual, math.log(self._sum_with(x)))

    def _sum_with(self, x: Features) -> float:
        return rules.sum_of_day(self.sum_minor, self.last, x["instant"], x["minor"])

    def learn_one(self, x: Features) -> None:
        """Learn the sum that a payment leads to; of one that is long past, none is known."""
        if x["instant"] >= self.last:
            self.usual = rules.learn_day(self.usual, math.log(self._sum_with(x)))

    def feel_one(self, x: Features) -> None:
        """Let a payment count towards the sum, whether or not it is learned."""
        self.sum_minor = self._sum_with(x)
        self.last = max(self.last, x["instant"])
