"""Ids that come out the same whenever and wherever they are made."""

from collections.abc import Iterable
from uuid import UUID, uuid5
from zlib import crc32

_NAMESPACE = UUID("6f1b3a52-98c7-5c0e-8a64-3d0f2b9c7e15")

BUCKETS = 64


def deterministic_id(kind: str, parts: Iterable[str | int]) -> str:
    """Derive an id from what it names; each part's length keeps ("ab", "c") from ("a", "bc").

    >>> deterministic_id("alert", ["u1", 7]) == deterministic_id("alert", ["u1", "7"])
    True
    >>> deterministic_id("alert", ["ab", "c"]) == deterministic_id("alert", ["a", "bc"])
    False
    """
    name = "".join(f"{len(text)}:{text}" for text in map(str, (kind, *parts)))
    return str(uuid5(_NAMESPACE, name))


def bucket_of(user_id: str) -> int:
    """Choose one of 64 buckets; independent of the hash that chooses the partition.

    >>> 0 <= bucket_of("household-1") < BUCKETS
    True
    """
    return crc32(user_id.encode()) % BUCKETS
