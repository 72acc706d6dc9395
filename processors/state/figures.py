"""Reading the figures of money: months by kind, by source and by need; days; accounts."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from processors.state.categories import kind_of, mark_of
from processors.state.days import month_before, month_of
from processors.state.natures import is_fee, spends
from processors.state.sections import Balance, Day, Month, Total
from processors.state.transaction import Transaction
from processors.state.user import User

PERMILLE = 1000
_DEBTS = frozenset(
    {
        "housing.mortgage",
        "finance.loan",
        "finance.car_loan",
        "finance.student_loan",
        "finance.interest",
        "transfer.loan",
    }
)


class Natures(NamedTuple):
    """A month's money by kind, signed: what came in less what went out."""

    income: int = 0
    spending: int = 0
    transfer: int = 0
    refund: int = 0
    fee: int = 0
    unknown: int = 0


def totals_of(user: User, month: int) -> dict[str, Month]:
    """Find a month's figures by currency, be it open or closed; none where nothing happened."""
    money = user.aggregate
    return money.hot.months.get(month) or money.cold.months.get(month, {})


def natures(by_category: dict[str, Total]) -> Natures:
    """Divide a month's money: each cent is of exactly one kind."""
    sums: Counter[str] = Counter()
    for category, total in by_category.items():
        kind: str = kind_of(category)
        sums["refund"] += total.refunded_minor
        if kind == "spending" and is_fee(category):
            kind = "fee"
        sums[kind] += total.in_minor - total.out_minor
    return Natures(**sums)


def spent_minor(by_category: dict[str, Total]) -> int:
    """Sum what went out for good: refunds lower it, and transfers are none of it."""
    return sum(spent_in(category, total) for category, total in by_category.items())


def spent_in(category: str, total: Total) -> int:
    """Say what one category spent: unknown money out is spending, unknown money in is not."""
    kind = kind_of(category)
    if kind in {"spending", "unknown"}:
        return total.out_minor - total.refunded_minor
    return -total.refunded_minor


def received_minor(by_category: dict[str, Total]) -> int:
    """Sum income, less what was taken back of it; neither transfers nor refunds are any."""
    return natures(by_category).income


def spent_by_need(by_category: dict[str, Total]) -> dict[str, int]:
    """Divide spending into essential, discretionary, and what has no mark, such as the unknown."""
    needs: Counter[str] = Counter()
    for category, total in by_category.items():
        if spent := spent_in(category, total):
            needs[mark_of(category) or "unmarked"] += spent
    return dict(needs)


def variable_minor(month: Month) -> int:
    """Give the spending that differs from month to month."""
    return spent_minor(month.by_category) - month.fixed_minor


def savings_permille(month: Month) -> int | None:
    """Give the share of income that was not spent, rounded down; None without income."""
    income = received_minor(month.by_category)
    if income <= 0:
        return None
    return (income - spent_minor(month.by_category)) * PERMILLE // income


def debt_to_income_permille(month: Month) -> int | None:
    """Give the share of income that went into debts, rounded down; None without income."""
    income = received_minor(month.by_category)
    if income <= 0:
        return None
    paid = sum(
        total.out_minor - total.refunded_minor
        for category, total in month.by_category.items()
        if category in _DEBTS
    )
    return paid * PERMILLE // income


def change_minor(user: User, month: int, before: int, currency: str) -> int | None:
    """Say how much more was spent in a month than in another; None where one is not known."""
    ours, theirs = totals_of(user, month).get(currency), totals_of(user, before).get(currency)
    if ours is None or theirs is None:
        return None
    return spent_minor(ours.by_category) - spent_minor(theirs.by_category)


def month_over_month_minor(user: User, month: int, currency: str) -> int | None:
    """Say how much more was spent than in the month before."""
    return change_minor(user, month, month_before(month), currency)


def year_over_year_minor(user: User, month: int, currency: str) -> int | None:
    """Say how much more was spent than in the same month a year before."""
    return change_minor(user, month, month - 100, currency)


def rolling(user: User, today: int, days: int) -> dict[str, Day]:
    """Sum the last days up to today, by currency."""
    sums: dict[str, Day] = {}
    for day in range(today - days + 1, today + 1):
        for currency, total in user.aggregate.days.of(day).items():
            whole = sums.setdefault(currency, Day())
            whole.income_minor += total.income_minor
            whole.spent_minor += total.spent_minor
            whole.count += total.count
    return sums


def largest(transactions: Iterable[Transaction]) -> dict[str, Transaction]:
    """Find the largest payment of each currency, transfers aside; equal ones by identity."""
    found: dict[str, Transaction] = {}
    for own in transactions:
        if not (own.counts and spends(own)):
            continue
        known = found.get(own.currency)
        if known is None or _size(own) < _size(known):
            found[own.currency] = own
    return found


def _size(own: Transaction) -> tuple[int, int]:
    return own.amount_minor, own.identity


def booked_in(user: User, first: int, last: int) -> list[Transaction]:
    """List the window's transactions of some days."""
    return [own for own in user.book.transactions(first) if first <= own.booked_on <= last]


def booked_in_month(user: User, month: int) -> list[Transaction]:
    """List the window's transactions of a month."""
    return [own for own in user.book.transactions() if month_of(own.booked_on) == month]


def balance_of(user: User, account_id: str) -> Balance | None:
    """Give an account's balance in its own currency, once its bank has reported one."""
    account = user.accounts.hot.by_id.get(account_id)
    if account is None:
        return None
    balance = user.aggregate.hot.balances.get(account_id, {}).get(account.currency)
    return balance if balance is not None and balance.reported_minor is not None else None
