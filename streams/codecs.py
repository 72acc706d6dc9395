"""State to bytes and back: a layout version, then MessagePack; never a pickle.

Nothing is rounded here. Folding with `decode(encode(state))` after every entry gives the same
bytes as folding without.
"""

from typing import Any, TypeVar

import msgspec

from processors.state.book import Book
from processors.state.customary import Custom, Customary, Frauds
from processors.state.labels import Labels
from processors.state.listing import Week
from processors.state.population import ROWS, Common, Population, Row
from processors.state.sections import DayTotals, WeekOfDays
from processors.state.shared import Activated, Days, Shared
from processors.state.transaction import Transaction
from processors.state.user import History, Hot, User
from processors.state.weekly import Weekly
from streams.protocols import Parts

LAYOUT = 3
_HEAD = bytes([LAYOUT])

GONE = b""

_MERCHANTS, _CUSTOMS = "merchants:", "customs:"

MADE_AGAIN = "delete the group's keys from Redis, so that state is made from the journal again"
"""What to do about a state that cannot be used; it ends a sentence."""

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_hot = msgspec.msgpack.Decoder(Hot)
_history = msgspec.msgpack.Decoder(History)
_labels = msgspec.msgpack.Decoder(Labels)
_common = msgspec.msgpack.Decoder(Common)
_row = msgspec.msgpack.Decoder(Row)
_custom = msgspec.msgpack.Decoder(Custom)
_frauds = msgspec.msgpack.Decoder(Frauds)
_week = msgspec.msgpack.Decoder(list[Transaction])
_week_of_days = msgspec.msgpack.Decoder(WeekOfDays)
_days = msgspec.msgpack.Decoder(Days)
_activated = msgspec.msgpack.Decoder(Activated)


class UnreadableError(Exception):
    """A part holds bytes that this build cannot read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the state holds {what}; run the build that wrote it, or {MADE_AGAIN}")


def decode_user(user_id: str, parts: Parts) -> User:
    """Make a user from the parts that the store holds; none at all is a new user."""
    by_week: dict[str, dict[int, bytes]] = {"recent": {}, "days": {}}
    known: dict[int, bytes] = {}
    for name, stored in sorted(parts.items()):
        part, _, number = name.partition(":")
        if part in by_week:
            _check_layout(stored)
            by_week[part][int(number)] = stored
        elif part == "known":
            known[int(number)] = _body(stored)
    hot = _read(_hot, parts["hot"]) if "hot" in parts else None
    history = _read(_history, parts["history"]) if "history" in parts else None
    labels = _read(_labels, parts["labels"]) if "labels" in parts else None
    book = Book(Weekly(dict, by_week["recent"], _unsealed), known)
    days = DayTotals(Weekly(dict, by_week["days"], _days_unsealed))
    return User(user_id, hot, history, book, days, labels)


def _unsealed(stored: bytes) -> Week:
    return {own.identity: own for own in _read(_week, stored)}


def _days_unsealed(stored: bytes) -> WeekOfDays:
    return _read(_week_of_days, stored)


def changed_parts(user: User, stored: Parts) -> Parts:
    """Give the parts of a user that must be written, of which *stored* are in the store."""
    if user.erased:
        return {**dict.fromkeys(stored, GONE), **_changed(user, {})}
    return _changed(user, stored)


def _changed(user: User, stored: Parts) -> Parts:
    parts = {"hot": _unless_empty(_written(user.hot))}
    if user.history_changed:
        parts["history"] = _unless_empty(_written(user.history))
    if user.labels.cold_changed:
        parts["labels"] = _unless_empty(_written(user.labels.cold))
    weeks, days = user.book.weeks, user.aggregate.days.weeks
    for number in sorted(weeks.changed):
        week = weeks.open.get(number)
        parts[f"recent:{number}"] = _written(list(week.values())) if week else GONE
    for number in sorted(days.changed):
        totals = days.open.get(number)
        parts[f"days:{number}"] = _written(totals) if totals else GONE
    for year in sorted(user.book.years_changed):
        packed = user.book.known.get(year)
        parts[f"known:{year}"] = _HEAD + packed if packed else GONE
    return {name: part for name, part in parts.items() if stored.get(name, GONE) != part}


def every_part(user: User) -> Parts:
    """Give a user's whole state as parts: for comparing, exporting, and tests."""
    parts = {"hot": _unless_empty(_written(user.hot))}
    parts["history"] = _unless_empty(_written(user.history))
    parts["labels"] = _unless_empty(_written(user.labels.cold))
    weeks, days = user.book.weeks, user.aggregate.days.weeks
    for number in weeks.numbers:
        if week := weeks.peek(number):
            parts[f"recent:{number}"] = _written(list(week.values()))
    for number in days.numbers:
        if totals := days.peek(number):
            parts[f"days:{number}"] = _written(totals)
    for year, packed in sorted(user.book.known.items()):
        parts[f"known:{year}"] = _HEAD + packed
    return {name: part for name, part in parts.items() if part != GONE}


def decode_shared(rows: Parts) -> Shared:
    """Make what the users of a partition share from its rows."""
    days = _read(_days, rows["days"]) if "days" in rows else None
    activated = _read(_activated, rows["activated"]) if "activated" in rows else None
    common = _read(_common, rows["common"]) if "common" in rows else None
    merchants: dict[int, bytes] = {}
    for name, stored in rows.items():
        if name.startswith(_MERCHANTS):
            _check_layout(stored)
            merchants[int(name.removeprefix(_MERCHANTS))] = stored
    customs = {
        name.removeprefix(_CUSTOMS): _read(_custom, stored)
        for name, stored in rows.items()
        if name.startswith(_CUSTOMS)
    }
    frauds = _read(_frauds, rows["frauds"]) if "frauds" in rows else None
    population = Population(common, merchants, _row_unsealed)
    return Shared(days, activated, population, Customary(customs, frauds))


def _row_unsealed(stored: bytes) -> Row:
    return _read(_row, stored)


def shared_rows(shared: Shared) -> Parts:
    """Give the rows of what is shared that may have changed since it was last written."""
    rows = {"days": _written(shared.days), "activated": _written(shared.activated)}
    population = shared.population
    if population.common_changed:
        rows["common"] = _written(population.common)
    for number in sorted(population.changed):
        row = population.row(number)
        rows[f"{_MERCHANTS}{number}"] = _written(row) if row else GONE
    customary = shared.customary
    for currency in sorted(customary.changed):
        rows[f"{_CUSTOMS}{currency}"] = _written(customary.customs[currency])
    if customary.frauds_changed:
        rows["frauds"] = _written(customary.frauds)
    return rows


def every_shared_row(shared: Shared) -> Parts:
    """Give every row of what is shared: for comparing, exporting, and tests."""
    rows = shared_rows(shared)
    rows["common"] = _written(shared.population.common)
    for number in range(ROWS):
        if row := shared.population.row(number):
            rows[f"{_MERCHANTS}{number}"] = _written(row)
    for currency, custom in shared.customary.customs.items():
        rows[f"{_CUSTOMS}{currency}"] = _written(custom)
    rows["frauds"] = _written(shared.customary.frauds)
    return {name: row for name, row in rows.items() if row != GONE}


def _written(state: Any) -> bytes:
    return _HEAD + _encode(state)


# What holds nothing is not stored, so that the store does not show how it came to hold nothing.
_EMPTY = (_written(Hot()), _written(History()), _written(Labels()))


def _unless_empty(part: bytes) -> bytes:
    return GONE if part in _EMPTY else part


def _read(decoder: "msgspec.msgpack.Decoder[T]", stored: bytes) -> T:
    try:
        return decoder.decode(_body(stored))
    except msgspec.DecodeError as error:
        raise UnreadableError(f"bytes that are no state ({error})") from error


def _body(stored: bytes) -> bytes:
    _check_layout(stored)
    return stored[1:]


def _check_layout(stored: bytes) -> None:
    if stored[:1] != _HEAD:
        raise UnreadableError(f"a part of layout {stored[:1]!r}, and this build reads {_HEAD!r}")
