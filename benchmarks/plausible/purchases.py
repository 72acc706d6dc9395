"""What can be said of card purchases alone: the same of generated ones and of real ones."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import fmean
from typing import NamedTuple

from benchmarks.plausible.lives import month_of
from benchmarks.plausible.measures import (
    benford_distance,
    first_digits,
    middle,
    quantile,
    repeated,
    share,
    shares,
    variation,
)

Figures = dict[str, float | None]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS_MIN = 12
_ACTIVE_MIN = 0.7


class Purchase(NamedTuple):
    """A purchase by card, or, below zero, money that a shop gives back."""

    holder: str
    on: date | None
    amount_minor: int
    cents: int
    text: str


def of_purchases(purchases: Sequence[Purchase]) -> Figures:
    """Measure rhythm, texts and amounts."""
    paid = [purchase for purchase in purchases if purchase.amount_minor > 0]
    days = Counter(purchase.on.weekday() for purchase in paid if purchase.on)
    weekdays = shares(days)
    cents = [purchase.cents for purchase in paid]
    median, p90 = quantile(cents, 0.5), quantile(cents, 0.9)
    return {
        **{
            f"weekday_share_{name}": weekdays.get(number, 0) if weekdays else None
            for number, name in enumerate(WEEKDAYS)
        },
        "repeat_share_text": repeated([(purchase.holder, purchase.text) for purchase in paid]),
        "benford_mad": benford_distance(first_digits(purchase.amount_minor for purchase in paid)),
        "refund_share": share(len(purchases) - len(paid), len(purchases)),
        "amount_mean": fmean(cents) / 100 if cents else None,
        "amount_median": median / 100 if median else None,
        "amount_p90_to_median": p90 / median if p90 and median else None,
    }


def cv_of_cards(rows: Iterable[tuple[str, int, int]]) -> float | None:
    """Give how much a card's months vary, in the median of cards; of card, month and amount.

    Counted are cards with a year or more from first to last month, of which most see a purchase. A
    month without one is a zero, and one in which more came back than was paid is a zero too.
    """
    months: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for card, month, amount in rows:
        months[card][month] += amount
    found = []
    for spent in months.values():
        span = range(min(spent), max(spent) + 1)
        if len(span) >= _MONTHS_MIN and len(spent) >= _ACTIVE_MIN * len(span):
            found.append(variation([max(0, spent[month]) for month in span]))
    return middle([each for each in found if each is not None])


def card_month(purchase: Purchase) -> tuple[str, int, int]:
    """Give what `cv_of_cards` looks at, for cards whose every purchase has a day."""
    assert purchase.on is not None
    return purchase.holder, month_of(purchase.on), purchase.amount_minor
