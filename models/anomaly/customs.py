"""What is customary among all users of a partition, for payments in one currency."""

from math import exp
from typing import NamedTuple

from models.anomaly.rarity import BINS, Rarity, Shape
from models.anomaly.spread import Spread

HOURS = 24
_RATE_LEAST = 0.0005
"""About two thousand payments of a category are remembered."""
_STEEP_MAX = 60.0


def _tail(distance: float) -> float:
    steep = 1.7 * distance
    return 1.0 / (1.0 + exp(steep if steep < _STEEP_MAX else _STEEP_MAX))


def _of_share(nats: float) -> float:
    return 1.0 if nats <= 0.0 else exp(-nats)


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

    __slots__ = ("_hours_whole", "_rarities_in", "amounts", "counts", "hours", "rarities")

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
        self._hours_whole = {category: sum(counts) for category, counts in self.hours.items()}
        self.rarities = tuple([self._made(name, shape, None) for name, shape in SHAPES.items()])
        """In the order of `MEASURES`."""
        self._rarities_in: dict[str, Rarity] = {}

    def rarity(self, measure: str) -> Rarity:
        """Give how rare a measure's values are."""
        return self.rarities[MEASURES.index(measure)]

    def rarity_in(self, category: str) -> Rarity:
        """Give how rare amounts are within a category."""
        found = self._rarities_in.get(category)
        if found is None:
            found = self._made(_amounts_in(category), _OF_CATEGORY, self.rarities[0])
            self._rarities_in[category] = found
        return found

    def _made(self, name: str, shape: Shape, among: Rarity | None) -> Rarity:
        return Rarity(self.counts.get(name) or [0] * BINS, shape, among)

    def amount_in(self, category: str, otherwise: float) -> Spread:
        """Give how much is paid in a category; where nobody paid yet, as much as *otherwise*."""
        return self.amounts.get(category) or Spread(0, otherwise)

    def share_of(self, category: str) -> float:
        """Give the share of payments that are of a category; never none."""
        whole = self.amounts.get("") or Spread()
        own = self.amounts.get(category) or Spread()
        return (own.values + 1) / (whole.values + _CATEGORIES)

    def share_at(self, hour: int, category: str) -> float:
        """Give the share of a category's payments that are made at an hour; never none."""
        counts = self.hours.get(category)
        if counts is None:
            return 1.0 / HOURS
        return (near(counts, hour) + 1) / (self._hours_whole[category] + HOURS)

    @property
    def count(self) -> int:
        """Say how many payments were learned."""
        return self.amounts[""].values if "" in self.amounts else 0

    def learn(self, seen: Seen) -> None:
        """Take in a payment."""
        category, hour, measures, weight = seen
        amount, size = measures[0] / UNIT, measures[1] / UNIT
        for name in ("", category):
            before = self.amounts.get(name) or Spread(0, size)
            self.amounts[name] = before.learned(size, _RATE_LEAST)
        if hour >= 0:
            self._learn_hour(category, hour, weight)
        for name, rarity, measured in zip(MEASURES, self.rarities, measures, strict=True):
            if name != "hour" or hour >= 0:
                self._learn(rarity, name, measured / UNIT, weight)
        self._learn(self.rarity_in(category), _amounts_in(category), amount, weight)

    def _learn_hour(self, category: str, hour: int, weight: int) -> None:
        counts = self.hours.get(category)
        if counts is None:
            counts = self.hours[category] = [0] * HOURS
        counts[hour] += weight
        self._hours_whole[category] = self._hours_whole.get(category, 0) + weight

    def _learn(self, rarity: Rarity, name: str, value: float, weight: int) -> None:
        rarity.learn(value, weight)
        self.counts[name] = rarity.counts


def near(counts: list[int], hour: int) -> float:
    """Give how often an hour was seen; its neighbours lend to it."""
    return (counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % HOURS]) / 4


def _amounts_in(category: str) -> str:
    return f"amount:{category}"


_CATEGORIES = 16
"""About as many groups of categories there are."""
