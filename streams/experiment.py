"""What can be said of two artifacts that were tried side by side: shares, and how sure they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from processors.state.population import Arm, Arms

Z_95 = 1.959963984540054
"""How many standard deviations lie on either side of the middle 95 % of a normal distribution."""


_HALF = 0.5


class Interval(NamedTuple):
    """A share, or a difference of two, and where the true one lies with 95 % confidence."""

    low: float
    point: float
    high: float


class Share(NamedTuple):
    """A kind of share: its name, how many, of how many, and whether more of it is better."""

    name: str
    found: int
    of: int
    more_is_better: bool


def summed(parts: Iterable[Arms], sha256: str) -> Arms:
    """Add up what partitions counted of one challenger."""
    total = Arms(sha256)
    for part in parts:
        if part.sha256 != sha256:
            continue
        for name in ("active", "challenger"):
            _add(getattr(total, name), getattr(part, name))
        total.agreed += part.agreed
        total.differed += part.differed
        total.only_active_right += part.only_active_right
        total.only_challenger_right += part.only_challenger_right
    return total


def _add(total: Arm, part: Arm) -> None:
    total.decided += part.decided
    total.filed += part.filed
    total.accepted += part.accepted
    total.corrected += part.corrected


def shares(arm: Arm) -> list[Share]:
    """List the shares by which an artifact is judged."""
    judged = arm.accepted + arm.corrected
    return [
        Share("filed of decided", arm.filed, arm.decided, more_is_better=True),
        Share("accepted of judged", arm.accepted, judged, more_is_better=True),
        Share("corrected of decided", arm.corrected, arm.decided, more_is_better=False),
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """One share in both arms, and their difference: the challenger's less the active one's."""

    share: str
    active: Interval | None
    challenger: Interval | None
    difference: Interval | None
    verdict: str


def compared(active: Arm, challenger: Arm) -> list[Line]:
    """Hold two arms against each other, share by share; None where there is nothing to count."""
    return [
        _line(one, other) for one, other in zip(shares(active), shares(challenger), strict=True)
    ]


def _line(active: Share, challenger: Share) -> Line:
    both = wilson(active.found, active.of), wilson(challenger.found, challenger.of)
    apart = difference((active.found, active.of), (challenger.found, challenger.of))
    return Line(active.name, *both, apart, _verdict(apart, more_is_better=active.more_is_better))


def _verdict(apart: Interval | None, *, more_is_better: bool, other: str = "the challenger") -> str:
    if apart is None:
        return "nothing to compare yet"
    if apart.low <= 0 <= apart.high:
        return "no difference can be told yet"
    is_better = (apart.low > 0) == more_is_better
    return f"{other} is better" if is_better else "the active one is better"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a challenger would have decided, beside what was decided."""

    agreed: Interval | None
    spared: Interval | None
    """Of the labels that only one of both has right, the share that is the challenger's."""
    verdict: str


def beside(arms: Arms) -> Beside:
    """Hold a challenger's decisions against the active one's, of the same transactions."""
    agreed = wilson(arms.agreed, arms.agreed + arms.differed)
    return Beside(agreed, *of_two(arms.only_active_right, arms.only_challenger_right))


def of_two(
    only_active: int, only_other: int, other: str = "the challenger"
) -> tuple[Interval | None, str]:
    """Give the other one's share of what only one of two has right, and a verdict."""
    share = wilson(only_other, only_active + only_other)
    # Were both equally good, half of it would be the other one's.
    apart = None if share is None else Interval(*(bound - _HALF for bound in share))
    return share, _verdict(apart, more_is_better=True, other=other)


def wilson(found: int, of: int, z: float = Z_95) -> Interval | None:
    """Give a share with Wilson's interval, which is honest for few and for rare ones, too.

    >>> [round(bound, 3) for bound in wilson(1, 10)]
    [0.018, 0.1, 0.404]
    """
    if of == 0:
        return None
    share, spread = found / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / of + spread / (4 * of))
    return Interval(max(0.0, middle - half), share, min(1.0, middle + half))


def difference(base: tuple[int, int], other: tuple[int, int], z: float = Z_95) -> Interval | None:
    """Give how much greater the other share is, by Newcombe's interval of two of Wilson's.

    >>> difference((50, 100), (50, 100)).point
    0.0
    """
    first, second = wilson(*base, z), wilson(*other, z)
    if first is None or second is None:
        return None
    apart = second.point - first.point
    below = sqrt((second.point - second.low) ** 2 + (first.high - first.point) ** 2)
    above = sqrt((second.high - second.point) ** 2 + (first.point - first.low) ** 2)
    return Interval(apart - below, apart, apart + above)
