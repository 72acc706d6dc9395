"""River's Gaussian for each user, over the logarithm of amounts."""

from typing import Any

from river import anomaly

from benchmarks.quality.anomalies.course import WARM_PAYMENTS
from benchmarks.quality.anomalies.features import log_spent
from benchmarks.quality.anomalies.payments import Payment
from benchmarks.quality.anomalies.river_contender import Detector, Features, RiverContender

_Scorer: Any = anomaly.GaussianScorer  # River says nothing of its types.


class AmountDetector:
    """The scorer, which takes its value beside the features, as a detector that takes features."""

    def __init__(self) -> None:
        self._scorer = _Scorer(grace_period=WARM_PAYMENTS)

    def score_one(self, x: Features) -> float:
        """Give how far out the amount lies, to either side."""
        return float(self._scorer.score_one(None, x["amount"]))

    def learn_one(self, x: Features) -> None:
        """Take the amount in."""
        self._scorer.learn_one(None, x["amount"])


class Gaussian(RiverContender):
    """Looks at amounts alone."""

    def build(self) -> Detector:
        """Start without any amount."""
        return AmountDetector()

    def features(self, payment: Payment) -> Features:
        """Tell the amount."""
        return {"amount": log_spent(payment)}
