"""Find the day on which a card is used far more often than on any day before."""

from processors.state.notes import ManyPayments
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import (
    MEMBERS_MAX,
    Finding,
    Found,
    Pace,
    Sight,
    Watching,
)

RULE = "velocity"
KNOWN_LEAST = 30
"""With fewer card payments it is not known what is many."""
HOUR_LEAST = 5
DAY_LEAST = 8
AN_HOUR = 60
OTHER_RULES = frozenset({RULE, "card_testing"})


def many_payments(section: Watching, view: View, sight: Sight) -> Found | None:
    """Count a card payment, and find whether it is one too many."""
    payment = sight.payment
    if payment.kind != "card":
        return None
    pace = section.hot.pace
    if payment.booked_on < pace.day:
        return None
    if payment.booked_on > pace.day:
        _begin(section, pace, payment.booked_on)
    known = pace.known
    pace.known = min(known + 1, KNOWN_LEAST)
    pace.count += 1
    pace.in_an_hour = max(pace.in_an_hour, _within_the_hour(section, sight))
    is_many_an_hour = pace.in_an_hour >= max(HOUR_LEAST, pace.in_an_hour_most + 1)
    is_many = is_many_an_hour or pace.count >= max(DAY_LEAST, pace.count_most + 1)
    if not is_many or known < KNOWN_LEAST or not sight.speaks:
        return None
    return _found(section, view, sight)


def many_again(_view: View, _finding: Finding) -> None:
    """Say nothing: while as many stand as were found at first, nothing has changed."""


def _begin(section: Watching, pace: Pace, day: int) -> None:
    """Learn from the day before; what may be a theft raises what is usual by half at most."""
    most, hour_most = pace.count, pace.in_an_hour
    if any(own.day == pace.day for own in _of_bursts(section)):
        most = min(most, _half_more(pace.count_most, DAY_LEAST))
        hour_most = min(hour_most, _half_more(pace.in_an_hour_most, HOUR_LEAST))
    pace.count_most = max(pace.count_most, most)
    pace.in_an_hour_most = max(pace.in_an_hour_most, hour_most)
    pace.day, pace.count, pace.in_an_hour = day, 0, 0


def _half_more(most: int, least: int) -> int:
    return max(least, most + most // 2)


def _of_bursts(section: Watching) -> list[Finding]:
    return [own for own in section.cold.findings if own.rule_id in OTHER_RULES]


def _within_the_hour(section: Watching, sight: Sight) -> int:
    moments = section.hot.moments
    if sight.minute is None or len(moments) < HOUR_LEAST:
        return 0
    return sum(0 <= sight.minute - moment.minute < AN_HOUR for moment in moments)


def _found(section: Watching, view: View, sight: Sight) -> Found | None:
    """Tell of it once, and not of what is known as a burst of another kind already."""
    payment, pace = sight.payment, section.hot.pace
    if any(own.rule_id != RULE and own.day == payment.booked_on for own in _of_bursts(section)):
        return None
    earlier = [own for own in section.cold.of_rule(RULE) if own.day == payment.booked_on]
    key = earlier[0].key if earlier else payment.identity
    payments = _of_the_day(view, payment)
    finding = Finding(
        rule_id=RULE,
        key=key,
        members=[own.identity for own in payments],
        day=payment.booked_on,
        least=min(len(payments), HOUR_LEAST),
    )
    note = ManyPayments(
        key, payments, pace.in_an_hour, pace.in_an_hour_most, pace.count, pace.count_most
    )
    return Found(note, finding)


def _of_the_day(view: View, payment: Transaction) -> tuple[Transaction, ...]:
    """List the card payments of a day; of very many, some."""
    day = payment.booked_on
    of_day = [
        own
        for own in view.user.book.transactions(since=day)
        if own.booked_on == day and own.kind == "card" and own.amount_minor < 0 and own.counts
        if own.identity != payment.identity
    ]
    of_day.sort(key=lambda own: own.identity)
    return (*of_day[: MEMBERS_MAX - 1], payment)
