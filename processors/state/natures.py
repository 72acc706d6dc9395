"""Which kind of money a transaction is: each cent that counts is exactly one kind."""

from functools import lru_cache
from typing import Literal

from processors.state.categories import kind_of
from processors.state.transaction import Transaction

Nature = Literal["income", "spending", "transfer", "refund", "fee", "unknown"]

NATURES: tuple[Nature, ...] = ("income", "spending", "transfer", "refund", "fee", "unknown")
_FEES = frozenset({"finance.fee", "finance.overdraft", "finance.interest"})
_CREDITED = frozenset({"card", "refund"})
_FIXED_KINDS = frozenset({"direct_debit", "standing_order"})
_FIXED_GROUPS = frozenset({"utilities", "insurance"})
_FIXED = frozenset(
    {
        "housing.rent",
        "housing.mortgage",
        "family.childcare",
        "health.fitness",
        "entertainment.streaming",
        "finance.loan",
        "finance.car_loan",
        "finance.student_loan",
        "government.local_tax",
        "services.memberships",
    }
)


def nature_of(own: Transaction) -> Nature:
    """Say which kind of money a transaction is."""
    by_user = own.filing.level == "user"
    tied = own.refund_of is not None
    return _nature(own.category, own.kind, own.amount_minor > 0, tied, by_user)


# Every transaction asks more than once, and few combinations occur.
@lru_cache(maxsize=8192)
def _nature(category: str, kind: str, came_in: bool, tied: bool, by_user: bool) -> Nature:  # noqa: FBT001 A key of the cache.
    filed = kind_of(category)
    if filed == "transfer":
        return "transfer"
    is_given_back = tied or kind in _CREDITED or filed == "spending"
    if came_in and is_given_back and not (filed == "income" and by_user):
        return "refund"
    return "fee" if is_fee(category) else filed


def is_fee(category: str) -> bool:
    """Say whether a category is what banks charge."""
    return category in _FEES


def is_fixed(own: Transaction) -> bool:
    """Say whether a payment is much the same each month, by how it is paid or for what."""
    if kind_of(own.category) != "spending":
        return False
    group = own.category.partition(".")[0]
    return own.kind in _FIXED_KINDS or group in _FIXED_GROUPS or own.category in _FIXED


def spends(own: Transaction) -> bool:
    """Say whether a transaction is spending: unknown money out is taken for it."""
    return own.amount_minor < 0 and nature_of(own) in {"spending", "fee", "unknown"}
