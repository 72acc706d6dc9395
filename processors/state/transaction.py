"""A transaction as the book keeps it."""

from hashlib import blake2b

from msgspec import Struct

from schemas.taxonomy import UNKNOWN


def identity_of(account_id: str, transaction_id: str) -> int:
    """Shorten an identity to eight bytes; within one user these never meet in practice."""
    name = f"{len(account_id)}:{account_id}{transaction_id}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big")


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
    revision: int = 0
    kind: str = ""
    merchant: str = ""
    merchant_key: str = ""
    text_digest: int = 0
    category: str = UNKNOWN.id
    level: str = "none"
    because: str = ""
    confidence_percent: int = 0
    twin: int = 0
    twin_transaction_id: str = ""
    backfill: bool = False
    told: int = 0

    @property
    def counts(self) -> bool:
        """Say whether its money is part of any figure."""
        return self.status != "removed"
