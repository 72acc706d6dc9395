"""A quick way to the transactions that may have to do with another: by what they have in common."""

from typing import NamedTuple

import msgspec

from processors.state.transaction import Transaction
from processors.state.weekly import Weekly, week_of

_BEGINNING = 4
_encode = msgspec.msgpack.encode

Week = dict[int, Transaction]


class Trait(NamedTuple):
    """What to look for: an amount, or the beginning of a payee's key, or whom it names.

    Each is also what the stored bytes of a transaction that has it must hold. Those that are
    pending are listed apart from all others.
    """

    amount_minor: int
    is_pending: bool
    beginning: str = ""
    named: int = 0

    @property
    def keys(self) -> tuple[int | str, ...]:
        """Give the keys under which a listing holds what has the trait."""
        keys: tuple[int | str, ...] = (self.amount_minor << 1 | self.is_pending,)
        if self.beginning:
            keys += (f"?{self.beginning}" if self.is_pending else self.beginning,)
        return (*keys, f"#{self.named}") if self.named else keys

    def may_be_in(self, sealed: bytes) -> bool:
        """Say whether a stored week may hold what has the trait; it is looked into then."""
        return (
            _encode(self.amount_minor) in sealed
            or (bool(self.beginning) and self.beginning.encode() in sealed)
            or (bool(self.named) and _encode(self.named) in sealed)
        )


def beginning_of(merchant_key: str) -> str:
    """Give the beginning of a payee's key by which it is listed."""
    return merchant_key[:_BEGINNING]


def _traits_of(own: Transaction) -> Trait:
    is_pending = own.status == "pending"
    return Trait(own.amount_minor, is_pending, beginning_of(own.merchant_key), own.hinted)


class Listing:
    """The transactions of open weeks by their traits; a week is listed when it is first asked."""

    __slots__ = ("_by_key", "_listed")

    def __init__(self) -> None:
        self._by_key: dict[int | str, list[Transaction]] = {}
        self._listed: set[int] = set()

    def having(self, weeks: Weekly[Week], trait: Trait, first: int, last: int) -> list[Transaction]:
        """Give what has a trait, of some days, once for each trait; no other week is opened."""
        listed, by_key = self._listed, self._by_key
        for number in range(week_of(first), week_of(last) + 1):
            if number not in listed and (number in weeks.open or number in weeks.sealed):
                self._list(weeks, number, trait)
        found: list[Transaction] = []
        for key in trait.keys:
            # Most payments are like no other, and this is asked of every one.
            if key in by_key:
                found += [own for own in by_key[key] if first <= own.booked_on <= last]
        return found

    def _list(self, weeks: Weekly[Week], number: int, trait: Trait) -> None:
        sealed = weeks.sealed.get(number)
        if sealed is not None and not trait.may_be_in(sealed):
            return
        if (week := weeks.peek(number)) is not None:
            self._listed.add(number)
            for own in week.values():
                self._add(own)

    def put(self, before: Transaction | None, after: Transaction) -> None:
        """Take over a new version; what is of a week that is not listed waits for that."""
        if before is not None and week_of(before.booked_on) in self._listed:
            for key in _traits_of(before).keys:
                known = self._by_key[key]
                known[:] = [own for own in known if own.identity != before.identity]
        if week_of(after.booked_on) in self._listed:
            self._add(after)

    def _add(self, own: Transaction) -> None:
        for key in _traits_of(own).keys:
            self._by_key.setdefault(key, []).append(own)

    def forget(self) -> None:
        """Forget everything: weeks have left."""
        self._by_key.clear()
        self._listed.clear()
