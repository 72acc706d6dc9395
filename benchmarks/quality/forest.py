"""What this field's guides teach: TF-IDF of 1,000 words and a random forest, trained once."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality.contender import Contender, Labelled, Row
from benchmarks.quality.measures import Floats

WORDS = 1_000
TREES = 100
ROWS_MAX = 60_000
"""The last rows of the training years: a forest grows with its rows times its labels."""

_BYTES_OF_A_FIGURE = 8
_FIGURES_OF_A_NODE = 8


class Forest(Contender):
    """Words, amount, day and month of a row; learns nothing after its training."""

    name = "forest"
    learns = False

    def __init__(self, labels: Sequence[str]) -> None:
        self._place = {label: number for number, label in enumerate(labels)}
        self._words = TfidfVectorizer(max_features=WORDS, stop_words="english")
        self._forest = RandomForestClassifier(TREES, n_jobs=1, random_state=1)

    def train(self, rows: Sequence[Labelled]) -> None:
        """Fit on as many of the last rows as memory allows."""
        last = rows[-ROWS_MAX:]
        self._words.fit([labelled.row.text for labelled in last])
        known = [self._place[labelled.label] for labelled in last]
        self._forest.fit(self._features([labelled.row for labelled in last]), known)

    def answer(self, row: Row) -> Sequence[float]:
        """Let the trees vote."""
        return self.answer_many([row])[0]

    def answer_many(self, rows: Sequence[Row]) -> Sequence[Sequence[float]]:
        """Let the trees vote on each; a label that they were never shown has no chance."""
        answers = np.zeros((len(rows), len(self._place)))
        answers[:, self._forest.classes_] = self._forest.predict_proba(self._features(rows))
        voted: list[list[float]] = answers.tolist()
        return voted

    def state_bytes(self) -> int:
        """Count the trees' nodes; to pickle them would take as much again."""
        nodes = sum(tree.tree_.node_count for tree in self._forest.estimators_)
        return int(nodes * (len(self._forest.classes_) + _FIGURES_OF_A_NODE) * _BYTES_OF_A_FIGURE)

    def _features(self, rows: Sequence[Row]) -> csr_matrix:
        words = self._words.transform([row.text for row in rows])
        return hstack([words, csr_matrix(np.array([_figures(row) for row in rows]))]).tocsr()


def _figures(row: Row) -> Floats:
    on = date.fromordinal(row.day)
    return np.array([row.amount_minor / 100, on.day, on.month])
