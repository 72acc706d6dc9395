"""How rarely something so large, or larger, was seen before: a histogram of what all users do."""

from collections.abc import Callable
from itertools import accumulate
from math import log
from typing import NamedTuple

BINS = 120
_SINGLE_MAX = 8
"""So many bins are summed one by one; who asks more often has all of them summed at once."""
_WHOLE_MAX = 2**20
"""Beyond so many values all counts are halved, so that what is old fades and stays small."""


class Shape(NamedTuple):
    """Over what a histogram lies, and how rare what it shows is assumed to be without it."""

    low: float
    high: float
    assumed: Callable[[float], float]
    held: int
    """As how many seen values the assumption counts."""


class Rarity:
    """One-sided: only what is large is rare. It never says that something cannot be."""

    __slots__ = ("_above", "_asked", "_assumed", "_held", "_low", "_whole", "_width", "counts")

    def __init__(self, counts: list[int], shape: Shape, among: "Rarity | None" = None) -> None:
        self.counts = counts
        self._assumed = shape.assumed if among is None else among.chance
        self._held, self._low = shape.held, shape.low
        self._width = (shape.high - shape.low) / BINS
        self._whole = sum(counts)
        self._above: list[int] | None = None
        """By bin, how many lie in it or above, until more is learned."""
        self._asked = 0

    def surprise(self, value: float) -> float:
        """Give the nats of surprise of a value."""
        return -log(self.chance(value))

    def chance(self, value: float) -> float:
        """Give the chance of a value so large or larger; never none."""
        at = int((value - self._low) / self._width)
        at = 0 if at < 0 else at if at < BINS else BINS - 1
        above = self._count_above(at) if self._above is None else self._above[at]
        held = self._held
        return (above + held * self._assumed(value)) / (self._whole + held)

    def _count_above(self, at: int) -> int:
        """Count what lies in a bin or above; between two lessons, one may ask once or often."""
        self._asked += 1
        if self._asked > _SINGLE_MAX:
            self._above = [*accumulate(reversed(self.counts))][::-1]
        # From below, because most values are ordinary and have fewer bins there than above.
        return self._whole - sum(self.counts[:at])

    def learn(self, value: float, weight: int = 1) -> None:
        """Take in a value, as often as it stands for."""
        at = int((value - self._low) / self._width)
        self.counts[0 if at < 0 else at if at < BINS else BINS - 1] += weight
        self._whole += weight
        if self._whole > _WHOLE_MAX:
            self.counts[:] = [count // 2 for count in self.counts]
            self._whole = sum(self.counts)
        self._above, self._asked = None, 0
