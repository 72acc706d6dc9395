"""One fit: a linear score for each label, and the integers that stand for it at rest."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from scipy.special import log_softmax
from sklearn.linear_model import SGDClassifier

from models.artifact import Artifact, Thresholds
from models.features import Reading
from models.training.examples import Sheet, TrainingError, scale

Scores = NDArray[np.float64]

_SEED = 1
# Labels that a fit has not met; the least likely of the others is far above.
_UNMET = -30.0
_WEIGHT_MAX = 127
_CERTAIN = 2**24
_TEMPERATURES = (0.05, 20.0)


class Plan(NamedTuple):
    """What may be chosen about a fit."""

    penalty: float = 0.1
    """Against large weights, as a sum over all examples; larger is more cautious."""
    epochs: int = 12
    gram_min: int = 3
    gram_max: int = 5
    half_life_days: int | None = None
    """After how many days an example weighs half; never, if there is none."""

    @property
    def reading(self) -> Reading:
        """Say how transactions are read under this plan."""
        return Reading(gram_min=self.gram_min, gram_max=self.gram_max)


class Linear(NamedTuple):
    """A score for each label: the sum of its weights for the features that are there."""

    weights: NDArray[np.float64]
    """A row for each label."""
    bias: NDArray[np.float64]

    def scores(self, rows: csr_matrix) -> Scores:
        """Score examples: a row each, a column for each label."""
        return np.asarray(rows @ self.weights.T) + self.bias

    def parts(self, sheet: Sheet) -> dict[str, Scores]:
        """Give what each sort of feature adds to the scores."""
        return {name: np.asarray(part @ self.weights.T) for name, part in sheet._asdict().items()}


def fit(
    plan: Plan, rows: csr_matrix, days: NDArray[np.intp], truth: NDArray[np.intp], labels: int
) -> Linear:
    """Fit one score a label against all others; the same input gives the same weights."""
    met = np.unique(truth)
    if len(met) < 2:  # noqa: PLR2004 - one label is no choice
        raise TrainingError("all labels that are there are the same; at least two are needed")
    learner: Any = SGDClassifier(
        loss="log_loss",
        alpha=plan.penalty / len(truth),
        max_iter=plan.epochs,
        tol=None,
        average=True,
        random_state=_SEED,
    )
    learner.fit(rows, truth, sample_weight=_ages_weighed(days, plan.half_life_days))
    weights = np.zeros((labels, rows.shape[1]))
    bias = np.full(labels, _UNMET)
    # Of two labels scikit-learn fits one; the other's score is its opposite.
    is_pair = len(learner.coef_) == 1
    weights[met] = np.vstack([-learner.coef_, learner.coef_]) if is_pair else learner.coef_
    bias[met] = [-learner.intercept_[0], learner.intercept_[0]] if is_pair else learner.intercept_
    return Linear(weights, bias)


def _ages_weighed(days: NDArray[np.intp], half_life_days: int | None) -> NDArray[np.float64] | None:
    if half_life_days is None:
        return None
    weights = 0.5 ** ((days.max() - days) / half_life_days)
    return np.asarray(weights / weights.mean())


def log_loss(scores: Scores, truth: NDArray[np.intp], temperature: float) -> float:
    """Give the mean surprise at the truth; smaller is better."""
    likely = log_softmax(scores / temperature, axis=1)
    return float(-likely[np.arange(len(truth)), truth].mean())


def temperature_of(scores: Scores, truth: NDArray[np.intp]) -> float:
    """Find by what scores are to be divided so that confidence says how often they are right."""
    found: Any = minimize_scalar(
        lambda power: log_loss(scores, truth, float(np.exp(power))),
        bounds=tuple(np.log(_TEMPERATURES)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 4)


def at_rest(
    linear: Linear, labels: tuple[str, ...], reading: Reading, temperature: float
) -> Artifact:
    """Round scores to whole units; the temperature is in what one unit means."""
    table = linear.weights.T * scale()
    unit = float(np.abs(table).max()) / _WEIGHT_MAX or 1.0
    steps = np.arange(int(np.log(2 * _CERTAIN) * temperature / unit) + 2)
    falls = np.rint(_CERTAIN * np.exp(-steps * unit / temperature))
    return Artifact(
        labels,
        reading,
        np.rint(table / unit).astype(np.int8),
        np.rint(linear.bias / unit).astype(np.int32),
        falls.astype(np.int32),
        Thresholds(),
    )
