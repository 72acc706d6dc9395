"""What is remembered of budgets and goals, how they stand, and what is said of them once.

Days count from year 1. Shares and rates are in permille: no figure of money is ever a float.
"""

from dataclasses import dataclass

from msgspec import Struct, field

from processors.state.periods import Period

NOT_YET = 0
"""The day of what has not happened."""


class BudgetMemory(Struct, array_like=True):
    """A budget's limits, each with the first day of the period from which it holds.

    What was spent is not kept: it is read from the months and weeks, so a late transaction changes
    what is carried over as it changes everything else.
    """

    subject: str
    """What it is about: once that changes, it is another budget."""
    limits: list[tuple[int, int]]
    exceeded: int = NOT_YET
    """The first day of the last period in which it was said to be exceeded."""

    @property
    def since(self) -> int:
        """Give the first day of the first period that can be carried over."""
        return self.limits[0][0]

    def limit_in(self, first: int) -> int:
        """Give the limit that a period had; before the first, what that was."""
        in_force = [limit for since, limit in self.limits if since <= first]
        return in_force[-1] if in_force else self.limits[0][1]


class GoalMemory(Struct, array_like=True, gc=False):
    """Where a goal began, and on which days it was reached or missed."""

    subject: str
    """What it is about: once that changes, it is another goal."""
    terms: str
    """How far it goes and until when: once that changes, it may be reached again."""
    start_minor: int | None = None
    is_start_reported: bool = False
    reached_on: int = NOT_YET
    missed_on: int = NOT_YET


class Plans(Struct, array_like=True):
    """The user's budgets and goals by id."""

    budgets: dict[str, BudgetMemory] = field(default_factory=dict)
    goals: dict[str, GoalMemory] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BudgetPosition:
    """How a budget stands in the period that today lies in."""

    budget_id: str
    subject: str
    period: Period
    currency: str
    first_day: int
    last_day: int
    days_left: int
    limit_minor: int
    carried_minor: int
    """What earlier periods left, or, below zero, what they spent too much."""
    spent_minor: int
    left_minor: int
    """What the limit and what was carried over still allow; below zero, what is too much."""
    share_permille: int | None
    """What of the allowed is spent, rounded down; None where nothing was allowed."""
    pace_minor: int
    """What will be spent by the last day at the rate of the days so far, rounded down."""

    @property
    def is_exceeded(self) -> bool:
        """Say whether too much was spent; where nothing was spent, nobody can have spent less."""
        return self.left_minor < 0 < self.spent_minor


@dataclass(frozen=True, slots=True)
class TowardAmount:
    """How far a balance has come on its way from a start to a target."""

    start_minor: int
    now_minor: int
    target_minor: int
    saved_minor: int
    left_minor: int
    share_permille: int
    pace_minor: int
    """What a month brought lately, rounded down."""
    needed_minor: int | None
    """What each month until the goal's day must bring, rounded up; None without a day."""
    lasts_permille: int | None = None
    """For how many thousandths of a month the money would last; only for an emergency fund."""


@dataclass(frozen=True, slots=True)
class TowardRate:
    """What share of its income a month has left; None where there was no income."""

    wished_permille: int
    this_month_permille: int | None
    last_month_permille: int | None


@dataclass(frozen=True, slots=True)
class GoalPosition:
    """How a goal stands; what was reached stays so when the money is spent."""

    goal_id: str
    kind: str
    currency: str
    by: int | None
    toward: TowardAmount | TowardRate | None
    """None until something is known of the money that the goal is about."""
    reached_on: int | None
    missed_on: int | None


@dataclass(frozen=True, slots=True)
class BudgetExceeded:
    """More was spent in this period than a budget allows; said once a period and limit."""

    budget: BudgetPosition


@dataclass(frozen=True, slots=True)
class GoalReached:
    """A goal was reached; said once, unless the user moves the goal."""

    goal: GoalPosition


@dataclass(frozen=True, slots=True)
class GoalMissed:
    """A goal's day has passed and it is not reached; said once, unless the user moves the goal."""

    goal: GoalPosition


PlanNote = BudgetExceeded | GoalReached | GoalMissed
