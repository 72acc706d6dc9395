"""Keep money by month, by day and by account; all of it can be taken back."""

from processors.state.book import WINDOW_DAYS, oldest_week
from processors.state.days import month_before, month_of, months_before
from processors.state.natures import is_fixed, nature_of
from processors.state.notes import MonthEnded, Note
from processors.state.sections import Account, Balance, Day, DayTotals, Money, Month, Months, Total
from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.weekly import week_of
from schemas.accounts import AccountUpdated
from schemas.journal import DayPassed

MONTHS_KEPT = 13
EARLIER = 0
"""The month that holds all older ones together: first sights count, however old."""


def aggregate(section: Money, view: View) -> list[Note]:
    """Move money by the entry's changes, take over a reported balance, and close months."""
    event = view.entry.event
    if isinstance(event, DayPassed):
        _drop_days(section.days, view.today)
    for change in view.changes:
        for sign, transaction in change.moves():
            _move(section, transaction, sign, view.today)
    if isinstance(event, AccountUpdated):
        _report(section, view, event.account_id)
    return _pass_day(section, view.today) if isinstance(event, DayPassed) else []


def _move(section: Money, own: Transaction, sign: int, today: int) -> None:
    moved = _Moved(own, sign)
    _move_month(section, own, moved, today)
    if today == LONG_AGO or week_of(own.booked_on) >= oldest_week(today):
        _move_day(section.days, own, moved)
    _move_balance(section, own, sign)


class _Moved:
    """What one transaction adds to the figures, or takes from them."""

    __slots__ = ("earned_minor", "nature", "sign", "spent_minor", "total")

    def __init__(self, own: Transaction, sign: int) -> None:
        amount = sign * own.amount_minor
        self.sign = sign
        self.nature = nature_of(own)
        self.total = Total(count=sign)
        if self.nature == "refund":
            self.total.refunded_minor = amount
        elif own.amount_minor > 0:
            self.total.in_minor = amount
        else:
            self.total.out_minor = -amount
        self.earned_minor = amount if self.nature == "income" else 0
        # Unknown money out is taken to be spent; unknown money in is not taken to be earned.
        is_spent = self.nature in {"spending", "fee", "refund"} or (
            self.nature == "unknown" and own.amount_minor < 0
        )
        self.spent_minor = -amount if is_spent else 0


# Months.


def _move_month(section: Money, own: Transaction, moved: _Moved, today: int) -> None:
    month = month_of(own.booked_on)
    months, kept_as = section.hot.months, month
    if today != LONG_AGO and month < _oldest_open(today):
        months = section.change_cold().months
        kept_as = month if month >= _oldest_kept(today) else EARLIER
    figures = months.setdefault(kept_as, {}).setdefault(own.currency, Month())
    _add_total(figures, own.category, moved.total)
    if moved.earned_minor:
        _add_source(figures, own.merchant_key, moved.earned_minor)
    if moved.spent_minor and is_fixed(own):
        figures.fixed_minor += moved.spent_minor
    _drop_empty(months, kept_as, own.currency)


def _add_total(figures: Month, category: str, moved: Total) -> None:
    """Add to one total; where nothing is left of it, leave no trace, so that undoing is exact."""
    total = figures.by_category.get(category)
    if total is None:
        total = figures.by_category[category] = Total()
    total.in_minor += moved.in_minor
    total.out_minor += moved.out_minor
    total.refunded_minor += moved.refunded_minor
    total.count += moved.count
    if total.count == 0:
        del figures.by_category[category]


def _add_source(figures: Month, source: str, earned_minor: int) -> None:
    left_minor = figures.by_source.get(source, 0) + earned_minor
    if left_minor:
        figures.by_source[source] = left_minor
    else:
        figures.by_source.pop(source, None)


def _drop_empty(months: Months, month: int, currency: str) -> None:
    if not months[month][currency].by_category:
        del months[month][currency]
        if not months[month]:
            del months[month]


def _oldest_open(today: int) -> int:
    return month_before(month_of(today))


def _oldest_kept(today: int) -> int:
    return months_before(month_of(today), MONTHS_KEPT - 1)


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


def _merge(months: Months, month: int, ended: dict[str, Month]) -> None:
    for currency, closed in ended.items():
        figures = months.setdefault(month, {}).setdefault(currency, Month())
        for category, total in closed.by_category.items():
            _add_total(figures, category, total)
        for source, earned_minor in closed.by_source.items():
            _add_source(figures, source, earned_minor)
        figures.fixed_minor += closed.fixed_minor


# Days.


def _move_day(days: DayTotals, own: Transaction, moved: _Moved) -> None:
    week = days.weeks.change(week_of(own.booked_on))
    by_currency = week.setdefault(own.booked_on, {})
    day = by_currency.get(own.currency)
    if day is None:
        day = by_currency[own.currency] = Day()
    day.income_minor += moved.earned_minor
    day.spent_minor += moved.spent_minor
    day.count += moved.sign
    if day.count == 0:
        del by_currency[own.currency]
        if not by_currency:
            del week[own.booked_on]


def _drop_days(days: DayTotals, today: int) -> None:
    oldest = oldest_week(today)
    for number in [number for number in days.weeks.numbers if number < oldest]:
        days.weeks.drop(number)


# Balances.


def _move_balance(section: Money, own: Transaction, sign: int) -> None:
    by_currency = section.hot.balances.setdefault(own.account_id, {})
    balance = by_currency.get(own.currency)
    if balance is None:
        balance = by_currency[own.currency] = Balance()
    amount_minor = sign * own.amount_minor
    if own.status == "pending":
        balance.pending_minor += amount_minor
    else:
        balance.total_minor += amount_minor
        if balance.reported_minor is not None and own.booked_on > balance.as_of:
            balance.moved_minor += amount_minor
        elif balance.expected_minor is not None and own.booked_on > balance.since:
            balance.expected_minor += amount_minor
    _drop_empty_balance(section, own.account_id, own.currency)


def _drop_empty_balance(section: Money, account_id: str, currency: str) -> None:
    balances = section.hot.balances
    if balances[account_id][currency] == Balance():
        del balances[account_id][currency]
        if not balances[account_id]:
            del balances[account_id]


def _report(section: Money, view: View, account_id: str) -> None:
    """Start the balance anew from a new report, plus what the book has seen since."""
    account, balances = view.user.accounts.hot.by_id[account_id], section.hot.balances
    for currency in [name for name in balances.get(account_id, {}) if name != account.currency]:
        _forget_report(section, account_id, currency)
    # The book cannot tell what moved since a report that is older than its window.
    if account.balance_minor is None or account.as_of < view.today - WINDOW_DAYS:
        return
    balance = balances.setdefault(account_id, {}).setdefault(account.currency, Balance())
    if (balance.reported_minor, balance.as_of) == (account.balance_minor, account.as_of):
        return
    posted = [
        own
        for own in view.user.book.transactions(since=min(account.as_of, balance.as_of))
        if own.account_id == account_id and own.currency == account.currency
        if own.counts and own.status != "pending"
    ]
    _start_anew(balance, account, posted)


def _forget_report(section: Money, account_id: str, currency: str) -> None:
    """A report in another currency ends what was reported in this one."""
    balance = section.hot.balances[account_id][currency]
    balance.reported_minor = balance.expected_minor = None
    balance.as_of = balance.since = balance.moved_minor = 0
    _drop_empty_balance(section, account_id, currency)


def _start_anew(balance: Balance, account: Account, posted: list[Transaction]) -> None:
    after_minor = sum(own.amount_minor for own in posted if own.booked_on > account.as_of)
    if balance.reported_minor is not None and balance.as_of < account.as_of:
        balance.since = balance.as_of
        balance.expected_minor = balance.reported_minor + balance.moved_minor - after_minor
    balance.reported_minor, balance.as_of = account.balance_minor, account.as_of
    balance.moved_minor = after_minor
