"""How all signs add up: River's logistic regression, started at weights that need no labels.

The sum without what went before is the surprise; with it, it is the episode's score. Feedback moves
the weights, but none below zero: a sign speaks for suspicion, or for nothing.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from river.linear_model import LogisticRegression
from river.optim import SGD

MOST = 9.0
"""Beyond so many nats, a sign says no more."""
CONTEXT_FROM = 1.5
"""A sign of the context counts only as far as it is rarer than about one in five."""
CONTEXT = frozenset({"hour", "share", "day"})
START = {
    "amount": 1.0, "size": 1.0, "hour": 1.0, "share": 1.0, "day": 1.0, "pattern": 1.0,
    "burst_short": 3.0, "burst_long": 1.5,
}  # fmt: skip
BURSTS = frozenset({"burst_short", "burst_long"})
_START_LOG_ODDS = -17.0
_RATE = 0.01


class Suspicion(LogisticRegression):
    """Weights of all signs; what a sign adds to the score is its weight times its nats."""

    def __init__(
        self, start: Mapping[str, float] | None = None, log_odds: float = _START_LOG_ODDS
    ) -> None:
        super().__init__(optimizer=SGD(_RATE), intercept_init=log_odds, intercept_lr=_RATE)
        self._weights.update({**START, **(start or {})})
        self._known: dict[str, float] | None = None

    @property
    def memory(self) -> tuple[dict[str, float], float]:
        """Give everything learned; made anew from it, the weights are the same."""
        return self.known, float(self.intercept)

    @property
    def known(self) -> dict[str, float]:
        """Give the weights."""
        if self._known is None:
            self._known = {name: float(self._weights[name]) for name in START}
        return self._known

    def addends(self, signs: Mapping[str, float]) -> dict[str, float]:
        """Give what each sign adds."""
        known = self.known
        return {name: known[name] * nats for name, nats in signs.items()}

    def learn_one(self, x: dict[Hashable, Any], y: bool | str | int, w: float = 1.0) -> None:  # noqa: FBT001 River has it so.
        """Learn from a payment that is known for what it was."""
        super().learn_one(x, y, w)
        for name in START:
            self._weights[name] = max(0.0, self._weights[name])
        self._known = None


def sign(term: str, surprise: float) -> float:
    """Give how far a term's surprise counts as a sign."""
    nats = surprise - CONTEXT_FROM if term in CONTEXT else surprise
    return 0.0 if nats <= 0.0 else min(MOST, nats)
