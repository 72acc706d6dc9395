"""How all signs add up: each counts so much, and what a sign adds is its weight times its nats.

The sum without what went before is the surprise; with it, it is the episode's score.
"""

from collections.abc import Mapping
from math import log

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


class Weights:
    """How much each sign counts, and the log-odds of fraud where there is none."""

    __slots__ = ("in_order", "log_odds")

    def __init__(
        self, known: Mapping[str, float] = START, log_odds: float = START_LOG_ODDS
    ) -> None:
        self.in_order = tuple([known[name] for name in SIGNS])
        """In the order of `SIGNS`."""
        self.log_odds = log_odds

    @property
    def known(self) -> dict[str, float]:
        """Give them by name."""
        return dict(zip(SIGNS, self.in_order, strict=True))

    def scores(self, nats: tuple[float, ...]) -> tuple[float, float]:
        """Give what the signs of the payment alone add up to, and what all of them do.

        Written out, because every payment comes by here, and a loop takes four times as long.
        """
        amount, size, hour, share, day, pattern, short, long = nats
        of_amount, of_size, of_hour, of_share, of_day, of_pattern, of_short, of_long = self.in_order
        alone = of_amount * amount + of_size * size + of_hour * hour
        alone = alone + of_share * share + of_day * day + of_pattern * pattern
        return alone, alone + of_short * short + of_long * long


def sign(chance: float) -> float:
    """Give the nats of surprise at what had such a chance, as far as they count."""
    nats = -log(chance)
    return 0.0 if nats <= 0.0 else nats if nats < MOST else MOST


def sign_of_context(chance: float) -> float:
    """Give them where only what is rarer than usual speaks."""
    nats = -log(chance) - CONTEXT_FROM
    return 0.0 if nats <= 0.0 else nats if nats < MOST else MOST
