"""Card payments as a bank tells of them: what Penstock's own contender is fed with."""

from datetime import UTC, datetime

from benchmarks.quality.anomalies.payments import Payment
from schemas.feedback import AboutFraud, FeedbackGiven
from schemas.transactions import TransactionImported

CURRENCY = "USD"
MERCHANT_CODES = {
    "entertainment": "7922",
    "food_dining": "5812",
    "gas_transport": "5541",
    "grocery_net": "5499",
    "grocery_pos": "5411",
    "health_fitness": "7997",
    "home": "5712",
    "kids_pets": "5995",
    "misc_net": "5818",
    "misc_pos": "5999",
    "personal_care": "7230",
    "shopping_net": "5964",
    "shopping_pos": "5311",
    "travel": "4722",
}
"""A code for each of the stream's categories, each filed elsewhere; a bank tells no category."""


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
        mcc=MERCHANT_CODES.get(payment.category),
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
