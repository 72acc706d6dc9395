"""What is known of real data: a range for each figure, with its source and how sure it is.

The sources are written out in the docstring of `benchmarks.plausible`.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Certainty = Literal["published", "derived", "at_hand", "judgement"]
Unit = Literal["share", "number", "fine"]
"""A share is shown in per cent; a fine number needs a third digit."""


class Known(NamedTuple):
    """Where real data lies."""

    low: float
    high: float
    certainty: Certainty
    sources: tuple[str, ...]
    says: str
    """What the figure is, and how the range came about."""
    unit: Unit = "share"

    def holds(self, figure: float) -> bool:
        """Say whether a figure lies within."""
        return self.low <= figure <= self.high

    def shown(self, figure: float) -> str:
        """Write a figure as people read it."""
        match self.unit:
            case "share":
                return f"{figure * 100:.1f} %"
            case "fine":
                return f"{figure:.4f}"
            case "number":
                return f"{figure:.2f}"

    def grounds(self) -> str:
        """Say how sure the range is, and by which sources."""
        return f"{self.certainty}: {', '.join(self.sources)}" if self.sources else self.certainty

    def shown_range(self) -> str:
        """Write the range as people read it."""
        match self.unit:
            case "share":
                return f"{self.low * 100:g} to {self.high * 100:g} %"
            case _:
                return f"{self.low:g} to {self.high:g}"


_SURVEYS = ("eurostat", "eurostat_hbs", "ons", "bls")

SPENDING: Mapping[str, Known] = {
    "spending_share_housing": Known(
        0.18, 0.34, "derived", _SURVEYS,
        "rent or mortgage, repairs, furnishing; UK 18, US 28, EU about 25 without energy and water",
    ),
    "spending_share_utilities": Known(
        0.06, 0.12, "derived", _SURVEYS, "energy, water, phone, internet; US 8, EU and UK 8 to 10",
    ),
    "spending_share_food": Known(
        0.10, 0.20, "derived", _SURVEYS, "with alcohol and tobacco; US 10, UK 13, EU 16 to 20",
    ),
    "spending_share_dining": Known(
        0.04, 0.085, "derived", _SURVEYS, "EU 4.8 and UK 7 to 8.5 with lodging; US 6",
    ),
    "spending_share_transport": Known(
        0.09, 0.17, "derived", _SURVEYS,
        "EU 10.8 to 13.2, UK 13.7, US 19 with insurance; less flights, and cars that are on credit",
    ),
    "spending_share_health": Known(
        0.03, 0.08, "derived", _SURVEYS,
        "with care of the body; EU 4 to 5 and 2 more; UK 1.4 and 2; US without insurance",
    ),
    "spending_share_family": Known(
        0.015, 0.07, "judgement", ("eurostat", "ons"),
        "education 0.9 to 1.3; childcare, children's things and pets beside",
    ),
    "spending_share_shopping": Known(
        0.07, 0.18, "judgement", _SURVEYS,
        "clothing 3.4 to 4.7; electronics, books and hobbies; whatever general shops sell",
    ),
    "spending_share_entertainment": Known(
        0.02, 0.07, "judgement", ("eurostat", "bls"),
        "of recreation's 6.7 to 9.1 what is neither a thing nor a journey",
    ),
    "spending_share_travel": Known(
        0.02, 0.08, "judgement", ("eurostat", "ons"), "flights, lodging, packages",
    ),
    "spending_share_insurance": Known(
        0.025, 0.09, "judgement", ("eurostat", "bls"), "a part of EU's 11 for all else; more in US",
    ),
    "spending_share_giving": Known(
        0.005, 0.05, "judgement", ("bls",), "gifts and charity; US contributions below 5",
    ),
    "spending_share_services": Known(
        0.005, 0.05, "judgement", (), "advice, memberships, laundry, postage",
    ),
    "outflow_share_cash": Known(
        0.02, 0.15, "judgement", (), "cash drawn, of all spending; very different by country",
    ),
    "outflow_share_finance": Known(
        0.02, 0.14, "judgement", (), "loans, interest and fees, of all spending; no mortgage",
    ),
    "outflow_share_government": Known(
        0.0, 0.10, "judgement", (), "taxes paid from an account, of all spending",
    ),
}  # fmt: skip

STEADINESS: Mapping[str, Known] = {
    "cv_spending": Known(
        0.20, 0.40, "derived", ("one_consumer", "jpmc"),
        "of a user's months, median; 0.25 for one consumer, 0.31 for millions", "number",
    ),
    "cv_income": Known(
        0.15, 0.45, "published", ("jpmc", "diaries", "one_consumer"),
        "of a user's months, median; 0.36 in US, where many are paid by the fortnight", "number",
    ),
    "cv_credit_card": Known(
        0.40, 1.00, "at_hand", ("council", "one_consumer"),
        "of a credit card's months, median; 0.89 for a council's cards, 0.51 for one consumer's",
        "number",
    ),
    "saving_rate": Known(
        0.0, 0.20, "published", ("eurostat_save",), "what is left of income, median of users",
    ),
    "balance_months": Known(
        0.3, 1.5, "derived", ("jpmc",),
        "checking account at a month's end, in months of spending, median of users", "number",
    ),
    "overdrawn_share": Known(
        0.02, 0.20, "derived", ("yougov",),
        "of months' ends, those below zero; 30 % are at some time of a month",
    ),
}  # fmt: skip

PAYMENTS: Mapping[str, Known] = {
    "transactions_per_month": Known(
        30, 110, "derived", ("atlanta_fed", "uk_finance", "ecb"),
        "of a user, in and out, median; a person pays 34 to 63 times, some homes are two", "number",
    ),
    "recurring_share_count": Known(
        0.10, 0.30, "derived", ("atlanta_fed", "uk_finance", "ecb"),
        "of what is paid out; US bills 24, UK 21, euro area 15 without standing orders",
    ),
    "recurring_share_money": Known(
        0.30, 0.65, "derived", ("atlanta_fed",), "of what is paid out; 43 in US go by ACH",
    ),
    "kind_share_card": Known(0.50, 0.78, "derived", ("ecb",), "56 with companies, who pay less so"),
    "kind_share_debit": Known(0.06, 0.20, "derived", ("ecb", "uk_finance"), "15 and 19"),
    "kind_share_transfer": Known(
        0.08, 0.30, "derived", ("ecb",), "21; with standing orders and salaries",
    ),
    "kind_share_cash": Known(0.01, 0.08, "judgement", (), "withdrawals"),
    "kind_share_other": Known(0.0, 0.06, "judgement", (), "fees, interest and the like"),
    "transfer_share": Known(
        0.03, 0.15, "judgement", (), "of all, those that are neither income nor spending",
    ),
    "refund_share": Known(
        0.005, 0.035, "at_hand", ("council", "acquirer"), "of card rows, money that comes back",
    ),
    "foreign_share": Known(
        0.005, 0.12, "judgement", (), "of card purchases, those in another country than most",
    ),
    "pending_share": Known(
        0.30, 0.95, "judgement", ("plaid",), "payments seen as pending, beside all new by card",
    ),
    "amount_median": Known(
        12, 30, "judgement", ("ecb",), "euros of a card purchase; well below the mean", "number",
    ),
    "amount_mean": Known(
        25, 50, "published", ("ecb", "uk_cards"), "euros of a card purchase; 39 to 44", "number",
    ),
    "amount_p90_to_median": Known(
        3.0, 6.5, "judgement", ("council",), "of card purchases; 6.1 for a council's", "number",
    ),
    "benford_mad": Known(
        0.0, 0.015, "published", ("benford_2012", "council"),
        "how far first digits of card purchases are off Benford; 0.011 for a council's", "fine",
    ),
    "repeat_share_text": Known(
        0.35, 0.80, "at_hand", ("council",),
        "of card texts, those that the user had before, letter by letter; 70 for a council's",
    ),
    "repeat_share_merchant": Known(
        0.60, 0.95, "judgement", (), "of card purchases, those at a shop that the user knew",
    ),
}  # fmt: skip

_NO_TABLE = "of card purchases, by count; Friday and Saturday lead, no table was found"

WEEK: Mapping[str, Known] = {
    f"weekday_share_{name}": Known(low, high, "judgement", ("jpmc",), _NO_TABLE)
    for name, low, high in (
        ("monday", 0.11, 0.145),
        ("tuesday", 0.115, 0.15),
        ("wednesday", 0.12, 0.15),
        ("thursday", 0.125, 0.16),
        ("friday", 0.145, 0.18),
        ("saturday", 0.14, 0.19),
        ("sunday", 0.09, 0.15),
    )
}

KNOWN: Mapping[str, Known] = {**SPENDING, **STEADINESS, **PAYMENTS, **WEEK}
