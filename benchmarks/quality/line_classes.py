"""Whose names labelled bank lines use for their classes, and which of ours mean the same."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.taxonomy import LEAVES


class Scheme(NamedTuple):
    """A set of classes: each group of ours means one of them, but for some leaves."""

    name: str
    by_group: Mapping[str, str]
    by_leaf: Mapping[str, str]

    def class_of(self, leaf_id: str) -> str | None:
        """Name the class that a leaf of ours means; none for what is unknown."""
        return self.by_leaf.get(leaf_id) or self.by_group.get(leaf_id.partition(".")[0])

    @property
    def classes(self) -> frozenset[str]:
        """All that a leaf of ours can mean."""
        return frozenset(found for leaf_id in LEAVES if (found := self.class_of(leaf_id)))


US_BANK = Scheme(
    "twelve classes of US bank lines",
    by_group={
        "income": "Income",
        "transfer": "Bank Transfers",
        "housing": "Rent & Utilities",
        "utilities": "Rent & Utilities",
        "food": "Food & Drink",
        "dining": "Food & Drink",
        "transport": "Transportation",
        "health": "Medical",
        "family": "General Services",
        "shopping": "General Merchandise",
        "entertainment": "Entertainment",
        "travel": "Travel",
        "insurance": "General Services",
        "finance": "Loans",
        "government": "Government/Non-Profit",
        "giving": "Government/Non-Profit",
        "services": "General Services",
        "cash": "Bank Transfers",
    },
    by_leaf={
        "transfer.card_payment": "Loans",
        "transfer.loan": "Loans",
        "housing.furnishing": "General Merchandise",
        "housing.diy_and_garden": "General Merchandise",
        "housing.repairs": "General Services",
        "housing.services": "General Services",
        "health.beauty": "General Merchandise",
        "health.fitness": "General Services",
        "family.children": "General Merchandise",
        "family.pets": "General Merchandise",
        "giving.gifts": "General Merchandise",
        "finance.fee": "Bank Transfers",
        "finance.overdraft": "Bank Transfers",
    },
)

MERCHANT_STUDIO = Scheme(
    "merchant_studio",
    by_group={
        "income": "income",
        "transfer": "transfers",
        "housing": "housing",
        "utilities": "bills_utilities",
        "food": "groceries",
        "dining": "food_dining",
        "transport": "auto_transport",
        "health": "health",
        "family": "family",
        "shopping": "shopping",
        "entertainment": "entertainment",
        "travel": "travel",
        "insurance": "insurance",
        "finance": "financial",
        "government": "taxes",
        "giving": "donations",
        "services": "professional_services",
        "cash": "cash_atm",
    },
    by_leaf={
        "transfer.investments": "investments",
        "transfer.card_payment": "financial",
        "transfer.loan": "financial",
        "housing.repairs": "home",
        "housing.services": "home",
        "housing.furnishing": "home",
        "housing.diy_and_garden": "home",
        "health.beauty": "personal_care",
        "health.fitness": "personal_care",
        "family.pets": "pets",
        "family.tuition": "education",
        "family.courses": "education",
        "entertainment.streaming": "subscriptions",
        "giving.gifts": "shopping",
        "finance.fee": "fees_charges",
        "finance.overdraft": "fees_charges",
        "finance.interest": "fees_charges",
        "services.business": "business",
        "services.memberships": "subscriptions",
    },
)

_SAME = {"loans": "financial", "government_taxes": "taxes"}
"""Names that one source uses for one thing."""

_NO_LEAF = frozenset({"software", "office", "shipping", "refunds"})
"""Classes of merchant_studio that none of our leaves means: such lines count as missed."""


def canonical(name: str) -> str:
    """Give a class by its main name; "Food & Drink / Groceries" is Food & Drink."""
    main = name.partition(" / ")[0].strip()
    return _SAME.get(main, main)


def scheme_of(classes: Iterable[str]) -> Scheme | None:
    """Find whose classes these are."""
    wanted = frozenset(classes)
    known = ((US_BANK, US_BANK.classes), (MERCHANT_STUDIO, MERCHANT_STUDIO.classes | _NO_LEAF))
    return next((scheme for scheme, names in known if wanted <= names), None)
