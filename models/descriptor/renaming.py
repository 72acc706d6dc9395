"""A merchant whom many people know goes by its name, however the bank spells it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from models.descriptor.lengths import lengths_by
from models.descriptor.places import without_place
from models.descriptor.reading import Reading
from models.descriptor.signs import visible
from models.descriptor.vocabulary import ADDS_NOTHING, COMMON, GENERIC
from models.descriptor.word import BANK, LEGAL, NAME, TAIL, Word
from models.descriptor.words import words_of
from schemas.merchants import MERCHANTS

_SPELLING_WORDS_MAX = 4


def renamed(kept: list[Word]) -> list[Word]:
    """Call a merchant by its name where the bank begins with another spelling of it."""
    merchants, lengths = _known()
    found: list[Word] = []
    rest = kept
    while rest and rest[0].plain in lengths:
        for count in lengths[rest[0].plain]:
            spelled = " ".join([word.plain for word in rest[:count]])
            to = merchants.get(spelled)
            # One word may begin many names: it is another spelling only by itself.
            if to is not None and (count > 1 or len(rest) == 1 or to.plain == spelled):
                break
        else:
            break
        # An address behind the name often says it again.
        if to not in found:
            found.append(to)
        rest = rest[count:]
    return found + rest if found else rest


@lru_cache(maxsize=1)
def _known() -> tuple[Mapping[str, Word], Mapping[str, Sequence[int]]]:
    """Give the merchant for each key that its spellings have; and how many words those have."""
    own = {_key(name): name for name in reversed(list(MERCHANTS))}
    others: dict[str, set[str]] = {}
    for key, name in own.items():
        for spelling in MERCHANTS[name].spellings:
            other = _key(spelling)
            if other not in own and _abbreviates(other, key) and _is_whole(spelling, other):
                others.setdefault(other, set()).add(key)
    keys = {key: key for key in own}
    keys |= {other: key for other, (key, *more) in others.items() if not more}
    known = {
        spelled: Word(key, own[key], NAME)
        for spelled, key in keys.items()
        if spelled.count(" ") < _SPELLING_WORDS_MAX
    }
    return known, lengths_by(known, end=0)


def _key(text: str) -> str:
    """Give the key of a text as the bank spells it."""
    found = Reading()
    found.read(words_of(visible(text)))
    kept, _ = without_place(found)
    return " ".join([word.plain for word in kept])


def _abbreviates(short: str, name: str) -> bool:
    """Say whether a key means a brand, and neither its owner nor something of the brand's."""
    letters = iter(name)
    comes_in_order = all(letter in letters for letter in short.partition(" ")[0])
    more = short.removeprefix(f"{name} ") if short.startswith(f"{name} ") else ""
    return comes_in_order and ADDS_NOTHING.issuperset(more.split())


def _is_whole(spelling: str, key: str) -> bool:
    """Say whether a key still says what its spelling said, and is not just any word."""
    said = [word.plain for word in words_of(spelling) if word.role not in {LEGAL, TAIL, BANK}]
    return len(key) > 1 and key.split() == said and key not in GENERIC | COMMON
