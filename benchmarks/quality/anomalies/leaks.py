"""Whether a score knew what nobody could know yet: later payments, or labels on their way."""

from collections.abc import Callable, Sequence

from benchmarks.quality.anomalies.contender import Contender
from benchmarks.quality.anomalies.payments import Labelled, Payment
from benchmarks.quality.anomalies.walk import Run, walk
from benchmarks.quality.refusals import LeakError

_KEPT = 0.25
"""The share of a stream that stays as it was: long enough for labels to have been heard."""
_REPLACED = 0.1
"""The share after it that becomes another: enough for a period to be cut amid."""


def require_no_leak(
    name: str,
    build: Callable[[], Contender],
    rows: Sequence[Labelled],
    delay_days: int | None,
    run: Run,
) -> None:
    """Walk the first part again with another future; refuse if a score of the past changes.

    Another future: every payment after the cut, and every label that had not arrived by then,
    each row's own among them.
    """
    cut = max(1, int(len(rows) * _KEPT))
    end = min(len(rows), cut + max(1, int(len(rows) * _REPLACED)))
    again = walk(build(), with_other_future(rows[:end], cut, delay_days), delay_days)
    changed = (
        (run.surprise[:cut] != again.surprise[:cut])
        | (run.episode[:cut] != again.episode[:cut])
        | (run.alerts[:cut] != again.alerts[:cut])
    )
    if changed.any():
        raise LeakError(
            f"{name}: score {int(changed.argmax()):,} of {cut:,} changes with what comes after "
            "it, or with a label that had not arrived"
        )


def with_other_future(rows: Sequence[Labelled], cut: int, delay_days: int | None) -> list[Labelled]:
    """Change every payment from the cut on, and each label that has not arrived before it."""
    last = rows[cut - 1].payment.day
    return [
        Labelled(
            payment if at < cut else _another(payment),
            is_fraud != (delay_days is None or payment.day + delay_days > last),
        )
        for at, (payment, is_fraud) in enumerate(rows)
    ]


def _another(payment: Payment) -> Payment:
    """Change everything but when it was, so that periods begin when they did."""
    return Payment(
        payment.number,
        payment.at_s,
        f"not-{payment.user}",
        f"not-{payment.category}",
        f"not {payment.merchant}",
        1 - 3 * payment.amount_minor,
    )
