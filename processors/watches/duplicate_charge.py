"""Find what a shop took twice, and leave alone what people buy twice."""

from collections import Counter
from collections.abc import Sequence

from processors.state.book import WINDOW_DAYS
from processors.state.family import began_on, identities, standing
from processors.state.listing import of_amount, of_payee
from processors.state.notes import DuplicateCharge
from processors.state.transaction import ASK, UNCLEAR_TWIN, Transaction
from processors.state.view import View
from processors.state.watching import Finding, Found, Sight, Watching

RULE = "duplicate_charge"
POSTED_WITHIN_DAYS = 5
"""What was bought on one day is posted on another, and each in its own time."""
WITHIN_DAYS = 1
AT_ONCE_MINUTES = 2
"""A machine charges twice at once; people come back later."""
WAIT_DAYS = 4
"""Many a double charge is taken back before anybody need hear of it."""
HABIT_TIMES = 3
"""A price that was paid so often is that of a habit."""
_KINDS = frozenset({"card", "direct_debit", ""})
_TICKETS = frozenset(
    {
        *("entertainment.games", "entertainment.outings", "transport.parking_and_tolls"),
        *("transport.public", "transport.taxi"),
    }
)
"""Two tickets are bought at once, and the way back costs what the way there did."""
_TICKET_CODES = frozenset(
    {
        *("4111", "4112", "4121", "4131", "4784", "7523", "7832", "7922", "7991", "7996", "7998"),
        *("7999", "5815", "5816"),
    }
)
_ORDERED_AGAIN = "dining."
"""Who orders again does so later: within a minute or two it is no second coffee."""


def duplicate_charge(section: Watching, view: View, sight: Sight) -> Found | None:
    """Find an earlier payment that this one repeats; it is told when it has stood for days."""
    payment = sight.payment
    if not sight.speaks or payment.kind not in _KINDS or not payment.merchant_key:
        return None
    if payment.category in _TICKETS or sight.mcc in _TICKET_CODES:
        return None
    before = [own for own in _alike(view, payment) if _is_again(section, view, sight, own)]
    if not before or _is_habit(section, view, payment, before):
        return None
    first = min(before, key=lambda own: (abs(own.booked_on - payment.booked_on), own.identity))
    finding = Finding(
        rule_id=RULE,
        key=payment.identity,
        members=[first.identity, payment.identity],
        day=payment.booked_on,
        least=2,
        low_minor=-payment.amount_minor,
        high_minor=-payment.amount_minor,
        due=sight.today + WAIT_DAYS,
    )
    return Found(DuplicateCharge(finding.key, first, payment), finding)


def duplicate_again(view: View, finding: Finding) -> DuplicateCharge | None:
    """Tell of a finding by what its payments are now."""
    charges = [standing(identity, view.user.book.find) for identity in finding.members]
    first, again = (*charges, None, None)[:2]
    if first is None or again is None or not _is_apart(first, again):
        return None
    return DuplicateCharge(finding.key, first, again)


def _alike(view: View, payment: Transaction) -> list[Transaction]:
    """List what else took the same amount for the same payee about the same day."""
    amount_minor, day = payment.amount_minor, payment.booked_on
    traits = [of_amount(amount_minor, is_pending=pending) for pending in (False, True)]
    near = view.user.book.having(traits, day - POSTED_WITHIN_DAYS, day + POSTED_WITHIN_DAYS)
    return [
        own
        for own in near
        if own.merchant_key == payment.merchant_key
        and own.account_id == payment.account_id
        and own.currency == payment.currency
        and own.kind == payment.kind
        and own.counts
        and own.identity != payment.identity
        and _is_apart(own, payment)
    ]


def _is_apart(own: Transaction, payment: Transaction) -> bool:
    """Say whether two are surely not one payment, once pending and once posted."""
    return not (own.unclear | payment.unclear) & UNCLEAR_TWIN


def _is_again(section: Watching, view: View, sight: Sight, own: Transaction) -> bool:
    """Say whether two happened at once; where nobody knows the minute, on one day."""
    payment, find = sight.payment, view.user.book.find
    lives = identities(own, find)
    minutes = [one.minute for one in section.hot.moments if one.identity in lives]
    if minutes and sight.minute is not None:
        return abs(minutes[0] - sight.minute) <= AT_ONCE_MINUTES
    if payment.category.startswith(_ORDERED_AGAIN) or payment.filing.outcome == ASK:
        return False
    return abs(began_on(own, find) - began_on(payment, find)) <= WITHIN_DAYS


def _is_habit(
    section: Watching, view: View, payment: Transaction, before: Sequence[Transaction]
) -> bool:
    """Say whether the payee was paid alike more than once before, and nobody was told of it."""
    day, key = payment.booked_on, payment.merchant_key
    told = {own for finding in section.cold.of_rule(RULE) for own in finding.members}
    if not told.isdisjoint(own.identity for own in before):
        return True  # The pair is known; a third of its kind is no more news.
    now = {payment.identity, *(own.identity for own in before)}
    traits = [of_payee(key, is_pending=pending) for pending in (False, True)]
    there = [
        own
        for own in view.user.book.having(traits, day - WINDOW_DAYS, day)
        if own.merchant_key == key and own.account_id == payment.account_id
        if own.counts and own.identity not in now and own.identity not in told
    ]
    if sum(own.amount_minor == payment.amount_minor for own in there) >= HABIT_TIMES:
        return True
    pairs = Counter((own.booked_on, own.amount_minor) for own in there)
    return any(count > 1 for count in pairs.values())
