"""How a user's goals stand, read from balances and months."""

from datetime import date
from typing import NamedTuple

from processors.state.book import WINDOW_DAYS
from processors.state.days import first_day, month_before, month_of, months_before
from processors.state.figures import (
    PERMILLE,
    booked_in,
    savings_permille,
    spent_minor,
    totals_of,
)
from processors.state.planning import GoalMemory, GoalPosition, TowardAmount, TowardRate
from processors.state.shared import LONG_AGO
from processors.state.user import User
from processors.state.wishes import wishes_of
from schemas.preferences import Goal

HAVE_A_START = frozenset({"amount_by_date", "debt_paid"})
FULL_MONTHS = 3
_MONTHS_A_YEAR = 12


def goal_positions(user: User, today: int) -> list[GoalPosition]:
    """Say how each goal stands; before any day has passed, nothing can be said."""
    if today == LONG_AGO:
        return []
    memories = user.plan.cold.goals
    return [
        goal_position(user, goal, memories[goal.goal_id], today)
        for goal in wishes_of(user.preferences.cold).goals
        if goal.goal_id in memories
    ]


def goal_position(user: User, goal: Goal, memory: GoalMemory, today: int) -> GoalPosition:
    """Say how a goal stands by a day."""
    if goal.kind == "savings_rate":
        toward: TowardAmount | TowardRate | None = _toward_rate(user, goal, today)
    else:
        way = _way_of(user, goal, memory, today)
        toward = None if way is None else _toward_amount(user, goal, way, today)
    return GoalPosition(
        goal_id=goal.goal_id,
        kind=goal.kind,
        currency=goal.currency,
        by=_last_day_of(goal),
        toward=toward,
        reached_on=memory.reached_on or None,
        missed_on=memory.missed_on or None,
    )


def is_reached(user: User, goal: Goal, memory: GoalMemory, today: int) -> bool:
    """Say whether a goal is reached as things stand; a rate, in the last full month."""
    if goal.kind == "savings_rate":
        rate = _rate_in(user, goal, month_before(month_of(today)))
        return rate is not None and rate >= _wished_permille(goal)
    way = _way_of(user, goal, memory, today)
    return way is not None and way.now_minor >= way.target_minor


def is_missed(goal: Goal, today: int) -> bool:
    """Say whether a goal's last day is over."""
    last = _last_day_of(goal)
    return last is not None and last < today


def _last_day_of(goal: Goal) -> int | None:
    return None if goal.by is None else goal.by.toordinal()


# Goals that are about an amount: all of them are a way from a start to a target.


class Holding(NamedTuple):
    """What the goal's accounts hold, and whether their banks have said so."""

    posted_minor: int
    is_reported: bool


class _Way(NamedTuple):
    start_minor: int
    now_minor: int
    target_minor: int
    a_month_minor: int | None = None
    """What a month costs; only for an emergency fund."""


def holding_of(user: User, goal: Goal) -> Holding | None:
    """Add up posted money: what is pending may vanish, and what is reached stays reached."""
    balances = [
        by_currency[goal.currency]
        for account_id in _accounts_of(user, goal)
        if goal.currency in (by_currency := user.aggregate.hot.balances.get(account_id, {}))
    ]
    if not balances:
        return None
    return Holding(
        sum(balance.now_minor - balance.pending_minor for balance in balances),
        all(balance.reported_minor is not None for balance in balances),
    )


def _accounts_of(user: User, goal: Goal) -> list[str]:
    if goal.account_id is not None:
        return [goal.account_id]
    return [
        account_id
        for account_id, account in user.accounts.hot.by_id.items()
        if account.type == "savings" and account.status != "closed"
    ]


def _way_of(user: User, goal: Goal, memory: GoalMemory, today: int) -> _Way | None:
    holding = holding_of(user, goal)
    if holding is None:
        return None
    if goal.kind == "emergency_fund":
        a_month_minor = _monthly_spending(user, goal.currency, today)
        if a_month_minor is None:
            return None
        return _Way(0, holding.posted_minor, (goal.months or 0) * a_month_minor, a_month_minor)
    start_minor = memory.start_minor
    if start_minor is None:
        return None
    if goal.kind == "amount_by_date":
        return _Way(start_minor, holding.posted_minor, goal.amount_minor or 0)
    # A debt is below zero, and cannot be paid down further than to nothing.
    target_minor = 0 if goal.amount_minor is None else min(0, start_minor + goal.amount_minor)
    return _Way(start_minor, holding.posted_minor, target_minor)


def _monthly_spending(user: User, currency: str, today: int) -> int | None:
    """Average the last full months of which anything is known, rounded up; None if nothing is."""
    ended = [months_before(month_of(today), count) for count in range(1, FULL_MONTHS + 1)]
    known = [
        figures[currency] for month in ended if currency in (figures := totals_of(user, month))
    ]
    spent = sum(spent_minor(figures.by_category) for figures in known)
    return _divided_up(spent, len(known)) if spent > 0 else None


def _toward_amount(user: User, goal: Goal, way: _Way, today: int) -> TowardAmount:
    left_minor = max(0, way.target_minor - way.now_minor)
    last = _last_day_of(goal)
    return TowardAmount(
        start_minor=way.start_minor,
        now_minor=way.now_minor,
        target_minor=way.target_minor,
        saved_minor=way.now_minor - way.start_minor,
        left_minor=left_minor,
        share_permille=_share_permille(way),
        pace_minor=_pace_minor(user, goal, today),
        needed_minor=None if last is None else _divided_up(left_minor, months_left(today, last)),
        lasts_permille=way.now_minor * PERMILLE // way.a_month_minor if way.a_month_minor else None,
    )


def _share_permille(way: _Way) -> int:
    if way.now_minor >= way.target_minor:
        return PERMILLE
    length = way.target_minor - way.start_minor
    # Who began beyond the target and fell behind it has nothing of the way behind them.
    return max(0, (way.now_minor - way.start_minor) * PERMILLE // length) if length > 0 else 0


def _pace_minor(user: User, goal: Goal, today: int) -> int:
    """Say what a month brought, over the full months that the window still holds: two or three."""
    this_month = month_of(today)
    months = [months_before(this_month, count) for count in range(FULL_MONTHS, 0, -1)]
    firsts = [first_day(month).toordinal() for month in months]
    held = [first for first in firsts if first >= today - WINDOW_DAYS]
    accounts = _accounts_of(user, goal)
    moved_minor = sum(
        own.amount_minor
        for own in booked_in(user, held[0], first_day(this_month).toordinal() - 1)
        if own.counts and own.status == "posted"
        if own.account_id in accounts and own.currency == goal.currency
    )
    return moved_minor // len(held)


def months_left(today: int, last: int) -> int:
    """Count the months until a day, a month that has begun as a whole one; never less than one.

    >>> months_left(date(2026, 1, 15).toordinal(), date(2026, 4, 15).toordinal())
    3
    >>> months_left(date(2026, 1, 15).toordinal(), date(2026, 4, 16).toordinal())
    4
    """
    since, until = date.fromordinal(today), date.fromordinal(last)
    months = (until.year - since.year) * _MONTHS_A_YEAR + until.month - since.month
    return max(1, months + (until.day > since.day))


def _divided_up(amount_minor: int, parts: int) -> int:
    return -(-amount_minor // parts)


# Goals that are about a rate.


def _toward_rate(user: User, goal: Goal, today: int) -> TowardRate:
    this_month = month_of(today)
    return TowardRate(
        wished_permille=_wished_permille(goal),
        this_month_permille=_rate_in(user, goal, this_month),
        last_month_permille=_rate_in(user, goal, month_before(this_month)),
    )


def _wished_permille(goal: Goal) -> int:
    return round((goal.rate or 0) * PERMILLE)


def _rate_in(user: User, goal: Goal, month: int) -> int | None:
    figures = totals_of(user, month).get(goal.currency)
    return None if figures is None else savings_permille(figures)
