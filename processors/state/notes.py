"""Notes: what a processor noticed, for the processors after it and for those that speak."""

from dataclasses import dataclass

from processors.state.planning import BudgetExceeded, GoalMissed, GoalReached
from processors.state.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Surprise:
    """A payment was far larger than the user's payments usually are."""

    transaction: Transaction
    score_milli: int
    threshold_milli: int
    history: int
    usual_minor: int
    quiet_below_minor: int


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


Note = Surprise | MonthEnded | SpendingExpected | BudgetExceeded | GoalReached | GoalMissed
