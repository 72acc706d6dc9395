"""Where values lie and how far they scatter, held so that one wild value hardly moves it."""

from math import copysign
from typing import NamedTuple

LEAST = 0.05
"""No scatter is ever taken for smaller: who always pays the same may pay a little more unasked."""
REACH = 2.5
"""Beyond so many times the scatter, a value teaches no more than one that lies there."""
RATE_LEAST = 0.008
"""How much the newest of many values counts: about 125 of them are remembered."""
_OF_MEAN_DISTANCE = 1.2533
"""The ratio between a Gaussian's standard deviation and its mean distance from the middle."""
_made = tuple.__new__
"""What a NamedTuple's own maker calls in the end; each payment makes some, in half the time."""


class Spread(NamedTuple):
    """How many values were learned, around which middle they lie, and how far they scatter."""

    values: int = 0
    middle: float = 0.0
    scatter: float = 1.0

    def learned(self, value: float, rate_least: float = RATE_LEAST) -> "Spread":
        """Give what is known once a value is learned; the first is held against what was assumed.

        >>> Spread(0, 2.0, 1.0).learned(3.0)
        Spread(values=1, middle=2.5, scatter=1.1266500000000002)
        """
        values, middle, scatter = self
        rate = 1.0 / (values + 2)
        rate = rate if rate > rate_least else rate_least
        reach, off = REACH * scatter, value - middle
        off = off if -reach < off < reach else copysign(reach, off)
        scatter += rate * (abs(off) * _OF_MEAN_DISTANCE - scatter)
        return _made(
            Spread, (values + 1, middle + rate * off, scatter if scatter > LEAST else LEAST)
        )
