"""How a user's budgets stand, read from the months and, for weeks, from the book."""

from datetime import date

from processors.state.days import month_of
from processors.state.figures import PERMILLE, spent_in, totals_of
from processors.state.natures import nature_of
from processors.state.periods import first_day_of, last_day_of, periods_before
from processors.state.planning import BudgetMemory, BudgetPosition
from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction
from processors.state.user import User
from processors.state.wishes import Wishes, wishes_of
from schemas.preferences import Budget

PERIODS_CARRIED = 12
"""As many as lie wholly in the kept months, and in the window's weeks."""
_SPENT = frozenset({"spending", "fee", "refund"})


def budget_positions(user: User, today: int) -> list[BudgetPosition]:
    """Say how each budget stands; before any day has passed, nothing can be said."""
    if today == LONG_AGO:
        return []
    wishes, memories = wishes_of(user.preferences.cold), user.plan.cold.budgets
    spending = Spending(user, wishes)
    return [
        budget_position(spending, budget, memories[budget.budget_id], today)
        for budget in wishes.budgets
        if budget.budget_id in memories
    ]


class Spending:
    """What a user spent by period and subject; the weeks are added up once."""

    def __init__(self, user: User, wishes: Wishes) -> None:
        self._user = user
        self._wishes = wishes
        self._since = date.max.toordinal()
        self._weeks: dict[tuple[int, str], dict[str, int]] = {}

    def of(self, budget: Budget, first: int) -> int:
        """Add up what went out for a budget's subject in a period, less what came back."""
        belongs, subject = self._wishes.belongs, budget.subject
        if budget.period == "week":
            week = self._in_week(first, budget.currency)
            return sum(spent for category, spent in week.items() if belongs(category, subject))
        month = totals_of(self._user, month_of(first)).get(budget.currency)
        totals = {} if month is None else month.by_category
        return sum(
            spent_in(category, total)
            for category, total in totals.items()
            if belongs(category, subject)
        )

    def _in_week(self, first: int, currency: str) -> dict[str, int]:
        if first < self._since:
            self._since, self._weeks = first, _weeks_since(self._user, first)
        return self._weeks.get((first, currency), {})


def _weeks_since(user: User, first: int) -> dict[tuple[int, str], dict[str, int]]:
    """Add up the book by week and currency, then by category."""
    weeks: dict[tuple[int, str], dict[str, int]] = {}
    for own in user.book.transactions(since=first):
        if own.counts and own.booked_on >= first:
            week = weeks.setdefault((first_day_of("week", own.booked_on), own.currency), {})
            week[own.category] = week.get(own.category, 0) + _spent_by(own)
    return weeks


def _spent_by(own: Transaction) -> int:
    """Say what `spent_in` says of a category, of one transaction."""
    nature = nature_of(own)
    if nature == "unknown":
        return max(0, -own.amount_minor)
    return -own.amount_minor if nature in _SPENT else 0


def budget_position(
    spending: Spending, budget: Budget, memory: BudgetMemory, today: int
) -> BudgetPosition:
    """Say how a budget stands by a day."""
    first, last = first_day_of(budget.period, today), last_day_of(budget.period, today)
    carried_minor = _carried(spending, budget, memory, first) if budget.rollover else 0
    allowed_minor = budget.limit_minor + carried_minor
    spent_minor = spending.of(budget, first)
    days, days_so_far = last - first + 1, today - first + 1
    return BudgetPosition(
        budget_id=budget.budget_id,
        subject=budget.subject,
        period=budget.period,
        currency=budget.currency,
        first_day=first,
        last_day=last,
        days_left=last - today,
        limit_minor=budget.limit_minor,
        carried_minor=carried_minor,
        spent_minor=spent_minor,
        left_minor=allowed_minor - spent_minor,
        share_permille=spent_minor * PERMILLE // allowed_minor if allowed_minor > 0 else None,
        # What came back does not come back at a rate.
        pace_minor=spent_minor * days // days_so_far if spent_minor > 0 else spent_minor,
    )


def _carried(spending: Spending, budget: Budget, memory: BudgetMemory, first: int) -> int:
    """Add up what each earlier period left of its own limit, or spent too much."""
    earlier = periods_before(budget.period, first, memory.since, PERIODS_CARRIED)
    # The oldest first: then one walk through the book gives all weeks.
    return sum(memory.limit_in(each) - spending.of(budget, each) for each in reversed(earlier))
