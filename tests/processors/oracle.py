"""Money computed the naive way: from a list of what is live, each time anew.

It shares nothing with the processors: it reads what Penstock published, as any reader could.
"""

from collections.abc import Iterable
from datetime import date

from processors.state.sections import Balance
from processors.state.user import User
from schemas.event import Event, UserEvent
from schemas.journal import UserErased
from schemas.transactions import TransactionEnriched

Figures = tuple[int, int, int]
Months = dict[tuple[int, str, str], Figures]
"""Money in, money out and how many, by month, currency and category."""

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
        money_in, money_out, count = months.get(key, (0, 0, 0))
        amount = view.amount_minor
        months[key] = (money_in + max(amount, 0), money_out + max(-amount, 0), count + 1)
    return months


def months_in(user: User) -> Months:
    """Read the same from a user's state; no month stands in both of its parts."""
    money = user.aggregate
    assert not money.hot.months.keys() & money.cold.months.keys()
    return {
        (month, currency, category): (total.in_minor, total.out_minor, total.count)
        for month, totals in [*money.hot.months.items(), *money.cold.months.items()]
        for currency, by_category in totals.items()
        for category, total in by_category.items()
    }


def moved_since(balance: Balance, account_id: str, live: Iterable[TransactionEnriched]) -> int:
    """Add up what moved on an account since its balance was reported."""
    return sum(
        view.amount_minor
        for view in live
        if view.account_id == account_id
        and view.currency == balance.currency
        and view.booked_on.toordinal() > balance.as_of
    )


def months_ago(month: int, today: int) -> int:
    """Count how many months before today's a month is; none before any day has passed."""
    return _number(date.fromordinal(today)) - month // 100 * MONTHS_A_YEAR - month % 100


def _kept_as(day: date, today: int) -> int:
    if today and _number(date.fromordinal(today)) - _number(day) > MONTHS_A_YEAR:
        return EARLIER
    return day.year * 100 + day.month


def _number(day: date) -> int:
    return day.year * MONTHS_A_YEAR + day.month
