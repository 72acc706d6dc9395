"""Figures about answers, each of arrays that stand side by side: one place for one row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BINS = 15


class Filed(NamedTuple):
    """What share is filed at a threshold, and what share of that is right; None without any."""

    share: float
    precision: float | None


class Bin(NamedTuple):
    """Answers of similar confidence: how sure they were, how often right, how many."""

    confidence: float
    accuracy: float
    rows: int


def share_of(flags: Flags) -> float | None:
    """Give the share that is true; None of nothing."""
    return float(flags.mean()) if len(flags) else None


def macro_f1(truth: Ints, tops: Ints, labels: int) -> float:
    """Give the mean F1 of the labels that occur, however rare."""
    found = f1_of_labels(truth, tops, labels)
    return float(found[np.bincount(truth, minlength=labels) > 0].mean())


def f1_of_labels(truth: Ints, tops: Ints, labels: int) -> Floats:
    """Give each label's F1; zero where it neither occurs nor is answered."""
    right = np.bincount(truth[truth == tops], minlength=labels)
    both = np.bincount(truth, minlength=labels) + np.bincount(tops, minlength=labels)
    found: Floats = 2.0 * right / np.maximum(both, 1)
    return found


def among_first(answers: Floats, truth: Ints, places: int = 3) -> float:
    """Give the share of rows whose label is among the most probable; the first of equals leads."""
    order = np.argsort(-answers, axis=1, kind="stable")[:, :places]
    return float((order == truth[:, None]).any(axis=1).mean())


def threshold_for(confidence: Floats, right: Flags, precision: float) -> float | None:
    """Find the lowest threshold at and above which answers are precise enough, if there is one.

    Looked for only where the confidence changes: of equally sure answers, all are filed or none.
    """
    order = np.argsort(-confidence, kind="stable")
    sure = confidence[order]
    precise = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    is_last_of_equals = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    good = np.flatnonzero((precise >= precision) & is_last_of_equals)
    return float(sure[good[-1]]) if len(good) else None


def filed_at(confidence: Floats, right: Flags, threshold: float | None) -> Filed:
    """Say what is filed from a threshold up; nothing is without one."""
    filed = confidence >= (np.inf if threshold is None else threshold)
    return Filed(float(filed.mean()), share_of(right[filed]))


def reliability(confidence: Floats, right: Flags, bins: int = BINS) -> list[Bin]:
    """Gather answers into bins of equal width; those without any are left out."""
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    found = []
    for place in np.unique(places):
        here = places == place
        rows = int(here.sum())
        found.append(Bin(float(confidence[here].mean()), float(right[here].mean()), rows))
    return found


def calibration_error(confidence: Floats, right: Flags, bins: int = BINS) -> float:
    """Give by how much confidence and accuracy differ, on average over rows."""
    found = reliability(confidence, right, bins)
    return sum(abs(one.confidence - one.accuracy) * one.rows for one in found) / len(right)
