"""Notice payments that are far larger than the user's payments usually are."""

from models.amount_surprise import AmountSurprise
from processors.state.categories import kind_of
from processors.state.notes import Note, Surprise
from processors.state.sections import Baseline, Baselines, Section
from processors.state.transaction import Transaction
from processors.state.view import View

AGREED_BEFORE = frozenset({"direct_debit", "standing_order"})


def detect(section: Section[Baselines, None], view: View) -> list[Note]:
    """Score each new payment first and learn it after; what surprises is not learned."""
    notes: list[Note] = []
    policy = view.shared.policy
    for change in view.changes:
        payment = change.after
        is_news = change.first_sight and payment.counts and payment.replaces is None
        if not (is_news and _is_decided_now(payment)):
            continue
        baseline = section.hot.by_currency.get(payment.currency, Baseline())
        model = AmountSurprise(baseline.count, baseline.mean, baseline.squares)
        enough = model.count >= policy.large_payment_history
        score_milli = _score_milli(model, -payment.amount_minor) if enough else 0
        if enough and score_milli >= policy.large_payment_milli:
            notes.append(_surprise(model, payment, score_milli, policy.large_payment_milli))
        else:
            model.learn_one({"amount": -payment.amount_minor})
            section.hot.by_currency[payment.currency] = Baseline(*model.memory)
    return notes


def _is_decided_now(payment: Transaction) -> bool:
    """Leave out what was agreed long ago: rent surprises nobody, however large it is."""
    return (
        payment.amount_minor < 0
        and payment.kind not in AGREED_BEFORE
        and kind_of(payment.category) in {"spending", "unknown"}
    )


def _score_milli(model: AmountSurprise, amount: int) -> int:
    return int(model.score_one({"amount": amount}) * 1000)


def _surprise(
    model: AmountSurprise, payment: Transaction, score_milli: int, threshold_milli: int
) -> Surprise:
    """Say how surprising, and find the smallest amount that would have surprised as well."""
    low, high = 1, -payment.amount_minor
    while low < high:
        middle = (low + high) // 2
        if _score_milli(model, middle) >= threshold_milli:
            high = middle
        else:
            low = middle + 1
    return Surprise(
        payment,
        score_milli,
        threshold_milli,
        model.count,
        round(model.usual),
        quiet_below_minor=low,
    )
