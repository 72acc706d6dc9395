"""How surprising an amount is beside the amounts before it."""

import math
from collections.abc import Hashable
from typing import Any

from river.base import AnomalyDetector

_SQRT_2 = math.sqrt(2.0)
# No spread is ever taken for smaller: somebody who always pays 9.99 may pay 10.49 unasked.
_SPREAD_LOG_MIN = 0.25
# An extreme amount teaches at most this much, so that one outlier cannot stretch the baseline.
_LEARNED_SPREADS_MAX = 2.5
_TAIL_MIN = 1e-300


class AmountSurprise(AnomalyDetector):
    """A running Gaussian over the logarithm of amounts; the score is -ln of the upper tail.

    Only large amounts surprise: 0.7 is an ordinary one, 7 comes once in a thousand, and a small
    one scores near 0. A new model answers 0.0, for it knows no better.

    >>> model = AmountSurprise()
    >>> for amount in [1_000, 1_100, 950, 1_050, 1_020]:
    ...     model.learn_one({"amount": amount})
    >>> model.score_one({"amount": 1_010}) < 1.0
    True
    >>> model.score_one({"amount": 90_000}) > 7.0
    True
    """

    def __init__(self, count: int = 0, mean: float = 0.0, squares: float = 0.0) -> None:
        self.count = count
        self.mean = mean
        self.squares = squares

    @property
    def memory(self) -> tuple[int, float, float]:
        """Give everything learned; made anew from it, the model answers the same."""
        return self.count, self.mean, self.squares

    @property
    def usual(self) -> float:
        """Give the amount in the middle of those learned."""
        return math.exp(self.mean) if self.count else 0.0

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Score an amount above zero; the higher, the more surprising."""
        if self.count == 0:
            return 0.0
        distance = (math.log(x["amount"]) - self.mean) / self._spread
        return -math.log(max(math.erfc(distance / _SQRT_2) / 2.0, _TAIL_MIN))

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Learn an amount above zero."""
        logarithm = math.log(x["amount"])
        if self.count > 1:
            reach = _LEARNED_SPREADS_MAX * self._spread
            logarithm = min(max(logarithm, self.mean - reach), self.mean + reach)
        self.count += 1
        step = logarithm - self.mean
        self.mean += step / self.count
        self.squares += step * (logarithm - self.mean)

    @property
    def _spread(self) -> float:
        variance = self.squares / (self.count - 1) if self.count > 1 else 0.0
        return max(math.sqrt(max(variance, 0.0)), _SPREAD_LOG_MIN)
