"""Draws that come out the same on every machine and with every version of NumPy."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

from numpy.random import PCG64, SeedSequence

T = TypeVar("T")

_DRAWN_AT_ONCE = 64


class Dice:
    """Whole numbers by chance, decided by a seed and a number; no float is ever made.

    >>> Dice(seed=1, number=7).between(1, 6) == Dice(seed=1, number=7).between(1, 6)
    True
    """

    def __init__(self, seed: int, number: int) -> None:
        # NumPy promises these raw bits for good; what it makes of them may change with a version.
        self._bits = PCG64(SeedSequence(seed, spawn_key=(number,)))
        self._drawn: list[int] = []

    def below(self, bound: int) -> int:
        """Draw from 0 to *bound* - 1; of 64 bits, the remainder's bias is beyond notice."""
        if not self._drawn:
            self._drawn = self._bits.random_raw(_DRAWN_AT_ONCE).tolist()
        return self._drawn.pop() % bound

    def between(self, least: int, most: int) -> int:
        """Draw from *least* to *most*, both among them."""
        return least + self.below(most - least + 1)

    def mostly_low(self, least: int, most: int) -> int:
        """Draw like prices: many small ones, few near *most*."""
        return least + self.below(most - least + 1) * self.below(1000) // 1000

    def permille(self, chance: int) -> bool:
        """Say yes *chance* times in a thousand."""
        return self.below(1000) < chance

    def one_of(self, choices: Sequence[T]) -> T:
        """Choose one, each as likely as the others."""
        return choices[self.below(len(choices))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Choose one, each as likely as its weight says."""
        at = self.below(sum(weights.values()))
        reaches = zip(weights, accumulate(weights.values()), strict=True)
        return next(choice for choice, reach in reaches if at < reach)

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        """Choose *count* different ones."""
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(count)]
