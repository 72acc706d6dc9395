"""What is known of a merchant before anyone has filed a payment to it, and how far it is trusted.

Each source gives hints; a hint says why. Where several agree, they are believed; where one stands
alone, or others say otherwise, little is: enough to suggest, never enough to file.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

from models.descriptor import Descriptor, is_common, read_descriptor
from schemas.merchants import MERCHANTS
from schemas.taxonomy import LEAVES, leaf_for_mcc, leaf_for_plaid

Source = Literal["alias", "brand", "keyword", "mcc", "kind", "provider"]

ALONE_MAX = 900
"""No single hint weighs more, in thousandths: what one source says is never certain."""

_ALIAS, _ALIAS_WITHIN = 780, 560
_BRAND, _BRAND_WHOLE, _BRAND_WITHIN = 510, 620, 400
_MCC = 800
_PROVIDER, _PROVIDER_WORDS = 720, 520
_SECOND_THOUGHT = 450
"""Of a keyword's weight, for a keyword that another one in the text outdoes."""
_LONGER = 200
"""What each word more in a phrase adds to its weight when one of several is chosen."""
_AGREES_IN_GROUP = 250
_CERTAIN_MAX = 990
_SHORT_NAME = 3
_PLURAL_LENGTH_MIN = 5

_KINDS: Mapping[tuple[str, bool], tuple[str, int]] = {
    ("salary", True): ("income.salary", 900),
    ("salary", False): ("income.salary", 700),
    ("cash", True): ("transfer.deposit", 850),
    ("cash", False): ("cash.withdrawal", 900),
    ("fee", True): ("finance.fee", 700),
    ("fee", False): ("finance.fee", 780),
    ("interest", True): ("income.investments", 850),
    ("interest", False): ("finance.interest", 850),
    # A leg whose other one is not ours is a transfer all the same: enough to be suggested.
    ("transfer", True): ("transfer.other", 520),
    ("transfer", False): ("transfer.other", 520),
}
"""By a bank's kind of booking, and whether the money comes in."""


class Hint(NamedTuple):
    """A category that a source speaks for."""

    category: str
    source: Source
    because: str
    """What it goes by: a merchant's name, a word, a code."""
    weight: int
    """How often the source is right when it says so, in thousandths."""


class _Found(NamedTuple):
    """A phrase, and where it stands among the words."""

    at: int
    length: int
    phrase: str


class _Phrases:
    """Finds the longest known phrase from each word of a text on."""

    def __init__(self, phrases: Iterable[str]) -> None:
        lengths: dict[str, set[int]] = {}
        self._phrases = frozenset(phrases)
        for phrase in self._phrases:
            lengths.setdefault(phrase.partition(" ")[0], set()).add(phrase.count(" ") + 1)
        self._lengths = {first: sorted(counts)[::-1] for first, counts in lengths.items()}

    def __call__(self, words: Sequence[str]) -> Iterator[_Found]:
        for at, word in enumerate(words):
            for count in self._lengths.get(word, ()):
                phrase = " ".join(words[at : at + count])
                if phrase in self._phrases:
                    yield _Found(at, count, phrase)
                    break


# The tables.


def _rows(table: str) -> list[dict[str, str]]:
    data = files("models").joinpath("data", table).read_bytes()
    text = gzip.decompress(data) if table.endswith(".gz") else data
    return list(csv.DictReader(text.decode("utf-8").splitlines()))


class _Tables:
    """The tables in memory, with what finds their phrases."""

    def __init__(self) -> None:
        self.brands = {row["name"]: row["leaf"] for row in _rows("brands.csv.gz")}
        self.find_brand = _Phrases(self.brands)
        self.keywords: dict[str, list[tuple[str, str, int]]] = {}
        self.only_whole: set[str] = set()
        self._read_keywords()
        self.find_keyword = _Phrases(self.keywords)
        self.names = self._names()
        self.find_name = _Phrases(self.names)

    def _read_keywords(self) -> None:
        plurals: dict[str, list[tuple[str, str, int]]] = {}
        for row in _rows("keywords.csv"):
            for entry in row["phrases"].split("|"):
                phrase = entry.removesuffix("!")
                meaning = (row["leaf"], row["money"], int(row["weight"]))
                self.keywords.setdefault(phrase, []).append(meaning)
                if phrase != entry:
                    # A name that is a word, too: only where it stands by itself.
                    self.only_whole.add(phrase)
                elif len(phrase) >= _PLURAL_LENGTH_MIN and " " not in phrase:
                    plurals.setdefault(f"{phrase}s", []).append(meaning)
        self.keywords = plurals | self.keywords

    def _names(self) -> dict[str, tuple[str, str]]:
        """Give leaf and name of merchants by what statements write; the first to say it wins."""
        names: dict[str, tuple[str, str]] = {}
        spelled = [
            (spelling, known.leaf.id, name)
            for name, known in MERCHANTS.items()
            for spelling in (name, *known.spellings)
        ]
        spelled += [
            (name, row["leaf"], name)
            for row in _rows("merchants.csv")
            for name in row["names"].split("|")
        ]
        # A merchant's own name goes before what another one is called besides.
        for spelling, leaf, name in sorted(spelled, key=lambda one: one[0] != one[2]):
            found = read_descriptor.__wrapped__(spelling)
            names.setdefault(found.words, (leaf, name))
            if spelling == name and found.key not in self.keywords and not is_common(found.key):
                names.setdefault(found.key, (leaf, name))
        return names


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    return _Tables()


def load() -> None:
    """Read the tables now, so that who asks first need not wait for them."""
    _tables()


# The hints.


def hints(
    descriptor: Descriptor,
    *,
    mcc: str | None = None,
    kind: str | None = None,
    provider_hint: str | None = None,
    comes_in: bool = False,
) -> tuple[Hint, ...]:
    """Say what each source takes a payment for; nothing where none knows it.

    >>> from models.descriptor import read_descriptor
    >>> hints(read_descriptor("STARBUCKS STORE 05678 SEATTLE WA"))[0]
    Hint(category='dining.coffee', source='alias', because='Starbucks', weight=780)
    """
    found = _from_words(descriptor.key, descriptor.words, comes_in)
    if mcc and (leaf := leaf_for_mcc(mcc)) is not None:
        found = (*found, Hint(leaf.id, "mcc", mcc, _MCC))
    if kind and (known := _KINDS.get((kind, comes_in))) is not None:
        found = (*found, Hint(known[0], "kind", kind, known[1]))
    if provider_hint:
        found = (*found, *_from_provider(provider_hint, comes_in))
    return found


@lru_cache(maxsize=16_384)
def _from_words(key: str, text: str, comes_in: bool) -> tuple[Hint, ...]:  # noqa: FBT001 - cached.
    words = text.split()
    return (*_named(key, words), *_worded(key, words, comes_in=comes_in))


def _named(key: str, words: Sequence[str]) -> Iterator[Hint]:
    """Look the name up: among merchants first, and else among brands."""
    tables = _tables()
    for spelled in (key.replace("&", " ").split(), words):
        found = [one for one in tables.find_name(spelled) if _stands(one, spelled, key)]
        if found:
            best = max(found, key=lambda one: (one.length, -one.at))
            leaf, name = tables.names[best.phrase]
            begins = best.at == 0 or key.startswith(best.phrase)
            yield Hint(leaf, "alias", name, _ALIAS if begins else _ALIAS_WITHIN)
            return
    spelled = key.split()
    for one in tables.find_brand(spelled):
        if _stands(one, spelled, key) and (one.at == 0 or one.length > 1):
            is_whole = one.length == len(spelled)
            weight = _BRAND_WHOLE if is_whole else _BRAND_WITHIN if one.at else _BRAND
            yield Hint(tables.brands[one.phrase], "brand", one.phrase, weight)
            return


def _stands(found: _Found, words: Sequence[str], key: str) -> bool:
    """Say whether a name found among other words is one: any word is a name to somebody."""
    if found.length > 1 or len(words) == 1 or found.phrase == key:
        return True
    if is_common(found.phrase):
        return False
    return found.at == 0 or len(found.phrase) > _SHORT_NAME


def _worded(key: str, words: Sequence[str], *, comes_in: bool) -> Iterator[Hint]:
    """Look for words that name a kind of payment wherever they stand."""
    tables = _tables()
    ranked = []
    for one in tables.find_keyword(words):
        if one.phrase in tables.only_whole and key != one.phrase:
            continue
        for leaf, money, weight in tables.keywords[one.phrase]:
            if money != ("out" if comes_in else "in"):
                # The longest says most; what a name ends with says more than what it begins with.
                says = one.length * _LONGER + weight
                ranked.append((says, weight, one.at, leaf, one.phrase))
    ranked.sort(reverse=True)
    if not ranked:
        return
    _, weight, _, leaf, phrase = ranked[0]
    yield Hint(leaf, "keyword", phrase, weight)
    for _, weight, _, other, phrase in ranked[1:]:
        if other != leaf:
            yield Hint(other, "keyword", phrase, weight * _SECOND_THOUGHT // 1000)
            return


@lru_cache(maxsize=1024)
def _from_provider(said: str, comes_in: bool) -> tuple[Hint, ...]:  # noqa: FBT001 - cached.
    """Understand a provider's own category: Plaid's, ours, or any in plain words."""
    found = read_descriptor(said)
    leaf = leaf_for_plaid("_".join(found.words.split()).upper()) or LEAVES.get(said.strip())
    leaf = leaf or _LEAF_BY_NAME.get(found.words)
    if leaf is not None:
        return (Hint(leaf.id, "provider", said, _PROVIDER),)
    worded = next(_worded(found.key, found.words.split(), comes_in=comes_in), None)
    if worded is None:
        return ()
    return (Hint(worded.category, "provider", said, _PROVIDER_WORDS),)


_LEAF_BY_NAME = {read_descriptor(leaf.name).words: leaf for leaf in LEAVES.values()}


# The guess.


def guess(hints: Iterable[Hint]) -> tuple[tuple[str, int], ...]:
    """Weigh hints against each other: categories and their chances in thousandths, best first.

    >>> one = Hint("food.groceries", "alias", "Aldi", 780)
    >>> guess([one]), guess([one, Hint("food.groceries", "keyword", "foods", 800)])
    ((('food.groceries', 780),), (('food.groceries', 956),))
    """
    return _weighed(tuple(hints))


# A few shapes of hints make up most of a stream.
@lru_cache(maxsize=16_384)
def _weighed(hints: tuple[Hint, ...]) -> tuple[tuple[str, int], ...]:
    heaviest: dict[tuple[str, str], int] = {}
    for hint in hints:
        said = (hint.category, hint.source)
        heaviest[said] = max(heaviest.get(said, 0), min(hint.weight, ALONE_MAX))
    # In one order, for each step rounds down.
    categories = sorted({category for category, _ in heaviest})
    support = {category: _support(category, heaviest) for category in categories}
    chances = {}
    for category, backing in support.items():
        chance = backing
        for other, against in support.items():
            if _group(other) != _group(category):
                chance = chance * (1000 - against // 2) // 1000
        chances[category] = min(chance, _CERTAIN_MAX)
    total = max(sum(chances.values()), 1000)
    ranked = sorted(chances.items(), key=lambda one: (-one[1], one[0]))
    return tuple((category, chance * 1000 // total) for category, chance in ranked)


def _support(category: str, heaviest: Mapping[tuple[str, str], int]) -> int:
    """Give how far a category is backed: each source that agrees leaves less to doubt."""
    doubt = 1_000_000
    own = {source for said, source in heaviest if said == category}
    for (said, source), weight in sorted(heaviest.items()):
        if said == category:
            doubt = doubt * (1000 - weight) // 1000
        elif _group(said) == _group(category) and source not in own:
            doubt = doubt * (1000 - weight * _AGREES_IN_GROUP // 1000) // 1000
    return 1000 - doubt // 1000


def _group(category: str) -> str:
    return category.partition(".")[0]
