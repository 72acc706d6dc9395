"""How rarely something so large, or larger, was seen before: a histogram of what all users do."""

import math
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

BINS = 120
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

    __slots__ = ("_above", "_among", "_shape", "_whole", "_width", "counts")

    def __init__(self, counts: list[int], shape: Shape, among: "Rarity | None" = None) -> None:
        self.counts = counts
        self._shape, self._among = shape, among
        self._width = (shape.high - shape.low) / BINS
        self._whole = sum(counts)
        self._above: list[int] | None = None

    def surprise(self, value: float) -> float:
        """Give the nats of surprise of a value."""
        return -math.log(self._chance(value))

    def _chance(self, value: float) -> float:
        above = self._above
        if above is None:
            above = self._above = list(accumulate(reversed(self.counts)))
        shape, among = self._shape, self._among
        assumed = shape.assumed(value) if among is None else among._chance(value)  # noqa: SLF001 Its own kind.
        seen = above[BINS - 1 - self._bin(value)]
        return (seen + shape.held * assumed) / (self._whole + shape.held)

    def learn(self, value: float, weight: int = 1) -> None:
        """Take in a value, as often as it stands for."""
        self.counts[self._bin(value)] += weight
        self._whole += weight
        if self._whole > _WHOLE_MAX:
            self.counts[:] = [count // 2 for count in self.counts]
            self._whole = sum(self.counts)
        self._above = None

    def _bin(self, value: float) -> int:
        at = int((value - self._shape.low) / self._width)
        return 0 if at < 0 else at if at < BINS else BINS - 1
