"""Who takes and pays money in a country: brands that people know, and shops invented from words.

Of every kind of shop some are invented, so that no dictionary of brands can know them all.
"""

from collections.abc import Iterator, Mapping
from typing import cast, get_args

from sample.dice import Dice
from sample.payees import Payee
from sample.places.cities import CITIES
from sample.places.tables import parts, rows
from sample.places.ways import WAYS, Way
from schemas.merchants import MERCHANTS
from schemas.transactions import Kind

_LANGUAGES = {"US": "EN", "GB": "EN"}
"""Where the table of a country has no row, that of its language has one."""

_SPELLINGS_MAX = 3
_WITHOUT_MCC_PERMILLE = 150
_KINDS = frozenset(get_args(Kind))
_SEED = 5
"""Any number; another gives other shops."""

_BRANDS = {(row["where"], row["leaf"]): parts(row["names"]) for row in rows("brands.csv")}
_SHOPS = {(row["where"], row["leaf"]): row for row in rows("shops.csv")}


def payees(country: str) -> Mapping[str, tuple[Payee, ...]]:
    """Give all payees of a country by leaf; no two have the same name."""
    dice = Dice(_SEED, *country.encode())
    words = _Words(country, dice)
    named = {name for leaf in WAYS for name in brands(country, leaf)}
    return {
        leaf: (*_known(country, leaf, way), *_invented(country, leaf, words, dice, named))
        for leaf, way in WAYS.items()
    }


def brands(country: str, leaf: str) -> tuple[str, ...]:
    """Name those that people of a country know: its own, and the known merchants at home there."""
    own = _BRANDS.get((country, leaf), ())
    return tuple(dict.fromkeys((*own, *_AT_HOME.get((country, leaf), ()))))[: WAYS[leaf].brands]


class _Words(dict[str, str]):
    """Words of a country's language, drawn anew for each place in a name."""

    def __init__(self, country: str, dice: Dice) -> None:
        super().__init__()
        language = _LANGUAGES.get(country, country)
        self._words = {
            row["slot"]: parts(row["words"])
            for row in rows("words.csv")
            if row["where"] in {country, language}
        }
        self._dice = dice

    def __missing__(self, slot: str) -> str:
        return self._dice.one_of(self._words[slot])


def _merchants_at_home() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for merchant in MERCHANTS.values():
        for country in merchant.countries:
            found.setdefault((country, merchant.leaf.id), []).append(merchant.name)
    return found


_AT_HOME = _merchants_at_home()


def _row(country: str, leaf: str) -> dict[str, str]:
    return _SHOPS.get((country, leaf)) or _SHOPS[_LANGUAGES.get(country, country), leaf]


def _known(country: str, leaf: str, way: Way) -> Iterator[Payee]:
    purposes = parts(_row(country, leaf)["purposes"]) or ("",)
    for number, name in enumerate(brands(country, leaf)):
        merchant = MERCHANTS.get(name)
        spellings = merchant.spellings[:_SPELLINGS_MAX] if merchant is not None else ()
        mcc = way.mccs[number % len(way.mccs)] if way.mccs else None
        if merchant is not None and way.mccs:
            mcc = merchant.mcc
        yield Payee(
            name,
            leaf,
            way.kind,
            mcc,
            spellings,
            city=_nth(CITIES[country], number) if way.stands == "there" else "",
            purpose=_nth(purposes, number),
        )


def _invented(
    country: str, leaf: str, words: _Words, dice: Dice, named: set[str]
) -> Iterator[Payee]:
    """Invent shops of names that nothing has yet; fewer, where a pattern has no words to vary."""
    way, row = WAYS[leaf], _row(country, leaf)
    patterns, purposes = parts(row["names"]), parts(row["purposes"]) or ("",)
    stands, cities = way.stands in {"local", "there"}, CITIES[country]
    for number in range(way.shops):
        kind, name = _read(_nth(patterns, number).format_map(words), way.kind)
        if name in named:
            continue
        named.add(name)
        has_mcc = way.mccs and not dice.permille(_WITHOUT_MCC_PERMILLE)
        yield Payee(
            name,
            leaf,
            kind,
            _nth(way.mccs, number) if has_mcc else None,
            # One city further each round, so that no pattern is of one city only.
            city=_nth(cities, number + number // len(cities)) if stands else "",
            # What is of another kind than its leaf is for something else than the bills are.
            purpose=_nth(purposes, number) if kind == way.kind else "",
        )


def _nth(choices: tuple[str, ...], number: int) -> str:
    """Take one after another, and begin again after the last."""
    return choices[number % len(choices)]


def _read(entry: str, usual: Kind) -> tuple[Kind, str]:
    """Split an entry such as `interest:Interest Paid` that is not of the leaf's usual kind."""
    kind, colon, name = entry.partition(":")
    return (cast("Kind", kind), name) if colon and kind in _KINDS else (usual, entry)
