"""Card payments made up for tests: habits by user, and at times a night of large ones."""

import csv
import gzip
import io
import lzma
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.quality.anomalies.payments import COLUMNS, DAY_S, Labelled, Payment

USUAL = ("grocery", "dining", "fuel")
STOLEN = ("jewels", "fuel")
_FRAUDS_OF_A_NIGHT = 4


def paid(
    day: float = 0,
    user: str = "ann",
    amount_minor: int = -1_000,
    *,
    number: int = 0,
    is_fraud: bool = False,
) -> Labelled:
    """Make one payment, on a day that may be broken, counted from 1970."""
    payment = Payment(number, int(day * DAY_S), user, "grocery", "shop", amount_minor)
    return Labelled(payment, is_fraud)


def stream(users: int = 12, days: int = 150, seed: int = 3) -> list[Labelled]:
    """Let users pay about once a day; each is robbed once, in a night after the first 80 days."""
    random = Random(seed)  # noqa: S311  Nothing secret.
    rows = []
    for user in range(users):
        robbed = random.randrange(80, days)
        for day in range(days):
            for is_fraud in [False, *[True] * (_FRAUDS_OF_A_NIGHT if day == robbed else 0)]:
                hour = random.uniform(0, 4) if is_fraud else random.gauss(14, 3)
                spent = random.uniform(300, 900) if is_fraud else random.uniform(5, 60)
                category = random.choice(STOLEN if is_fraud else USUAL)
                at_s = int((day + hour / 24) * DAY_S)
                shop = f"{category} {random.randrange(5)}"
                own = Payment(0, at_s, f"card-{user}", category, shop, -int(spent * 100))
                rows.append(Labelled(own, is_fraud))
    rows.sort(key=lambda labelled: labelled.payment.at_s)
    return [Labelled(own._replace(number=at), truth) for at, (own, truth) in enumerate(rows)]


def line(**other: str) -> dict[str, str]:
    """Make a line of a file; what is not named is as it should be."""
    return {
        "trans_date_trans_time": "2019-01-01 00:02:20",
        "cc_num": "4001",
        "merchant": "Corner Shop",
        "category": "grocery",
        "amt": "12.30",
        "state": "TX",
        "is_fraud": "0",
    } | other


def line_of(labelled: Labelled) -> dict[str, str]:
    """Write a payment as its file tells it."""
    payment, is_fraud = labelled
    at = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=payment.at_s)
    return line(
        trans_date_trans_time=at.strftime("%Y-%m-%d %H:%M:%S"),
        cc_num=payment.user,
        merchant=payment.merchant,
        category=payment.category,
        amt=f"{-payment.amount_minor / 100:.2f}",
        is_fraud=str(int(is_fraud)),
    )


def written(path: Path, lines: Iterable[dict[str, str]], without: str = "") -> Path:
    """Write a table, packed as its name says."""
    columns = [column for column in (*COLUMNS, "state") if column != without]
    text = io.StringIO()
    table = csv.DictWriter(text, columns, extrasaction="ignore")
    table.writeheader()
    table.writerows(lines)
    packed = text.getvalue().encode()
    if path.suffix == ".xz":
        packed = lzma.compress(packed)
    elif path.suffix == ".gz":
        packed = gzip.compress(packed)
    path.write_bytes(packed)
    return path
