"""What training learns from: transactions that somebody filed, in the order of their days."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.features import Group, Reading, features

# A transaction has about fifty features; so scaled, they are about as long as one.
_SCALE = np.float32(0.14)


class TrainingError(ValueError):
    """These examples cannot be learned from; the message says why in one line."""


class Example(NamedTuple):
    """A transaction with the label that a person gave it."""

    day: int
    """An ordinal day of the calendar, as `date.toordinal` counts."""
    user: str
    key: str
    text: str
    amount_minor: int
    label: str


class Sheet(NamedTuple):
    """Examples as a learner reads them: a sparse row each, for every sort of feature."""

    grams: csr_matrix
    words: csr_matrix
    key: csr_matrix
    amount: csr_matrix

    @property
    def whole(self) -> csr_matrix:
        """Give all features of an example in one row."""
        return (self.grams + self.words + self.key + self.amount).tocsr()

    def of(self, chosen: slice) -> "Sheet":
        """Give some of the rows."""
        return Sheet(*(part[chosen] for part in self))


def in_order(examples: Iterable[Example]) -> list[Example]:
    """Order examples by their days, and those of a day so that it matters not how they came."""
    ordered = sorted(examples)
    if not ordered:
        raise TrainingError("there are no labelled transactions to learn from")
    return ordered


def sheet_of(examples: Sequence[Example], reading: Reading) -> Sheet:
    """Hash examples just as the artifact will hash what it weighs."""
    rows = [(own.key, own.text, own.amount_minor) for own in examples]
    grams, wholes = features(rows, reading)
    # The amount comes first, then the key; only words are more or fewer.
    first = wholes.starts
    others = np.delete(wholes.indices, np.concatenate([first, first + 1]))
    words = Group(others, first - 2 * np.arange(len(first)))
    singly = np.arange(len(first))
    groups = (
        grams,
        words,
        Group(wholes.indices[first + 1], singly),
        Group(wholes.indices[first], singly),
    )
    return Sheet(*(_sparse(group, reading) for group in groups))


def numbered(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.intp]:
    """Give each example's label by its place among *labels*."""
    places = {label: place for place, label in enumerate(labels)}
    return np.array([places[own.label] for own in examples], np.intp)


def _sparse(group: Group, reading: Reading) -> csr_matrix:
    ends = np.append(group.starts, len(group.indices))
    ones = np.full(len(group.indices), _SCALE, np.float32)
    shape = (len(group.starts), reading.table_rows)
    return csr_matrix((ones, group.indices.astype(np.int32), ends.astype(np.int32)), shape=shape)


def scale() -> float:
    """Give the value that a feature has for the learner when it is there."""
    return float(_SCALE)
