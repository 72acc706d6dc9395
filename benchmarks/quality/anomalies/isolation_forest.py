"""What this field's guides teach: a batch IsolationForest for each user, fitted again and again."""

import pickle
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import IsolationForest

from benchmarks.quality.anomalies.contender import UNSCORED, Contender, Scored
from benchmarks.quality.anomalies.features import Codes, hour_of, spent, weekday_of
from benchmarks.quality.anomalies.payments import Payment

CONTAMINATION = 0.1
"""The guides' guess of how many payments are unusual: it alone decides about alerts."""
HISTORY_MIN = 10

_Features = tuple[float, int, int, int]


class UserForests(Contender):
    """One forest a user, of all of the user's history; new payments wait for the next fit."""

    period_days = 30
    decides = True

    def __init__(self) -> None:
        self._codes = Codes()
        self._history: defaultdict[str, list[_Features]] = defaultdict(list)
        self._forests: dict[str, IsolationForest] = {}

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Fit each user's past, score all of the period with it, then add the period to it."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, payment in enumerate(payments):
            places[payment.user].append(place)
        scored = [Scored(UNSCORED, UNSCORED)] * len(payments)
        for user, own in places.items():
            rows = [self._features(payments[place]) for place in own]
            if len(self._history[user]) >= HISTORY_MIN:
                for place, score in zip(own, self._scores(user, rows), strict=True):
                    scored[place] = score
            self._history[user] += rows
        return scored

    def state_bytes(self) -> float:
        """Count the forests and the histories that the next ones need."""
        return len(pickle.dumps((self._forests, self._history))) / max(1, len(self._history))

    def _scores(self, user: str, rows: Sequence[_Features]) -> list[Scored]:
        forest = IsolationForest(contamination=CONTAMINATION, random_state=1)
        self._forests[user] = forest.fit(np.array(self._history[user], dtype=np.float64))
        found = forest.score_samples(np.array(rows, dtype=np.float64))
        return [
            Scored(-score, -score, is_alert)
            for score, is_alert in zip(
                found.tolist(), (found < forest.offset_).tolist(), strict=True
            )
        ]

    def _features(self, payment: Payment) -> _Features:
        code = self._codes.code(payment.category)
        return spent(payment), hour_of(payment), weekday_of(payment), code
