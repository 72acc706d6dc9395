"""The town that the households live in: its shops, bills, employers and banks, all invented.

Amounts are what a household of middling means pays, in minor units of whatever currency it has.
"""

from datetime import date
from typing import NamedTuple

from schemas.transactions import Kind


class Payee(NamedTuple):
    """The other side of a payment; small shops have no merchant code."""

    name: str
    kind: Kind
    purpose: str = ""
    mcc: str | None = None


class Habit(NamedTuple):
    """What a household buys on some days, and what that is for in truth."""

    category: str
    daily_permille: int
    least_minor: int
    most_minor: int
    payees: tuple[Payee, ...]
    step_minor: int = 1
    tips: bool = False


class Offer(NamedTuple):
    """A bill that comes once a month, and how much it varies from month to month."""

    payee: Payee
    least_minor: int
    most_minor: int
    varies_percent: int = 0


class Home(NamedTuple):
    """Where a household lives."""

    currency: str
    time_zone: str
    locale: str


class Style(NamedTuple):
    """How a bank writes its texts, and whether it names merchants beside them."""

    template: str
    capitals: bool
    names_merchants: bool

    def text(self, payee: Payee, booked_on: date, reference: int) -> str:
        """Write what the statement says."""
        text = self.template.format(
            how=_HOW[payee.kind],
            name=payee.name,
            purpose=payee.purpose,
            day=booked_on.day,
            month=booked_on.month,
            reference=reference,
        )
        tidy = " ".join(text.split())
        return tidy.upper() if self.capitals else tidy


_HOW: dict[Kind, str] = {
    "card": "card payment",
    "cash": "cash machine",
    "direct_debit": "direct debit",
    "salary": "salary",
    "standing_order": "standing order",
    "transfer": "transfer",
}


def _shop(name: str, mcc: str | None = None) -> Payee:
    return Payee(name, "card", mcc=mcc)


def _debit(name: str, purpose: str) -> Payee:
    return Payee(name, "direct_debit", purpose)


STYLES = (
    Style("{how} {name} {purpose} REF {reference}", capitals=True, names_merchants=False),
    Style("{name} {purpose} {how} {day:02}.{month:02}.", capitals=False, names_merchants=True),
    Style("{how}/{name}/{purpose}", capitals=False, names_merchants=True),
)

HOMES = (
    Home("EUR", "Europe/Berlin", "de_DE"),
    Home("EUR", "Europe/Dublin", "en_IE"),
    Home("EUR", "Europe/Helsinki", "fi_FI"),
    Home("EUR", "Europe/Madrid", "es_ES"),
    Home("EUR", "Europe/Paris", "fr_FR"),
    Home("GBP", "Europe/London", "en_GB"),
    Home("USD", "America/New_York", "en_US"),
)

EMPLOYERS = tuple(
    Payee(name, "salary", "wages")
    for name in ("Alderworks", "Tallgrass Studio", "Riverbend Mills", "Kestrel Freight")
)
SAVED = Payee("Own account", "transfer", "to savings")
TAKEN_BACK = Payee("Own account", "transfer", "from savings")

HABITS = (
    Habit(
        "food.groceries", 290, 900, 14_000,
        (
            _shop("Corner Grocer", "5411"),
            _shop("Meadow Supermarket", "5411"),
            _shop("Golden Crust Bakery", "5462"),
            _shop("Harvest Box Grocer"),
        ),
    ),
    Habit(
        "dining.restaurant", 130, 1_200, 9_500,
        (
            _shop("Old Mill Restaurant", "5812"),
            _shop("Lantern Noodle House", "5812"),
            _shop("Three Bridges Restaurant"),
        ),
        tips=True,
    ),
    Habit(
        "dining.coffee", 180, 250, 1_100,
        # The first one's merchant code says fast food, as banks do; only people know better.
        (_shop("Quayside Coffee", "5814"), _shop("Tin Roof Coffee"), _shop("Morning Tram Coffee")),
    ),
    Habit(
        "shopping.clothing", 45, 1_500, 18_000,
        (_shop("Thistle and Thread", "5651"), _shop("Juniper Outfitters", "5651")),
    ),
    Habit(
        "shopping.general", 40, 800, 15_000,
        (_shop("Hazel Department Store", "5311"), _shop("The Useful Shelf")),
    ),
    Habit(
        "shopping.books", 25, 700, 4_500,
        (_shop("Inkwell and Daughters", "5942"), _shop("Lamplight Bookshop")),
    ),
    Habit(
        "health.pharmacy", 40, 400, 5_000,
        (_shop("Willow Pharmacy", "5912"), _shop("Station Pharmacy")),
    ),
    Habit(
        "cash.withdrawal", 45, 2_000, 20_000,
        (Payee("Market Square", "cash", mcc="6011"), Payee("Station Hall", "cash")),
        step_minor=1_000,
    ),
)  # fmt: skip

# A household goes about in one way or the other.
WAYS_ABOUT = (
    Habit(
        "transport.fuel", 130, 3_000, 9_000,
        (_shop("Wayside Fuel", "5541"), _shop("Ridge Road Petrol", "5541")),
    ),
    Habit(
        "transport.public", 200, 240, 3_600,
        (_shop("City Tramways", "4111"), _shop("Valley Railway", "4112")),
    ),
)  # fmt: skip

BILLS = (
    Offer(Payee("Linden Lettings", "standing_order", "rent"), 70_000, 105_000),
    Offer(_debit("Northwind Energy", "electricity"), 6_000, 14_000, varies_percent=12),
    Offer(_debit("Clearbrook Water", "water"), 2_000, 4_500),
    Offer(_debit("Anchor Mutual Insurance", "policy"), 2_500, 9_000),
    Offer(_debit("Skylark Mobile", "monthly plan"), 1_200, 4_000, varies_percent=5),
)
SUBSCRIPTIONS = (
    Offer(_debit("Moonbeam Streaming", "subscription"), 799, 1_499),
    Offer(_debit("Pebble Music", "streaming"), 499, 1_099),
    Offer(_debit("Iron Oak Fitness", "membership"), 1_990, 4_990),
    Offer(_debit("The Daily Lantern", "subscription"), 990, 2_490),
    Offer(_debit("Cloud Attic", "storage plan"), 199, 999),
)

# Far beyond what a household usually pays, whatever its means.
LARGE_MINOR = (380_000, 900_000)
LARGE_PAYEES = (
    _shop("Copper Yard Furniture", "5712"),
    _shop("Summit Electronics", "5732"),
    _shop("Blue Heron Voyages", "4722"),
)
