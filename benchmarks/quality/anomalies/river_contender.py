"""A detector of River's for each user: it scores a payment, and then learns it."""

import pickle
from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from benchmarks.quality.anomalies.contender import Contender, Scored
from benchmarks.quality.anomalies.payments import Payment

Features = dict[str, float]


class Detector(Protocol):
    """As much of River's anomaly detectors as is needed."""

    def score_one(self, x: Features) -> float:
        """Give the higher a score, the less usual it is."""

    def learn_one(self, x: Features) -> None:
        """Take it for usual."""


class RiverContender(Contender):
    """Knows of a payment what it has in common with the others of its user."""

    def __init__(self) -> None:
        self._detectors: dict[str, Detector] = {}

    @abstractmethod
    def build(self) -> Detector:
        """Make a user's detector."""

    @abstractmethod
    def features(self, payment: Payment) -> Features:
        """Say what the detector is told."""

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Take one after the other."""
        return [self._take(payment) for payment in payments]

    def state_bytes(self) -> float:
        """Count what River keeps, as it pickles it."""
        sizes = [len(pickle.dumps(detector)) for detector in self._detectors.values()]
        return sum(sizes) / max(1, len(sizes))

    def _take(self, payment: Payment) -> Scored:
        detector = self._detectors.get(payment.user)
        if detector is None:
            detector = self._detectors[payment.user] = self.build()
        x = self.features(payment)
        score = float(detector.score_one(x))
        detector.learn_one(x)
        return Scored(score, score)
