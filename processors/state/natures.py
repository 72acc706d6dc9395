"""Which kind of money a transaction is: each cent that counts is exactly one kind."""

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
    kind = kind_of(own.category)
    if kind == "transfer":
        return "transfer"
    if is_refund(own):
        return "refund"
    if kind == "spending" and is_fee(own.category):
        return "fee"
    return kind


def is_refund(own: Transaction) -> bool:
    """Say whether money came back: tied to its purchase, or by its kind."""
    kind = kind_of(own.category)
    if own.amount_minor <= 0 or kind == "transfer":
        return False
    if kind == "income" and own.filing.level == "user":
        return False
    return own.refund_of is not None or own.kind in _CREDITED or kind == "spending"


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
