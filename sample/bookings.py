"""What truly happens: accounts at banks, series of payments, and money that moves."""

from dataclasses import dataclass
from datetime import date

from sample.payees import Payee
from schemas.accounts import AccountType
from schemas.transactions import Kind


@dataclass(frozen=True, slots=True)
class Bank:
    """What a bank, or the provider between, makes of what happens: how it writes and sends it."""

    provider: str
    style: str
    """The name of its way of writing texts: a key of `sample.wording.texts.STYLES`."""
    names_merchants: bool
    tells_mcc: bool
    tells_minute: bool
    tells_balance: bool
    links_pending: bool
    """Whether a posted payment names the pending one that it replaces."""
    keeps_pending_id: bool
    """Whether a posted payment keeps the id that it had while pending."""
    pending_permille: int
    """How many card payments it shows before they are posted."""
    removes_pending: bool
    """Whether it takes a pending payment back that never posts, or just falls silent about it."""
    repeat_permille: int
    batches_weekends: bool
    """Whether what happens on a weekend is sent on Monday."""
    wrong_mcc_permille: int = 0


@dataclass(eq=False, slots=True)
class Account:
    """An account; below zero is owed."""

    account_id: str
    type: AccountType
    currency: str
    bank: Bank
    balance_minor: int = 0
    """What its owner can see: all that has happened, posted or not."""
    booked_minor: int = 0
    """What has been posted: the balance that the bank reports."""
    limit_minor: int = 0
    """How far below zero it may go."""
    rate: str | None = None
    """Per cent a year, as decimal text."""
    minimum_payment_minor: int | None = None
    is_closed: bool = False
    revision: int = 0

    @property
    def spare_minor(self) -> int:
        """Say how much can still be paid from it."""
        return self.balance_minor + self.limit_minor


@dataclass(eq=False, slots=True)
class Series:
    """Payments that come again and again, and when the next is due."""

    series_id: str
    account: Account
    cadence: str
    """weekly, fortnightly, four_weekly, monthly, quarterly or yearly."""
    payee: Payee
    amount_minor: int
    next_on: date
    day_of_month: int = 0
    """The day a monthly, quarterly or yearly one is due on; the last, in shorter months."""
    ended_on: date | None = None


@dataclass(eq=False, slots=True)
class Booking:
    """Money that moved on an account: what the bank knows of it, and what it was for in truth."""

    account: Account
    payee: Payee
    amount_minor: int
    on: date
    kind: Kind
    minute: int | None = None
    """The minute of the day, by the clock at home."""
    purpose: str = ""
    other: Account | None = None
    """The household's own account on the other side."""
    foreign: tuple[int, str] | None = None
    """What was paid abroad: minor units, and their currency."""
    series: Series | None = None
    due_on: date | None = None
    """The day that the series said."""
    transfer_id: str | None = None
    """The transfer of which it is one leg; the other has the same."""
    refund_of: "Booking | None" = None
    event: str | None = None
    """The event of life, or of crime, that it belongs to."""
    is_settled: bool = False
    """Whether the bank posts it at once, without a time of pending."""
    transaction_id: str = ""
    """The id under which it ends up posted, once the bank has given one."""
    posted_on: date | None = None
    """When it is posted, once that is known; None for what never is."""
    seen_on: date | None = None
    """When the feed tells of it at all, perhaps as pending."""
    published_on: date | None = None
    """When the feed tells of it as posted."""

    @property
    def told_on(self) -> date:
        """Give the day on which the feed tells of it first."""
        return self.seen_on or self.on
