"""The floor: a merchant's most frequent label, whoever pays; the most frequent of all before."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from benchmarks.quality.contender import Contender, Labelled, Row

_WORTH_OF_ALL = 1.0
"""As how many rows of a merchant the habits of all merchants count."""


class MerchantMajority(Contender):
    """Counts labels by merchant; knows neither users nor words."""

    name = "merchant"

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._all = Counter(labels)  # One of each, so that nothing is impossible.
        self._by_merchant: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def train(self, rows: Sequence[Labelled]) -> None:
        """Count."""
        for row, label in rows:
            self.hear(row, label)

    def answer(self, row: Row) -> Sequence[float]:
        """Give the merchant's shares, mixed with those of all."""
        known = self._by_merchant.get(row.key, Counter())
        rows, of_all = known.total() + _WORTH_OF_ALL, _WORTH_OF_ALL / self._all.total()
        return [(known[label] + of_all * self._all[label]) / rows for label in self._labels]

    def hear(self, row: Row, label: str) -> None:
        """Count one more."""
        self._by_merchant[row.key][label] += 1
        self._all[label] += 1
