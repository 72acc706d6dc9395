"""The terms of surprise: what of a payment may be unusual for its user, one class each.

A term measures how far out a payment lies for its user, and asks the customs how rarely anybody's
payment lies so far out. What it remembers of the user is given to it, and changes only by learning.
"""

import math
from abc import abstractmethod
from collections.abc import Hashable
from typing import Any

from river.base import AnomalyDetector

from models.anomaly.customs import HOURS, Customs
from models.anomaly.decay import faded
from models.anomaly.spread import Spread

BELIEF = 5
"""As many payments of the user's own weigh as much as what is customary."""
_HOURS_BELIEF = 8
_OWN_MAX = 50
"""More of the user's own payments than these do not weigh more."""
_HOURS_MAX = 400
DAY_S = 86_400
_DAY_FADES_S = DAY_S // 2
EVERYTHING = ""
"""The name under which all categories together are remembered."""

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

    def __init__(self, memory: dict[str, Spread], customs: Customs) -> None:
        super().__init__(customs)
        self.memory = memory

    def usual(self, category: str, otherwise: float) -> Spread:
        """Give what is usual for the user here: their own payments, beside what is customary."""
        custom = self._customs.amount_in(category, otherwise)
        every = self.memory.get(EVERYTHING)
        # Who pays more than others elsewhere probably does so here.
        held = custom.middle
        if every is not None:
            held += every.middle * every.values / (every.values + BELIEF)
        own = self.memory.get(category)
        if own is None:
            return Spread(0, held, custom.scatter)
        count = min(own.values, _OWN_MAX)
        whole = count + BELIEF
        return Spread(
            own.values,
            (count * own.middle + BELIEF * held) / whole,
            (count * own.scatter + BELIEF * custom.scatter) / whole,
        )

    def measure_one(self, x: Features) -> float:
        """Give the distance from the usual in times of its scatter."""
        size = x["size"]
        usual = self.usual(x["category"], size)
        return float((size - usual.middle) / usual.scatter)

    def surprise(self, measured: float, x: Features) -> float:
        """Ask among payments of the category."""
        return self._customs.rarity_in(x["category"]).surprise(measured)

    def learn_one(self, x: Features) -> None:
        """Learn an amount, and how it stands to what others pay."""
        size, category, memory = x["size"], x["category"], self.memory
        custom = self._customs.amount_in(category, size)
        own = memory.get(category)
        if own is None:
            own = Spread(0, self.usual(category, size).middle, custom.scatter)
        memory[category] = own.learned(size)
        every = memory.get(EVERYTHING) or Spread(0, 0.0, custom.scatter)
        memory[EVERYTHING] = every.learned(size - custom.middle)


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
        hour = x["hour"]
        if hour < 0:
            return 0.0
        customary = self._customs.hours.get(x["category"])
        share = 1.0 / HOURS if customary is None else _around(customary, hour, 1)
        own, whole = self.memory, sum(self.memory)
        near = _around(own, hour, 0) * whole if whole else 0.0
        likely = (near + _HOURS_BELIEF * share) / (whole + _HOURS_BELIEF)
        return -math.log(likely * HOURS)

    def surprise(self, measured: float, x: Features) -> float:
        """Say nothing of an hour that nobody told."""
        return super().surprise(measured, x) if x["hour"] >= 0 else 0.0

    def learn_one(self, x: Features) -> None:
        """Learn an hour; old ones fade."""
        own, hour = self.memory, x["hour"]
        if hour < 0:
            return
        if not own:
            own[:] = [0] * HOURS
        own[hour] += 1
        if sum(own) > _HOURS_MAX:
            own[:] = [count // 2 for count in own]


def _around(counts: list[int], hour: int, each: int) -> float:
    """Give the share of an hour, to which its neighbours lend; *each* counts as seen before."""
    near = counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % HOURS]
    return (near / 4 + each) / (sum(counts) + HOURS * each)


class CategoryShare(Term):
    """How seldom the user pays for such things."""

    name = "share"

    def __init__(self, memory: dict[str, int], customs: Customs) -> None:
        super().__init__(customs)
        self.memory = memory

    def measure_one(self, x: Features) -> float:
        """Give the nats of the category's share among the user's payments."""
        category, memory = x["category"], self.memory
        held = BELIEF * self._customs.share_of(category)
        return -math.log((memory.get(category, 0) + held) / (memory.get(EVERYTHING, 0) + BELIEF))

    def learn_one(self, x: Features) -> None:
        """Count a payment."""
        for name in (EVERYTHING, x["category"]):
            self.memory[name] = self.memory.get(name, 0) + 1


class DaySum(Term):
    """How much the user has paid within hours, beside what they usually have."""

    name = "day"

    def __init__(self, sum_minor: float, usual: Spread, last: int, customs: Customs) -> None:
        super().__init__(customs)
        self.sum_minor, self.usual, self.last = sum_minor, usual, last

    def measure_one(self, x: Features) -> float:
        """Give the distance of the sum from the usual in times of its scatter."""
        if not self.usual.values:
            return 0.0
        return (self._size_with(x) - self.usual.middle) / self.usual.scatter

    def _size_with(self, x: Features) -> float:
        return math.log(faded(self.sum_minor, x["instant"] - self.last, _DAY_FADES_S) + x["minor"])

    def learn_one(self, x: Features) -> None:
        """Learn the sum that a payment leads to; of one that is long past, none is known."""
        if x["instant"] >= self.last:
            size = self._size_with(x)
            self.usual = (self.usual if self.usual.values else Spread(0, size)).learned(size)

    def feel_one(self, x: Features) -> None:
        """Let a payment count towards the sum, whether or not it is learned."""
        past_s = x["instant"] - self.last
        self.sum_minor = faded(self.sum_minor, past_s, _DAY_FADES_S) + x["minor"]
        self.last = max(self.last, x["instant"])
