"""Alert when a payment is unlike the user's own; take it back with the payment."""

from collections.abc import Callable, Iterator, Mapping

from processors.alert_rules.rule import Ended, Holds, Judgement, Parameter, Rule, Words
from processors.state.book import WINDOW_DAYS
from processors.state.categories import name_of
from processors.state.clearing import OF_PAYMENTS, key_of, turned_out_usual
from processors.state.news import DAYS_OF_USE, is_news
from processors.state.notes import Surprise
from processors.state.quieted import about_payment
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.wording import money
from schemas.alerts import Contribution, Evidence
from schemas.arguments import MoneyArgument, TextArgument, TransactionRef


def _judge(view: View, chosen: Mapping[str, int]) -> Iterator[Judgement]:
    for change in view.changes:
        for identity in turned_out_usual(view, change):
            yield Ended(key_of(identity), "retracted")
    for surprise in view.noted(Surprise):
        payment = surprise.transaction
        small = -payment.amount_minor < chosen["at_least_minor"]
        if is_news(payment, view.today) and not small:
            yield _holds(view, surprise, chosen["at_least_minor"])


def _holds(view: View, surprise: Surprise, at_least_minor: int) -> Holds:
    payment = surprise.transaction
    return Holds(
        key=key_of(surprise.began_with),
        window="",
        # Of a burst one is told twice at most: when it begins, and when it goes on.
        severity="error" if surprise.goes_on else "warning",
        expires=payment.booked_on + DAYS_OF_USE,
        kept_until=payment.booked_on + WINDOW_DAYS,
        words=lambda: _words(view, surprise, at_least_minor),
        about=about_payment(payment),
    )


def _words(view: View, surprise: Surprise, at_least_minor: int) -> Words:
    payment, against = surprise.transaction, surprise.against
    currency = payment.currency
    paid, usual = money(-payment.amount_minor, currency), money(against.usual_minor, currency)
    payee, category = payment.merchant or "somebody unnamed", name_of(against.category)
    quiet_below = max(surprise.quiet_below_minor, at_least_minor)
    goes_on = "It is not the only one of these days. " if surprise.goes_on else ""
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=-payment.amount_minor, currency=currency),
            "usual": MoneyArgument(amount_minor=against.usual_minor, currency=currency),
            "merchant": TextArgument(text=payment.merchant),
        },
        title=f"Unusual payment: {paid}",
        body=f"{paid} to {payee}. {goes_on}For {category.lower()}, about {usual} would be usual.",
        evidence=Evidence(
            score_milli=surprise.score_milli,
            threshold_milli=surprise.threshold_milli,
            contributions=tuple(
                Contribution(name=name, score_milli=milli, sentence=_SENTENCES[name](surprise))
                for name, milli in surprise.contributions
            ),
            compared_with=f"your last {surprise.assessed.history} payments in {currency}",
            transactions=tuple(
                TransactionRef(account_id=own.account_id, transaction_id=own.transaction_id)
                for own in _told_of(view, surprise)
            ),
            quiet_below={"amount": MoneyArgument(amount_minor=quiet_below, currency=currency)},
        ),
        link="/transactions",
    )


def _told_of(view: View, surprise: Surprise) -> Iterator[Transaction]:
    """Yield the payment that began it, where this is another one, and the payment."""
    began = view.user.book.find(surprise.began_with) if surprise.goes_on else None
    if began is not None:
        yield began
    yield surprise.transaction


def _of_amount(surprise: Surprise) -> str:
    against, payment = surprise.against, surprise.transaction
    times = -payment.amount_minor / max(1, against.usual_minor)
    category = name_of(against.category).lower()
    known = f"{against.of_category} of them" if against.of_category else "none yet"
    return f"{times:,.1f} times what is usual for {category}; you have {known}."


def _of_size(surprise: Surprise) -> str:
    payment = surprise.transaction
    paid = money(-payment.amount_minor, payment.currency)
    return f"Few payments of anybody's are as large as {paid}."


def _of_hour(surprise: Surprise) -> str:
    against = surprise.against
    near = f"{against.around_hour} of {against.at_hours}"
    return f"{near} of your payments were made within an hour of {against.hour} o'clock (UTC)."


def _of_share(surprise: Surprise) -> str:
    against = surprise.against
    category = name_of(against.category).lower()
    return f"{against.of_category} of your {surprise.assessed.history} payments are for {category}."


def _of_day(surprise: Surprise) -> str:
    against, currency = surprise.against, surprise.transaction.currency
    day, usual = money(against.day_minor, currency), money(against.usual_day_minor, currency)
    return f"With it you have paid about {day} within a day; {usual} would be usual."


def _always(sentence: str) -> Callable[[Surprise], str]:
    return lambda _: sentence


_SENTENCES: dict[str, Callable[[Surprise], str]] = {
    "amount": _of_amount,
    "size": _of_size,
    "hour": _of_hour,
    "share": _of_share,
    "day": _of_day,
    "pattern": _always("Payments of such a kind, size and time of day were fraud more often."),
    "merchant": _always("Payments to this merchant were lately reported as fraud."),
    "burst_short": _always("Other unusual payments came within the hours before it."),
    "burst_long": _always("Other unusual payments came within the days before it."),
}

UNUSUAL_PAYMENT = Rule(
    id=OF_PAYMENTS,
    version=1,
    category="security",
    trigger="A new payment's surprise reaches the user's threshold, given enough history; while an "
    "alert is three days old at most, what goes on with it updates it. It is taken back with the "
    "payment, and when that turns out to be a transfer or of less than would have been told of.",
    repeats="Once an episode, and once more when it goes on.",
    judge=_judge,
    notes=(Surprise,),
    former=True,
    parameters={
        "at_least_minor": Parameter(
            5_000, 0, 10_000_000_000, "Smaller payments stay quiet, in minor units."
        )
    },
)
