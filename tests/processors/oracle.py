"""Money computed the naive way: from a list of what is live, each time anew.

It shares nothing with the processors: it reads what Penstock published, as any reader could.
"""

from collections.abc import Iterable
from datetime import date

from processors.state.book import WINDOW_DAYS
from processors.state.user import User
from schemas.event import Event, UserEvent
from schemas.journal import UserErased
from schemas.transactions import TransactionEnriched

Figures = tuple[int, int, int, int]
Months = dict[tuple[int, str, str], Figures]
"""Money in, out and given back, and how many, by month, currency and category."""
Days = dict[tuple[int, str], tuple[int, int, int]]
"""Income, spending less refunds, and how many, by day and currency."""

EARLIER = 0
MONTHS_A_YEAR = 12


class Views:
    """What a reader of our transactions knows: the latest view of each."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str, str], TransactionEnriched] = {}

    def follow(self, event: Event, told: Iterable[UserEvent]) -> None:
        """Take over what was published because of an event."""
        if isinstance(event, UserErased):
            gone = [key for key in self.latest if key[0] == event.user_id]
            for key in gone:
                del self.latest[key]
        for view in told:
            if isinstance(view, TransactionEnriched):
                key = (view.user_id, view.account_id, view.transaction_id)
                before = self.latest.get(key)
                assert view.revision == (1 if before is None else before.revision + 1)
                self.latest[key] = view

    def live(self, user_id: str) -> list[TransactionEnriched]:
        """List a user's transactions that count."""
        views = self.latest.values()
        return [view for view in views if view.user_id == user_id and view.status != "removed"]


def months_of(live: Iterable[TransactionEnriched], today: int) -> Months:
    """Add up what is live, older months together."""
    months: Months = {}
    for view in live:
        key = (_kept_as(view.booked_on, today), view.currency, view.category)
        money_in, money_out, refunded, count = months.get(key, (0, 0, 0, 0))
        amount = view.amount_minor
        if "refund" in _flags(view):
            refunded += amount
        else:
            money_in, money_out = money_in + max(amount, 0), money_out + max(-amount, 0)
        months[key] = (money_in, money_out, refunded, count + 1)
    return months


def months_in(user: User) -> Months:
    """Read the same from a user's state; no month stands in both of its parts."""
    money = user.aggregate
    assert not money.hot.months.keys() & money.cold.months.keys()
    return {
        (month, currency, category): (
            total.in_minor,
            total.out_minor,
            total.refunded_minor,
            total.count,
        )
        for month, by_currency in [*money.hot.months.items(), *money.cold.months.items()]
        for currency, figures in by_currency.items()
        for category, total in figures.by_category.items()
    }


def days_of(live: Iterable[TransactionEnriched], today: int) -> Days:
    """Add up what is live and in the window, by day."""
    days: Days = {}
    for view in live:
        day = view.booked_on.toordinal()
        if today and day // 7 < (today - WINDOW_DAYS) // 7:
            continue
        flags, amount = _flags(view), view.amount_minor
        income, spent, count = days.get((day, view.currency), (0, 0, 0))
        if "income" in flags:
            income += amount
        elif "refund" in flags or not (flags & {"transfer"} or _is_unknown_in(view)):
            spent -= amount
        days[day, view.currency] = (income, spent, count + 1)
    return days


def _is_unknown_in(view: TransactionEnriched) -> bool:
    return view.category == "unknown.unknown" and view.amount_minor >= 0


def days_in(user: User) -> Days:
    """Read the same from a user's state."""
    weeks = user.aggregate.days.weeks
    return {
        (day, currency): (total.income_minor, total.spent_minor, total.count)
        for number in weeks.numbers
        for day, by_currency in (weeks.peek(number) or {}).items()
        for currency, total in by_currency.items()
    }


def _flags(view: TransactionEnriched) -> set[str]:
    return {flag.kind for flag in view.flags}


Moved = tuple[int, int, int]


def balances_of(user: User, live: Iterable[TransactionEnriched]) -> dict[tuple[str, str], Moved]:
    """Add up what each account moved: posted in all, posted since its report, and pending."""
    moved: dict[tuple[str, str], Moved] = {}
    for view in live:
        key = (view.account_id, view.currency)
        total, since, pending = moved.get(key, (0, 0, 0))
        balance = user.aggregate.hot.balances.get(view.account_id, {}).get(view.currency)
        as_of = balance.as_of if balance is not None and balance.reported_minor is not None else 0
        if view.status == "pending":
            pending += view.amount_minor
        else:
            total += view.amount_minor
            if as_of and view.booked_on.toordinal() > as_of:
                since += view.amount_minor
        moved[key] = (total, since, pending)
    return {key: sums for key, sums in moved.items() if sums != (0, 0, 0)}


def balances_in(user: User) -> dict[tuple[str, str], Moved]:
    """Read the same from a user's state."""
    return {
        (account_id, currency): (balance.total_minor, balance.moved_minor, balance.pending_minor)
        for account_id, by_currency in user.aggregate.hot.balances.items()
        for currency, balance in by_currency.items()
        if balance.total_minor or balance.moved_minor or balance.pending_minor
    }


def months_ago(month: int, today: int) -> int:
    """Count how many months before today's a month is; none before any day has passed."""
    return _number(date.fromordinal(today)) - month // 100 * MONTHS_A_YEAR - month % 100


def _kept_as(day: date, today: int) -> int:
    if today and _number(date.fromordinal(today)) - _number(day) > MONTHS_A_YEAR:
        return EARLIER
    return day.year * 100 + day.month


def _number(day: date) -> int:
    return day.year * MONTHS_A_YEAR + day.month
