"""What the artifact sees of a transaction: rows of its table, hashed from text and amount.

Training and use read transactions by this one function, so a row means the same to both.
"""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

KEY_LENGTH_MAX = 60
TEXT_LENGTH_MAX = 256
_WORDS_MAX = 24
_WORD = re.compile(r"\w+")

_NO_LETTER = "\0"
# An odd factor of 32 bits spreads what differs in few bits over the upper ones; products wrap.
_FACTOR = np.uint32(0x9E3779B1)
_HASH_BITS = 32

Row = tuple[str, str, int]
"""Merchant key, the bank's text, and the signed amount in minor units."""


class Reading(NamedTuple):
    """How transactions are read; an artifact keeps the reading that it was trained with."""

    table_bits: int = 16
    gram_min: int = 3
    gram_max: int = 5

    @property
    def table_rows(self) -> int:
        """Count the rows that features are hashed to."""
        return 1 << self.table_bits


class Group(NamedTuple):
    """Features of one sort for several transactions, one after another."""

    indices: NDArray[np.intp]
    starts: NDArray[np.intp]
    """Where among the indices each transaction's begin; it has at least one."""


class Features(NamedTuple):
    """All that is seen of some transactions: runs of letters, and what is hashed whole."""

    grams: Group
    wholes: Group
    """Of each transaction its amount, then its key, then its words."""


def features(rows: Sequence[Row], reading: Reading) -> Features:
    """Hash transactions; of a long text only the beginning is looked at."""
    last = reading.table_rows - 1
    wholes = [_wholes(row, last) for row in rows]
    return Features(
        _grams([key for key, _, _ in rows], reading),
        Group(
            np.array([index for own in wholes for index in own], np.intp),
            _starts([len(own) for own in wholes]),
        ),
    )


def amount_bucket(amount_minor: int) -> int:
    """Give the size of an amount in half powers of two, with its sign.

    >>> [amount_bucket(amount) for amount in (0, 1_299, 1_599, -1_299, -10**18)]
    [0, 22, 23, -22, -121]
    """
    size = abs(amount_minor)
    if not size:
        return 0
    bits = size.bit_length()
    bucket = 2 * bits + (size >> (bits - 2) & 1 if bits > 1 else 0)
    return bucket if amount_minor > 0 else -bucket


def _wholes(row: Row, last: int) -> list[int]:
    key, text, amount_minor = row
    words = _WORD.findall(text[:TEXT_LENGTH_MAX].casefold())[:_WORDS_MAX]
    # The sorts share a table, so each begins with a letter of its own.
    named = [f"a{amount_bucket(amount_minor)}", f"k{key[:KEY_LENGTH_MAX]}"]
    named += [f"w{word}" for word in words]
    return [crc32(name.encode("utf-8", "replace")) & last for name in named]


def _grams(keys: list[str], reading: Reading) -> Group:
    """Hash each run of letters of the wanted lengths; what lies beyond a key's end is no letter."""
    ahead = reading.gram_max - 1
    beyond = _NO_LETTER * ahead
    framed = [" " + key[:KEY_LENGTH_MAX].replace(_NO_LETTER, " ") + beyond for key in keys]
    letters = np.frombuffer(("".join(framed) + beyond).encode("utf-32-le", "replace"), np.uint32)
    places = len(letters) - ahead
    rolling = letters[:places] * _FACTOR
    hashes = np.empty((places, reading.gram_max - reading.gram_min + 1), np.intp)
    shift = np.uint32(_HASH_BITS - reading.table_bits)
    for length in range(2, reading.gram_max + 1):
        rolling += letters[length - 1 : length - 1 + places]
        rolling *= _FACTOR
        if length >= reading.gram_min:
            np.right_shift(rolling, shift, out=hashes[:, length - reading.gram_min])
    hashes = hashes[letters[:places] != 0]
    lengths = [(len(own) - ahead) * hashes.shape[1] for own in framed]
    return Group(hashes.ravel(), _starts(lengths))


def _starts(lengths: list[int]) -> NDArray[np.intp]:
    return np.array([0, *accumulate(lengths[:-1])], np.intp)
