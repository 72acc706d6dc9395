"""Words that mean something together that none of them means alone."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from models.descriptor.signs import plains_of
from models.descriptor.vocabulary import ROLES, entries
from models.descriptor.word import BANK, LEGAL, NAME, PROCESSOR, SHY, TAG, TAIL, Word
from schemas.merchants import MERCHANTS

_Pair = tuple[str, str]


class _Phrase(NamedTuple):
    words: tuple[str, ...]
    role: str
    means: str


def _banks() -> dict[_Pair, list[_Phrase]]:
    """Group the banks' phrases by their first two words, the longest first."""
    by_pair: dict[_Pair, list[_Phrase]] = {}
    for role in (BANK, LEGAL, SHY, TAIL, TAG, PROCESSOR):
        for words, means in entries(role):
            if len(words) > 1:
                by_pair.setdefault((words[0], words[1]), []).append(_Phrase(words, role, means))
    for phrases in by_pair.values():
        phrases.sort(key=lambda phrase: -len(phrase.words))
    return by_pair


def _names(banks: Mapping[_Pair, Sequence[_Phrase]]) -> frozenset[_Pair]:
    """Give the pairs that are a name, though one of the two words alone would be the bank's."""
    pairs = {(words[0], words[1]) for words, _ in entries("bound")}
    own = {BANK, SHY, TAIL, TAG, PROCESSOR, "number"}
    for name in MERCHANTS:
        plains = plains_of(name)
        roles = [ROLES.get(one, ("number" if one.isdecimal() else NAME, ""))[0] for one in plains]
        for pair, kinds in zip(pairwise(plains), pairwise(roles), strict=True):
            is_phrase = any(phrase.words == pair for phrase in banks.get(pair, ()))
            if own.intersection(kinds) and NAME in kinds and not is_phrase:
                pairs.add(pair)
    return frozenset(pairs)


_BANKS = _banks()
NAME_PAIRS = _names(_BANKS)
"""Two words that are a name together, such as first direct, or 7 eleven."""
# A phrase of the bank's is tried before the name that its first two words would be.
_PHRASES: Mapping[_Pair, Sequence[_Phrase]] = _BANKS | {
    pair: [*_BANKS.get(pair, ()), _Phrase(pair, NAME, "")] for pair in NAME_PAIRS
}


def take_together(words: list[Word]) -> None:
    """Give words that stand together the role that they have together."""
    plains = [word.plain for word in words]
    # In most texts no two words begin a phrase.
    if _PHRASES.keys().isdisjoint(pairwise(plains)):
        return
    for at, pair in enumerate(pairwise(plains)):
        for phrase, role, means in _PHRASES.get(pair, ()):
            end = at + len(phrase)
            if tuple(plains[at:end]) == phrase:
                words[at:end] = [Word(one.plain, one.shown, role, means) for one in words[at:end]]
                break
