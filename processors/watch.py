"""Watch for what is wrong beyond the amount, remember what was found, and say when it is over.

The patterns are in `watches/`. All of them learn from each payment, and each tells of what it
finds; only a burst of card testing is told of as a whole, and not of each strange payment in it.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta

from processors.state.book import WINDOW_DAYS, Change
from processors.state.family import identities
from processors.state.news import is_news
from processors.state.notes import Ending, Note, PatternEnded
from processors.state.shared import LONG_AGO
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import (
    FINDINGS_MAX,
    MOMENTS_MAX,
    Finding,
    Found,
    Moment,
    Sight,
    Watching,
)
from processors.watches.balance_mismatch import check_posted, check_report, forget_check
from processors.watches.card_testing import RULE as BURST
from processors.watches.card_testing import card_testing, testing_again
from processors.watches.dormant_account import dormant_account, note_movement, note_report
from processors.watches.duplicate_charge import duplicate_again, duplicate_charge
from processors.watches.many_payments import many_again, many_payments
from processors.watches.new_payee_large import new_payee_large
from processors.watches.unusual_cash import unusual_cash
from processors.watches.unusual_place import unusual_place
from schemas.accounts import AccountUpdated
from schemas.journal import DayPassed
from schemas.transactions import TransactionImported

AHEAD_DAYS = 7
"""Nobody books further ahead: such a date is a mistake, and nothing may be learned from it."""
APART_DAYS = 31
"""An instant further from its booking is a mistake as well."""
_A_DAY = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_MINUTE = timedelta(minutes=1)

_WATCHES: tuple[Callable[[Watching, View, Sight], Found | None], ...] = (
    card_testing,
    dormant_account,
    new_payee_large,
    unusual_place,
    many_payments,
    unusual_cash,
    duplicate_charge,
)
_AGAIN: dict[str, Callable[[View, Finding], Note | None]] = {
    "card_testing": testing_again,
    "duplicate_charge": duplicate_again,
    "velocity": many_again,
}
"""How to tell of what several payments make, once they are others."""


def watch(section: Watching, view: View) -> list[Note]:
    """Look at what an entry brings and takes; before that, at what it says of earlier findings."""
    notes: list[Note] = []
    event = view.entry.event
    for change in view.changes:
        if section.cold.findings:
            notes += _ended(section, view, change)
        if isinstance(event, TransactionImported) and _is_about(change, event):
            notes += _looked_at(section, view, change, event)
        elif _stands_alone_again(change):
            _look_again(section, view, change.after)
    if isinstance(event, AccountUpdated):
        note_report(section, view, event)
        notes += check_report(section, view, event.account_id)
    elif isinstance(event, DayPassed) and section.cold.findings:
        notes += _pass_day(section, view)
    return notes


def _is_about(change: Change, event: TransactionImported) -> bool:
    own = change.after
    return own.transaction_id == event.transaction_id and own.account_id == event.account_id


def _stands_alone_again(change: Change) -> bool:
    """Say whether what was taken for another payment, or by one, is a payment of its own."""
    before, after = change.before, change.after
    if before is None or not after.counts or after.replaces is not None:
        return False
    return before.replaces is not None or before.gone == "replaced"


def _look_again(section: Watching, view: View, own: Transaction) -> None:
    """Look at it as if it came now: that it is one more was not known before."""
    if own.amount_minor >= 0 or own.status == "removed":
        return
    moments = (one.minute for one in section.hot.moments if one.identity == own.identity)
    sight = _sight(view, own, next(moments, None))
    found = duplicate_charge(section, view, sight)
    if found is not None:
        _keep(section, found.finding)


# A payment when it is first seen.


def _looked_at(
    section: Watching, view: View, change: Change, event: TransactionImported
) -> Iterator[Note]:
    own = change.after
    if not own.counts or own.booked_on > _today(view, own) + AHEAD_DAYS:
        return
    if own.amount_minor < 0:
        minute = _minute_of(event)
        if change.first_sight:
            _take_note_of_the_moment(section, own, minute)
        if change.first_sight and own.replaces is None:
            sight = _sight(view, own, minute)
            mcc, city = event.mcc or "", event.city or ""
            yield from _seen(section, view, sight._replace(mcc=mcc, city=city))
        elif _stands_alone_again(change):
            _look_again(section, view, own)
    if own.backfill:
        forget_check(section, own)
    elif own.status == "posted" and event.balance_after_minor is not None and _is_posted(change):
        yield from check_posted(section, view, own, event.balance_after_minor)
    note_movement(section, own)


def _is_posted(change: Change) -> bool:
    """Say whether it was posted with this entry: of a correction, the balance is an old one."""
    return change.before is None or change.before.status == "pending"


def _minute_of(event: TransactionImported) -> int | None:
    if event.occurred_at is None:
        return None
    minute = (event.occurred_at - _EPOCH) // _A_MINUTE
    days_apart = _EPOCH.toordinal() + minute // _A_DAY - event.booked_on.toordinal()
    return minute if abs(days_apart) <= APART_DAYS else None


def _today(view: View, own: Transaction) -> int:
    return view.today if view.today != LONG_AGO else own.booked_on


def _sight(view: View, own: Transaction, minute: int | None) -> Sight:
    return Sight(own, minute, "", "", is_news(own, view.today), _today(view, own))


def _seen(section: Watching, view: View, sight: Sight) -> Iterator[Note]:
    found = [one for look in _WATCHES if (one := look(section, view, sight)) is not None]
    if found and found[0].finding.rule_id == BURST:
        del found[1:]
    for note, finding in found:
        _keep(section, finding)
        if not finding.due:
            yield note


def _take_note_of_the_moment(section: Watching, own: Transaction, minute: int | None) -> None:
    """Remember when a card was used; what is a day older than the newest is let go."""
    if minute is None or own.kind != "card":
        return
    moments = section.hot.moments
    if own.replaces is not None:
        # One payment has one moment, under whichever id.
        moments[:] = [one for one in moments if one.identity != own.replaces.identity]
    moments.append(Moment(minute, own.identity))
    if len(moments) > 1 and moments[-2].minute > minute:
        moments.sort(key=lambda own: (own.minute, own.identity))
    oldest = moments[-1].minute - _A_DAY
    kept = [own for own in moments if own.minute >= oldest][-MOMENTS_MAX:]
    if len(kept) != len(moments):
        section.hot.moments = kept


def _keep(section: Watching, finding: Finding) -> None:
    findings = section.change_cold().findings
    for at, known in enumerate(findings):
        if (known.rule_id, known.key) == (finding.rule_id, finding.key):
            findings[at] = finding
            return
    findings.append(finding)
    del findings[:-FINDINGS_MAX]


# When it is over.


def _ended(section: Watching, view: View, change: Change) -> Iterator[Note]:
    """End what has lost a payment, and tell of the rest anew."""
    own = change.after
    if change.first_sight and own.replaces is None and own.refund_of is None:
        return
    lives = identities(own, view.user.book.find)
    returned = _returned(view, own)
    for finding in list(section.cold.findings):
        if returned.intersection(finding.members):
            yield from _without(section, view, finding, returned, "resolved")
            continue
        mine = [identity for identity in lives if identity in finding.members]
        if mine and not _still_fits(own, finding):
            yield from _without(section, view, finding, mine, "retracted")
        elif len(mine) > 1:
            # What was taken for two was one payment, pending and then posted.
            yield from _without(section, view, finding, mine[1:], "retracted")


def _returned(view: View, own: Transaction) -> set[int]:
    """Give the purchase, in all its lives, that a refund gives back as a whole."""
    if own.refund_of is None or not own.counts:
        return set()
    bought = view.user.book.find(own.refund_of.identity)
    if bought is None or own.amount_minor < -bought.amount_minor:
        return set()
    return set(identities(bought, view.user.book.find))


def _still_fits(own: Transaction, finding: Finding) -> bool:
    if not own.counts:
        # What was posted, or got another id, is still paid.
        return own.gone == "replaced"
    if own.pair is not None:
        return False  # It went to another account of the user's.
    paid_minor = -own.amount_minor
    is_low = paid_minor < max(1, finding.low_minor)
    is_high = bool(finding.high_minor) and paid_minor > finding.high_minor
    return not (is_low or is_high)


def _without(
    section: Watching, view: View, finding: Finding, gone: Collection[int], how: Ending
) -> Iterator[Note]:
    section.change_cold()
    finding.members = [identity for identity in finding.members if identity not in gone]
    if len(finding.members) < finding.least:
        section.cold.findings.remove(finding)
        if not finding.due:
            yield PatternEnded(finding.rule_id, finding.key, how)
    elif not finding.due:
        yield from _told_again(view, finding)


def _told_again(view: View, finding: Finding) -> Iterator[Note]:
    again = _AGAIN.get(finding.rule_id)
    if again is not None and (note := again(view, finding)) is not None:
        yield note


def _pass_day(section: Watching, view: View) -> Iterator[Note]:
    """Tell of what has stood for long enough, and forget what nothing can take back any more."""
    oldest = view.today - WINDOW_DAYS
    for finding in list(section.cold.findings):
        if finding.day < oldest:
            section.change_cold().findings.remove(finding)
        elif finding.due and finding.due <= view.today:
            told = list(_told_again(view, finding))
            if told:
                section.change_cold()
                finding.due = 0
            yield from told
