"""How good answers are: figures over probabilities and truths, each a function of its own."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.artifact import WHOLE, Thresholds

Shares = NDArray[np.int64]
"""Probabilities out of a million: a row for each example, a column for each label."""
Truth = NDArray[np.intp]

FILED_PRECISION = 0.95
SUGGESTED_PRECISION = 0.90
SUGGESTED = 3
NEVER = WHOLE + 1
"""A threshold that no confidence reaches."""
_BINS = 15
_EVIDENCE_MIN = 50


class Answered(NamedTuple):
    """What was answered to examples whose truth is known."""

    shares: Shares
    truth: Truth

    @property
    def first(self) -> Truth:
        """Give the most likely label of each."""
        return np.asarray(self.shares.argmax(axis=1))

    @property
    def confidence(self) -> Shares:
        """Give how likely it was said to be."""
        return np.asarray(self.shares.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Say where the most likely label is the truth."""
        return np.asarray(self.first == self.truth)

    @property
    def among_first(self) -> NDArray[np.bool_]:
        """Say where the truth is among the labels that would be suggested."""
        own = self.shares[np.arange(len(self.truth)), self.truth]
        return np.asarray((self.shares > own[:, None]).sum(axis=1) < SUGGESTED)

    def of(self, chosen: NDArray[np.bool_]) -> "Answered":
        """Keep some of the examples."""
        return Answered(self.shares[chosen], self.truth[chosen])


class LabelFigures(NamedTuple):
    """How one label fares."""

    label: str
    examples: int
    answered: int
    precision: float
    recall: float
    f1: float


class Bin(NamedTuple):
    """Answers of about equal confidence: what was said, and what came true."""

    examples: int
    confidence: float
    accuracy: float


def overall(answered: Answered) -> dict[str, float]:
    """Give the figures that sum an artifact up."""
    own = np.maximum(answered.shares[np.arange(len(answered.truth)), answered.truth], 1)
    return {
        "examples": len(answered.truth),
        "accuracy": accuracy(answered),
        "macro_f1": macro_f1(answered),
        "top3": _mean(answered.among_first),
        "log_loss": round(float(-np.log(own / WHOLE).mean()), 4),
        "calibration_error": calibration_error(answered),
        "coverage_at_90": coverage(answered, 0.90),
        "coverage_at_95": coverage(answered, 0.95),
    }


def accuracy(answered: Answered) -> float:
    """Give the share of answers that are right."""
    return _mean(answered.right)


def share_of_outcomes(answered: Answered, chosen: Thresholds) -> dict[str, float]:
    """Say how often thresholds would have filed, suggested and asked, and how often rightly."""
    filed = answered.confidence >= chosen.file
    suggested = ~filed & (answered.confidence >= chosen.suggest)
    return {
        "filed_share": _mean(filed),
        "filed_right": _mean(answered.right[filed]),
        "suggested_share": _mean(suggested),
        "suggested_right": _mean(answered.among_first[suggested]),
        "asked_share": _mean(~filed & ~suggested),
    }


def macro_f1(answered: Answered) -> float:
    """Give the mean F1 of the labels that occur."""
    present = np.unique(answered.truth)
    return round(float(np.mean([_label(answered, own, "").f1 for own in present])), 4)


def by_label(answered: Answered, labels: tuple[str, ...]) -> list[LabelFigures]:
    """Give each label's figures, those without an example left out."""
    return [_label(answered, own, labels[own]) for own in np.unique(answered.truth).tolist()]


def by_group(answered: Answered, labels: tuple[str, ...]) -> list[LabelFigures]:
    """Give the figures of groups, which are what stands before a label's dot; none without one."""
    of_label = [label.partition(".")[0] for label in labels]
    groups = sorted(set(of_label))
    if len(groups) == len(labels):
        return []
    joins = np.array([[own == group for group in groups] for own in of_label], np.int64)
    places = joins.argmax(axis=1)
    return by_label(Answered(answered.shares @ joins, places[answered.truth]), tuple(groups))


def calibration(answered: Answered) -> list[Bin]:
    """Hold what was said against what came true, in bins of equal width."""
    bins = np.minimum(answered.confidence * _BINS // WHOLE, _BINS - 1)
    return [
        Bin(int(own.sum()), _mean(answered.confidence[own] / WHOLE), _mean(answered.right[own]))
        for own in (bins == number for number in range(_BINS))
        if own.any()
    ]


def calibration_error(answered: Answered) -> float:
    """Give how far confidence lies from accuracy, on average over the examples."""
    bins = calibration(answered)
    off = sum(own.examples * abs(own.confidence - own.accuracy) for own in bins)
    return round(off / len(answered.truth), 4)


def coverage(answered: Answered, precision: float) -> float:
    """Give the largest share of examples, surest first, of which so many are right."""
    threshold = surest(answered.confidence, answered.right, precision, 1)
    return _mean(answered.confidence >= threshold)


def thresholds(answered: Answered) -> Thresholds:
    """Choose from which confidence on to file, and from which on to suggest."""
    said = answered.confidence
    return Thresholds(
        surest(said, answered.right, FILED_PRECISION, _EVIDENCE_MIN),
        surest(said, answered.among_first, SUGGESTED_PRECISION, _EVIDENCE_MIN),
    )


def surest(
    confidence: Shares, right: NDArray[np.bool_], precision: float, evidence_min: int
) -> int:
    """Give the smallest confidence from which on so many are right; NEVER if there is none."""
    order = np.argsort(-confidence, kind="stable")
    said = confidence[order]
    counted = np.arange(1, len(said) + 1)
    reached = np.cumsum(right[order]) >= precision * counted
    # Answers of equal confidence are taken together or not at all.
    is_last = np.append(said[1:] != said[:-1], True)
    fit = np.flatnonzero(reached & is_last & (counted >= evidence_min))
    return int(said[fit[-1]]) if len(fit) else NEVER


def _label(answered: Answered, place: int, label: str) -> LabelFigures:
    said, true = answered.first == place, answered.truth == place
    both = int((said & true).sum())
    return LabelFigures(
        label,
        int(true.sum()),
        int(said.sum()),
        round(both / max(int(said.sum()), 1), 4),
        round(both / max(int(true.sum()), 1), 4),
        round(2 * both / max(int(said.sum() + true.sum()), 1), 4),
    )


def _mean(values: NDArray[np.bool_] | NDArray[np.float64]) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0
