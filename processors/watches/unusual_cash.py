"""Find a day on which far more cash is taken than the user ever takes."""

from processors.state.notes import UnusualCash
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import Finding, Found, Sight, Watching

RULE = "unusual_cash"
KNOWN_LEAST = 5
REMEMBERED = 9
TIMES_LEAST = 2
_CASH = "cash.withdrawal"


def unusual_cash(section: Watching, view: View, sight: Sight) -> Found | None:
    """Compare a day's withdrawals with the last ones, and learn this one."""
    payment = sight.payment
    if payment.kind != "cash" and payment.category != _CASH:
        return None
    known = section.cold.withdrawn.get(payment.currency, [])
    found = _found(view, sight, known) if len(known) >= KNOWN_LEAST and sight.speaks else None
    taken_minor = -payment.amount_minor
    if found is not None:
        # What may be a theft raises the most by half at most.
        taken_minor = min(taken_minor, max(known) * 3 // 2)
    withdrawn = section.change_cold().withdrawn.setdefault(payment.currency, [])
    withdrawn.append(taken_minor)
    del withdrawn[:-REMEMBERED]
    return found


def _found(view: View, sight: Sight, known: list[int]) -> Found | None:
    payment = sight.payment
    usual_minor, most_minor = sorted(known)[len(known) // 2], max(known)
    earlier_minor = _earlier_minor(view, payment)
    taken_minor = earlier_minor - payment.amount_minor
    if taken_minor <= most_minor or taken_minor < TIMES_LEAST * usual_minor:
        return None
    finding = Finding(
        rule_id=RULE,
        key=payment.identity,
        members=[payment.identity],
        day=payment.booked_on,
        low_minor=max(1, most_minor - earlier_minor),
    )
    note = UnusualCash(payment.identity, payment, taken_minor, usual_minor, most_minor, len(known))
    return Found(note, finding)


def _earlier_minor(view: View, payment: Transaction) -> int:
    """Add up what else was taken on the day."""
    return -sum(
        own.amount_minor
        for own in view.user.book.transactions(since=payment.booked_on)
        if own.booked_on == payment.booked_on and own.identity != payment.identity
        if own.counts and own.currency == payment.currency and own.amount_minor < 0
        if own.kind == "cash" or own.category == _CASH
    )
