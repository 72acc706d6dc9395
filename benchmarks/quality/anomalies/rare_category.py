"""One line of thought: a category that nobody paid for lately is unusual."""

from collections import Counter, deque
from collections.abc import Sequence
from sys import getsizeof

from benchmarks.quality.anomalies.contender import Contender, Scored
from benchmarks.quality.anomalies.payments import Payment

LATELY = 1_000
"""Of how many payments of all users the categories are counted."""


class RareCategory(Contender):
    """Knows no amount, no hour and no user.

    In simulated streams the usual payments may come category by category, and frauds anyhow: then
    this finds nearly all of them. What others find of the same stream is to be read beside it.
    """

    def __init__(self) -> None:
        self._lately: deque[str] = deque(maxlen=LATELY)
        self._counts: Counter[str] = Counter()
        self._users: set[str] = set()

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Take one after the other."""
        return [self._take(payment) for payment in payments]

    def state_bytes(self) -> float:
        """Share out what is kept once for all."""
        return getsizeof(self._lately) / max(1, len(self._users))

    def _take(self, payment: Payment) -> Scored:
        score = -float(self._counts[payment.category])
        if len(self._lately) == LATELY:
            self._counts[self._lately[0]] -= 1
        self._lately.append(payment.category)
        self._counts[payment.category] += 1
        self._users.add(payment.user)
        return Scored(score, score)
