"""The statistics: small, pure, and none of them knows what it is asked about."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import fmean, median, pstdev
from typing import TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

DIGITS = range(1, 10)
BENFORD = {digit: math.log10(1 + 1 / digit) for digit in DIGITS}


def share(part: float, whole: float) -> float | None:
    """Give a part as a share; None of nothing."""
    return part / whole if whole else None


def shares(parts: Mapping[KeyT, float]) -> dict[KeyT, float]:
    """Give each part as a share of all of them; nothing of nothing."""
    whole = sum(parts.values())
    return {key: part / whole for key, part in parts.items()} if whole else {}


def middle(values: Sequence[float]) -> float | None:
    """Give the median; None of nothing."""
    return median(values) if values else None


def variation(values: Sequence[float]) -> float | None:
    """Give the coefficient of variation: the standard deviation beside the mean.

    None of fewer than two, and where the mean is not above zero.
    """
    if len(values) < 2 or (mean := fmean(values)) <= 0:
        return None
    return pstdev(values) / mean


def quantile(values: Sequence[float], at: float) -> float | None:
    """Give the value below which a share of all lies, between neighbours; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = at * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def repeated(keys: Sequence[Hashable]) -> float | None:
    """Give the share of those that stand there for the second time or a later one."""
    return share(len(keys) - len(set(keys)), len(keys))


def first_digits(amounts_minor: Iterable[int]) -> dict[int, float]:
    """Give how often each digit from 1 to 9 leads, as shares; zero has no first digit."""
    found = Counter(int(str(abs(amount))[0]) for amount in amounts_minor if amount)
    return shares({digit: found[digit] for digit in DIGITS})


def benford_distance(digits: Mapping[int, float]) -> float | None:
    """Give the mean absolute deviation of first digits from Benford's law."""
    if not digits:
        return None
    return fmean(abs(digits.get(digit, 0) - BENFORD[digit]) for digit in DIGITS)


def histogram(values: Iterable[float], step: float, bins: int) -> list[int]:
    """Count values by bins from zero on; what lies beyond the last bin is counted in it."""
    counts = [0] * bins
    for value in values:
        counts[max(0, min(bins - 1, math.floor(value / step)))] += 1
    return counts
