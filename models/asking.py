"""What an artifact is asked about a transaction: the same words in training and in use."""

from functools import lru_cache

from models.descriptor import read_descriptor
from models.features import Row


def row_of(text: str, amount_minor: int) -> Row:
    """Read a bank's text, or a merchant's name, as the artifact takes it."""
    return (*_read(text), amount_minor)


# Banks write of one shop in one way, mostly.
@lru_cache(maxsize=16_384)
def _read(text: str) -> tuple[str, str]:
    descriptor = read_descriptor(text)
    telling = f"{descriptor.name} {descriptor.processor} {descriptor.channel}"
    return descriptor.key, telling.casefold().strip()
