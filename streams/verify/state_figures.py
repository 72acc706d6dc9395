"""A user's money as the state holds it, in the shape in which the recount gives it."""

from collections.abc import Iterator
from datetime import date

from processors.state import figures
from processors.state.sections import Months
from processors.state.transaction import UNCLEAR_PAIR, UNCLEAR_TWIN, Tie, Transaction
from processors.state.user import User
from processors.state.weekly import first_of
from streams.verify.recount_figures import Balance, Day, Figures, Month, Standing
from streams.verify.recount_rows import Filed
from streams.verify.recount_user import DAYS_A_WEEK, Filings


def filings_of(user: User | None) -> Filings:
    """Say what each transaction of the window is filed as: all that a recount is told."""
    if user is None:
        return {}
    return {
        (own.account_id, own.transaction_id): Filed(own.filing.category, own.filing.level)
        for own in user.book.transactions()
    }


def figures_in(user: User) -> Figures:
    """Read all money out of a state."""
    months = {**user.aggregate.hot.months, **user.aggregate.cold.months}
    return {
        "transaction": {_name(own.tie): _standing(own) for own in user.book.transactions()},
        "month": dict(_months(months)),
        "source": dict(_sources(months)),
        "fixed": dict(_fixed(months)),
        "kind": dict(_kinds(months)),
        "day": dict(_days(user)),
        "balance": dict(_balances(user)),
    }


def _standing(own: Transaction) -> Standing:
    return Standing(
        own.amount_minor,
        own.currency,
        own.booked_on,
        own.gone,
        own.category,
        _name(own.replaces),
        _name(own.replaced_by),
        _name(own.pair),
        _name(own.refund_of),
        bool(own.unclear & UNCLEAR_TWIN),
        bool(own.unclear & UNCLEAR_PAIR),
    )


def _name(tie: Tie | None) -> str:
    return "" if tie is None else f"{tie.account_id} {tie.transaction_id}"


Read = Iterator[tuple[str, object]]


def _months(months: Months) -> Read:
    for number, by_currency in months.items():
        for currency, month in by_currency.items():
            for category, own in month.by_category.items():
                total = Month(own.in_minor, own.out_minor, own.refunded_minor, own.count)
                yield f"{number} {currency} {category}", total


def _sources(months: Months) -> Read:
    for number, by_currency in months.items():
        for currency, month in by_currency.items():
            for source, earned_minor in month.by_source.items():
                yield f"{number} {currency} {source}", earned_minor


def _fixed(months: Months) -> Read:
    for number, by_currency in months.items():
        for currency, month in by_currency.items():
            if month.fixed_minor:
                yield f"{number} {currency}", month.fixed_minor


def _kinds(months: Months) -> Read:
    for number, by_currency in months.items():
        for currency, month in by_currency.items():
            for kind, amount_minor in figures.natures(month.by_category)._asdict().items():
                if amount_minor:
                    yield f"{number} {currency} {kind}", amount_minor


def _days(user: User) -> Read:
    days = user.aggregate.days
    for number in days.weeks.numbers:
        for day in range(first_of(number), first_of(number) + DAYS_A_WEEK):
            for currency, own in days.of(day).items():
                total = Day(own.income_minor, own.spent_minor, own.count)
                yield f"{date.fromordinal(day).isoformat()} {currency}", total


def _balances(user: User) -> Read:
    for name, by_currency in user.aggregate.hot.balances.items():
        for currency, own in by_currency.items():
            yield (
                f"{name} {currency}",
                Balance(
                    own.reported_minor,
                    own.as_of,
                    own.expected_minor,
                    own.moved_minor,
                    own.pending_minor,
                    own.total_minor,
                ),
            )
