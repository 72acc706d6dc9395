"""Find the small charges by which thieves see whether a card works, and the large one after."""

from collections.abc import Iterable, Sequence

from processors.state.book import WINDOW_DAYS
from processors.state.family import standing
from processors.state.listing import of_payee
from processors.state.notes import CardTesting
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import MEMBERS_MAX, Finding, Found, Sight, Watching

RULE = "card_testing"
LEAST = 3
"""Fewer are none, whatever a user chooses."""
SHOPS_LEAST = 3
SMALL_MINOR = 1_000
LARGE_MINOR = 5_000
AN_HOUR = 60
NEAR_DAYS = 1
_KINDS = frozenset({"card", ""})
_ON_THE_WAY = frozenset({"dining", "food", "transport"})
"""A day in town has many of these; where the minute is not known, they say nothing."""


def card_testing(section: Watching, view: View, sight: Sight) -> Found | None:
    """Find a burst that this payment belongs to, or that it follows with a large amount."""
    payment = sight.payment
    if not sight.speaks or payment.kind not in _KINDS:
        return None
    paid_minor = -payment.amount_minor
    known = _known(section, view, payment)
    if not (paid_minor <= SMALL_MINOR or (known is not None and paid_minor >= LARGE_MINOR)):
        return None
    burst = _burst(section, view, sight)
    small = [own for own in burst if -own.amount_minor <= SMALL_MINOR]
    if known is None and not _is_testing(view, sight, small):
        return None
    if known is not None and not _goes_on(view, sight, known, burst):
        return None
    return _found(view, sight, known, burst)


def testing_again(view: View, finding: Finding) -> CardTesting | None:
    """Tell of a finding by what its payments are now."""
    now = [standing(identity, view.user.book.find) for identity in finding.members]
    charges = tuple(own for own in now if own is not None)
    return CardTesting(finding.key, charges) if charges else None


def _known(section: Watching, view: View, payment: Transaction) -> Finding | None:
    """Find the burst that is known of these days on this account."""
    for finding in section.cold.of_rule(RULE):
        if abs(finding.day - payment.booked_on) <= NEAR_DAYS:
            began = view.user.book.find(finding.key)
            if began is not None and began.account_id == payment.account_id:
                return finding
    return None


def _burst(section: Watching, view: View, sight: Sight) -> list[Transaction]:
    """List the small and the large charges about now, this one with them."""
    near: Iterable[Transaction | None]
    if sight.minute is None:
        near = _of_the_day(view, sight.payment)
    else:
        moments = [
            moment for moment in section.hot.moments if abs(moment.minute - sight.minute) <= AN_HOUR
        ]
        # Most payments stand alone, and need not be looked up.
        if len(moments) < LEAST:
            return []
        near = [standing(moment.identity, view.user.book.find) for moment in moments]
    account_id, currency = sight.payment.account_id, sight.payment.currency
    return [
        own
        for own in near
        if own is not None and own.account_id == account_id and own.currency == currency
        if 0 < -own.amount_minor <= SMALL_MINOR or -own.amount_minor >= LARGE_MINOR
    ]


def _of_the_day(view: View, payment: Transaction) -> list[Transaction]:
    day = payment.booked_on
    return [
        own
        for own in view.user.book.transactions(since=day)
        if own.booked_on == day and own.counts and own.kind == payment.kind
        if own.category.partition(".")[0] not in _ON_THE_WAY
    ]


def _is_testing(view: View, sight: Sight, small: Sequence[Transaction]) -> bool:
    """Say whether small charges are at so many shops, and new ones, that nobody strolls there."""
    shops = {own.merchant_key for own in small}
    if len(small) < LEAST or len(shops) < SHOPS_LEAST:
        return False
    day = sight.payment.booked_on
    return sum(_is_new(view, shop, day) for shop in sorted(shops)) >= SHOPS_LEAST


def _is_new(view: View, shop: str, day: int) -> bool:
    """Say whether nobody of the household was in a shop before, as far as the book goes back."""
    traits = [of_payee(shop, is_pending=pending) for pending in (False, True)]
    before = view.user.book.having(traits, day - WINDOW_DAYS, day - NEAR_DAYS - 1)
    return not any(own.merchant_key == shop for own in before)


def _goes_on(view: View, sight: Sight, known: Finding, burst: Sequence[Transaction]) -> bool:
    """Say whether a payment belongs to a burst that is known: by the hour, or else by its shop."""
    if sight.minute is not None:
        members = set(known.members)
        return any(own.identity in members for own in burst)
    return _is_new(view, sight.payment.merchant_key, sight.payment.booked_on)


def _found(
    view: View, sight: Sight, known: Finding | None, burst: Sequence[Transaction]
) -> Found | None:
    payment, find = sight.payment, view.user.book.find
    before = () if known is None else [standing(own, find) for own in known.members]
    charges = {own.identity: own for own in (*before, *burst, payment) if own is not None}
    if sight.minute is None:
        charges = {
            identity: own
            for identity, own in charges.items()
            if _is_new(view, own.merchant_key, payment.booked_on)
        }
    members = sorted(charges)[:MEMBERS_MAX]
    key = payment.identity if known is None else known.key
    finding = Finding(
        rule_id=RULE,
        key=key,
        members=members,
        day=payment.booked_on if known is None else known.day,
        least=LEAST,
    )
    return Found(CardTesting(key, tuple(charges[own] for own in members)), finding)
