"""Which users serve for developing and which for testing: drawn once, for every card there is."""

from hashlib import blake2b
from typing import Literal

Half = Literal["dev", "test"]
Whose = Literal["test", "dev", "all"]

SEED = 7


def half_of(user: str) -> Half:
    """Say to which half a user belongs, now and in any other file.

    >>> half_of("4001") == half_of("4001")
    True
    """
    drawn = blake2b(f"{SEED}:{user}".encode(), digest_size=8).digest()
    return "test" if drawn[0] % 2 else "dev"


def is_among(user: str, whose: Whose) -> bool:
    """Say whether a user's payments are measured."""
    return whose in ("all", half_of(user))
