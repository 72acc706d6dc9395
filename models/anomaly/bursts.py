"""Two memories of what was surprising shortly before: thieves seldom stop at one payment."""

from math import log1p

from river.base import AnomalyDetector

from models.anomaly.decay import faded
from models.anomaly.terms import Features

SHORT_S, LONG_S = 12 * 3600, 48 * 3600
ORDINARY = 8.0
"""Up to this surprise, in nats, a payment leaves nothing behind."""

Memory = tuple[float, float, int]
"""Surprise that fades within hours, surprise that fades within days, and as of which instant."""


def inputs_of(memory: Memory, instant: int) -> tuple[float, float]:
    """Give what is left of either at an instant, as it takes part in the suspicion."""
    short, long, last = memory
    past_s = instant - last
    return log1p(faded(short, past_s, SHORT_S)), log1p(faded(long, past_s, LONG_S))


def learned(memory: Memory, instant: int, surprise: float) -> Memory:
    """Give what is remembered once a payment of an instant was so surprising."""
    short, long, last = memory
    past_s, more = instant - last, surprise - ORDINARY if surprise > ORDINARY else 0.0
    return (
        faded(short, past_s, SHORT_S) + more,
        faded(long, past_s, LONG_S) + more,
        instant if past_s > 0 else last,
    )


class Bursts(AnomalyDetector):
    """How much surprise there was in the last hours, and in the last days."""

    def __init__(self, short: float = 0.0, long: float = 0.0, last: int = 0) -> None:
        self.memory: Memory = (short, long, last)

    def score_one(self, x: Features) -> float:
        """Score an instant; the higher, the more was surprising before it."""
        return sum(inputs_of(self.memory, x["instant"]))

    def learn_one(self, x: Features) -> None:
        """Learn how surprising a payment of an instant was."""
        self.memory = learned(self.memory, x["instant"], x["surprise"])
