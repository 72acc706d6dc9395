"""Notes: what a processor noticed, for the processors after it and for those that speak."""

from dataclasses import dataclass

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
)
