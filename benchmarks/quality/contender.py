"""What a contender is: it reads a row, gives probabilities, and hears labels when they arrive."""

# ruff: noqa: B027 - Who does not learn has nothing to do where others hear.

import pickle
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A purchase as it is told: everything but its label."""

    day: int
    """The day's ordinal, as `date.toordinal` gives it."""
    user: str
    key: str
    """The merchant's key, as Penstock reads it from the text."""
    text: str
    amount_minor: int
    """Negative when money goes out."""


class Labelled(NamedTuple):
    """A purchase and what it was for."""

    row: Row
    label: str


class Contender(ABC):
    """One who files purchases; made with the labels to choose from, whose order answers follow.

    Answering changes nothing that a later answer depends on.
    """

    name: str
    learns: bool = True
    """Whether it makes anything of what it hears after its training."""

    def train(self, rows: Sequence[Labelled]) -> None:
        """Learn from the training years, in the order in which they came."""

    @abstractmethod
    def answer(self, row: Row) -> Sequence[float]:
        """Give a probability for each label; they add up to one."""

    def answer_many(self, rows: Sequence[Row]) -> Sequence[Sequence[float]]:
        """Answer the rows of a day, each as if it were alone."""
        return [self.answer(row) for row in rows]

    def seen(self, rows: Sequence[Row]) -> None:
        """Take note that the rows of a day have been answered, before anything is said of them."""

    def hear(self, row: Row, label: str) -> None:
        """Take the label that somebody gave to a row of a while ago."""

    def quiet(self, row: Row, answered: str) -> None:
        """Take note that nobody has corrected an answer, right or wrong."""

    def state_bytes(self) -> int:
        """Say how much there is to keep."""
        return len(pickle.dumps(self))
