"""Learning how much each sign counts: River's logistic regression over what people answered.

It starts at weights that need no labels, and moves none below zero: a sign speaks for suspicion, or
for nothing. Who only judges payments needs `weights` alone: River's class brings all of SciPy.
"""

from collections.abc import Hashable
from typing import Any

from river.linear_model import LogisticRegression
from river.optim import SGD

from models.anomaly.weights import SIGNS, Weights

_RATE = 0.01


class Suspicion(LogisticRegression):
    """It learns weights."""

    def __init__(self, start: Weights | None = None) -> None:
        begins = start or Weights()
        super().__init__(optimizer=SGD(_RATE), intercept_init=begins.log_odds, intercept_lr=_RATE)
        self._weights.update(begins.known)

    @property
    def weights(self) -> Weights:
        """Give everything learned; made anew from it, it is the same."""
        known = {name: float(self._weights[name]) for name in SIGNS}
        return Weights(known, float(self.intercept))

    def learn_one(self, x: dict[Hashable, Any], y: bool | str | int, w: float = 1.0) -> None:  # noqa: FBT001 River has it so.
        """Learn from a payment that is known for what it was."""
        super().learn_one(x, y, w)
        for name in SIGNS:
            self._weights[name] = max(0.0, self._weights[name])
