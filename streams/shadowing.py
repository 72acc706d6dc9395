"""What can be said of two configurations of the detector of which one decides: shares, intervals.

Users hear of the one that decides alone, so they confirm more of its alerts than they would of the
other's: what only the shadow tells of is confirmed where users speak of it unasked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from processors.state.customary import Compared
from streams.experiment import Interval, of_two, wilson

COUNTS = (
    *("payments", "both", "only_active", "only_shadow"),
    *("frauds_both", "frauds_only_active", "frauds_only_shadow", "frauds_neither"),
)


def summed(parts: Iterable[Compared], name: str) -> Compared:
    """Add up what partitions counted of one shadow."""
    total = Compared(name)
    for part in parts:
        if part.name == name:
            for count in COUNTS:
                setattr(total, count, getattr(total, count) + getattr(part, count))
    return total


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two told of."""

    told: int
    frauds: int
    caught: Interval | None
    """Of the confirmed frauds."""
    confirmed: Interval | None
    """Of what it told of, what was confirmed as fraud."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both, and of the frauds that only one told of the share that is the shadow's."""

    active: Side
    shadow: Side
    spared: Interval | None
    verdict: str


def sides(compared: Compared) -> Sides:
    """Hold a shadow against what decides."""
    only_active, only_shadow = compared.frauds_only_active, compared.frauds_only_shadow
    frauds = compared.frauds_both + only_active + only_shadow + compared.frauds_neither
    active = _side(compared.both + compared.only_active, compared.frauds_both + only_active, frauds)
    shadow = _side(compared.both + compared.only_shadow, compared.frauds_both + only_shadow, frauds)
    return Sides(active, shadow, *of_two(only_active, only_shadow, "the shadow"))


def _side(told: int, caught: int, frauds: int) -> Side:
    # What was told before the shadow was set may be confirmed since.
    return Side(told, caught, wilson(caught, frauds), wilson(min(caught, told), told))
