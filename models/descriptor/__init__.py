"""Read a bank's text: who was paid, and what the bank wrote around the name.

A text is cut into words, each word has a role, and the roles decide what is left as the name.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from models.descriptor.places import PLACE_NAMES, without_place
from models.descriptor.reading import Reading
from models.descriptor.renaming import renamed
from models.descriptor.signs import visible
from models.descriptor.vocabulary import COMMON, GENERIC, ROLES
from models.descriptor.word import REFERENCE, WORDLESS, Word
from models.descriptor.words import words_of

KEY_LENGTH_MAX = 60
NOBODY = "?"
"""The key of a text in which nothing can be seen."""

_REFERENCES_MAX = 8
# The more telling channel first: a card is used at a cash machine, too.
_CHANNELS = (
    *("atm", "deposit", "payroll", "contactless", "online"),
    *("direct_debit", "transfer", "card"),
)


class Descriptor(NamedTuple):
    """What a bank's text tells."""

    name: str
    """The merchant, for people."""
    key: str
    """The same for all ways of writing one merchant, mostly; small letters, never empty."""
    processor: str
    """Who passed the money on, such as `paypal` or `square`; or empty."""
    channel: str
    """How it was paid, such as `card` or `atm`; or empty."""
    city: str
    references: tuple[str, ...]
    words: str
    """Everything but references, the bank's own words too: for those who look words up."""


@lru_cache(maxsize=16_384)
def read_descriptor(text: str) -> Descriptor:
    """Tell the merchant's name from what the bank wrote around it.

    >>> found = read_descriptor("CHECKCARD 0612 SQ *BLUE LANTERN CAFE #221 AUSTIN TX 24431065")
    >>> found.name, found.key, found.processor, found.city
    ('Blue Lantern Cafe', 'blue lantern cafe', 'square', 'Austin')
    """
    seen = visible(text)
    words = words_of(seen)
    found = Reading()
    found.read(words)
    kept, city = without_place(found)
    kept = renamed(kept) or found.passed_by or _whatever(words)
    name = " ".join([word.shown for word in kept])[:KEY_LENGTH_MAX].rstrip()
    key = " ".join([word.plain for word in kept])[:KEY_LENGTH_MAX].rstrip()
    told = [one.plain for one in words if one.role not in WORDLESS and one.plain != "and"]
    return Descriptor(
        name or NOBODY,
        key or " ".join(seen.casefold().split())[:KEY_LENGTH_MAX] or NOBODY,
        found.processor,
        _channel(found.channels) if found.channels else "",
        city,
        tuple(found.references[:_REFERENCES_MAX]),
        " ".join(told).replace("&", " "),
    )


def _channel(channels: set[str]) -> str:
    """Give the most telling channel."""
    for one in _CHANNELS:
        if one in channels:
            return one
    return ""


def _whatever(words: Sequence[Word]) -> list[Word]:
    """Give the bank's own words where nobody is named; its numbers, where it has no words."""
    named = [word for word in words if word.role not in WORDLESS]
    return named or [word for word in words if word.role == REFERENCE]


def is_common(word: str) -> bool:
    """Say whether a word is too common to be a merchant's name among other words."""
    return word in COMMON or word in GENERIC or word in PLACE_NAMES or word in ROLES
