"""Draws that come out the same on every machine and with every version of NumPy."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import TypeVar

from numpy.random import PCG64, SeedSequence

T = TypeVar("T")

_DRAWN_AT_ONCE = 64

# Two to the power of a step of an octave, in millionths: by decimals, which no machine rounds anew.
_STEPS = 256
_POWERS = tuple(int(Decimal(2) ** (Decimal(step) / _STEPS) * 1_000_000) for step in range(_STEPS))
# The sum of four 16-bit numbers is nearly a bell; this many of it are a step at a spread of 1 %.
_BELL_MIDDLE = 131_070
_BELL_PER_STEP = 10_245


class Dice:
    """Whole numbers by chance, decided by a seed and a path of numbers; no float is ever made.

    >>> Dice(1, 7).between(1, 6) == Dice(1, 7).between(1, 6)
    True
    """

    def __init__(self, seed: int, *path: int) -> None:
        # NumPy promises these raw bits for good; what it makes of them may change with a version.
        self._bits = PCG64(SeedSequence(seed, spawn_key=path))
        self._drawn: list[int] = []

    def raw(self) -> int:
        """Draw 64 bits."""
        if not self._drawn:
            self._drawn = self._bits.random_raw(_DRAWN_AT_ONCE).tolist()
        return self._drawn.pop()

    def below(self, bound: int) -> int:
        """Draw from 0 to *bound* - 1; of 64 bits, the remainder's bias is beyond notice."""
        return self.raw() % bound

    def between(self, least: int, most: int) -> int:
        """Draw from *least* to *most*, both among them."""
        return least + self.raw() % (most - least + 1)

    def mostly_low(self, least: int, most: int) -> int:
        """Draw many small ones, and few near *most*."""
        return least + self.below(most - least + 1) * self.below(1000) // 1000

    def about(self, typical: int, spread_percent: int) -> int:
        """Draw like amounts of money: half are below *typical*, a few are many times as much.

        The logarithm's standard deviation is *spread_percent* hundredths.
        """
        raw = self.raw()
        bell = (raw & 0xFFFF) + (raw >> 16 & 0xFFFF) + (raw >> 32 & 0xFFFF) + (raw >> 48)
        octaves, step = divmod((bell - _BELL_MIDDLE) * spread_percent // _BELL_PER_STEP, _STEPS)
        grown = typical * _POWERS[step]
        return (grown << octaves if octaves >= 0 else grown >> -octaves) // 1_000_000

    def permille(self, chance: int) -> bool:
        """Say yes *chance* times in a thousand."""
        return self.raw() % 1000 < chance

    def one_of(self, choices: Sequence[T]) -> T:
        """Choose one, each as likely as the others."""
        return choices[self.raw() % len(choices)]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Choose one, each as likely as its weight says."""
        at = self.below(sum(weights.values()))
        reaches = zip(weights, accumulate(weights.values()), strict=True)
        return next(choice for choice, reach in reaches if at < reach)

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        """Choose *count* different ones."""
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(count)]
