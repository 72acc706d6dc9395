"""A user's figures as one JSON object: for `penstock state show`, and for whoever else asks.

Every figure is of one currency, and comes from the readers of the state; nothing is counted here.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from processors.state.budgets import budget_positions
from processors.state.days import month_before, month_of
from processors.state.figures import (
    booked_in,
    booked_in_month,
    debt_to_income_permille,
    largest,
    month_over_month_minor,
    natures,
    rolling,
    savings_permille,
    spent_by_need,
    spent_minor,
    totals_of,
    variable_minor,
    year_over_year_minor,
)
from processors.state.goals import goal_positions
from processors.state.periods import first_day_of
from processors.state.planning import BudgetPosition, GoalPosition
from processors.state.quieted import Quieted
from processors.state.sections import Account, Balance, Month
from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction
from processors.state.user import User

Json = dict[str, Any]

COLUMNS = (
    *("user", "month", "currency", "category"),
    *("in_minor", "out_minor", "refunded_minor", "count"),
)
EARLIER = "earlier"
ROLLING_DAYS = (7, 30, 90)
_ENDED = frozenset({"resolved", "retracted"})
_DAYS = frozenset({"first_day", "last_day", "by", "reached_on", "missed_on"})


def summary(user: User, today: int) -> Json:
    """Tell everything that is known of a user's money by a day.

    Where no day has passed yet, it is told by the newest booking.
    """
    day = today if today != LONG_AGO else _newest_booking(user)
    months = [month_of(day), month_before(month_of(day))] if day else []
    return {
        "user_id": user.user_id,
        "today": _day(today),
        "accounts": _accounts(user),
        "months": [_month(user, month) for month in months],
        "rolling": [each for days in ROLLING_DAYS for each in _rolling(user, day, days)],
        "largest": _largest(user, day) if day else [],
        "budgets": [_position(own) for own in budget_positions(user, today)],
        "goals": [_position(own) for own in goal_positions(user, today)],
        "alerts": _open_alerts(user),
        "quieted": [_quieted(own) for own in user.alerts.cold.quieted.values()],
    }


def _newest_booking(user: User) -> int:
    return max((own.booked_on for own in user.book.transactions() if own.counts), default=LONG_AGO)


def _day(ordinal: int) -> str | None:
    return date.fromordinal(ordinal).isoformat() if ordinal else None


def month_text(month: int) -> str:
    """Write a month as ISO 8601 does; month 0 holds all that is older than those kept apart.

    >>> month_text(202503), month_text(0)
    ('2025-03', 'earlier')
    """
    return f"{month // 100:04}-{month % 100:02}" if month else EARLIER


def monthly_rows(user: User) -> Iterator[tuple[str | int, ...]]:
    """Give all months of a user, oldest first, as rows of COLUMNS."""
    money = user.aggregate
    for month in sorted({*money.hot.months, *money.cold.months}):
        for currency, figures in sorted(totals_of(user, month).items()):
            for row in _categories(figures):
                yield (user.user_id, month_text(month), currency, *row.values())


def _accounts(user: User) -> list[Json]:
    by_id, balances = user.accounts.hot.by_id, user.aggregate.hot.balances
    return [
        {
            "account_id": account_id,
            **_described(by_id.get(account_id)),
            "balances": [
                _balance(currency, balance)
                for currency, balance in sorted(balances.get(account_id, {}).items())
            ],
        }
        for account_id in sorted({*by_id, *balances})
    ]


def _described(account: Account | None) -> Json:
    """Give what the bank says of an account; nothing where it has said nothing yet."""
    if account is None:
        return {}
    return {
        "type": account.type,
        "status": account.status,
        "currency": account.currency,
        "limit_minor": account.limit_minor,
        "rate": account.rate or None,
        "minimum_payment_minor": account.minimum_payment_minor,
        "complete_until": _day(account.complete_until),
    }


def _balance(currency: str, balance: Balance) -> Json:
    return {
        "currency": currency,
        "now_minor": balance.now_minor,
        "reported_minor": balance.reported_minor,
        "as_of": _day(balance.as_of),
        "moved_minor": balance.moved_minor,
        "pending_minor": balance.pending_minor,
        "total_minor": balance.total_minor,
        "expected_minor": balance.expected_minor,
        "difference_minor": balance.difference_minor,
    }


def _month(user: User, month: int) -> Json:
    figures = sorted(totals_of(user, month).items())
    return {
        "month": month_text(month),
        "currencies": [_of_currency(user, month, currency, own) for currency, own in figures],
    }


def _of_currency(user: User, month: int, currency: str, figures: Month) -> Json:
    by_category = figures.by_category
    kinds = natures(by_category)._asdict()
    return {
        "currency": currency,
        "categories": _categories(figures),
        "kinds": {f"{kind}_minor": minor for kind, minor in kinds.items()},
        "income_by_source": dict(sorted(figures.by_source.items())),
        "spent_minor": spent_minor(by_category),
        "spent_by_need": spent_by_need(by_category),
        "fixed_minor": figures.fixed_minor,
        "variable_minor": variable_minor(figures),
        "savings_permille": savings_permille(figures),
        "debt_to_income_permille": debt_to_income_permille(figures),
        "month_over_month_minor": month_over_month_minor(user, month, currency),
        "year_over_year_minor": year_over_year_minor(user, month, currency),
    }


def _categories(figures: Month) -> list[Json]:
    return [
        {
            "category": category,
            "in_minor": total.in_minor,
            "out_minor": total.out_minor,
            "refunded_minor": total.refunded_minor,
            "count": total.count,
        }
        for category, total in sorted(figures.by_category.items())
    ]


def _rolling(user: User, day: int, days: int) -> list[Json]:
    return [
        {
            "days": days,
            "currency": currency,
            "income_minor": total.income_minor,
            "spent_minor": total.spent_minor,
            "count": total.count,
        }
        for currency, total in sorted(rolling(user, day, days).items())
    ]


def _largest(user: User, day: int) -> list[Json]:
    """Name the largest payment of the day, of its week from Monday on, and of its month."""
    by_period: dict[str, Iterable[Transaction]] = {
        "day": booked_in(user, day, day),
        "week": booked_in(user, first_day_of("week", day), day),
        "month": booked_in_month(user, month_of(day)),
    }
    return [
        {
            "period": period,
            "currency": currency,
            "account_id": own.account_id,
            "transaction_id": own.transaction_id,
            "amount_minor": own.amount_minor,
            "booked_on": _day(own.booked_on),
            "merchant": own.merchant,
            "category": own.category,
        }
        for period, transactions in by_period.items()
        for currency, own in sorted(largest(transactions).items())
    ]


def _position(position: BudgetPosition | GoalPosition) -> Json:
    told = asdict(position)
    return told | {member: _day(told[member] or LONG_AGO) for member in _DAYS & told.keys()}


def _open_alerts(user: User) -> list[Json]:
    told = []
    for _, alert in sorted(user.alerts.cold.by_key.items()):
        if alert.status not in _ENDED:
            published = json.loads(alert.published)
            members = ("alert_id", "rule_id", "severity", "title", "body", "expires_at")
            told.append({member: published.get(member) for member in members})
    return told


def _quieted(own: Quieted) -> Json:
    """Tell what is not raised, because the user said so; without a last day it lasts."""
    is_amount = own.scope == "amount"
    return {
        "rule_id": own.rule_id,
        "scope": own.scope,
        "subject": None if own.scope == "rule" else own.about.subject,
        "most_minor": own.most_minor if is_amount else None,
        "currency": own.about.currency if is_amount else None,
        "until": None if own.lasts else _day(own.until),
    }
