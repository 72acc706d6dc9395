"""Notes: what a processor noticed, for the processors after it and for those that speak."""

from dataclasses import dataclass
from typing import Literal

from processors.state.planning import BudgetExceeded, GoalMissed, GoalReached
from processors.state.transaction import Transaction
from schemas.journal import KnownPayment, SeenPayment


@dataclass(frozen=True, slots=True)
class Assessed:
    """How unusual a payment is, in thousandths of a nat, or how much is missing to say so."""

    identity: int
    surprise_milli: int
    """Of the payment alone: this decides whether the user is told."""
    episode_milli: int
    """With what went shortly before it."""
    threshold_milli: int
    """For this user, now."""
    history: int
    """How many payments of the user's were known."""
    missing: int
    """How many more have to be known; 0 where it is enough."""


@dataclass(frozen=True, slots=True)
class Against:
    """What the user's payments are like, against which one was held."""

    category: str
    usual_minor: int
    of_category: int
    """How many payments of its category were known."""
    around_hour: int
    """How many were made within an hour of it."""
    at_hours: int
    """Of how many it is known when they were made."""
    day_minor: int
    """What was paid within about a day, with it."""
    usual_day_minor: int
    hour: int


@dataclass(frozen=True, slots=True)
class Surprise:
    """A payment was far from what the user's payments usually are."""

    transaction: Transaction
    assessed: Assessed
    began_with: int
    """The payment that began the episode; its own identity where it did."""
    score_milli: int
    threshold_milli: int
    """What the score had to reach: that of an episode, for one that goes on."""
    contributions: tuple[tuple[str, int], ...]
    """What adds up to the score."""
    against: Against
    quiet_below_minor: int

    @property
    def goes_on(self) -> bool:
        """Say whether it belongs to an episode that the user was told of."""
        return self.began_with != self.transaction.identity


@dataclass(frozen=True, slots=True)
class MonthEnded:
    """A month is over, and what was spent and received in it can be told."""

    month: int


@dataclass(frozen=True, slots=True)
class SpendingExpected:
    """What will probably be spent in a month, and how far off such figures were before."""

    month: int
    made_on: int
    currency: str
    point_minor: int
    errors_minor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DuplicateCharge:
    """A shop took the same amount twice, and nothing says that both were meant."""

    key: int
    first: Transaction
    again: Transaction


@dataclass(frozen=True, slots=True)
class CardTesting:
    """Several small charges at several shops came at once, perhaps with a large one after them."""

    key: int
    charges: tuple[Transaction, ...]
    """All of them, in order of identity: which are small is for the rule to say."""


@dataclass(frozen=True, slots=True)
class ManyPayments:
    """A card was used more often within an hour or a day than is usual at most."""

    key: int
    payments: tuple[Transaction, ...]
    in_an_hour: int
    in_an_hour_most: int
    in_a_day: int
    in_a_day_most: int


@dataclass(frozen=True, slots=True)
class UnusualPlace:
    """A payment was made where the user has not been, or cannot be by now."""

    key: int
    payment: Transaction
    usual: tuple[str, ...]
    """The countries that are known, the latest first."""
    is_new: bool
    far_from: str = ""
    """Where the user was *minutes* before, too far away to travel from."""
    minutes: int = 0
    other: Transaction | None = None


@dataclass(frozen=True, slots=True)
class DormantAccount:
    """Money went out of an account that had not moved for long."""

    key: int
    payment: Transaction
    still_days: int


@dataclass(frozen=True, slots=True)
class NewPayeeLarge:
    """Much more than ever before was sent to somebody who had never been sent anything."""

    key: int
    payment: Transaction
    sent_most_minor: int


@dataclass(frozen=True, slots=True)
class UnusualCash:
    """More cash was taken on a day than the user takes."""

    key: int
    withdrawal: Transaction
    taken_minor: int
    """On that day in all, this withdrawal with it."""
    usual_minor: int
    most_minor: int
    history: int


@dataclass(frozen=True, slots=True)
class BalanceMismatch:
    """What a bank says that an account holds is not what its transactions add up to."""

    key: int
    account_id: str
    currency: str
    difference_minor: int
    since: int


Ending = Literal["resolved", "retracted"]


@dataclass(frozen=True, slots=True)
class PatternEnded:
    """What a rule was told of is over: its payments were taken back, or given back."""

    rule_id: str
    key: int
    how: Ending


Pattern = (
    DuplicateCharge
    | CardTesting
    | ManyPayments
    | UnusualPlace
    | DormantAccount
    | NewPayeeLarge
    | UnusualCash
    | BalanceMismatch
)
"""What `watch` finds; a rule of the alerts tells of each."""

Note = (
    Assessed
    | Surprise
    | SeenPayment
    | KnownPayment
    | MonthEnded
    | SpendingExpected
    | BudgetExceeded
    | GoalReached
    | GoalMissed
    | Pattern
    | PatternEnded
)
