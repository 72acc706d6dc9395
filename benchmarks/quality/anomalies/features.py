"""What this field's guides tell a model of a payment: amount, hour, day of the week, category."""

from math import log1p

from benchmarks.quality.anomalies.payments import Payment

_HOUR_S = 3_600
_FIRST_WEEKDAY = 3
"""Days are counted from a Thursday, and Monday is day 0."""


class Codes:
    """Numbers for words, given in the order in which the words come.

    >>> codes = Codes()
    >>> [codes.code(word) for word in ("travel", "home", "travel")]
    [0, 1, 0]
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, word: str) -> int:
        """Give a word's number."""
        return self._codes.setdefault(word, len(self._codes))


def spent(payment: Payment) -> float:
    """Give what went out, in the currency's major unit; negative when money came in."""
    return -payment.amount_minor / 100


def log_spent(payment: Payment) -> float:
    """Give its logarithm; whatever comes in counts as nothing."""
    return log1p(max(0.0, spent(payment)))


def hour_of(payment: Payment) -> int:
    """Give the hour of the day."""
    return payment.at_s // _HOUR_S % 24


def weekday_of(payment: Payment) -> int:
    """Give the day of the week; Monday is 0."""
    return (payment.day + _FIRST_WEEKDAY) % 7
