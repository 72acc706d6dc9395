"""Figures about scores, each of arrays that stand side by side: one place for one row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.quality.measures import Flags, Floats, Ints, share_of

SEED = 1
DRAWS = 40
LOW = 0.05
"""Which of the draws, from the lowest, is told: all but one in twenty lie above."""


class Found(NamedTuple):
    """What share of the frauds is among alerts, and what share of alerts is one; None of none."""

    recall: float | None
    precision: float | None


class Caught(NamedTuple):
    """What share of the episodes is caught by its first row, within three rows, or at all."""

    first: float | None
    within_3: float | None
    at_all: float | None


class Rate(NamedTuple):
    """Alerts a user and month: of all users, and of one whom nine in ten do not exceed."""

    mean: float
    p90: float


def average_precision(
    scores: Floats, frauds: Flags, weights: Floats | Ints | None = None
) -> float | None:
    """Give precision, averaged over the frauds; None without any. Equal scores come together."""
    order = np.argsort(-scores, kind="stable")
    sorted_, weighed = scores[order], np.ones(len(scores)) if weights is None else weights[order]
    is_last_of_equals = np.append(sorted_[1:] != sorted_[:-1], True)[: len(scores)]
    found = np.cumsum(weighed * frauds[order])[is_last_of_equals]
    taken = np.cumsum(weighed)[is_last_of_equals]
    if not len(found) or not found[-1]:
        return None
    precision = found / np.maximum(taken, 1)
    return float((precision * np.diff(found, prepend=0)).sum() / found[-1])


def low_average_precision(scores: Floats, frauds: Flags, users: Ints) -> float | None:
    """Draw users again and again, with repeats; give the average precision nearly always reached.

    A draw without any fraud has none and does not count.
    """
    random, count = np.random.default_rng(SEED), int(users.max()) + 1
    draws = (random.multinomial(count, np.full(count, 1 / count)) for _ in range(DRAWS))
    found = [average_precision(scores, frauds, drawn[users]) for drawn in draws]
    known = [one for one in found if one is not None]
    return float(np.quantile(known, LOW)) if known else None


def highest(scores: Floats, places: int) -> Flags:
    """Choose as many rows as there are places, from the highest score down."""
    chosen = np.zeros(len(scores), dtype=np.bool_)
    chosen[ranked(scores)[:places]] = True
    return chosen


def ranked(scores: Floats) -> Ints:
    """Give the rows' places, the highest score first; equals stand as a fixed draw has them."""
    drawn = np.random.default_rng(SEED).permutation(len(scores))
    return np.lexsort((drawn, -scores))


def found_by(alerts: Flags, frauds: Flags) -> Found:
    """Say how many frauds are alerted, and how many alerts are right."""
    return Found(share_of(alerts[frauds]), share_of(frauds[alerts]))


def caught_by(alerts: Flags, episodes: Sequence[Ints]) -> Caught:
    """Say how soon the frauds of an episode are alerted."""
    return Caught(*(_share_within(alerts, episodes, rows) for rows in (1, 3, None)))


def rate_of(alerts: Flags, users: Ints, months: float) -> Rate:
    """Count alerts by user and month, those of users without any as well."""
    rates = np.bincount(users, weights=alerts) / months
    return Rate(float(rates.mean()), float(np.quantile(rates, 0.9)))


def _share_within(alerts: Flags, episodes: Sequence[Ints], rows: int | None) -> float | None:
    return share_of(np.array([alerts[episode[:rows]].any() for episode in episodes]))
