"""What a piece between two spaces is made of: words, numbers, references, addresses."""

import re
from collections.abc import Iterator
from functools import lru_cache

from models.descriptor.phrases import NAME_PAIRS
from models.descriptor.signs import plain_of, plains_of
from models.descriptor.vocabulary import ACRONYMS, MONTHS, ROLES
from models.descriptor.word import GLUE, NAME, REFERENCE, SHORT, STAR, STOP, Word
from schemas.merchants import MERCHANTS

_DOMAINS = frozenset(
    [
        *("www", "com", "net", "org", "io", "app", "couk", "info", "shop", "store", "online"),
        *("eu", "html"),
    ]
)
_COUNTRY_DOMAINS = frozenset(
    [
        *("co", "de", "es", "fr", "it", "uk", "us", "mx", "br", "jp", "nl", "be", "at", "ch"),
        *("pt", "pl", "se", "no", "dk", "ie", "ca", "au", "nz", "in", "tv", "me", "gov", "ac"),
        *("u", "c"),
    ]
)
_MERCHANTS_WORDS = frozenset(word for name in MERCHANTS for word in plain_of(name).split())
_MIXED_NAMES = frozenset(
    [
        *("o2", "3m", "g4s", "h3g", "c24", "b2b", "5guys", "1und1"),
        *(
            word
            for name in MERCHANTS
            for word in plains_of(name)
            if word.isalnum() and not word.isalpha()
        ),
    ]
)

_EDGES = ".-/&%$€£:"
_VOWELS = frozenset("aeiouy")
_MONTH = "|".join(sorted(MONTHS))
_NUMERIC = r"[#x]*\d[\d.,:/\-tzx%$€£hr]*"
_DATED = rf"\d{{1,2}}[.\-/]?(?:{_MONTH})[.\-/]?\d{{0,4}}|(?:{_MONTH})\d{{1,4}}"
_NUMBER = re.compile(f"{_NUMERIC}|{_DATED}")
_LETTERS_THEN_DIGITS = re.compile(r"([^\W\d_]{4,})(\d{3,})")
_CUTS = re.compile(r"[./:\-\u2010-\u2015]+")
_ADDRESS_CUTS = re.compile(r"[.:\-]+")

# How much of each tells one thing from another was set by eye, on real texts.
_STORE_DIGITS_MIN = 3
_PAIR = 2
_TELLING_LETTERS_MIN = 7
_ACRONYM_LETTERS_MAX = 3
_NAME_LETTERS_MIN, _NAME_DIGITS_MAX = 4, 2
"""As in studio54."""
_VANITY_LETTERS_MIN, _VANITY_DIGITS_MAX = 5, 4
"""As in 1800flowers."""
_SHORT_LENGTH_MAX, _SHORT_DIGITS_MAX = 4, 2


@lru_cache(maxsize=32_768)
def meaning(piece: str) -> tuple[Word, ...]:
    """Say what a piece is made of."""
    if piece.isdecimal():
        return (_number(piece, piece),)
    plain = plain_of(piece)
    if plain.isalpha():
        return (_word(plain, piece),)
    if plain == "*":
        return (Word("*", "*", STAR),)
    bare = plain.strip(_EDGES)
    if _NUMBER.fullmatch(bare):
        return (_number(bare, piece),)
    if not any(map(str.isalnum, bare)):
        return (Word("and", "&", GLUE),) if piece == "&" else ()
    words = tuple(_parts(bare, piece.strip(_EDGES)))
    return (*words, Word(":", ":", STOP)) if piece[-1] == ":" else words


def _number(plain: str, piece: str) -> Word:
    """Tell a number short enough for a name, such as 3 or 76, from a reference."""
    is_short = plain.isdecimal() and len(plain) < _STORE_DIGITS_MIN and plain[0] != "0"
    return Word(plain, piece, SHORT if is_short else REFERENCE)


def _parts(plain: str, shown: str) -> Iterator[Word]:
    """Cut at dots, strokes and the like, and leave out what makes a name an address."""
    labels = [label for label in _CUTS.split(plain) if label]
    is_address = "." in plain
    if is_address and len(labels) > 1 and max(map(len, labels)) == 1:
        yield _word("".join(labels), "".join(labels).upper())
        return
    if len(labels) == _PAIR and len(labels[0]) <= _PAIR and labels[1].isdecimal():
        # The number of a store, or of a till.
        yield Word(plain, shown, NAME if tuple(labels) in NAME_PAIRS else REFERENCE)
        return
    keeps_case = len(labels) == 1 and len(shown) == len(plain)
    if is_address and "/" in plain:
        # Behind its stroke an address names a page.
        labels = [label for label in _ADDRESS_CUTS.split(plain.partition("/")[0]) if label]
    for at, label in enumerate(labels):
        if is_address and (label in _DOMAINS or (at and label in _COUNTRY_DOMAINS)):
            continue
        yield from _label(label, shown if keeps_case else label, is_address=is_address)


def _label(label: str, shown: str, *, is_address: bool) -> Iterator[Word]:
    """Tell a word, with digits or without, from a reference."""
    if "&" in label:
        sides = [side for side in label.split("&") if side]
        if len(sides) > 1 and max(map(len, sides)) < _STORE_DIGITS_MIN:
            yield Word(label, shown.upper(), NAME)
            return
        for side in sides:
            yield from _label(side, side, is_address=is_address)
        return
    if not any(map(str.isdigit, label)):
        word = _word(label, shown)
        is_online = is_address and word.role == NAME
        yield Word(label, word.shown, NAME, "online") if is_online else word
    elif label.isdecimal():
        yield _number(label, label)
    elif (cut := _LETTERS_THEN_DIGITS.fullmatch(label)) and _is_word(cut[1]):
        yield _word(cut[1], cut[1])
        yield Word(cut[2], cut[2], REFERENCE)
    else:
        yield Word(label, shown.upper(), _mixed(label))


def _is_word(letters: str) -> bool:
    """Say whether the letters before a number are more than a part of it."""
    return letters in ROLES or letters in _MERCHANTS_WORDS or len(letters) >= _TELLING_LETTERS_MIN


def _mixed(label: str) -> str:
    """Say whether letters with digits are a name, such as o2 or studio54, or a reference."""
    digits = sum(map(str.isdigit, label))
    letters = len(label) - digits
    if label in _MIXED_NAMES or (letters >= _NAME_LETTERS_MIN and digits <= _NAME_DIGITS_MAX):
        return NAME
    is_vanity = letters >= _VANITY_LETTERS_MIN and digits <= _VANITY_DIGITS_MAX
    if is_vanity and label[0].isdigit():
        return NAME
    is_short = digits <= _SHORT_DIGITS_MAX and len(label) <= _SHORT_LENGTH_MAX
    return SHORT if is_short else REFERENCE


def _word(plain: str, shown: str) -> Word:
    role, means = ROLES.get(plain, (NAME, ""))
    return Word(plain, _titled(plain, shown), role, means)


def _titled(plain: str, shown: str) -> str:
    """Write a word as a name; who mixes capitals and small letters knows why."""
    if not (shown.isupper() or shown.islower()) and shown[:1].isupper():
        return shown
    is_short = len(plain) <= _ACRONYM_LETTERS_MAX
    is_acronym = plain in ACRONYMS or (is_short and _VOWELS.isdisjoint(plain))
    return shown.upper() if is_acronym and plain.isascii() else shown.capitalize()
