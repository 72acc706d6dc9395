"""What is news to a user, and may be told: not history, and nothing of long ago."""

from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction

DAYS_OF_USE = 7
"""Who hears later of a payment can do nothing about it that a statement would not tell as well."""


def is_news(payment: Transaction, today: int) -> bool:
    """Say whether a payment is worth an alert; before any day has passed, nothing is old."""
    is_old = today != LONG_AGO and payment.booked_on + DAYS_OF_USE < today
    return not (payment.backfill or payment.resent or is_old)
