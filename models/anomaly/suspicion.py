"""How all signs add up: River's logistic regression, started at weights that need no labels.

The sum without what went before is the surprise; with it, it is the episode's score. Feedback moves
the weights, but none below zero: a sign speaks for suspicion, or for nothing.
"""

from collections.abc import Hashable, Mapping
from math import log
from typing import Any

from river.linear_model import LogisticRegression
from river.optim import SGD

MOST = 9.0
"""Beyond so many nats, a sign says no more."""
CONTEXT_FROM = 1.5
"""A sign of the context counts only as far as it is rarer than about one in five.

Context are the hour, the category's share and the day's sum."""
START = {
    "amount": 1.0, "size": 1.0, "hour": 1.0, "share": 1.0, "day": 1.0, "pattern": 1.0,
    "burst_short": 3.0, "burst_long": 1.5,
}  # fmt: skip
SIGNS = tuple(START)
BURSTS = frozenset({"burst_short", "burst_long"})
ALONE = len(SIGNS) - len(BURSTS)
"""So many signs are of the payment alone; those of what went before it come last."""
START_LOG_ODDS = -17.0
_RATE = 0.01


class Suspicion(LogisticRegression):
    """Weights of all signs; what a sign adds to the score is its weight times its nats."""

    def __init__(
        self, start: Mapping[str, float] | None = None, log_odds: float = START_LOG_ODDS
    ) -> None:
        super().__init__(optimizer=SGD(_RATE), intercept_init=log_odds, intercept_lr=_RATE)
        self._weights.update({**START, **(start or {})})
        self.in_order = self._read()
        """In the order of `SIGNS`."""

    @property
    def memory(self) -> tuple[dict[str, float], float]:
        """Give everything learned; made anew from it, the weights are the same."""
        return self.known, float(self.intercept)

    @property
    def known(self) -> dict[str, float]:
        """Give the weights."""
        return dict(zip(SIGNS, self.in_order, strict=True))

    def _read(self) -> tuple[float, ...]:
        return tuple([float(self._weights[name]) for name in SIGNS])

    def scores(self, nats: tuple[float, ...]) -> tuple[float, float]:
        """Give what the signs of the payment alone add up to, and what all of them do.

        Written out, because every payment comes by here, and a loop takes four times as long.
        """
        amount, size, hour, share, day, pattern, short, long = nats
        of_amount, of_size, of_hour, of_share, of_day, of_pattern, of_short, of_long = self.in_order
        alone = of_amount * amount + of_size * size + of_hour * hour
        alone = alone + of_share * share + of_day * day + of_pattern * pattern
        return alone, alone + of_short * short + of_long * long

    def learn_one(self, x: dict[Hashable, Any], y: bool | str | int, w: float = 1.0) -> None:  # noqa: FBT001 River has it so.
        """Learn from a payment that is known for what it was."""
        super().learn_one(x, y, w)
        for name in START:
            self._weights[name] = max(0.0, self._weights[name])
        self.in_order = self._read()


def sign(chance: float) -> float:
    """Give the nats of surprise at what had such a chance, as far as they count."""
    nats = -log(chance)
    return 0.0 if nats <= 0.0 else nats if nats < MOST else MOST


def sign_of_context(chance: float) -> float:
    """Give them where only what is rarer than usual speaks."""
    nats = -log(chance) - CONTEXT_FROM
    return 0.0 if nats <= 0.0 else nats if nats < MOST else MOST
