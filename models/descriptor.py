"""Read a bank's text: who was paid, and what the bank wrote around the name.

A text is cut into words, each word has a role, and the roles decide what is left as the name. All
of it is one pass over at most `_TEXT_LENGTH_MAX` signs, without any search that could go back.
"""

import csv
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import normalize

from schemas.merchants import MERCHANTS

KEY_LENGTH_MAX = 60
NOBODY = "?"
"""The key of a text in which nothing can be seen."""

_TEXT_LENGTH_MAX = 400
_WORDS_MAX = 40
_REFERENCES_MAX = 8
_CITY_WORDS_MAX = 4
_CUT_CITY_LENGTH_MIN = 3
_STORE_DIGITS_MIN = 3
_PAIR = 2
_ALIAS_WORDS_MAX = 4
_TELLS_ENOUGH = 7

# What a word does in a text.
_NAME, _SHORT, _REFERENCE, _STAR, _STOP = "name", "short", "reference", "star", "stop"
_BANK, _LEGAL, _SHY, _TAIL, _TAG, _GLUE = "bank", "legal", "shy", "tail", "tag", "glue"
_PROCESSOR, _STARRED = "processor", "starred"
_SILENT = frozenset({_LEGAL, _STAR})
_UNDECIDED = frozenset({_SHORT, _SHY, _STARRED})
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


class _Word(NamedTuple):
    plain: str
    shown: str
    role: str
    means: str = ""


# The tables.


def _rows(table: str) -> list[dict[str, str]]:
    text = files("models").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _entries(role: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give the words of each entry of a role, and what it means."""
    for row in _rows("bank_words.csv"):
        if row["role"] == role:
            for entry in row["words"].split():
                yield tuple(re.split(r"[_\-/']+", entry.strip("_"))), row["means"]


def _singles(role: str) -> frozenset[str]:
    return frozenset(words[0] for words, _ in _entries(role) if len(words) == 1)


# A later role wins where a word has two.
_ROLES: Mapping[str, tuple[str, str]] = {
    words[0]: (role, means)
    for role in (_STARRED, _TAIL, _GLUE, _TAG, _LEGAL, _SHY, _PROCESSOR, _BANK)
    for words, means in _entries(role)
    if len(words) == 1
} | dict.fromkeys(_singles("money"), (_BANK, ""))
_STARRERS: Mapping[str, str] = {words[0]: means for words, means in _entries(_STARRED)}


def _phrases() -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    """Group the phrases by their first word, the longest first."""
    by_head: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for role in (_BANK, _LEGAL, _SHY, _TAIL, _TAG, _PROCESSOR):
        for words, means in _entries(role):
            if len(words) > 1:
                by_head.setdefault(words[0], []).append((words, role, means))
    for phrases in by_head.values():
        phrases.sort(key=lambda phrase: -len(phrase[0]))
    return by_head


def _lengths_by_last(names: Iterable[str]) -> dict[str, list[int]]:
    """Give how many words the names have that end with a word, the most first."""
    lengths: dict[str, set[int]] = {}
    for name in names:
        lengths.setdefault(name.rpartition(" ")[2], set()).add(name.count(" ") + 1)
    return {last: sorted(counts, reverse=True) for last, counts in lengths.items()}


_PHRASES = _phrases()
_PHRASE_WORDS_MAX = max(len(words) for group in _PHRASES.values() for words, *_ in group)
_PLACES = frozenset(" ".join(words) for words, _ in _entries("place"))
# Without its ST, which is a word of streets and shops, too.
_CITIES = sorted(
    {
        name
        for row in _rows("cities.csv")
        for city in row["cities"].split("|")
        for name in (city, city.removeprefix("st "))
    }
)
_PLACE_NAMES = _PLACES.union(_CITIES)
_STATES = _PLACES.difference(_CITIES)
_PLACE_LENGTHS = _lengths_by_last(_PLACE_NAMES)
_GENERIC = _singles("generic")
_COMMON = _singles("common")
_ADDS_NOTHING = _singles("more")
_ACRONYMS = _singles("acronym")
_DOMAINS = frozenset(
    [
        "www",
        "com",
        "net",
        "org",
        "io",
        "app",
        "couk",
        "info",
        "shop",
        "store",
        "online",
        "eu",
        "html",
    ]
)
_COUNTRY_DOMAINS = frozenset(
    [
        "co",
        "de",
        "es",
        "fr",
        "it",
        "uk",
        "us",
        "mx",
        "br",
        "jp",
        "nl",
        "be",
        "at",
        "ch",
        "pt",
        "pl",
        "se",
        "no",
        "dk",
        "ie",
        "ca",
        "au",
        "nz",
        "in",
        "tv",
        "me",
        "gov",
        "ac",
        "u",
        "c",
    ]
)


# From signs to words.

_NOT_LETTERS: Mapping[int, str | None] = str.maketrans(
    dict.fromkeys('|_,;()[]{}<>"=~^!?\\+¿¡\u2022\u00b7\u2026@', " ")
    | dict.fromkeys("'\u2019\u2018`\u00b4\u02bc")
)
_PLAIN_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "\u0131": "i",
    }
)
_EDGES = ".-/&%$€£:"
_ACCENTS = re.compile("[\u0300-\u036f]")
_MONTHS = "|".join(sorted(_singles("months")))
_NUMERIC = re.compile(r"[#x]*\d[\d.,:/\-tzx%$€£hr]*")
_DATED = re.compile(rf"\d{{1,2}}[.\-/]?(?:{_MONTHS})[.\-/]?\d{{0,4}}|(?:{_MONTHS})\d{{1,4}}")
_LETTERS_THEN_DIGITS = re.compile(r"([^\W\d_]{4,})(\d{3,})")


def _plain(piece: str) -> str:
    """Write in small letters without accents; as German banks do, with ae for ä."""
    small = piece.casefold()
    if small.isascii():
        return small
    folded = _ACCENTS.sub("", normalize("NFKD", small.translate(_PLAIN_LETTERS)))
    return normalize("NFC", folded)


def _visible(text: str) -> str:
    """Give the beginning of a text, with a space for whatever cannot be seen."""
    text = text.lstrip()[:_TEXT_LENGTH_MAX]
    if not text.isascii():
        text = normalize("NFKC", text)[:_TEXT_LENGTH_MAX]
    if not text.isprintable():
        text = "".join([sign if sign.isprintable() else " " for sign in text])
    return text


@lru_cache(maxsize=32_768)
def _meaning(piece: str) -> tuple[_Word, ...]:
    """Say what a piece between two spaces is made of."""
    if piece.isdecimal():
        return (_number(piece, piece),)
    plain = _plain(piece)
    if plain.isalpha():
        return (_word(plain, piece),)
    if plain == "*":
        return (_Word("*", "*", _STAR),)
    bare = plain.strip(_EDGES)
    if _NUMERIC.fullmatch(bare) or _DATED.fullmatch(bare):
        return (_number(bare, piece),)
    if not any(map(str.isalnum, bare)):
        return (_Word("and", "&", _GLUE),) if piece == "&" else ()
    words = tuple(_parts(bare, piece.strip(_EDGES)))
    return (*words, _Word(":", ":", _STOP)) if piece[-1] == ":" else words


def _number(plain: str, piece: str) -> _Word:
    """Tell a number short enough for a name, such as 3 or 76, from a reference."""
    is_short = plain.isdecimal() and len(plain) < _STORE_DIGITS_MIN and plain[0] != "0"
    return _Word(plain, piece, _SHORT if is_short else _REFERENCE)


def _parts(plain: str, shown: str) -> Iterator[_Word]:
    """Cut at dots, strokes and the like, and leave out what makes a name an address."""
    labels = [label for label in re.split(r"[./:\-\u2010-\u2015]+", plain) if label]
    if "." in plain and len(labels) > 1 and all(len(label) == 1 for label in labels):
        yield _word("".join(labels), "".join(labels).upper())
        return
    if len(labels) == _PAIR and len(labels[0]) <= _PAIR and labels[1].isdecimal():
        # The number of a store, or of a till.
        yield _Word(plain, shown, _NAME if tuple(labels) in _PAIRS else _REFERENCE)
        return
    keeps_case = len(labels) == 1 and len(shown) == len(plain)
    is_address = "." in plain
    if is_address and "/" in plain:
        # Behind its stroke an address names a page.
        labels = [label for label in re.split(r"[.:\-]+", plain.partition("/")[0]) if label]
    for at, label in enumerate(labels):
        if is_address and (label in _DOMAINS or (at and label in _COUNTRY_DOMAINS)):
            continue
        yield from _label(label, shown if keeps_case else label, is_address=is_address)


def _label(label: str, shown: str, *, is_address: bool) -> Iterator[_Word]:
    """Tell a word, with digits or without, from a reference."""
    if "&" in label:
        sides = [side for side in label.split("&") if side]
        if len(sides) > 1 and max(map(len, sides)) < _STORE_DIGITS_MIN:
            yield _Word(label, shown.upper(), _NAME)
            return
        for side in sides:
            yield from _label(side, side, is_address=is_address)
        return
    if not any(sign.isdigit() for sign in label):
        word = _word(label, shown)
        yield word._replace(means="online") if is_address and word.role == _NAME else word
    elif label.isdecimal():
        yield _number(label, label)
    elif (cut := _LETTERS_THEN_DIGITS.fullmatch(label)) and _is_word(cut[1]):
        yield _word(cut[1], cut[1])
        yield _Word(cut[2], cut[2], _REFERENCE)
    else:
        yield _Word(label, shown.upper(), _mixed(label))


def _is_word(letters: str) -> bool:
    """Say whether the letters before a number are more than a part of it."""
    return letters in _ROLES or letters in _NAMES_WORDS or len(letters) >= _TELLS_ENOUGH


def _mixed(label: str) -> str:
    """Say whether letters with digits are a name, such as o2 or studio54, or a reference."""
    digits = sum(sign.isdigit() for sign in label)
    letters = len(label) - digits
    if label in _KNOWN_MIXED or (letters >= 4 and digits <= 2):  # noqa: PLR2004 - by eye.
        return _NAME
    if letters >= 5 and digits <= 4 and label[0].isdigit():  # noqa: PLR2004 - as in 1800flowers.
        return _NAME
    return _SHORT if digits <= 2 and len(label) <= 4 else _REFERENCE  # noqa: PLR2004 - by eye.


def _word(plain: str, shown: str) -> _Word:
    role, means = _ROLES.get(plain, (_NAME, ""))
    return _Word(plain, _titled(plain, shown), role, means)


def _titled(plain: str, shown: str) -> str:
    """Write a word as a name; who mixes capitals and small letters knows why."""
    if not (shown.isupper() or shown.islower()) and shown[:1].isupper():
        return shown
    is_acronym = plain in _ACRONYMS or (len(plain) <= 3 and not set(plain) & set("aeiouy"))  # noqa: PLR2004 - by eye.
    return shown.upper() if is_acronym and plain.isascii() else shown.capitalize()


_NAMES_WORDS = frozenset(word for name in MERCHANTS for word in _plain(name).split())


def _bound() -> tuple[set[tuple[str, str]], frozenset[str]]:
    """Give pairs of words that are a name together, and names' words with digits in them."""
    pairs = {(words[0], words[1]) for words, _ in _entries("bound")}
    mixed = {"o2", "3m", "g4s", "h3g", "c24", "b2b", "5guys", "1und1"}
    own = {_BANK, _SHY, _TAIL, _TAG, _PROCESSOR, "number"}
    for name in MERCHANTS:
        plains = _plain(name).translate(_NOT_LETTERS).replace("-", " ").split()
        roles = [_ROLES.get(one, ("number" if one.isdecimal() else _NAME, ""))[0] for one in plains]
        mixed.update(one for one in plains if one.isalnum() and not one.isalpha())
        for first, second, *kinds in zip(plains, plains[1:], roles, roles[1:], strict=False):
            is_phrase = any(words == (first, second) for words, *_ in _PHRASES.get(first, ()))
            if own & set(kinds) and _NAME in kinds and not is_phrase:
                pairs.add((first, second))
    return pairs, frozenset(mixed)


_PAIRS, _KNOWN_MIXED = _bound()
_TOGETHER = frozenset(_PHRASES).union(first for first, _ in _PAIRS)
"""What a phrase or a pair may begin with."""


def _words(text: str) -> list[_Word]:
    # Most texts have none of these.
    if ")))" in text:
        text = text.replace(")))", " contactless ")
    text = text.translate(_NOT_LETTERS)
    if "://" in text:
        text = text.replace("://", " ")
    if "*" in text or "#" in text:
        text = text.replace("*", " * ").replace("#", " #")
    pieces = text.split()[:_WORDS_MAX]
    if "S" in pieces or "s" in pieces:
        pieces = _with_genitives(pieces)
    words = [word for piece in pieces for word in _meaning(piece)]
    for at in [at for at, word in enumerate(words) if word.plain in _TOGETHER]:
        _take_together(words, at)
    return words


def _with_genitives(pieces: Sequence[str]) -> list[str]:
    """Join the s that lost its apostrophe to a space."""
    joined: list[str] = []
    for piece in pieces:
        if piece in {"S", "s"} and joined and joined[-1].isalpha() and len(joined[-1]) > 2:  # noqa: PLR2004 - of a name.
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _take_together(words: list[_Word], at: int) -> None:
    """Give words that stand together from *at* on the role that they have together."""
    plains = [word.plain for word in words[at : at + _PHRASE_WORDS_MAX]]
    for phrase, role, means in _PHRASES.get(plains[0], ()):
        if tuple(plains[: len(phrase)]) == phrase:
            together = words[at : at + len(phrase)]
            words[at : at + len(phrase)] = [
                one._replace(role=role, means=means) for one in together
            ]
            return
    if tuple(plains[:2]) in _PAIRS:
        together = words[at : at + 2]
        words[at : at + 2] = [one._replace(role=_NAME, means="") for one in together]


# From words to a name.


class _Reading:
    """What has been found so far, word by word."""

    __slots__ = ("channels", "is_over", "kept", "loose", "passed_by", "references", "shy", "store")

    def __init__(self) -> None:
        self.kept: list[_Word] = []
        self.loose: list[_Word] = []  # They join the name when it goes on behind them.
        self.shy: list[_Word] = []
        self.passed_by: list[_Word] = []
        self.references: list[str] = []
        self.channels: set[str] = set()
        self.store = 0  # How many words of the name stood before the number of a store.
        self.is_over = False

    def read(self, words: Sequence[_Word]) -> None:
        """Take each word for what it is where it stands."""
        before, last = "", len(words) - 1
        for at, word in enumerate(words):
            role = word.role
            if role in _UNDECIDED:
                role = self._decided(word, before, words[at + 1].role if at < last else "")
            if role == _NAME:
                if not self.is_over:
                    if self.loose:
                        self.kept += self.loose if self.kept else ()
                        self.loose.clear()
                    self.kept.append(word)
                    if word.means:
                        self.channels.add(word.means)
            elif role not in _SILENT:
                self._other(word, role)
            before = role

    def _decided(self, word: _Word, before: str, after: str) -> str:
        """Say whether a word that may belong to bank or name is the name's."""
        if word.role == _SHORT:
            return _REFERENCE if self.kept or _SHORT in (before, after) else _NAME
        if word.plain in _STARRERS and after == _STAR and not self.kept:
            return _PROCESSOR
        if word.role == _STARRED or (self.kept and _BANK not in (before, after)):
            return _NAME
        self.shy.append(word)
        return _BANK

    def _other(self, word: _Word, role: str) -> None:
        if role == _REFERENCE:
            self.references.append(word.shown)
            if self.kept and not self.store:
                self.store = len(self.kept)
        elif role == _PROCESSOR:
            self.passed_by.append(word)
        elif role in {_TAG, _STOP}:
            self.is_over = self.is_over or bool(self.kept)
        elif role == _BANK:
            self.loose.clear()
        else:
            self.loose.append(word)
        if word.means and role in {_BANK, _TAIL}:
            self.channels.add(word.means)

    @property
    def processor(self) -> str:
        """Name the first of those who passed the money on."""
        if not self.passed_by:
            return ""
        first = self.passed_by[0]
        return first.means if first.role == _PROCESSOR else _STARRERS[first.plain]


def _without_place(found: _Reading) -> tuple[list[_Word], str]:
    """Take the places off the end of a name, as long as a name is left."""
    kept, city = found.kept, ""
    has_state = False
    if len(kept) > 1 and _is_cut(kept, found.store):
        kept = kept[:-1]
    while kept and kept[-1].plain in _PLACE_LENGTHS and (len(kept) > 1 or found.shy):
        count = _place_words(kept)
        if not count or not _stays_a_name(kept[:-count], found.shy):
            break
        if count > 1 or kept[-1].plain not in _STATES:
            city = " ".join([word.shown for word in kept[-count:]])
        else:
            has_state = True
        kept = kept[:-count] or found.shy
    if 0 < found.store < len(kept) and not city:
        tail = kept[found.store :]
        if len(tail) < _CITY_WORDS_MAX and (has_state or _begins_city(tail)):
            return kept[: found.store], " ".join([word.shown for word in tail])
    return kept, city


def _place_words(kept: Sequence[_Word]) -> int:
    """Count the words at the end that name a place."""
    for count in _PLACE_LENGTHS[kept[-1].plain]:
        if count == 1 or " ".join([word.plain for word in kept[-count:]]) in _PLACE_NAMES:
            return count
    return 0


def _stays_a_name(rest: Sequence[_Word], shy: Sequence[_Word]) -> bool:
    """Say whether a name can do without its place: neither City of Austin nor Hotel Valencia."""
    if not rest:
        return bool(shy)
    if rest[-1].role == _GLUE:
        return False
    return rest[0].plain not in _GENERIC or any(word.plain not in _GENERIC for word in rest)


def _is_cut(kept: Sequence[_Word], store: int) -> bool:
    """Say whether the end of a column cut a place short, behind a store's number or by a little."""
    last = kept[-1].plain
    if 0 < store < len(kept) and len(last) == 1:
        return True
    at = bisect_left(_CITIES, last)
    left_out = len(_CITIES[at]) - len(last) if at < len(_CITIES) else 0
    return 0 < left_out <= 2 and len(last) > 5 and _CITIES[at].startswith(last)  # noqa: PLR2004


def _begins_city(tail: Sequence[_Word]) -> bool:
    """Say whether a city was cut short at the end of a column."""
    cut = " ".join(word.plain for word in tail)
    at = bisect_left(_CITIES, cut)
    return len(cut) >= _CUT_CITY_LENGTH_MIN and at < len(_CITIES) and _CITIES[at].startswith(cut)


@lru_cache(maxsize=1)
def _known() -> tuple[Mapping[str, tuple[str, str]], frozenset[str]]:
    """Give key and name of each merchant by each key that its spellings have; and first words."""
    own = {_stripped(name)[1]: name for name in reversed(list(MERCHANTS))}
    others: dict[str, set[str]] = {}
    for key, name in own.items():
        for spelling in MERCHANTS[name].spellings:
            other = _stripped(spelling)[1]
            more = other.removeprefix(f"{key} ").split() if other.startswith(f"{key} ") else ()
            abbreviates = _comes_in(other.partition(" ")[0], key)
            if (
                other not in own
                and abbreviates
                and _ADDS_NOTHING.issuperset(more)
                and _is_whole(spelling, other)
            ):
                others.setdefault(other, set()).add(key)
    known = {key: (key, name) for key, name in own.items()}
    known |= {other: (key, own[key]) for other, (key, *more) in others.items() if not more}
    return known, frozenset(key.partition(" ")[0] for key in known)


def _comes_in(short: str, name: str) -> bool:
    """Say whether a name has all letters of a shorter one, in order: a brand, not its owner."""
    letters = iter(name)
    return all(letter in letters for letter in short)


def _is_whole(spelling: str, key: str) -> bool:
    """Say whether a key still says what its spelling said, and is not just any word."""
    said = [word.plain for word in _words(spelling) if word.role not in {_LEGAL, _TAIL, _BANK}]
    return len(key) > 1 and key.split() == said and key not in _GENERIC | _COMMON


def _renamed(kept: Sequence[_Word]) -> list[_Word]:
    """Call a merchant by its name where the bank begins with another spelling of it."""
    known, heads = _known()
    renamed: list[_Word] = []
    rest = list(kept)
    while rest and rest[0].plain in heads:
        for count in range(min(_ALIAS_WORDS_MAX, len(rest)), 0, -1):
            spelled = " ".join([word.plain for word in rest[:count]])
            to = known.get(spelled)
            # One word may begin many names: it is another spelling only by itself.
            if to is not None and (count > 1 or len(rest) == 1 or to[0] == spelled):
                break
        else:
            break
        merchant = _Word(*to, _NAME)
        # An address behind the name often says it again.
        if merchant not in renamed:
            renamed.append(merchant)
        rest = rest[count:]
    return renamed + rest


def _stripped(text: str) -> tuple[str, str]:
    """Give name and key, as the bank spells them."""
    found = _Reading()
    found.read(_words(_visible(text)))
    kept, _ = _without_place(found)
    return " ".join([word.shown for word in kept]), " ".join([word.plain for word in kept])


@lru_cache(maxsize=16_384)
def read_descriptor(text: str) -> Descriptor:
    """Tell the merchant's name from what the bank wrote around it.

    >>> found = read_descriptor("CHECKCARD 0612 SQ *BLUE LANTERN CAFE #221 AUSTIN TX 24431065")
    >>> found.name, found.key, found.processor, found.city
    ('Blue Lantern Cafe', 'blue lantern cafe', 'square', 'Austin')
    """
    visible = _visible(text)
    words = _words(visible)
    found = _Reading()
    found.read(words)
    kept, city = _without_place(found)
    kept = _renamed(kept) or found.passed_by or _whatever(words)
    key = " ".join([word.plain for word in kept])[:KEY_LENGTH_MAX].rstrip()
    channels = found.channels
    return Descriptor(
        name=" ".join([word.shown for word in kept])[:KEY_LENGTH_MAX].rstrip() or NOBODY,
        key=key or " ".join(visible.casefold().split())[:KEY_LENGTH_MAX] or NOBODY,
        processor=found.processor,
        channel=next((one for one in _CHANNELS if one in channels), "") if channels else "",
        city=city,
        references=tuple(found.references[:_REFERENCES_MAX]),
        words=" ".join(
            [one.plain for one in words if one.role not in _WORDLESS and one.plain != "and"]
        ).replace("&", " "),
    )


_WORDLESS = frozenset({_REFERENCE, _STAR, _STOP})


def _whatever(words: Sequence[_Word]) -> list[_Word]:
    """Give the bank's own words where nobody is named; its numbers, where it has no words."""
    named = [word for word in words if word.role not in _WORDLESS]
    return named or [word for word in words if word.role == _REFERENCE]


def is_common(word: str) -> bool:
    """Say whether a word is too common to be a merchant's name among other words."""
    return word in _COMMON or word in _GENERIC or word in _PLACE_NAMES or word in _ROLES
