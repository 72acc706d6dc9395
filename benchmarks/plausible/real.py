"""Real data, where it is at hand: the same figures of it, and nothing of it kept."""

import csv
import lzma
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from benchmarks.plausible.purchases import Figures, Purchase, card_month, cv_of_cards, of_purchases

CsvRow = Mapping[str, str]


def _council(row: CsvRow) -> Purchase:
    """Read what a card of a city council paid, in pounds; foreign sums as they were billed."""
    amount = row["billing_gross_amt"] or row["original_gross_amt"]
    return _purchase(row["card"], row["trans_date"], amount, row["merchant_name"])


def _simulated(row: CsvRow) -> Purchase:
    return _purchase(row["cc_num"], row["trans_date_trans_time"][:10], row["amt"], row["merchant"])


def _purchase(card: str, day: str, amount: str, text: str) -> Purchase:
    minor = int(Decimal(amount) * 100)
    return Purchase(card, date.fromisoformat(day), minor, minor, text)


SETS: Mapping[str, tuple[str, Callable[[CsvRow], Purchase]]] = {
    "purchase_cards": ("purchase-cards/transactions-2014-2018.csv.xz", _council),
    "card_stream": ("card-stream/transactions.csv.xz", _simulated),
}
"""By name: the file, and how to read a row. The second is simulated, so it proves nothing."""


def real_figures(folder: Path, note: Callable[[str], None]) -> dict[str, Figures]:
    """Measure whatever sets are in a folder; a line says which are not."""
    found = {}
    for name, (path, read) in SETS.items():
        if (folder / path).is_file():
            found[name] = _figures(list(_purchases(folder / path, read)))
        else:
            note(f"{name} is left out: there is no {path} in {folder}")
    return found


def _purchases(path: Path, read: Callable[[CsvRow], Purchase]) -> Iterator[Purchase]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from map(read, csv.DictReader(lines))


def _figures(purchases: list[Purchase]) -> Figures:
    return {
        **of_purchases(purchases),
        "cv_credit_card": cv_of_cards(card_month(purchase) for purchase in purchases),
    }
