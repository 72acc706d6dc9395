"""A transaction as the recount keeps it, and how it is named."""

from dataclasses import dataclass
from typing import NamedTuple

from models.descriptor import read_descriptor
from processors.state.payee import stem_of
from schemas.transactions import TransactionImported


class Filed(NamedTuple):
    """What a transaction was filed as by itself, and by whom: all that a recount is told."""

    category: str
    level: str


class Imported(NamedTuple):
    """What a bank says of a transaction, as far as money depends on it."""

    amount_minor: int
    currency: str
    day: int
    status: str
    kind: str
    source: str
    text: tuple[str | None, ...]
    counterparty: str
    pending_id: str

    @classmethod
    def of(cls, event: TransactionImported) -> "Imported":
        """Read what an event says."""
        return cls(
            event.amount_minor,
            event.currency,
            event.booked_on.toordinal(),
            event.status,
            event.kind or "",
            read_descriptor(event.merchant_name or event.description).key,
            (event.description, event.merchant_name, event.mcc, event.category_hint, event.kind),
            event.counterparty_account or "",
            (event.pending_transaction_id or "") if event.status == "posted" else "",
        )

    @property
    def payee(self) -> str:
        """Give what spellings of one payee begin with; empty where none is named."""
        return stem_of(self.source)

    @property
    def looks(self) -> tuple[object, ...]:
        """Give what two sights of one transaction have in common, whatever its id is."""
        return self.day, self.amount_minor, self.currency, self.text


NOT_FILED = Filed("unknown.unknown", "none")


@dataclass(slots=True, eq=False)
class Row:
    """One transaction at its latest, and how it stands to others."""

    account: str
    name: str
    now: Imported
    revision: int
    connection: int = 0
    """How often its account had been disconnected when it was first seen."""
    is_resent: bool = False
    is_removed: bool = False
    has_left: bool = False
    filed: Filed = NOT_FILED
    gone: str = ""
    category: str = ""
    replaces: "Row | None" = None
    replaced_by: "Row | None" = None
    pair: "Row | None" = None
    refund_of: "Row | None" = None
    is_unclear_twin: bool = False
    is_unclear_pair: bool = False

    @property
    def counts(self) -> bool:
        """Say whether its money is part of any figure."""
        return not self.gone


def name_of(row: Row | None) -> str:
    """Name a row, or none."""
    return "" if row is None else f"{row.account} {row.name}"
