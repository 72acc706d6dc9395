"""What was true of generated lives, row by row, each given on the day on which it is settled."""

from datetime import date
from typing import NamedTuple


class TrueTransaction(NamedTuple):
    """What one published transaction really was; a row for each identity."""

    user_id: str
    account_id: str
    transaction_id: str
    booked_on: date
    amount_minor: int
    """As it stands at the end, after all corrections."""
    currency: str
    category: str
    merchant: str
    published_on: date
    gone_on: date | None = None
    """From when on it is not live any more: removed, replaced, or expired; None for always."""
    replaced_by: str | None = None
    """The id of the same payment as posted, or as given anew after a reconnection."""
    series_id: str | None = None
    cadence: str | None = None
    next_due_on: date | None = None
    transfer_id: str | None = None
    """Equal for both legs of a transfer; of a one-legged one, nobody else has it."""
    other_account_id: str | None = None
    refund_of: str | None = None
    """The transaction id of the purchase that it gives back."""
    event_id: str | None = None
    is_pending: bool = False
    """Whether it never got beyond pending under this id."""
    is_backfill: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        """Name it by user, account and transaction id."""
        return self.user_id, self.account_id, self.transaction_id


class TrueEvent(NamedTuple):
    """Something that a rule should catch, or, where *expected* is no, should not."""

    event_id: str
    user_id: str
    kind: str
    account_id: str | None
    known_on: date
    """The first day on which it could be known."""
    amount_minor: int
    currency: str
    expected: bool
    """Whether a person would want to hear of it."""
    subject: str = ""
    """What it is about beside transactions: a series, a budget."""


class TrueSeries(NamedTuple):
    """A series as it stands at the end."""

    series_id: str
    user_id: str
    account_id: str
    merchant: str
    cadence: str
    amount_minor: int
    currency: str
    next_due_on: date | None
    ended_on: date | None


class TrueBalance(NamedTuple):
    """What an account really held when a month ended, of posted money."""

    user_id: str
    account_id: str
    month: str
    currency: str
    balance_minor: int


Row = TrueTransaction | TrueEvent | TrueSeries | TrueBalance
