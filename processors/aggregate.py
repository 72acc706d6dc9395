"""Keep money by month and category, and each account's balance; all of it can be taken back."""

from msgspec.structs import replace

from processors.state.book import WINDOW_DAYS
from processors.state.days import month_before, month_of, months_before
from processors.state.notes import MonthEnded, Note
from processors.state.sections import (
    Balance,
    ClosedMoney,
    RecentMoney,
    Section,
    Total,
    Totals,
)
from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction
from processors.state.view import View
from schemas.accounts import AccountUpdated
from schemas.journal import DayPassed

MONTHS_KEPT = 13
EARLIER = 0
"""The month that holds all older ones together: first sights count, however old."""

Money = Section[RecentMoney, ClosedMoney]


def aggregate(section: Money, view: View) -> list[Note]:
    """Move money by the entry's changes, take over a reported balance, and close months."""
    for change in view.changes:
        for sign, transaction in change.moves():
            _move(section, transaction, sign, view.today)
    if isinstance(view.entry.event, AccountUpdated):
        _report(section, view, view.entry.event.account_id)
    if isinstance(view.entry.event, DayPassed):
        return _pass_day(section, view.today)
    return []


def _move(section: Money, transaction: Transaction, sign: int, today: int) -> None:
    month = month_of(transaction.booked_on)
    months, kept_as = section.hot.months, month
    if today != LONG_AGO and month < _oldest_open(today):
        months = section.change_cold().months
        kept_as = month if month >= _oldest_kept(today) else EARLIER
    _add(months, kept_as, transaction.currency, transaction.category, _total_of(transaction, sign))
    balance = section.hot.balances.get(transaction.account_id)
    if balance is not None and _moves(balance, transaction):
        balance.moved_minor += sign * transaction.amount_minor


def _moves(balance: Balance, transaction: Transaction) -> bool:
    """Say whether a transaction came after the report, in money that can be added to it."""
    return transaction.booked_on > balance.as_of and transaction.currency == balance.currency


def _oldest_open(today: int) -> int:
    return month_before(month_of(today))


def _oldest_kept(today: int) -> int:
    return months_before(month_of(today), MONTHS_KEPT - 1)


def _total_of(transaction: Transaction, sign: int) -> Total:
    amount = transaction.amount_minor
    return Total(sign * max(amount, 0), sign * max(-amount, 0), sign)


def _add(months: dict[int, Totals], month: int, currency: str, category: str, moved: Total) -> None:
    """Add to one total; where nothing is left of it, leave no trace, so that undoing is exact."""
    totals = months.setdefault(month, {})
    by_category = totals.setdefault(currency, {})
    total = by_category.get(category)
    if total is None:
        total = by_category[category] = Total()
    total.in_minor += moved.in_minor
    total.out_minor += moved.out_minor
    total.count += moved.count
    if total.count == 0:
        del by_category[category]
        if not by_category:
            del totals[currency]
        if not totals:
            del months[month]


def _report(section: Money, view: View, account_id: str) -> None:
    """Start the balance anew from a new report, plus what the book has seen since."""
    account, balances = view.user.accounts.hot.by_id[account_id], section.hot.balances
    known = balances.get(account_id)
    if known is not None and known.currency != account.currency:
        del balances[account_id]
    # The book cannot tell what moved since a report that is older than its window.
    if account.balance_minor is None or account.as_of < view.today - WINDOW_DAYS:
        return
    balance = Balance(account.balance_minor, account.currency, account.as_of)
    if known is not None and replace(known, moved_minor=0) == balance:
        return
    balance.moved_minor = sum(
        transaction.amount_minor
        for transaction in view.user.book.transactions(since=account.as_of)
        if transaction.account_id == account_id
        and transaction.counts
        and _moves(balance, transaction)
    )
    balances[account_id] = balance


def _pass_day(section: Money, today: int) -> list[Note]:
    """Close the months before last month, and say so when a month has just ended."""
    for month in sorted(month for month in section.hot.months if month < _oldest_open(today)):
        _merge(section.change_cold().months, month, section.hot.months.pop(month))
    oldest_kept = _oldest_kept(today)
    for month in sorted(month for month in section.cold.months if EARLIER < month < oldest_kept):
        months = section.change_cold().months
        _merge(months, EARLIER, months.pop(month))
    ended = month_of(today - 1)
    return [MonthEnded(ended)] if ended != month_of(today) else []


def _merge(months: dict[int, Totals], month: int, totals: Totals) -> None:
    for currency, by_category in totals.items():
        for category, total in by_category.items():
            _add(months, month, currency, category, total)
