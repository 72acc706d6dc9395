"""Choosing a plan by time: learn of what was before, be judged by what came after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.model_selection import TimeSeriesSplit

from models.features import Reading
from models.training.examples import Example, Sheet, TrainingError, numbered, sheet_of
from models.training.fitting import Linear, Plan, fit, log_loss, temperature_of

SPLITS = 3
CHOICES: tuple[tuple[Mapping[str, Any], ...], ...] = (
    ({"penalty": 0.03}, {"penalty": 0.3}),
    ({"gram_min": 2, "gram_max": 4},),
    ({"epochs": 6},),
    ({"half_life_days": 730},),
)
"""What is tried in place of the usual, one after another, each with the best of those before."""
PLANS_TRIED = 1 + sum(map(len, CHOICES))

Told = Callable[[str], object]
"""Told of each step when it is done."""


class Tried(NamedTuple):
    """A plan, and the mean surprise at the truth that it came to; smaller is better."""

    plan: Plan
    log_loss: float


class Fold(NamedTuple):
    """A fit of what was before, and which examples came before and after."""

    linear: Linear
    before: slice
    after: slice


class Material:
    """Examples in the order of their days, ready for a learner."""

    def __init__(self, examples: Sequence[Example], labels: tuple[str, ...]) -> None:
        self.examples, self.labels = examples, labels
        self._read: dict[Reading, tuple[Sheet, csr_matrix]] = {}

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """Give the labels by their numbers."""
        return numbered(self.examples, self.labels)

    @cached_property
    def days(self) -> NDArray[np.intp]:
        """Give the days."""
        return np.array([own.day for own in self.examples], np.intp)

    def sheet(self, plan: Plan) -> Sheet:
        """Give the features by their sort."""
        return self._hashed(plan)[0]

    def rows(self, plan: Plan) -> csr_matrix:
        """Give all features together."""
        return self._hashed(plan)[1]

    def _hashed(self, plan: Plan) -> tuple[Sheet, csr_matrix]:
        if plan.reading not in self._read:
            sheet = sheet_of(self.examples, plan.reading)
            # One at a time: nothing in training is larger.
            self._read = {plan.reading: (sheet, sheet.whole)}
        return self._read[plan.reading]

    def fitted(self, plan: Plan, chosen: slice) -> Linear:
        """Fit some of the examples."""
        rows = self.rows(plan)[chosen]
        return fit(plan, rows, self.days[chosen], self.truth[chosen], len(self.labels))

    def folds(self, plan: Plan) -> Iterator[Fold]:
        """Fit what was before each of some days, for what came after."""
        for before, after in splits(self.days):
            yield Fold(self.fitted(plan, before), before, after)


def splits(days: NDArray[np.intp]) -> list[tuple[slice, slice]]:
    """Divide ordered days into befores and afters; no day is on both sides.

    >>> splits(np.array([1, 1, 2, 2, 3, 3, 4, 4]))[-1]
    (slice(0, 6, None), slice(6, 8, None))
    """
    if len(days) <= SPLITS:
        raise TrainingError(f"there are only {len(days)} examples; hundreds are needed")
    firsts = [int(after[0]) for _, after in TimeSeriesSplit(SPLITS).split(days)]
    bounds = {int(np.searchsorted(days, days[first])) for first in firsts} - {0}
    if not bounds:
        raise TrainingError("the examples lie on too few days; there is no later to judge by")
    ends = [*sorted(bounds), len(days)]
    return [(slice(0, start), slice(start, end)) for start, end in pairwise(ends)]


def search(material: Material, told: Told) -> list[Tried]:
    """Try plans, and give them all, the best first."""
    best = Plan()
    tried = {best: _judged(material, best)}
    told("usual plan")
    for others in CHOICES:
        for change in others:
            plan = best._replace(**change)
            tried[plan] = _judged(material, plan)
            told(", ".join(f"{name} {value}" for name, value in change.items()))
        best = min(tried, key=tried.__getitem__)
    return [Tried(plan, round(tried[plan], 4)) for plan in sorted(tried, key=tried.__getitem__)]


def _judged(material: Material, plan: Plan) -> float:
    losses = []
    for linear, _, after in material.folds(plan):
        scores, truth = linear.scores(material.rows(plan)[after]), material.truth[after]
        losses.append(log_loss(scores, truth, temperature_of(scores, truth)))
    return float(np.mean(losses))
