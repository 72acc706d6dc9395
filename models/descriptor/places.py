"""Cities, states and countries at the end of a name, also where a column cut them short."""

from collections.abc import Sequence

from models.descriptor.lengths import lengths_by
from models.descriptor.reading import Reading
from models.descriptor.vocabulary import GENERIC, entries, rows
from models.descriptor.word import GLUE, Word

_CITY_WORDS_MAX = 4
_CUT_CITY_LENGTH_MIN = 3
_NEARLY_WHOLE_LENGTH_MIN = 6
_NEARLY_WHOLE_LACKS_MAX = 2

_PLACES = frozenset(" ".join(words) for words, _ in entries("place"))
# Without its ST, which is a word of streets and shops, too.
_CITIES = frozenset(
    name
    for row in rows("cities.csv")
    for city in row["cities"].split("|")
    for name in (city, city.removeprefix("st "))
)
PLACE_NAMES = _PLACES | _CITIES
_STATES = _PLACES - _CITIES
_LENGTHS_BY_LAST = lengths_by(PLACE_NAMES, end=-1)
_CITY_BEGINNINGS = frozenset(
    city[:length] for city in _CITIES for length in range(_CUT_CITY_LENGTH_MIN, len(city) + 1)
)
_CITIES_NEARLY_WHOLE = (
    frozenset(
        city[:length]
        for city in _CITIES
        for length in range(len(city) - _NEARLY_WHOLE_LACKS_MAX, len(city))
        if length >= _NEARLY_WHOLE_LENGTH_MIN
    )
    - _CITIES
)


def without_place(found: Reading) -> tuple[list[Word], str]:
    """Take the places off the end of a name, as long as a name is left."""
    kept, city, spare = found.kept, "", found.shy
    has_state = False
    if len(kept) > 1 and _is_cut(kept, found.store):
        kept = kept[:-1]
    while kept and kept[-1].plain in _LENGTHS_BY_LAST and (len(kept) > 1 or spare):
        count = _place_words(kept)
        if not count or not _stays_a_name(kept[:-count], spare):
            break
        if count > 1 or kept[-1].plain not in _STATES:
            city = " ".join([word.shown for word in kept[-count:]])
        else:
            has_state = True
        kept = kept[:-count]
        if not kept:
            # Only once, or a shy word that is a place, too, would be taken off for ever.
            kept, spare = spare, []
    if 0 < found.store < len(kept) and not city:
        tail = kept[found.store :]
        if len(tail) < _CITY_WORDS_MAX and (has_state or _begins_city(tail)):
            return kept[: found.store], " ".join([word.shown for word in tail])
    return kept, city


def _place_words(kept: Sequence[Word]) -> int:
    """Count the words at the end that name a place."""
    for count in _LENGTHS_BY_LAST[kept[-1].plain]:
        if count == 1 or " ".join([word.plain for word in kept[-count:]]) in PLACE_NAMES:
            return count
    return 0


def _stays_a_name(rest: Sequence[Word], shy: Sequence[Word]) -> bool:
    """Say whether a name can do without its place: neither City of Austin nor Hotel Valencia."""
    if not rest:
        return bool(shy)
    if rest[-1].role == GLUE:
        return False
    return rest[0].plain not in GENERIC or any(word.plain not in GENERIC for word in rest)


def _is_cut(kept: Sequence[Word], store: int) -> bool:
    """Say whether the end of a column cut a place short, behind a store's number or by a little."""
    last = kept[-1].plain
    return last in _CITIES_NEARLY_WHOLE or (len(last) == 1 and 0 < store < len(kept))


def _begins_city(tail: Sequence[Word]) -> bool:
    """Say whether a city was cut short at the end of a column."""
    return " ".join([word.plain for word in tail]) in _CITY_BEGINNINGS
