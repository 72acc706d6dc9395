"""Does it serve all users alike? Users in thirds by activity and by income, held side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.training.examples import Example
from models.training.measures import Answered, calibration_error

THIRDS = ("low", "middle", "high")
_EVIDENCE_MIN = 30


class Ranking(NamedTuple):
    """How users are ranked, and each one's rank."""

    name: str
    meaning: str
    third_of: Mapping[str, int]


def rankings(examples: Sequence[Example]) -> list[Ranking]:
    """Rank users by how much they do, and by what comes in; by spending where nothing does."""
    activity = Counter(own.user for own in examples)
    income, spending = Counter[str](), Counter[str]()
    for own in examples:
        (income if own.amount_minor > 0 else spending)[own.user] += abs(own.amount_minor)
    has_income = 2 * len(income) >= len(activity)
    by_money, meaning = (income, "sum of amounts in") if has_income else (spending, "sum spent")
    return [
        Ranking("activity", "rows", _thirds(activity, activity)),
        Ranking("income", meaning, _thirds(activity, by_money)),
    ]


def _thirds(users: Mapping[str, int], figure: Mapping[str, int]) -> dict[str, int]:
    ranked = sorted(users, key=lambda user: (figure.get(user, 0), user))
    return {user: place * len(THIRDS) // len(ranked) for place, user in enumerate(ranked)}


def segments(
    ranking: Ranking, examples: Sequence[Example], answered: Answered, file_from: int
) -> dict[str, Any]:
    """Give each third's figures, and how far thirds lie apart in the worst case."""
    thirds = np.array([ranking.third_of[own.user] for own in examples], np.intp)
    filed = answered.confidence >= file_from
    figures = {
        name: _figures(answered.of(thirds == third), filed[thirds == third])
        for third, name in enumerate(THIRDS)
        if (thirds == third).any()
    }
    return {
        "ranked_by": ranking.meaning,
        "thirds": figures,
        "demographic_parity_difference": _apart([own["filed"] for own in figures.values()]),
        "label_parity_difference": _worst(answered.first, thirds, answered),
        "equalised_odds_difference": _odds(thirds, answered),
    }


def _figures(answered: Answered, filed: NDArray[np.bool_]) -> dict[str, float]:
    right = answered.right
    return {
        "examples": len(right),
        "accuracy": round(float(right.mean()), 4),
        "calibration_error": calibration_error(answered),
        "filed": round(float(filed.mean()), 4),
        "filed_right": round(float(right[filed].mean()), 4) if filed.any() else 0.0,
    }


def _worst(said: NDArray[np.intp], thirds: NDArray[np.intp], answered: Answered) -> float:
    """Give how far apart thirds lie in how often a label is given, for the worst label."""
    everyone = np.ones(len(thirds), bool)
    labels = range(answered.shares.shape[1])
    return max((_rates_apart(said == label, everyone, thirds) for label in labels), default=0.0)


def _odds(thirds: NDArray[np.intp], answered: Answered) -> float:
    """Give how far apart thirds lie in a label's hits or false alarms, for the worst label."""
    apart = 0.0
    for label in range(answered.shares.shape[1]):
        said, true = answered.first == label, answered.truth == label
        apart = max(apart, _rates_apart(said, true, thirds), _rates_apart(said, ~true, thirds))
    return apart


def _rates_apart(
    said: NDArray[np.bool_], among: NDArray[np.bool_], thirds: NDArray[np.intp]
) -> float:
    """Compare a rate between thirds; those with too few examples to tell are left out."""
    chosen = [among & (thirds == third) for third in range(len(THIRDS))]
    return _apart([float(said[own].mean()) for own in chosen if own.sum() >= _EVIDENCE_MIN])


def _apart(rates: Sequence[float]) -> float:
    return round(max(rates) - min(rates), 4) if rates else 0.0
