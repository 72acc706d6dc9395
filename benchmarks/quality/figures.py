"""What is told of a walk: how often right, how sure, for whom, and at what price."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.quality.contender import Labelled
from benchmarks.quality.contest import Course, Outcome
from benchmarks.quality.measures import (
    Flags,
    Ints,
    among_first,
    calibration_error,
    f1_of_labels,
    filed_at,
    macro_f1,
    reliability,
    share_of,
    threshold_for,
)
from benchmarks.reporting import Figures

FIXED_CONFIDENCE = 0.7
"""A threshold that guides name without measuring; reported beside the measured ones."""

USES = {"first": (0, 0), "second": (1, 1), "third_to_fifth": (2, 4), "later": (5, 1_000_000_000)}
"""How often a user was seen at a merchant that was new to them after training."""

_YEAR_DAYS = 365
_DIGITS = 4


class Segments(NamedTuple):
    """Which rows of a test have a merchant, text or user known from training, or are late."""

    seen_key: Flags
    seen_text: Flags
    seen_user: Flags
    last_year: Flags
    uses: Ints
    """How often the pair was seen before, in the test; -1 if it is known from training."""


def segments_of(course: Course) -> Segments:
    """Sort the rows of a test."""
    known, rows = [labelled.row for labelled in course.training], [one.row for one in course.test]
    keys, texts = {row.key for row in known}, {row.text for row in known}
    users = {row.user for row in known}
    end = rows[-1].day - _YEAR_DAYS
    return Segments(
        np.array([row.key in keys for row in rows]),
        np.array([row.text in texts for row in rows]),
        np.array([row.user in users for row in rows]),
        np.array([row.day > end for row in rows]),
        _uses(course.training, course.test),
    )


def _uses(training: Sequence[Labelled], test: Sequence[Labelled]) -> Ints:
    known = {(row.user, row.key) for row, _ in training}
    seen: Counter[tuple[str, str]] = Counter()
    uses = []
    for row, _ in test:
        pair = (row.user, row.key)
        uses.append(-1 if pair in known else seen[pair])
        seen[pair] += 1
    return np.array(uses, dtype=np.int64)


def figures_of(outcome: Outcome, segments: Segments, labels: Sequence[str]) -> Figures:
    """Give all figures of a walk, rounded."""
    run, right = outcome.run, outcome.run.right
    return {
        "accuracy": _rounded(share_of(right)),
        "macro_f1": _rounded(macro_f1(run.truth, run.tops, len(labels))),
        "top3": _rounded(among_first(run.answers, run.truth)),
        "ece": _rounded(calibration_error(run.confidence, right)),
        **_filing(outcome),
        "seen_accuracy": _rounded(share_of(right[segments.seen_key])),
        "unseen_accuracy": _rounded(share_of(right[~segments.seen_key])),
        "unseen_share": _rounded(share_of(~segments.seen_key)),
        "unseen_text_accuracy": _rounded(share_of(right[~segments.seen_text])),
        "new_user_accuracy": _rounded(share_of(right[~segments.seen_user])),
        "last_year_accuracy": _rounded(share_of(right[segments.last_year])),
        "use_of_new_pair": {
            name: _rounded(share_of(right[(segments.uses >= low) & (segments.uses <= high)]))
            for name, (low, high) in USES.items()
        },
        "corrections_seen": run.followed.seen,
        "corrections_followed": run.followed.share,
        "corrections_kept": _rounded(run.kept.share),
        "labels_heard": run.labels_heard,
        "us_predict": round(run.answering.us, 1),
        "us_remember": round(run.remembering.us, 1),
        "us_learn": round(run.hearing.us, 1) if run.labels_heard else None,
        "state_mb": round(outcome.state_bytes / 1e6, 2),
        "trained_s": round(outcome.trained_s, 1),
    }


def details_of(outcome: Outcome, labels: Sequence[str]) -> Figures:
    """Give what is too long for a table: the F1 of each label, and the calibration table."""
    run = outcome.run
    found = f1_of_labels(run.truth, run.tops, len(labels))
    counts = np.bincount(run.truth, minlength=len(labels))
    return {
        "labels": {
            label: {"rows": int(count), "f1": _rounded(float(f1))}
            for label, count, f1 in zip(labels, counts, found, strict=True)
            if count
        },
        "reliability": [
            {"confidence": _rounded(one.confidence), "accuracy": _rounded(one.accuracy)}
            | {"rows": one.rows}
            for one in reliability(run.confidence, run.right)
        ],
    }


def _filing(outcome: Outcome) -> Figures:
    """Tell what would be filed: by a threshold fixed beforehand, by hindsight, and at 0.7."""
    confidence, right = outcome.run.confidence, outcome.run.right
    told: Figures = {}
    for precision, threshold in outcome.thresholds.items():
        filed = filed_at(confidence, right, threshold)
        best = threshold_for(confidence, right, precision / 100)
        told |= {
            f"threshold_{precision}": _rounded(threshold),
            f"coverage_at_{precision}": _rounded(filed.share),
            f"precision_at_{precision}": _rounded(filed.precision),
            f"hindsight_coverage_at_{precision}": _rounded(filed_at(confidence, right, best).share),
        }
    fixed = filed_at(confidence, right, FIXED_CONFIDENCE)
    return told | {
        "coverage_above_07": _rounded(fixed.share),
        "precision_above_07": _rounded(fixed.precision),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(float(figure), _DIGITS)
