"""Remember what budgets and goals need, and notice when one is exceeded, reached or missed."""

from collections.abc import Iterator

from msgspec.structs import replace

from processors.state.budgets import PERIODS_CARRIED, Spending, budget_position
from processors.state.goals import (
    HAVE_A_START,
    Holding,
    goal_position,
    holding_of,
    is_missed,
    is_reached,
)
from processors.state.periods import first_day_of, periods_before
from processors.state.planning import (
    BudgetExceeded,
    BudgetMemory,
    GoalMemory,
    GoalMissed,
    GoalReached,
    PlanNote,
    Plans,
)
from processors.state.sections import Section
from processors.state.shared import LONG_AGO
from processors.state.user import User
from processors.state.view import View
from processors.state.wishes import Wishes, wishes_of
from schemas.accounts import AccountUpdated
from schemas.journal import DayPassed
from schemas.preferences import Budget, Goal, SettingsChanged

Planned = Section[None, Plans]
Moved = set[tuple[str, str]]
"""The currencies and categories in which an entry moved money."""


def plan(section: Planned, view: View) -> list[PlanNote]:
    """Follow the user's plans; look at those that the entry may have moved."""
    is_chosen = isinstance(view.entry.event, SettingsChanged)
    if not (is_chosen or section.cold.budgets or section.cold.goals):
        return []
    wishes = wishes_of(view.user.preferences.cold)
    if is_chosen or isinstance(view.entry.event, DayPassed):
        _follow(section, wishes, view.today)
    moved = _moved(view)
    is_due = is_chosen or isinstance(view.entry.event, DayPassed | AccountUpdated)
    if view.today == LONG_AGO or not (moved or is_due):
        return []
    notes: list[PlanNote] = []
    if section.cold.budgets:
        notes += _exceeded(section, view, wishes, moved)
    if section.cold.goals:
        notes += _goals(section, view, wishes, {currency for currency, _ in moved})
    return notes


# What must be remembered follows the user's preferences.


def _follow(section: Planned, wishes: Wishes, today: int) -> None:
    """Take up what is new or has changed, and forget what is gone."""
    known = section.cold
    budgets = {
        budget.budget_id: _budget_memory(known.budgets.get(budget.budget_id), budget, today)
        for budget in wishes.budgets
    }
    goals = {
        goal.goal_id: _goal_memory(known.goals.get(goal.goal_id), goal) for goal in wishes.goals
    }
    if (budgets, goals) != (known.budgets, known.goals):
        plans = section.change_cold()
        plans.budgets, plans.goals = budgets, goals


def _budget_memory(known: BudgetMemory | None, budget: Budget, today: int) -> BudgetMemory:
    """Begin a budget in the period of today; before any day has passed, with the first that does.

    A changed limit counts from the period in which it was changed.
    """
    subject = f"{budget.subject} {budget.period} {budget.currency}"
    first = LONG_AGO if today == LONG_AGO else first_day_of(budget.period, today)
    if known is None or known.subject != subject or known.since == LONG_AGO:
        return BudgetMemory(subject, [(first, budget.limit_minor)])
    if known.limit_in(first) == budget.limit_minor:
        return known
    earlier = [(since, limit) for since, limit in known.limits if since < first]
    oldest = min(periods_before(budget.period, first, known.since, PERIODS_CARRIED), default=first)
    while len(earlier) > 1 and earlier[1][0] <= oldest:
        del earlier[0]
    return BudgetMemory(subject, [*earlier, (first, budget.limit_minor)])


def _goal_memory(known: GoalMemory | None, goal: Goal) -> GoalMemory:
    """Begin a goal; one that is moved keeps its start, and may be reached again."""
    subject = f"{goal.kind} {goal.currency} {goal.account_id}"
    terms = f"{goal.amount_minor} {goal.by} {goal.rate} {goal.months}"
    if known is None or known.subject != subject:
        return GoalMemory(subject, terms)
    if known.terms == terms:
        return known
    return GoalMemory(subject, terms, known.start_minor, known.is_start_reported)


# What is noticed, each once.


def _exceeded(
    section: Planned, view: View, wishes: Wishes, moved: Moved
) -> Iterator[BudgetExceeded]:
    """Notice the budgets of which too much is spent for the first time in this period."""
    spending = Spending(view.user, wishes)
    may_begin = isinstance(view.entry.event, DayPassed | SettingsChanged)
    concerned = {
        (currency, subject) for currency, category in moved for subject in wishes.line_of(category)
    }
    for budget in wishes.budgets:
        if not (may_begin or (budget.currency, budget.subject) in concerned):
            continue
        memory = section.cold.budgets[budget.budget_id]
        first = first_day_of(budget.period, view.today)
        is_due = (budget.currency, budget.subject) in concerned or _begins(view, first, memory)
        if memory.exceeded == first or not is_due:
            continue
        # Most are far from it, and without a rollover that is quickly seen.
        if not budget.rollover and spending.of(budget, first) <= budget.limit_minor:
            continue
        position = budget_position(spending, budget, memory, view.today)
        if position.is_exceeded:
            section.change_cold().budgets[budget.budget_id].exceeded = first
            yield BudgetExceeded(position)


def _begins(view: View, first: int, memory: BudgetMemory) -> bool:
    """Say whether a budget or its period is new: what is over it may have been spent before."""
    if isinstance(view.entry.event, DayPassed):
        # The first period of all may have begun before any day had passed for the user.
        return first in {view.today, memory.since}
    return isinstance(view.entry.event, SettingsChanged)


def _goals(
    section: Planned, view: View, wishes: Wishes, currencies: set[str]
) -> Iterator[GoalReached | GoalMissed]:
    """Notice the goals that are reached or missed now, and were not before."""
    is_due = isinstance(view.entry.event, SettingsChanged | DayPassed | AccountUpdated)
    for goal in wishes.goals:
        if section.cold.goals[goal.goal_id].reached_on:
            continue
        if is_due or goal.currency in currencies:
            memory = _started(section, view.user, goal)
            if is_reached(view.user, goal, memory, view.today):
                memory = _keep(section, goal, replace(memory, reached_on=view.today))
                yield GoalReached(goal_position(view.user, goal, memory, view.today))
            elif is_missed(goal, view.today) and not memory.missed_on:
                memory = _keep(section, goal, replace(memory, missed_on=view.today))
                yield GoalMissed(goal_position(view.user, goal, memory, view.today))


def _started(section: Planned, user: User, goal: Goal) -> GoalMemory:
    """Remember what the goal's accounts held when it was set, or when their banks first said so."""
    memory = section.cold.goals[goal.goal_id]
    holding = holding_of(user, goal) if goal.kind in HAVE_A_START else None
    if holding is None or not _is_better_known(holding, memory):
        return memory
    start = replace(memory, start_minor=holding.posted_minor, is_start_reported=holding.is_reported)
    return _keep(section, goal, start)


def _is_better_known(holding: Holding, memory: GoalMemory) -> bool:
    """Say whether a start is none yet, or no more than what moved since the feed began."""
    return memory.start_minor is None or (holding.is_reported and not memory.is_start_reported)


def _keep(section: Planned, goal: Goal, memory: GoalMemory) -> GoalMemory:
    section.change_cold().goals[goal.goal_id] = memory
    return memory


def _moved(view: View) -> Moved:
    return {(own.currency, own.category) for change in view.changes for _, own in change.moves()}
