"""What an entry changed of a transaction, member by member."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from processors.state.transaction import UNCLEAR_PAIR, UNCLEAR_TWIN, Filing, Tie, Transaction
from processors.state.user import User
from processors.transfers import APART_DAYS_MAX
from processors.twins import EXPIRES_DAYS

_TOLD = (
    *("status", "gone", "revision", "amount_minor", "currency", "booked_on"),
    *("kind", "merchant", "counterparty", "country", "backfill"),
    *("filing", "category", "replaces", "replaced_by", "pair", "unclear", "refund_of"),
)
_ROLES = {UNCLEAR_TWIN: "twin", UNCLEAR_PAIR: "pair"}


class Name(NamedTuple):
    """A transaction of the user's, as its producer names it."""

    account_id: str
    transaction_id: str

    @classmethod
    def of(cls, own: Transaction | Tie) -> "Name":
        """Name a transaction, or one that is tied to."""
        return cls(own.account_id, own.transaction_id)


@dataclass(frozen=True, slots=True)
class Difference:
    """One member before and after; None where there was nothing, or is nothing now."""

    member: str
    before: Any
    after: Any


def differences(before: Transaction | None, after: Transaction | None) -> list[Difference]:
    """List what differs of a transaction, in the order in which a person asks for it."""
    was, now = told_of(before), told_of(after)
    return [
        Difference(member, was.get(member), now.get(member))
        for member in _TOLD
        if was.get(member) != now.get(member)
    ]


def told_of(own: Transaction | None) -> dict[str, Any]:
    """Give a transaction's members that say anything, as JSON has them."""
    if own is None:
        return {}
    told = {member: _plain(member, getattr(own, member)) for member in _TOLD}
    return {member: value for member, value in told.items() if value not in (None, "", False, [])}


def _plain(member: str, value: Any) -> Any:
    if isinstance(value, Tie):
        return Name.of(value)._asdict()
    if isinstance(value, Filing):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if member == "booked_on":
        return date.fromordinal(value).isoformat()
    if member == "unclear":
        return [role for flag, role in _ROLES.items() if value & flag]
    return value


def unclear_with(user: User, own: Transaction) -> list[Name]:
    """Name those of which it cannot be told whether they belong to a transaction."""
    return sorted(
        Name.of(other)
        for other in user.book.transactions(since=own.booked_on - EXPIRES_DAYS)
        if other.currency == own.currency and (_rival_pair(own, other) or _rival_twin(own, other))
    )


def _rival_pair(own: Transaction, other: Transaction) -> bool:
    return (
        bool(own.unclear & other.unclear & UNCLEAR_PAIR)
        and own.account_id != other.account_id
        and own.amount_minor == -other.amount_minor
        and abs(own.booked_on - other.booked_on) <= APART_DAYS_MAX
    )


def _rival_twin(own: Transaction, other: Transaction) -> bool:
    return (
        bool(own.unclear & other.unclear & UNCLEAR_TWIN)
        and own.account_id == other.account_id
        and own.identity != other.identity
        and (own.amount_minor < 0) == (other.amount_minor < 0)
        and abs(own.booked_on - other.booked_on) <= EXPIRES_DAYS
    )
