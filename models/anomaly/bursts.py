"""Two memories of what was surprising shortly before: thieves seldom stop at one payment."""

import math

from river.base import AnomalyDetector

from models.anomaly.decay import faded
from models.anomaly.terms import Features

SHORT_S, LONG_S = 12 * 3600, 48 * 3600
ORDINARY = 8.0
"""Up to this surprise, in nats, a payment leaves nothing behind."""


class Bursts(AnomalyDetector):
    """How much surprise there was in the last hours, and in the last days."""

    def __init__(self, short: float = 0.0, long: float = 0.0, last: int = 0) -> None:
        self.short, self.long, self.last = short, long, last

    @property
    def memory(self) -> tuple[float, float, int]:
        """Give everything learned."""
        return self.short, self.long, self.last

    def inputs(self, instant: int) -> dict[str, float]:
        """Give what is left of either at an instant, as it takes part in the suspicion."""
        past_s = instant - self.last
        return {
            "burst_short": math.log1p(faded(self.short, past_s, SHORT_S)),
            "burst_long": math.log1p(faded(self.long, past_s, LONG_S)),
        }

    def score_one(self, x: Features) -> float:
        """Score an instant; the higher, the more was surprising before it."""
        return sum(self.inputs(x["instant"]).values())

    def learn_one(self, x: Features) -> None:
        """Learn how surprising a payment of an instant was."""
        past_s, more = x["instant"] - self.last, max(0.0, x["surprise"] - ORDINARY)
        self.short = faded(self.short, past_s, SHORT_S) + more
        self.long = faded(self.long, past_s, LONG_S) + more
        self.last = max(self.last, x["instant"])
