"""Bank transactions: as producers import them, and as Penstock publishes them again."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.event import Fact, UserEvent
from schemas.fields import (
    AccountId,
    AmountMinor,
    CalendarDate,
    CategoryId,
    Country,
    Currency,
    Instant,
    MerchantCode,
    Name,
    Revision,
    Share,
    SubjectId,
    TransactionId,
    UserId,
)

Status = Literal["pending", "posted", "removed"]
Kind = Literal[
    "card",
    "transfer",
    "direct_debit",
    "standing_order",
    "cash",
    "fee",
    "interest",
    "salary",
    "refund",
    "other",
]


class TransactionImported(UserEvent):
    """A producer read one transaction, or a correction of it, from a bank."""

    ce_type: ClassVar[str] = "penstock.transaction.imported.v1"

    transaction_id: TransactionId = Field(description="Unique within the user's account.")
    user_id: UserId = Field(description="Whose transaction it is; decides order and partition.")
    account_id: AccountId = Field(description="The account at the bank, as a pseudonym.")
    amount_minor: AmountMinor = Field(
        description="Signed, in the currency's minor unit; negative is money out."
    )
    currency: Currency = Field(description="ISO 4217; never converted, never added across.")
    booked_on: CalendarDate = Field(description="The bank's calendar date; decides the month.")
    description: Annotated[str, Field(max_length=10_000)] = Field(
        description="The bank's text, as it came."
    )
    status: Status = Field(description="removed takes back what was sent under the same id.")
    occurred_at: Instant | None = Field(default=None, description="When it happened, with zone.")
    pending_transaction_id: TransactionId | None = Field(
        default=None, description="The pending transaction that this posted one replaces: a hint."
    )
    revision: Revision | None = Field(
        default=None, description="Grows with each correction; a smaller one is stale."
    )
    kind: Kind | None = Field(default=None, description="The bank's own kind, where it has one.")
    merchant_name: Name | None = Field(default=None, description="As the provider cleaned it.")
    counterparty_account: SubjectId | None = Field(
        default=None, description="The other side's account, already a pseudonym."
    )
    mcc: MerchantCode | None = Field(default=None, description="ISO 18245 merchant category.")
    category_hint: Name | None = Field(default=None, description="The provider's own category.")
    balance_after_minor: AmountMinor | None = Field(
        default=None, description="The account's balance after it, as the bank says."
    )
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2.")
    city: Name | None = Field(default=None, description="Where it happened.")
    provider: SubjectId | None = Field(default=None, description="Who brought it to us.")
    backfill: bool = Field(
        default=False, description="History: it trains and counts, and never alerts."
    )

    def identity(self) -> tuple[str, ...]:
        """Tell corrections apart by status and revision; a repeat has both equal."""
        revision = "" if self.revision is None else str(self.revision)
        return (self.user_id, self.account_id, self.transaction_id, self.status, revision)


class Reason(Fact):
    """Why a transaction was filed as it was: the level that decided, in words and as data."""

    level: Literal[
        "user", "rule", "merchant", "habit", "meant", "usual", "people", "artifact",
        "alias", "brand", "mcc", "keyword", "provider", "hint", "kind", "none",
        "transfer", "refund",
    ]  # fmt: skip
    sentence: Annotated[str, Field(max_length=500)]
    evidence: dict[str, str] = Field(default_factory=dict)


Outcome = Literal["file", "suggest", "ask"]


class Alternative(Fact):
    """Another category that it might have been."""

    category: CategoryId
    confidence: Share


class Merchant(Fact):
    """The other side, readable, with a key that stays the same across spellings."""

    name: Name
    key: Name


LinkKind = Literal["replaces", "replaced_by", "transfer_pair", "refund_of"]


class Link(Fact):
    """A tie between this transaction and another of the same user."""

    kind: LinkKind = Field(
        description="replaces names the pending transaction that it was, or its former id."
    )
    account_id: AccountId
    transaction_id: TransactionId


FlagKind = Literal[
    "fee", "interest", "overdraft", "income", "salary", "refund", "transfer",
    "subscription", "international", "cash", "backfill", "unclear_twin", "unclear_transfer",
]  # fmt: skip


class Flag(Fact):
    """Something true of this transaction, with the reason."""

    kind: FlagKind
    reason: Annotated[str, Field(max_length=500)]


class Unusual(Fact):
    """How unlike the user's other payments a new one is; scores are in thousandths of a nat."""

    outcome: Literal["scored", "insufficient_history"] = Field(
        description="With insufficient history nobody is told, whatever the score."
    )
    surprise_milli: int = Field(description="Of the payment alone; it decides on the alert.")
    episode_milli: int = Field(description="With what went before it; to sort a list by.")
    threshold_milli: int = Field(description="From which surprise on this user is told.")
    history: Annotated[int, Field(ge=0)] = Field(description="Payments of the user's known before.")
    missing: Annotated[int, Field(ge=0)] = Field(description="How many more have to be known.")


class TransactionEnriched(UserEvent):
    """Penstock's view of a transaction changed; the greatest revision is the current view."""

    ce_type: ClassVar[str] = "penstock.transaction.enriched.v1"

    transaction_id: TransactionId
    user_id: UserId
    account_id: AccountId
    revision: Revision = Field(description="1 for the first view; grows by one with each change.")
    status: Status = Field(description="removed for all that counts no more.")
    gone: Literal["removed", "replaced", "expired"] | None = Field(
        default=None, description="Why it counts no more; absent for what does."
    )
    amount_minor: AmountMinor
    currency: Currency
    booked_on: CalendarDate
    category: CategoryId = Field(description="A leaf of the taxonomy, or a category of the user's.")
    taxonomy: Name = Field(description="The taxonomy's id and version, as in penstock/1.")
    confidence: Share = Field(description="How often such a filing turns out right.")
    outcome: Outcome = Field(
        default="file",
        description="suggest: show the alternatives too; ask: only the user can tell.",
    )
    reason: Reason
    alternatives: tuple[Alternative, ...] = ()
    merchant: Merchant | None = None
    links: tuple[Link, ...] = ()
    flags: tuple[Flag, ...] = ()
    models: dict[str, str] = Field(
        default_factory=dict, description="Name and version of each artifact that had a say."
    )
    unusual: Unusual | None = Field(
        default=None,
        description="Given with the first view of what is paid, and with no later one; absent for "
        "what was agreed before, such as standing orders.",
    )

    def identity(self) -> tuple[str, ...]:
        """Name one view of one transaction."""
        return (self.user_id, self.account_id, self.transaction_id, str(self.revision))
