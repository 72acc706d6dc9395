"""What becomes of payments that were told of: cleared by time, by silence, or by an answer."""

import math
from collections.abc import Iterator

from models.anomaly.detector import Detector
from models.anomaly.patterns import pattern_of
from processors.state.book import Change
from processors.state.family import family, identities
from processors.state.filing import category_for_others, may_be_shared
from processors.state.habits import Detections, Held, Kept
from processors.state.judging import as_features, is_spent
from processors.state.sections import OpenAlert
from processors.state.transaction import Transaction, identity_of
from processors.state.view import View
from schemas.alerts import AlertRaised
from schemas.arguments import MoneyArgument
from schemas.feedback import AboutAlert, AboutFraud, FeedbackGiven
from schemas.journal import KnownPayment

OF_PAYMENTS = "unusual_payment"
"""The rule whose alerts are about one payment each, by its identity."""
_KEYS = f"{OF_PAYMENTS}:"
SILENT_DAYS = 10
"""What nobody spoke of for so long was in order."""


def turned_out_usual(view: View, change: Change) -> list[int]:
    """Give all identities of what is not paid after all, or less than would have been told of."""
    payment = change.after
    # What was posted, or got another id, is still paid.
    if not change.of_former or payment.gone == "replaced":
        return []
    by_key = view.user.alerts.cold.by_key
    alerts = {key: told for key, told in by_key.items() if key.startswith(_KEYS)}
    if is_spent(payment) and not alerts:
        return []
    names = identities(payment, view.user.book.find)
    own = [alerts[key] for name in names if (key := _KEYS + key_of(name)) in alerts]
    is_less = any(_is_less(payment, told) for told in own)
    return names if is_less or not is_spent(payment) else []


def _is_less(payment: Transaction, told: OpenAlert) -> bool:
    """Say whether a payment is now of less than the least that its own alert was about."""
    evidence = AlertRaised.from_json(told.published).evidence
    # Where another payment went on with it, the evidence is about that one.
    least = evidence.quiet_below.get("amount") if len(evidence.transactions) == 1 else None
    return isinstance(least, MoneyArgument) and -payment.amount_minor < least.amount_minor


def key_of(identity: int) -> str:
    """Give the key of the condition that a payment is unusual."""
    return f"{identity:016x}"


def release(memory: Detections, view: View, instant: int) -> None:
    """Learn what waited until an instant, and nobody said that it was wrong."""
    if memory.held:
        due = [identity for identity, held in memory.held.items() if held.until <= instant]
        for identity in due:
            _learn(memory, view, memory.held.pop(identity))


def _learn(memory: Detections, view: View, held: Held) -> None:
    habits, customary = memory.by_currency[held.currency], view.shared.customary
    detector = Detector(habits, *customary.of(held.currency), customary.weights)
    detector.learn_one(as_features(held.category, held.minor, held.hour, held.instant))
    habits.learned += 1
    habits.forget_rarest()


def heed_silence(memory: Detections, view: View) -> Iterator[KnownPayment]:
    """Take what nobody spoke of for something in order; it says little until frauds are known."""
    for identity in memory.kept_until(view.today - SILENT_DAYS):
        kept = memory.recall(identity)
        payment = view.user.book.find(identity) if view.shared.customary.knows_frauds else None
        if payment is not None:
            yield _known(view, payment, kept, is_fraud=False)


def heed(memory: Detections, view: View, feedback: FeedbackGiven) -> Iterator[KnownPayment]:
    """Learn from an answer to an alert, or about fraud; `answers` lets none through twice."""
    about = feedback.about
    if isinstance(about, AboutFraud):
        identity = identity_of(about.account_id, about.transaction_id)
        yield from _answer(memory, view, identity, is_fraud=about.verdict == "confirmed")
    elif isinstance(about, AboutAlert) and about.verdict == "normal":
        for key, alert in view.user.alerts.cold.by_key.items():
            rule, _, named = key.partition(":")
            if alert.alert_id == about.alert_id and rule == OF_PAYMENTS:
                told_of = AlertRaised.from_json(alert.published).evidence.transactions
                named_there = [identity_of(one.account_id, one.transaction_id) for one in told_of]
                for identity in dict.fromkeys([int(named, 16), *named_there]):
                    yield from _answer(memory, view, identity, is_fraud=False)


def _answer(
    memory: Detections, view: View, identity: int, *, is_fraud: bool
) -> Iterator[KnownPayment]:
    """Let go of what waited, as what it was; all users learn what it had looked like."""
    found = view.user.book.find(identity)
    forms = [] if found is None else family(found, view.user.book.find)
    kept = None
    for one in (identity, *(form.identity for form in forms)):
        kept = memory.recall(one) or kept
        held = memory.held.pop(one, None)
        if held is not None and not is_fraud:
            _learn(memory, view, held)
        if not is_fraud:
            memory.end_episode(one)
    if not forms:
        return
    names = [form.identity for form in forms]
    denied = None if is_fraud else memory.deny(names)
    if denied is not None:
        kept = Kept.unpacked(denied) if denied else None
        yield _known(view, forms[-1], kept, is_fraud=True, undone=True)
    if memory.confirm(names, kept) if is_fraud else kept is not None:
        yield _known(view, forms[-1], kept, is_fraud=is_fraud)


def _known(
    view: View, payment: Transaction, kept: Kept | None, *, is_fraud: bool, undone: bool = False
) -> KnownPayment:
    """Tell what a payment was, and as far as it is still known how it had looked."""
    size = math.log(max(1, -payment.amount_minor))
    category = category_for_others(payment.category, view.user)
    return KnownPayment(
        currency=payment.currency,
        pattern=pattern_of(category, size, -1 if kept is None else kept.hour),
        merchant_key=_merchant(view, payment, is_fraud=is_fraud),
        day=payment.booked_on,
        is_fraud=is_fraud,
        undone=undone,
        weight=1 if is_fraud or kept is None else kept.weight,
        signs=None if kept is None else kept.signs,
        told=kept is not None and kept.told,
        shadow_told=kept is not None and kept.shadow_told,
    )


def _merchant(view: View, payment: Transaction, *, is_fraud: bool) -> str:
    """Name the merchant where that teaches anything; to see what may be shared takes a while."""
    is_news = is_fraud or payment.merchant_key in view.shared.customary.frauds.merchants
    return payment.merchant_key if is_news and may_be_shared(payment) else ""
