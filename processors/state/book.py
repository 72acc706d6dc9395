"""A user's live transactions, the draft that an entry makes of them, and what came of it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import NamedTuple

import msgspec

from processors.state.transaction import Transaction

WINDOW_DAYS = 92
KNOWN_MONTHS = 25
_DAYS_A_WEEK = 7
_IDENTITY_BYTES = 8

Week = dict[int, Transaction]


def _never_sealed(sealed: bytes) -> Week:
    raise AssertionError(f"a new book holds no sealed week, but {len(sealed)} bytes")


class Change(NamedTuple):
    """One transaction before and after an entry; None before it was first seen."""

    before: Transaction | None
    after: Transaction

    def moves(self) -> list[tuple[int, Transaction]]:
        """List what leaves the figures with -1 and what enters them with +1."""
        enters = [(1, self.after)] if self.after.counts else []
        if self.before is None or not self.before.counts:
            return enters
        return [(-1, self.before), *enters]

    @property
    def first_sight(self) -> bool:
        """Say whether the transaction is new."""
        return self.before is None

    @property
    def goes(self) -> bool:
        """Say whether the transaction counted before and does not any more."""
        return self.before is not None and self.before.counts and not self.after.counts


@dataclass(slots=True)
class Book:
    """Transactions of the window by week; identities of older ones by the year they left it.

    A week that was stored stays sealed, as the bytes it was stored as, until somebody looks into
    it. Most weeks are not looked into again, and bytes take a third of the room and no time.
    """

    weeks: dict[int, Week] = field(default_factory=dict)
    known: dict[int, bytes] = field(default_factory=dict)
    sealed: dict[int, bytes] = field(default_factory=dict)
    unseal: Callable[[bytes], Week] = field(default=_never_sealed)
    weeks_changed: set[int] = field(default_factory=set)
    years_changed: set[int] = field(default_factory=set)

    def find(self, identity: int) -> Transaction | None:
        """Find a transaction of the window."""
        for week in self.weeks.values():
            if identity in week:
                return week[identity]
        for number in self._may_hold(identity):
            if (found := self._week(number).get(identity)) is not None:
                return found
        return None

    def _may_hold(self, identity: int) -> list[int]:
        """List the sealed weeks that the identity's bytes occur in; in no other can it be."""
        written = msgspec.msgpack.encode(identity)
        return [number for number, sealed in self.sealed.items() if written in sealed]

    def knows(self, identity: int) -> bool:
        """Say whether a transaction older than the window was seen."""
        return any(_holds(packed, identity) for packed in self.known.values())

    def transactions(self, since: int = 0) -> Iterator[Transaction]:
        """Yield the window's transactions, removed ones too, from the week of a day on."""
        first = week_of(since)
        numbers = sorted({*self.weeks, *self.sealed})
        weeks = [self._week(number) for number in numbers if number >= first]
        return chain.from_iterable([week.values() for week in weeks])

    def put(self, before: Transaction | None, after: Transaction) -> None:
        """Replace a transaction; a corrected date moves it to its new week."""
        number = week_of(after.booked_on)
        if before is not None and week_of(before.booked_on) != number:
            old = week_of(before.booked_on)
            del self._week(old)[before.identity]
            self.weeks_changed.add(old)
        self._week(number)[after.identity] = after
        self.weeks_changed.add(number)

    def _week(self, number: int) -> Week:
        """Give a week to be looked into, or to be begun."""
        if (sealed := self.sealed.pop(number, None)) is not None:
            self.weeks[number] = self.unseal(sealed)
        return self.weeks.setdefault(number, {})

    def pass_day(self, today: int) -> None:
        """Keep only the identities of weeks that left the window, and forget the oldest of them."""
        oldest = week_of(today - WINDOW_DAYS)
        for number in sorted([number for number in (*self.weeks, *self.sealed) if number < oldest]):
            for transaction in self._week(number).values():
                self._remember(transaction, date.fromordinal(today).year)
            del self.weeks[number]
            self.weeks_changed.add(number)
        horizon = date.fromordinal(max(1, today - KNOWN_MONTHS * 31)).year
        for year in sorted([year for year in self.known if year < horizon]):
            del self.known[year]
            self.years_changed.add(year)

    def _remember(self, transaction: Transaction, year: int) -> None:
        packed = self.known.get(year, b"")
        at = _place(packed, transaction.identity)
        own = transaction.identity.to_bytes(_IDENTITY_BYTES, "big")
        self.known[year] = packed[:at] + own + packed[at:]
        self.years_changed.add(year)


@dataclass(slots=True)
class Draft:
    """What the settling processors make of the book; nothing counts until it is committed."""

    book: Book
    _touched: dict[int, Transaction] = field(default_factory=dict)
    _found: dict[int, Transaction | None] = field(default_factory=dict)

    def find(self, identity: int) -> Transaction | None:
        """Find a transaction as this entry left it so far."""
        touched = self._touched.get(identity)
        return touched if touched is not None else self._in_book(identity)

    def _in_book(self, identity: int) -> Transaction | None:
        """Look through the book's weeks, once for each identity: the draft leaves them alone."""
        if identity not in self._found:
            self._found[identity] = self.book.find(identity)
        return self._found[identity]

    def put(self, transaction: Transaction) -> None:
        """Draft a transaction."""
        self._touched[transaction.identity] = transaction

    def touched(self) -> list[Transaction]:
        """List what this entry drafted so far, in order."""
        return list(self._touched.values())

    def commit(self) -> tuple[Change, ...]:
        """Write the draft to the book and give one change for each transaction that differs."""
        changes = []
        for identity, after in self._touched.items():
            before = self._in_book(identity)
            if after == before:
                continue
            told = msgspec.structs.replace(after, told=after.told + 1)
            self.book.put(before, told)
            changes.append(Change(before, told))
        return tuple(changes)


def week_of(day: int) -> int:
    """Number the weeks; a week is a part of the state of its own."""
    return day // _DAYS_A_WEEK


def _place(packed: bytes, identity: int) -> int:
    count = len(packed) // _IDENTITY_BYTES
    index = bisect_left(range(count), identity, key=lambda slot: _at(packed, slot))
    return index * _IDENTITY_BYTES


def _at(packed: bytes, slot: int) -> int:
    start = slot * _IDENTITY_BYTES
    return int.from_bytes(packed[start : start + _IDENTITY_BYTES], "big")


def _holds(packed: bytes, identity: int) -> bool:
    at = _place(packed, identity)
    return at < len(packed) and _at(packed, at // _IDENTITY_BYTES) == identity
