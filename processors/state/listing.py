"""A quick way to the transactions that may have to do with another: by what they have in common."""

from collections.abc import Sequence

import msgspec

from processors.state.transaction import Transaction
from processors.state.weekly import Weekly, week_of

_BEGINNING = 4
_encode = msgspec.msgpack.encode

Week = dict[int, Transaction]

Trait = int | str
"""What a transaction is listed under; those that are pending, apart from all others.

Each also says what the stored bytes of a transaction that has it must hold.
"""


def of_amount(amount_minor: int, *, is_pending: bool) -> Trait:
    """Give the trait of having an amount."""
    return amount_minor << 1 | is_pending


def of_payee(merchant_key: str, *, is_pending: bool) -> Trait:
    """Give the trait of having a payee whose key begins as this one does."""
    return ("?" if is_pending else "!") + merchant_key[:_BEGINNING]


def of_hint(identity: int) -> Trait:
    """Give the trait of naming a pending transaction."""
    return f"#{identity}"


def _traits_of(own: Transaction) -> list[Trait]:
    is_pending = own.status == "pending"
    traits = [
        of_amount(own.amount_minor, is_pending=is_pending),
        of_payee(own.merchant_key, is_pending=is_pending),
    ]
    if own.hinted:
        traits.append(of_hint(own.hinted))
    return traits


def _may_be_in(sealed: bytes, trait: Trait) -> bool:
    """Say whether a stored week may hold what has a trait; it is looked into then."""
    if isinstance(trait, int):
        return _encode(trait >> 1) in sealed
    if trait.startswith("#"):
        return _encode(int(trait[1:])) in sealed
    return trait[1:].encode() in sealed


class Listing:
    """The transactions of open weeks by their traits; a week is listed when it is first asked."""

    __slots__ = ("_by_trait", "_listed")

    def __init__(self) -> None:
        self._by_trait: dict[Trait, list[Transaction]] = {}
        self._listed: set[int] = set()

    def having(
        self, weeks: Weekly[Week], traits: Sequence[Trait], first: int, last: int
    ) -> list[Transaction]:
        """Give what has a trait, of some days, once for each trait; no other week is opened."""
        listed, by_trait = self._listed, self._by_trait
        for number in range(week_of(first), week_of(last) + 1):
            if number not in listed and (number in weeks.open or number in weeks.sealed):
                self._list(weeks, number, traits)
        found: list[Transaction] = []
        for trait in traits:
            # Most payments are like no other, and this is asked of every one.
            if trait in by_trait:
                found += [own for own in by_trait[trait] if first <= own.booked_on <= last]
        return found

    def _list(self, weeks: Weekly[Week], number: int, traits: Sequence[Trait]) -> None:
        sealed = weeks.sealed.get(number)
        if sealed is not None and not any(_may_be_in(sealed, trait) for trait in traits):
            return
        if (week := weeks.peek(number)) is not None:
            self._listed.add(number)
            for own in week.values():
                self._add(own)

    def put(self, before: Transaction | None, after: Transaction) -> None:
        """Take over a new version; what is of a week that is not listed waits for that."""
        if before is not None and week_of(before.booked_on) in self._listed:
            for trait in _traits_of(before):
                known = self._by_trait[trait]
                known[:] = [own for own in known if own.identity != before.identity]
        if week_of(after.booked_on) in self._listed:
            self._add(after)

    def _add(self, own: Transaction) -> None:
        for trait in _traits_of(own):
            self._by_trait.setdefault(trait, []).append(own)

    def forget(self) -> None:
        """Forget everything: weeks have left."""
        self._by_trait.clear()
        self._listed.clear()
