"""Alert when a payment is unusually large for the user; take it back with the payment."""

from collections.abc import Iterator, Mapping

from processors.alert_rules.rule import Ended, Holds, Judgement, Parameter, Rule, Words
from processors.state.book import WINDOW_DAYS
from processors.state.notes import Surprise
from processors.state.quieted import about_payment
from processors.state.shared import LONG_AGO
from processors.state.transaction import Tie, Transaction
from processors.state.view import View
from processors.state.wording import money
from schemas.alerts import Contribution, Evidence
from schemas.arguments import MoneyArgument, TextArgument, TransactionRef

_DAYS_OF_USE = 7


def _judge(view: View, chosen: Mapping[str, int]) -> Iterator[Judgement]:
    for change in view.changes:
        # What was posted, or got another id, is still paid.
        if change.goes and change.after.gone != "replaced":
            yield from (Ended(_key(own), "retracted") for own in _lives_of(view, change.after))
    for surprise in view.noted(Surprise):
        payment = surprise.transaction
        too_old = view.today != LONG_AGO and payment.booked_on + _DAYS_OF_USE < view.today
        small = -payment.amount_minor < chosen["at_least_minor"]
        if not (payment.backfill or too_old or small):
            yield _holds(surprise, chosen["at_least_minor"])


def _key(payment: Transaction | Tie) -> str:
    return f"{payment.identity:016x}"


def _lives_of(view: View, payment: Transaction) -> Iterator[Transaction | Tie]:
    """Yield a payment and all that it was before: the user may have heard of any of them."""
    yield payment
    before: Transaction | None = payment
    while before is not None and before.replaces is not None:
        yield before.replaces
        before = view.user.book.find(before.replaces.identity)


def _holds(surprise: Surprise, at_least_minor: int) -> Holds:
    payment = surprise.transaction
    return Holds(
        key=_key(payment),
        window="",
        severity="warning",
        expires=payment.booked_on + _DAYS_OF_USE,
        kept_until=payment.booked_on + WINDOW_DAYS,
        words=lambda: _words(surprise, at_least_minor),
        about=about_payment(payment),
    )


def _words(surprise: Surprise, at_least_minor: int) -> Words:
    payment, currency = surprise.transaction, surprise.transaction.currency
    amount_minor = -payment.amount_minor
    paid, usual = money(amount_minor, currency), money(surprise.usual_minor, currency)
    payee = payment.merchant or "somebody unnamed"
    quiet_below = max(surprise.quiet_below_minor, at_least_minor)
    contribution = Contribution(
        name="amount",
        score_milli=surprise.score_milli,
        sentence=f"{paid} where {usual} is usual, by {surprise.history} payments.",
    )
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=amount_minor, currency=currency),
            "usual": MoneyArgument(amount_minor=surprise.usual_minor, currency=currency),
            "merchant": TextArgument(text=payment.merchant),
        },
        title=f"Unusually large payment: {paid}",
        body=f"{paid} to {payee}. Your payments are usually around {usual}.",
        evidence=Evidence(
            score_milli=surprise.score_milli,
            threshold_milli=surprise.threshold_milli,
            contributions=(contribution,),
            compared_with=f"your last {surprise.history} payments in {currency}",
            transactions=(
                TransactionRef(
                    account_id=payment.account_id, transaction_id=payment.transaction_id
                ),
            ),
            quiet_below={"amount": MoneyArgument(amount_minor=quiet_below, currency=currency)},
        ),
        link="/transactions",
    )


LARGE_PAYMENT = Rule(
    id="large_payment",
    version=1,
    category="spending",
    trigger="A new payment's surprise reaches the policy's threshold, given enough history.",
    repeats="Once a transaction.",
    judge=_judge,
    notes=(Surprise,),
    departures=True,
    parameters={
        "at_least_minor": Parameter(
            5_000, 0, 10_000_000_000, "Smaller payments stay quiet, in minor units."
        )
    },
)
