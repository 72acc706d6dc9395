"""Card payments as a bank tells of them: what Penstock's own contender is fed with."""

from datetime import UTC, datetime

from benchmarks.quality.anomalies.payments import Payment
from schemas.feedback import AboutFraud, FeedbackGiven
from schemas.transactions import TransactionImported

CURRENCY = "USD"


def imported(payment: Payment) -> TransactionImported:
    """Tell of a payment that is posted at once."""
    at = datetime.fromtimestamp(payment.at_s, UTC)
    return TransactionImported(
        transaction_id=str(payment.number),
        user_id=payment.user,
        account_id=payment.user,
        amount_minor=payment.amount_minor,
        currency=CURRENCY,
        booked_on=at.date(),
        occurred_at=at,
        description=payment.merchant,
        status="posted",
        kind="card",
    )


def confirmed(payment: Payment) -> FeedbackGiven:
    """Let the user say that a payment was a fraud."""
    return FeedbackGiven(
        feedback_id=f"fraud-{payment.number}",
        user_id=payment.user,
        revision=1,
        about=AboutFraud(
            kind="fraud",
            verdict="confirmed",
            account_id=payment.user,
            transaction_id=str(payment.number),
        ),
    )
