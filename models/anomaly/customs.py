"""What is customary among all users of a partition, for payments in one currency."""

import math
from typing import NamedTuple

from models.anomaly.rarity import BINS, Rarity, Shape
from models.anomaly.spread import Spread

HOURS = 24
_RATE_LEAST = 0.0005
"""About two thousand payments of a category are remembered."""


def _tail(distance: float) -> float:
    return 1.0 / (1.0 + math.exp(min(1.7 * distance, 60.0)))


def _of_share(nats: float) -> float:
    return min(1.0, math.exp(-nats))


def _anything(_: float) -> float:
    return 1.0


SHAPES = {
    "amount": Shape(-6.0, 20.0, _tail, 50),
    "size": Shape(0.0, 24.0, _anything, 50),
    "hour": Shape(-1.0, 8.0, _of_share, 50),
    "share": Shape(0.0, 8.0, _of_share, 50),
    "day": Shape(-6.0, 20.0, _tail, 50),
}
"""By term: what it measures lies within these bounds, mostly."""
_OF_CATEGORY = SHAPES["amount"]._replace(held=300)

MEASURES = tuple(SHAPES)
UNIT = 1000
"""Measures travel as whole thousandths."""


class Seen(NamedTuple):
    """A payment as it teaches all users: what was measured of it before it was learned."""

    category: str
    hour: int
    """Of the day; below zero where the bank does not tell."""
    measures: tuple[int, ...]
    """In the order of `MEASURES`, in thousandths."""
    weight: int
    """As how many payments it counts, itself and those that were not drawn."""


class Customs:
    """How much is paid in each category, when, and how rare all that is measured was so far."""

    __slots__ = ("_rarities", "amounts", "counts", "hours")

    def __init__(
        self,
        amounts: dict[str, Spread] | None = None,
        hours: dict[str, list[int]] | None = None,
        counts: dict[str, list[int]] | None = None,
    ) -> None:
        self.amounts = {} if amounts is None else amounts
        self.hours = {} if hours is None else hours
        self.counts = {} if counts is None else counts
        """By measure, and for amounts by category too."""
        self._rarities: dict[str, Rarity] = {}

    def rarity(self, measure: str) -> Rarity:
        """Give how rare a measure's values are."""
        found = self._rarities.get(measure)
        return self._made(measure, SHAPES[measure], None) if found is None else found

    def rarity_in(self, category: str) -> Rarity:
        """Give how rare amounts are within a category."""
        name = f"amount:{category}"
        found = self._rarities.get(name)
        return self._made(name, _OF_CATEGORY, self.rarity("amount")) if found is None else found

    def _made(self, name: str, shape: Shape, among: Rarity | None) -> Rarity:
        counts = self.counts.get(name) or [0] * BINS
        made = self._rarities[name] = Rarity(counts, shape, among)
        return made

    def amount_in(self, category: str, otherwise: float) -> Spread:
        """Give how much is paid in a category; where nobody paid yet, as much as *otherwise*."""
        return self.amounts.get(category) or Spread(0, otherwise)

    def share_of(self, category: str) -> float:
        """Give the share of payments that are of a category; never none."""
        whole = self.amounts.get("") or Spread()
        own = self.amounts.get(category) or Spread()
        return (own.values + 1) / (whole.values + _CATEGORIES)

    @property
    def count(self) -> int:
        """Say how many payments were learned."""
        return self.amounts[""].values if "" in self.amounts else 0

    def learn(self, seen: Seen) -> None:
        """Take in a payment."""
        measures = dict(zip(MEASURES, (one / UNIT for one in seen.measures), strict=True))
        size, category = measures["size"], seen.category
        for name in ("", category):
            before = self.amounts.get(name) or Spread(0, size)
            self.amounts[name] = before.learned(size, _RATE_LEAST)
        if seen.hour >= 0:
            self.hours.setdefault(category, [0] * HOURS)[seen.hour] += seen.weight
        for name, value in measures.items():
            if name != "hour" or seen.hour >= 0:
                self._learn(self.rarity(name), name, value, seen.weight)
        self._learn(self.rarity_in(category), f"amount:{category}", measures["amount"], seen.weight)

    def _learn(self, rarity: Rarity, name: str, value: float, weight: int) -> None:
        rarity.learn(value, weight)
        self.counts[name] = rarity.counts


_CATEGORIES = 16
"""About as many groups of categories there are."""
