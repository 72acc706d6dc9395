"""What an artifact leans on: how much worse it gets when one sort of feature is shuffled."""

import numpy as np
from numpy.typing import NDArray

from models.training.examples import Sheet
from models.training.fitting import Linear, log_loss

_SEED = 1


def importance(
    linear: Linear, sheet: Sheet, truth: NDArray[np.intp], temperature: float
) -> dict[str, dict[str, float]]:
    """Give what accuracy and surprise lose when a sort of feature comes of another example."""
    parts = linear.parts(sheet)
    scores = sum(parts.values()) + linear.bias
    accuracy, surprise = _accuracy(scores, truth), log_loss(scores, truth, temperature)
    order = np.random.default_rng(_SEED).permutation(len(truth))
    lost = {}
    for name, part in parts.items():
        shuffled = scores - part + part[order]
        lost[name] = {
            "accuracy_lost": round(accuracy - _accuracy(shuffled, truth), 4),
            "log_loss_added": round(log_loss(shuffled, truth, temperature) - surprise, 4),
        }
    return lost


def _accuracy(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    return float((scores.argmax(axis=1) == truth).mean())
