"""Weigh evidence of categories: from what all texts say down to what this user said here.

Counts are whole numbers that grow with the day they are given on, so that old ones weigh less
beside new ones without ever being touched. What was added can be taken away again, exactly.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

Belief = dict[str, float]
"""How likely each category is; what it does not name has nearly nothing."""

Counts = dict[str, int]
"""Weights by category, as given by `weight_on`; none is ever zero."""

HALF_LIFE_DAYS = 365
FAINTNESS = 3
"""What nobody said, but nobody took amiss, weighs so many times less than what somebody said."""

_FIRST_DAY = 733_773  # The first day of 2010: before it, evidence weighs less than a label can.
_FIRST_WEIGHT = 1_000
_LAST_DAY = _FIRST_DAY + 42 * HALF_LIFE_DAYS


@lru_cache(maxsize=4096)
def weight_on(day: int) -> int:
    """Give the weight of one label of a day; it doubles with every half-life.

    >>> weight_on(733_773 + 365), weight_on(733_773 + 730)
    (2000, 4000)
    """
    age = min(max(day, _FIRST_DAY - HALF_LIFE_DAYS), _LAST_DAY) - _FIRST_DAY
    whole, part = divmod(age, HALF_LIFE_DAYS)
    # Only within one doubling is there a power to be taken, and it is rounded to whole numbers.
    within = round(_FIRST_WEIGHT * math.exp2(part / HALF_LIFE_DAYS))
    return within << whole if whole >= 0 else max(1, within >> -whole)


def count(counts: Counts, category: str, weight: int) -> None:
    """Add a weight, or take one away that was added; nothing leaves no trace, nor less of it."""
    left = counts.get(category, 0) + weight
    if left > 0:
        counts[category] = left
    else:
        counts.pop(category, None)


class Chain:
    """A belief that is moved by one level of evidence after the other, and which moved it."""

    __slots__ = ("_steps", "belief", "unit")

    def __init__(self, day: int) -> None:
        self.unit = float(weight_on(day))
        self.belief: Belief = {}
        # How the belief stood before each level, how much of it the level kept, and after it.
        self._steps: list[tuple[str, Mapping[str, float], float, Belief]] = []

    def begin(self, level: str, belief: Mapping[str, float]) -> None:
        """Start from what is believed before anybody has said anything."""
        self.belief = dict(belief)
        self._steps = [(level, {}, 0.0, self.belief)]

    def lean(self, level: str, counts: Mapping[str, int] | None, strength: float) -> None:
        """Move towards counts; they weigh as much as the belief at *strength* labels of today."""
        if not counts:
            return
        held = strength * self.unit
        whole = sum(counts.values()) + held
        kept = held / whole
        before = self.belief
        belief = {category: share * kept for category, share in before.items()}
        for category, weight in counts.items():
            belief[category] = belief.get(category, 0.0) + weight / whole
        self._steps.append((level, before, kept, belief))
        self.belief = belief

    def tilt(
        self, level: str, counts: Mapping[str, int], everybodys: "Everybody", strength: float
    ) -> None:
        """Raise what this user has more often than everybody has, and lower the rest."""
        before = self.belief
        if not counts or not before:
            return
        held, whole = strength * self.unit, sum(counts.values())
        seen = everybodys.weights
        even = BEFORE_ANY_LABEL * self.unit / everybodys.categories
        usual = everybodys.whole + BEFORE_ANY_LABEL * self.unit
        belief = {
            category: share
            * (counts.get(category, 0) * usual / (seen.get(category, 0) + even) + held)
            for category, share in before.items()
        }
        scale = sum(before.values()) / sum(belief.values())
        for category in belief:
            belief[category] *= scale
        self._steps.append((level, before, held / (whole + held), belief))
        self.belief = belief

    def first(self) -> str:
        """Give the likeliest category; of several, the first by its name."""
        belief = self.belief
        most = max(belief.values())
        return min([category for category, share in belief.items() if share == most])

    def level_of(self, category: str) -> str:
        """Name the level that gave most of what is believed of a category."""
        shares: dict[str, float] = {}
        for level, before, kept, after in self._steps:
            share = after.get(category, 0.0)
            stays = min(share, before.get(category, 0.0) * kept)
            for name in shares:
                shares[name] *= kept
            shares[level] = shares.get(level, 0.0) + share - stays
        # The last of equals: it knows the most of this user.
        return max(reversed(shares), key=lambda name: shares[name])


class Everybody(NamedTuple):
    """All labels of all users, by category and in all, and how many categories there are."""

    weights: Mapping[str, int]
    whole: int
    categories: int


BEFORE_ANY_LABEL = 50
"""As how many labels of today, spread evenly, what is usual counts before there are labels."""
