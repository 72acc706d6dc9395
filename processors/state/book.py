"""A user's live transactions, the draft that an entry makes of them, and what came of it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import NamedTuple

import msgspec

from processors.state.listing import Listing, Trait, Week
from processors.state.transaction import Transaction
from processors.state.weekly import Weekly, week_of
from schemas.journal import Taught

WINDOW_DAYS = 92
KNOWN_MONTHS = 25
_IDENTITY_BYTES = 8


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
    def of_former(self) -> bool:
        """Say whether the transaction was known before, if under another id."""
        return self.before is not None or self.after.replaces is not None

    @property
    def goes(self) -> bool:
        """Say whether the transaction counted before and does not any more."""
        return self.before is not None and self.before.counts and not self.after.counts


@dataclass(slots=True)
class Book:
    """Transactions of the window by week; identities of older ones by the year they left it."""

    weeks: Weekly[Week] = field(default_factory=lambda: Weekly[Week](dict))
    known: dict[int, bytes] = field(default_factory=dict)
    years_changed: set[int] = field(default_factory=set)
    listing: Listing = field(default_factory=Listing)

    def find(self, identity: int) -> Transaction | None:
        """Find a transaction of the window."""
        for week in self.weeks.open.values():
            if identity in week:
                return week[identity]
        for number in self._may_hold(identity):
            week_found = self.weeks.peek(number)
            if week_found is not None and identity in week_found:
                return week_found[identity]
        return None

    def _may_hold(self, identity: int) -> list[int]:
        """List the sealed weeks that the identity's bytes occur in; in no other can it be."""
        written = msgspec.msgpack.encode(identity)
        return [number for number, sealed in self.weeks.sealed.items() if written in sealed]

    def knows(self, identity: int) -> bool:
        """Say whether a transaction older than the window was seen."""
        return any(_holds(packed, identity) for packed in self.known.values())

    def transactions(self, since: int = 0) -> Iterator[Transaction]:
        """Yield the window's transactions, those that are gone too, from the week of a day on."""
        first = week_of(since)
        weeks = [self.weeks.peek(number) for number in self.weeks.numbers if number >= first]
        return chain.from_iterable([week.values() for week in weeks if week is not None])

    def put(self, before: Transaction | None, after: Transaction) -> None:
        """Replace a transaction; a corrected date moves it to its new week."""
        number = week_of(after.booked_on)
        if before is not None and (old := week_of(before.booked_on)) != number:
            del self.weeks.change(old)[before.identity]
        self.weeks.change(number)[after.identity] = after
        self.listing.put(before, after)

    def having(self, traits: Sequence[Trait], first: int, last: int) -> list[Transaction]:
        """List what has one of some traits, of some days."""
        return self.listing.having(self.weeks, traits, first, last)

    def pass_day(self, today: int) -> list[Transaction]:
        """Keep only the identities of weeks that leave the window; gives what left.

        The oldest identities are forgotten.
        """
        left: list[Transaction] = []
        oldest = oldest_week(today)
        for number in [number for number in self.weeks.numbers if number < oldest]:
            left += (self.weeks.peek(number) or {}).values()
            self.weeks.drop(number)
        if left:
            self.listing.forget()
        for transaction in left:
            self._remember(transaction, date.fromordinal(today).year)
        horizon = date.fromordinal(max(1, today - KNOWN_MONTHS * 31)).year
        for year in sorted([year for year in self.known if year < horizon]):
            del self.known[year]
            self.years_changed.add(year)
        return left

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
    left: list[Transaction] = field(default_factory=list)
    """What has left the window with this entry."""
    taught: list[Taught] = field(default_factory=list)
    """What this entry teaches all users of the partition; they learn it from the journal."""
    _touched: dict[int, Transaction] = field(default_factory=dict)
    _found: dict[int, Transaction | None] = field(default_factory=dict)

    def find(self, identity: int) -> Transaction | None:
        """Find a transaction as this entry left it so far."""
        touched = self._touched.get(identity)
        return touched if touched is not None else self.before(identity)

    def before(self, identity: int) -> Transaction | None:
        """Find a transaction as it was before this entry: the draft leaves the book alone."""
        if identity not in self._found:
            self._found[identity] = self.book.find(identity)
        return self._found[identity]

    def between(self, first: int, last: int) -> list[Transaction]:
        """List the transactions of some days, as this entry left them so far."""
        touched = self._touched
        found = [
            own
            for week in self.book.weeks.between(week_of(first), week_of(last))
            for own in week.values()
            if first <= own.booked_on <= last and own.identity not in touched
        ]
        return found + [own for own in touched.values() if first <= own.booked_on <= last]

    def having(self, traits: Sequence[Trait], first: int, last: int) -> list[Transaction]:
        """List what has one of some traits, of some days, and all that this entry has drafted."""
        touched = self._touched
        now = [own for own in touched.values() if first <= own.booked_on <= last]
        if found := self.book.having(traits, first, last):
            now += [own for own in found if own.identity not in touched]
        return now

    def put(self, transaction: Transaction) -> None:
        """Draft a transaction."""
        self._touched[transaction.identity] = transaction

    @property
    def is_empty(self) -> bool:
        """Say whether the entry has changed nothing so far, and nothing left the window."""
        return not (self._touched or self.left)

    def touched(self) -> list[Transaction]:
        """List what this entry drafted so far, in order."""
        return list(self._touched.values())

    def commit(self) -> tuple[Change, ...]:
        """Write the draft to the book and give one change for each transaction that differs."""
        changes = []
        for identity, after in sorted(self._touched.items()):
            before = self.before(identity)
            if after == before:
                continue
            told = msgspec.structs.replace(after, told=after.told + 1)
            self.book.put(before, told)
            changes.append(Change(before, told))
        return tuple(changes)


def oldest_week(today: int) -> int:
    """Give the oldest week of the window by a day."""
    return week_of(today - WINDOW_DAYS)


def _place(packed: bytes, identity: int) -> int:
    count = len(packed) // _IDENTITY_BYTES
    index = bisect_left(range(count), identity, key=lambda slot: _at(packed, slot))
    return index * _IDENTITY_BYTES


def _at(packed: bytes, slot: int) -> int:
    start = slot * _IDENTITY_BYTES
    return int.from_bytes(packed[start : start + _IDENTITY_BYTES], "big")


def _holds(packed: bytes, identity: int) -> bool:
    """Look for the bytes themselves: faster than halving, and found off the grid once in an age."""
    own, at = identity.to_bytes(_IDENTITY_BYTES, "big"), -1
    while (at := packed.find(own, at + 1)) >= 0:
        if at % _IDENTITY_BYTES == 0:
            return True
    return False
