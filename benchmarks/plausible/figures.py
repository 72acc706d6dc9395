"""The figures of a town, each by a name that stays the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.plausible.lives import Lives, Payment
from benchmarks.plausible.measures import (
    first_digits,
    middle,
    repeated,
    share,
    shares,
    variation,
)
from benchmarks.plausible.purchases import Figures, Purchase, cv_of_cards, of_purchases
from schemas.taxonomy import GROUPS

MONTHS_MIN = 6
"""Of how many months a user is known at least, where the figure is how much months vary."""

NOT_CONSUMED = ("cash", "finance", "government")
"""Money that surveys of consumption see elsewhere, or not at all."""
CONSUMED = tuple(
    group.id
    for group in GROUPS.values()
    if group.kind == "spending" and group.id not in NOT_CONSUMED
)

_KINDS = {
    "card": "card",
    "refund": "card",
    "direct_debit": "debit",
    "transfer": "transfer",
    "standing_order": "transfer",
    "salary": "transfer",
    "cash": "cash",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures of a town, and what the picture shows of how they are spread."""

    figures: Figures
    spending_cvs: list[float]
    """By user."""
    payments_a_month: list[float]
    """By user."""
    digits: Mapping[int, float]


def measured(lives: Lives) -> Measured:
    """Measure a town; None is the figure of what does not happen there."""
    spent = _by_month(lives, (own for own in lives.payments if _is_spending(own)), sign=-1)
    earned = _by_month(lives, (own for own in lives.payments if own.leaf.kind == "income"))
    rates = _payments_a_month(lives)
    cvs = _variations(spent)
    purchases = [_purchase(own) for own in lives.payments if _is_by_card(own)]
    figures: Figures = {
        **_spending_shares(lives.payments),
        "cv_spending": middle(cvs),
        "cv_income": middle(_variations(earned)),
        "cv_credit_card": cv_of_cards(_on_credit(lives)),
        "saving_rate": _saving_rate(spent, earned),
        "transactions_per_month": middle(rates),
        **_recurring(lives.payments),
        **of_purchases(purchases),
        "repeat_share_merchant": repeated(
            [(own.user_id, own.merchant) for own in lives.payments if _is_paid_by_card(own)]
        ),
        **_feeds(lives),
        **_balances(lives, spent),
    }
    digits = first_digits(own.amount_minor for own in purchases if own.amount_minor > 0)
    return Measured(figures, cvs, rates, digits)


# What a payment is.


def _is_spending(own: Payment) -> bool:
    return own.leaf.kind == "spending"


def _is_by_card(own: Payment) -> bool:
    return _is_spending(own) and own.kind in {"card", "refund"}


def _is_paid_by_card(own: Payment) -> bool:
    return _is_by_card(own) and own.amount_minor < 0


def _purchase(own: Payment) -> Purchase:
    return Purchase(own.user_id, own.made_on, -own.amount_minor, -own.cents, own.text)


# Money.


def _spending_shares(payments: Iterable[Payment]) -> Figures:
    """Share what was spent by group: of consumption, and for the rest, of all that was spent."""
    cents: Counter[str] = Counter()
    for own in payments:
        if _is_spending(own):
            cents[own.leaf.group.id] -= own.cents
    consumed, spent = sum(cents[group] for group in CONSUMED), cents.total()
    return {
        **{f"spending_share_{group}": share(cents[group], consumed) for group in CONSUMED},
        **{f"outflow_share_{group}": share(cents[group], spent) for group in NOT_CONSUMED},
    }


def _by_month(lives: Lives, payments: Iterable[Payment], sign: int = 1) -> dict[str, list[int]]:
    """Add up each user's whole months, those without a payment among them."""
    sums: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for own in payments:
        sums[own.user_id][own.month] += sign * own.cents
    return {user: [sums[user][month] for month in months] for user, months in lives.months.items()}


def _variations(by_user: Mapping[str, list[int]]) -> list[float]:
    found = [variation(months) for months in by_user.values() if len(months) >= MONTHS_MIN]
    return [each for each in found if each is not None]


def _on_credit(lives: Lives) -> Iterable[tuple[str, int, int]]:
    return (
        (own.account_id, own.month, -own.cents)
        for own in lives.payments
        if lives.account_types[own.account_id] == "credit"
        and _is_by_card(own)
        and own.month in lives.months[own.user_id]
    )


def _saving_rate(spent: Mapping[str, list[int]], earned: Mapping[str, list[int]]) -> float | None:
    """Give what is left of a household's income, in the median of those that have one."""
    return middle(
        [1 - sum(spent[user]) / income for user in spent if (income := sum(earned[user])) > 0]
    )


def _recurring(payments: Iterable[Payment]) -> Figures:
    """Give how much of what is paid out is one of a series, by count and by money."""
    paid = [own for own in payments if _is_spending(own) and own.amount_minor < 0]
    again = [own for own in paid if own.is_in_series]
    return {
        "recurring_share_count": share(len(again), len(paid)),
        "recurring_share_money": share(
            sum(-own.cents for own in again), sum(-own.cents for own in paid)
        ),
    }


def _balances(lives: Lives, spent: Mapping[str, list[int]]) -> Figures:
    """Measure checking accounts when months end: how long each would last, how many owe."""
    lasts = [
        median(held) / usual
        for user, held in lives.month_ends.items()
        if spent[user] and (usual := fmean(spent[user])) > 0
    ]
    ends = [cents for held in lives.month_ends.values() for cents in held]
    return {
        "balance_months": middle(lasts),
        "overdrawn_share": share(sum(cents < 0 for cents in ends), len(ends)),
    }


# How it is paid, and told.


def _payments_a_month(lives: Lives) -> list[float]:
    counts = Counter(
        own.user_id for own in lives.payments if own.month in lives.months[own.user_id]
    )
    return [counts[user] / len(months) for user, months in lives.months.items() if months]


def _feeds(lives: Lives) -> Figures:
    payments = lives.payments
    kinds = shares(Counter(_KINDS.get(own.kind or "", "other") for own in payments))
    transfers = sum(own.leaf.kind == "transfer" for own in payments)
    fresh = sum(_is_paid_by_card(own) and not own.is_backfill for own in payments)
    return {
        **{
            f"kind_share_{kind}": kinds.get(kind, 0) if kinds else None
            for kind in ("card", "debit", "transfer", "cash", "other")
        },
        "transfer_share": share(transfers, len(payments)),
        "pending_share": share(lives.holds, fresh),
        "foreign_share": _foreign(payments),
    }


def _foreign(payments: Iterable[Payment]) -> float | None:
    """Give the share of card purchases that were made in another country than most of a user's."""
    countries: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for own in payments:
        if own.country and _is_paid_by_card(own):
            countries[own.user_id][own.country] += 1
    made = sum(of_user.total() for of_user in countries.values())
    at_home = sum(max(of_user.values()) for of_user in countries.values())
    return share(made - at_home, made)
