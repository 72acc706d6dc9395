"""A town as the benchmark sees it: what stands in the end, as banks told it and as it truly was."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean
from typing import NamedTuple

from sample.households import Town
from sample.places.markets import MARKETS
from sample.truth import TrueBalance, TrueTransaction
from schemas.accounts import AccountUpdated
from schemas.taxonomy import Leaf, leaf
from schemas.transactions import Kind, TransactionImported

Identity = tuple[str, str, str]


class Payment(NamedTuple):
    """A transaction that is live in the end."""

    user_id: str
    account_id: str
    month: int
    """Months since the year 0, of the day on which it was booked."""
    made_on: date | None
    """The day of the purchase itself, where the bank tells it."""
    amount_minor: int
    cents: int
    """What it is worth in European cents, by the price level of its currency's countries."""
    leaf: Leaf
    merchant: str
    text: str
    kind: Kind | None
    country: str | None
    is_in_series: bool
    is_backfill: bool


@dataclass(slots=True)
class Lives:
    """All that is measured of a town."""

    payments: list[Payment]
    months: Mapping[str, list[int]]
    """By user, all months of which everything was told: the last one is not among them."""
    month_ends: Mapping[str, list[int]]
    """By user, what checking accounts held when a month ended, in European cents."""
    account_types: Mapping[str, str]
    holds: int
    """How many payments were published as pending."""


class _Told(NamedTuple):
    revision: int
    text: str
    kind: Kind | None
    country: str | None
    made_on: date | None


@dataclass(slots=True)
class _Heard:
    """What is gathered while a town lives."""

    told: dict[Identity, _Told] = field(default_factory=dict)
    holds: set[Identity] = field(default_factory=set)
    account_types: dict[str, str] = field(default_factory=dict)
    rows: list[TrueTransaction] = field(default_factory=list)
    balances: list[TrueBalance] = field(default_factory=list)

    def transaction(self, event: TransactionImported) -> None:
        """Keep what the greatest revision says; repeats of a mistake come late."""
        identity = (event.user_id, event.account_id, event.transaction_id)
        if event.status == "pending":
            self.holds.add(identity)
        revision = event.revision or 0
        known = self.told.get(identity)
        if known is None or revision >= known.revision:
            made_on = event.occurred_at.date() if event.occurred_at else None
            self.told[identity] = _Told(
                revision, event.description, event.kind, event.country, made_on
            )


def lived(town: Town) -> Lives:
    """Let a town live from its first day to its last, and give what stands then."""
    heard = _Heard()
    for part in town.live():
        for event in part.events:
            if isinstance(event, TransactionImported):
                heard.transaction(event)
            elif isinstance(event, AccountUpdated):
                heard.account_types[event.account_id] = event.type
        for row in part.truths:
            if isinstance(row, TrueTransaction):
                if row.gone_on is None:
                    heard.rows.append(row)
            elif isinstance(row, TrueBalance):
                heard.balances.append(row)
    return Lives(
        payments=_payments(heard),
        months=_whole_months(heard.balances),
        month_ends=_month_ends(heard),
        account_types=heard.account_types,
        holds=len(heard.holds),
    )


def month_of(day: date) -> int:
    """Number a month, so that months can be counted."""
    return day.year * 12 + day.month - 1


def _payments(heard: _Heard) -> list[Payment]:
    levels = price_levels()
    payments = []
    for row in heard.rows:
        told = heard.told[row.user_id, row.account_id, row.transaction_id]
        payments.append(
            Payment(
                user_id=row.user_id,
                account_id=row.account_id,
                month=month_of(row.booked_on),
                made_on=told.made_on,
                amount_minor=row.amount_minor,
                cents=round(row.amount_minor / levels[row.currency]),
                leaf=leaf(row.category),
                merchant=row.merchant,
                text=told.text,
                kind=told.kind,
                country=told.country,
                is_in_series=row.series_id is not None,
                is_backfill=row.is_backfill,
            )
        )
    return payments


def _month_ends(heard: _Heard) -> dict[str, list[int]]:
    levels = price_levels()
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for balance in heard.balances:
        if heard.account_types[balance.account_id] == "checking":
            cents = round(balance.balance_minor / levels[balance.currency])
            held[balance.user_id][balance.month] += cents
    return {user: list(by_month.values()) for user, by_month in held.items()}


def price_levels() -> dict[str, float]:
    """Give how many minor units of each currency buy what a European cent buys, on average."""
    by_currency: defaultdict[str, list[float]] = defaultdict(list)
    for market in MARKETS:
        by_currency[market.currency].append(market.level_permille / 1000)
    return {currency: fmean(levels) for currency, levels in by_currency.items()}


def _whole_months(balances: Sequence[TrueBalance]) -> dict[str, list[int]]:
    """Give each user's months: balances are told of each one's end, from the first on."""
    months: defaultdict[str, set[int]] = defaultdict(set)
    for balance in balances:
        months[balance.user_id].add(month_of(date.fromisoformat(f"{balance.month}-01")))
    last = max((month for of_user in months.values() for month in of_user), default=0)
    return {user: sorted(of_user - {last}) for user, of_user in months.items()}
