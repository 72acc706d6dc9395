"""The tables of docs/money.md, summed with pandas from the rows of users."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from streams.verify.recount_refunds import kind_of
from streams.verify.recount_rows import Row, name_of
from streams.verify.recount_user import DAYS_A_WEEK, Report, UserRecount

MONTHS_BEFORE = 12
EARLIER = 0
FEES = {"finance.fee", "finance.overdraft", "finance.interest"}
FIXED_KINDS = {"direct_debit", "standing_order"}
FIXED_GROUPS = {"utilities", "insurance"}
FIXED = {
    *("housing.rent", "housing.mortgage", "family.childcare", "health.fitness"),
    *("entertainment.streaming", "finance.loan", "finance.car_loan", "finance.student_loan"),
    *("government.local_tax", "services.memberships"),
}

Figures = dict[str, dict[str, object]]
"""One user's money: by what it is, and then by key."""


@dataclass(frozen=True, slots=True)
class Month:
    """A category's money in a month."""

    in_minor: int
    out_minor: int
    refunded_minor: int
    count: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day's money."""

    income_minor: int
    spent_minor: int
    count: int


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's money in one currency."""

    reported_minor: int | None
    as_of: int
    expected_minor: int | None
    moved_minor: int
    pending_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a transaction of the window stands: its money, and its ties by name."""

    amount_minor: int
    currency: str
    day: int
    gone: str
    category: str
    replaces: str
    replaced_by: str
    pair: str
    refund_of: str
    is_unclear_twin: bool
    is_unclear_pair: bool


def nature_of(row: Row) -> str:
    """Say which kind of money a row is: the first of the table that it is."""
    kind = kind_of(row.category)
    if kind == "transfer":
        return "transfer"
    if row.now.amount_minor > 0 and _is_refund(row, kind):
        return "refund"
    return "fee" if row.category in FEES else kind


def _is_refund(row: Row, kind: str) -> bool:
    if kind == "income" and row.filed.level == "user":
        return False
    return row.refund_of is not None or row.now.kind in {"refund", "card"} or kind == "spending"


def _is_fixed(row: Row) -> bool:
    by_category = row.category in FIXED or row.category.partition(".")[0] in FIXED_GROUPS
    return kind_of(row.category) == "spending" and (row.now.kind in FIXED_KINDS or by_category)


def figures_of(users: Mapping[str, UserRecount]) -> dict[str, Figures]:
    """Sum all figures of settled users."""
    figures: dict[str, Figures] = {user_id: defaultdict(dict) for user_id in users}
    for user_id, user in users.items():
        for row in user.window.values():
            figures[user_id]["transaction"][name_of(row)] = _standing(row)
    table = _table(users)
    for what, sums in (
        ("month", _months(table)),
        ("source", _sources(table)),
        ("fixed", _fixed(table)),
        ("kind", _kinds(table)),
        ("day", _days(table)),
        ("balance", _balances(table, users)),
    ):
        for user_id, key, value in sums:
            figures[user_id][what][key] = value
    return figures


def _standing(row: Row) -> Standing:
    return Standing(
        row.now.amount_minor,
        row.now.currency,
        row.now.day,
        row.gone,
        row.category,
        name_of(row.replaces),
        name_of(row.replaced_by),
        name_of(row.pair),
        name_of(row.refund_of),
        row.is_unclear_twin,
        row.is_unclear_pair,
    )


# The table that everything is summed from: a line for each transaction that counts.

_COLUMNS = {
    **dict.fromkeys(("user", "account", "currency"), "object"),
    **dict.fromkeys(("day", "month", "amount"), "int64"),
    "pending": "bool",
    **dict.fromkeys(("category", "source", "nature"), "object"),
    **dict.fromkeys(("fixed", "in_window"), "bool"),
}
"""In the order of a line, with types of their own: an empty table is one, too."""


def _table(users: Mapping[str, UserRecount]) -> pd.DataFrame:
    lines = [line for user_id, user in users.items() for line in _lines(user_id, user)]
    columns = list(zip(*lines, strict=True)) or [()] * len(_COLUMNS)
    typed = zip(_COLUMNS.items(), columns, strict=True)
    table = pd.DataFrame({name: pd.Series(own, dtype=dtype) for (name, dtype), own in typed})
    amount, nature = table["amount"], table["nature"]
    came = amount > 0
    refund = nature == "refund"
    table["refunded_minor"] = amount.where(refund, 0)
    table["in_minor"] = amount.where(came & ~refund, 0)
    table["out_minor"] = (-amount).where(~came, 0)
    table["earned_minor"] = amount.where(nature == "income", 0)
    # Unknown money out is taken to be spent; unknown money in is not taken to be earned.
    spent = nature.isin(["spending", "fee", "refund"]) | ((nature == "unknown") & ~came)
    table["spent_minor"] = (-amount).where(spent, 0)
    return table


def _lines(user_id: str, user: UserRecount) -> Iterator[tuple[Any, ...]]:
    for row in (*user.left, *user.window.values()):
        if row.counts:
            now = row.now
            yield (
                *(user_id, row.account, now.currency, now.day, _month(now.day, user.today)),
                *(now.amount_minor, now.status == "pending", row.category, now.source),
                *(nature_of(row), _is_fixed(row), now.day // DAYS_A_WEEK >= user.oldest_week),
            )


def _month(day: int, today: int) -> int:
    """Give a day's month as year and month in one number; those long before today are one."""
    at, now = date.fromordinal(day), date.fromordinal(max(1, today))
    months_ago = (now.year - at.year) * 12 + now.month - at.month
    return EARLIER if today and months_ago > MONTHS_BEFORE else at.year * 100 + at.month


Sums = Iterator[tuple[str, str, object]]


def _lines_of(sums: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Give each line's key and its sums, as plain integers."""
    for key, *values in sums.itertuples():
        yield key, *map(int, values)


def _months(table: pd.DataFrame) -> Sums:
    by = table.groupby(["user", "month", "currency", "category"])
    sums = by[["in_minor", "out_minor", "refunded_minor"]].sum()
    sums["count"] = by.size()
    for (user, *key), *values in _lines_of(sums):
        yield user, _key(*key), Month(*values)


def _sources(table: pd.DataFrame) -> Sums:
    by = table.groupby(["user", "month", "currency", "source"])
    for (user, *key), earned in _lines_of(by[["earned_minor"]].sum()):
        if earned:
            yield user, _key(*key), earned


def _fixed(table: pd.DataFrame) -> Sums:
    by = table[table["fixed"]].groupby(["user", "month", "currency"])
    for (user, *key), spent in _lines_of(by[["spent_minor"]].sum()):
        if spent:
            yield user, _key(*key), spent


def _kinds(table: pd.DataFrame) -> Sums:
    by = table.groupby(["user", "month", "currency", "nature"])
    for (user, *key), amount in _lines_of(by[["amount"]].sum()):
        if amount:
            yield user, _key(*key), amount


def _days(table: pd.DataFrame) -> Sums:
    by = table[table["in_window"]].groupby(["user", "day", "currency"])
    sums = by[["earned_minor", "spent_minor"]].sum()
    sums["count"] = by.size()
    for (user, day, currency), *values in _lines_of(sums):
        yield user, _key(date.fromordinal(day).isoformat(), currency), Day(*values)


def _balances(table: pd.DataFrame, users: Mapping[str, UserRecount]) -> Sums:
    moved: dict[Any, pd.DataFrame] = dict(iter(table.groupby(["user", "account", "currency"])))
    reports = {
        (user_id, name, report.currency): report
        for user_id, user in users.items()
        for name, report in user.reports.items()
    }
    for place in moved.keys() | reports.keys():
        balance = _balance(moved.get(place, table.iloc[:0]), reports.get(place))
        if place in reports or balance.pending_minor or balance.total_minor:
            user_id, *key = place
            yield user_id, _key(*key), balance


def _balance(moves: pd.DataFrame, report: Report | None) -> Balance:
    is_pending = moves["pending"]
    posted = moves[~is_pending]
    pending_minor = int(moves["amount"][is_pending].sum())
    total_minor = int(posted["amount"].sum())
    if report is None:
        return Balance(None, 0, None, 0, pending_minor, total_minor)
    is_after = posted["day"] > report.as_of
    expected_minor = report.before_minor
    if expected_minor is not None:
        is_between = (posted["day"] > report.since) & ~is_after
        expected_minor += int(posted["amount"][is_between].sum())
    moved_minor = int(posted["amount"][is_after].sum())
    return Balance(
        report.reported_minor,
        report.as_of,
        expected_minor,
        moved_minor,
        pending_minor,
        total_minor,
    )


def _key(*parts: object) -> str:
    return " ".join(map(str, parts))
