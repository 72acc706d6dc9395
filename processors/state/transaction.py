"""A transaction as the book keeps it: as imported, as filed, and how it stands to others."""

from hashlib import blake2b

from msgspec import Struct

from schemas.taxonomy import UNKNOWN


def identity_of(account_id: str, transaction_id: str) -> int:
    """Shorten an identity to eight bytes; within one user these never meet in practice."""
    name = f"{len(account_id)}:{account_id}{transaction_id}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big")


class Tie(Struct, frozen=True, array_like=True, gc=False):
    """Another transaction of the user: by identity, and by name, for it may leave the window."""

    identity: int
    account_id: str
    transaction_id: str


FILED, SUGGESTED, ASK = range(3)
"""What became of a transaction to be filed: done, offered with others, or left to the user."""


class Filing(Struct, frozen=True, array_like=True, gc=False):
    """What a transaction was filed as by itself, by whom, and how sure that is."""

    category: str = UNKNOWN.id
    level: str = "none"
    because: str = ""
    confidence_percent: int = 0
    """How often such a filing turns out right."""
    outcome: int = ASK
    alternatives: str = ""
    """What else it might be, each category with its per cent; empty where it was filed."""
    version: str = ""
    """The artifact that had a say."""
    raw_percent: int = 0
    """How sure the evidence alone was, before it was held against past answers."""


UNFILED = Filing()
UNCLEAR_TWIN, UNCLEAR_PAIR = 1, 2
_ROLES = UNCLEAR_TWIN | UNCLEAR_PAIR
_CROWDED_SHIFT = 2
"""Each role has a second bit beside it: that too many are near for anything to be clear."""


class Transaction(Struct, frozen=True, array_like=True, gc=False):
    """One transaction at its latest; a removed one stays as its own tombstone.

    It holds no containers, so the garbage collector need not look at the many that are kept.
    """

    identity: int
    account_id: str
    transaction_id: str
    amount_minor: int
    currency: str
    booked_on: int
    status: str
    """Pending or posted, as its bank said last; removed only where nothing else was ever said."""
    revision: int = 0
    kind: str = ""
    merchant: str = ""
    merchant_key: str = ""
    text_digest: int = 0
    counterparty: str = ""
    country: str = ""
    hinted: int = 0
    """The identity of the pending transaction that the provider says it was."""
    connection: int = 0
    """How often its account had been disconnected when it was first seen."""
    resent: bool = False
    """Whether it was first seen after a disconnection, and is of a day not after it."""
    backfill: bool = False
    filing: Filing = UNFILED
    category: str = UNKNOWN.id
    """What its money counts as: the transfer's, or else the purchase's, or else as filed."""
    gone: str = ""
    """Why it does not count: removed, replaced or expired; empty for what does."""
    replaces: Tie | None = None
    replaced_by: Tie | None = None
    pair: Tie | None = None
    unclear_bits: int = 0
    """Whether several others may be its twin, or its pair, and nothing tells which."""
    refund_of: Tie | None = None
    told: int = 0

    @property
    def counts(self) -> bool:
        """Say whether its money is part of any figure."""
        return not self.gone

    @property
    def unclear(self) -> int:
        """Give the roles in which it is unclear."""
        return self.unclear_bits & _ROLES

    def is_crowded(self, role: int) -> bool:
        """Say whether it is unclear in a role because too many are near."""
        return bool(self.unclear_bits & role << _CROWDED_SHIFT)

    def with_unclear(self, role: int, *, is_so: bool, is_crowded: bool) -> int:
        """Give the bits of what is unclear of it once that is settled for one role."""
        crowded = role << _CROWDED_SHIFT
        others = self.unclear_bits & ~(role | crowded)
        return others | (role | crowded if is_crowded else role if is_so else 0)

    @property
    def tie(self) -> Tie:
        """Name it, for others to be tied to."""
        return Tie(self.identity, self.account_id, self.transaction_id)
