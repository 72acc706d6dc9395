"""What a contender is: it takes payments in order, and scores each before it learns from it."""

# ruff: noqa: B027 - Who does not listen has nothing to do where others hear.

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.quality.anomalies.payments import Payment

UNSCORED = float("-inf")
"""The score of a payment of which nothing can be said yet."""


class Scored(NamedTuple):
    """How unusual a payment is; the more, the higher."""

    surprise: float
    """By itself: what an immediate alert goes by."""
    episode: float
    """With what came before it: what a list to look through is sorted by."""
    is_alert: bool = False
    """Whether the contender would alert, there and then."""


class Contender(ABC):
    """One who looks for frauds. Labels are heard late, if at all."""

    period_days: int = 1
    """How many days it takes at a time; labels arrive only in between."""
    decides: bool = False
    """Whether it says by itself when to alert."""
    spent_ns: int | None = None
    """What it took so far by its own watch, where what feeds it costs as well."""

    @abstractmethod
    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        """Score the payments of a period, each from what came before it, and learn them."""

    def hear(self, payment: Payment, *, is_fraud: bool) -> None:
        """Take the label of a payment of a while ago."""

    @abstractmethod
    def state_bytes(self) -> float:
        """Say how much there is to keep for a user, on average."""
