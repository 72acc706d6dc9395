"""Find what a posted transaction replaces: the pending one that it was, or its former id."""

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.listing import of_amount, of_hint, of_payee
from processors.state.matching import Candidate, Place, match
from processors.state.neighbourhood import (
    Neighbourhood,
    is_lasting,
    neighbourhood,
    newcomer,
)
from processors.state.payee import same_name, same_payee, stem_of
from processors.state.shared import Shared
from processors.state.transaction import UNCLEAR_TWIN, Tie, Transaction
from processors.state.user import User
from processors.state.verdict import Settled
from schemas.journal import DayPassed
from schemas.money import exponent
from schemas.taxonomy import UNKNOWN
from schemas.transactions import TransactionImported

EXPIRES_DAYS = 14
HINTED_DAYS = (-3, 14)
SAME_AMOUNT_DAYS_MAX = 8
OTHER_AMOUNT_DAYS_MAX = 7
DRIFT_PERCENT_MAX = 30
RENUMBERED_DAYS = 30
RENUMBERED_AT_LEAST = 2
ROUND_HOLD_MAJOR = 5
ROUND_HOLD_MINOR = 500
TIPPED_FOR = frozenset({"transport.taxi", "health.beauty", UNKNOWN.id})
HELD_FOR = frozenset({"transport.fuel", "travel.lodging", "travel.car_rental", UNKNOWN.id})
_BY_HINT, _BY_TEXT, _BY_PAYEE, _RENAMED_BY_TEXT, _RENAMED_BY_PAYEE, _BY_DRIFT = range(6)


def twins(draft: Draft, user: User, shared: Shared, entry: Entry) -> Settled:
    """Let posted transactions replace, and let what stayed pending for too long expire."""
    if isinstance(entry.event, DayPassed):
        _expire(draft, user, shared)
    elif isinstance(entry.event, TransactionImported):
        for own in draft.touched():
            if own.resent and not _is_renamed(user, own):
                _suspect(draft, user, own)
    if not draft.is_empty:
        _resettle(draft, user, shared.today(user.user_id))
    return None


def _expire(draft: Draft, user: User, shared: Shared) -> None:
    """Touch what expires today; before the first day that passed, nothing did."""
    last = shared.today(user.user_id) - EXPIRES_DAYS - 1
    first = 0 if shared.is_first_day(user.user_id) else last
    for own in draft.between(first, last):
        if own.status == "pending" and own.counts:
            draft.put(own)


def _resettle(draft: Draft, user: User, today: int) -> None:
    if (new := newcomer(draft)) is not None and not any(_candidates(draft, user, new)):
        gone = _gone(new, today, is_replaced=False)
        if gone != new.gone:
            draft.put(replace(new, gone=gone))
        return
    around = neighbourhood(draft, partial(_candidates, draft, user), _looks, UNCLEAR_TWIN)
    found = match(around.candidates, around.members, _alike, _place)
    replaced = {right: left for left, right in found.right_of.items()}
    for identity, own in around.members.items():
        if not (around.candidates or around.crowded) and _stands_alone(own):
            continue
        by = _tied(draft, around, own, own.replaced_by, found.right_of.get(identity))
        what = _tied(draft, around, own, own.replaces, replaced.get(identity))
        gone = _gone(own, today, is_replaced=by is not None)
        bits = own.with_unclear(
            UNCLEAR_TWIN,
            is_so=identity in found.unclear,
            is_crowded=identity in around.crowded,
        )
        now = (by, what, gone, bits)
        if now != (own.replaced_by, own.replaces, own.gone, own.unclear_bits):
            draft.put(replace(own, replaced_by=by, replaces=what, gone=gone, unclear_bits=bits))
    for left, right in found.right_of.items():
        _pass_on_label(draft, left, right)


def _stands_alone(own: Transaction) -> bool:
    tied = own.replaces or own.replaced_by or own.unclear or own.gone
    return own.status == "posted" and not tied


def _suspect(draft: Draft, user: User, own: Transaction) -> None:
    """See whether an account's ids are others since it was disconnected.

    One that looks the same may be a real repeat that was sent late; two are no accident.
    """
    near = draft.between(own.booked_on - RENUMBERED_DAYS, own.booked_on + RENUMBERED_DAYS)
    there = [one for one in near if one.account_id == own.account_id and one.status == "posted"]
    again = [one for one in there if one.resent and one.connection == own.connection]
    known = {_outside(one) for one in there if one.connection < own.connection}
    if len(known & {_outside(one) for one in again}) >= RENUMBERED_AT_LEAST:
        user.twins.change_cold().by_account.setdefault(own.account_id, []).append(own.connection)
        for one in again:
            draft.put(one)


def _outside(own: Transaction) -> tuple[int, int, str, int]:
    return own.booked_on, own.amount_minor, own.currency, own.text_digest


def _looks(own: Transaction) -> tuple[object, ...]:
    """Give all that decides what it may replace, or be replaced by."""
    category = own.filing.category
    return (
        own.status,
        own.gone == "removed",
        own.amount_minor,
        own.booked_on,
        own.currency,
        own.text_digest,
        own.merchant_key,
        own.hinted,
        category if category in HELD_FOR else "",
        _may_be_tipped(own),
    )


def _tied(
    draft: Draft, around: Neighbourhood, own: Transaction, before: Tie | None, found: int | None
) -> Tie | None:
    if found is not None:
        return around.members[found].tie
    return before if is_lasting(draft, own, before) else None


def _gone(own: Transaction, today: int, *, is_replaced: bool) -> str:
    if own.gone == "removed":
        return "removed"
    if is_replaced:
        return "replaced"
    expired = own.status == "pending" and own.booked_on + EXPIRES_DAYS < today
    return "expired" if expired else ""


def _pass_on_label(draft: Draft, left: int, right: int) -> None:
    """What the user said of a pending transaction holds for the posted one."""
    former, own = draft.find(left), draft.find(right)
    assert former is not None
    assert own is not None
    if former.filing.level == "user" and own.filing.level != "user":
        draft.put(replace(own, filing=former.filing, category=former.filing.category))


def _alike(own: Transaction) -> str:
    return stem_of(own.merchant_key)


def _place(own: Transaction) -> Place:
    return own.gone == "removed", own.resent, own.booked_on, own.transaction_id


# Who may be whose.


def _candidates(draft: Draft, user: User, own: Transaction) -> Iterator[Candidate]:
    """Find what a transaction may replace, and what may replace it."""
    formers = _replaceable(draft, user, own) if own.status == "posted" else []
    posted = _replacing(draft, own) if own.status == "pending" else []
    account = user.accounts.hot.by_id.get(own.account_id)
    if account is not None and account.connection > own.connection:
        posted = posted + _renumbered(draft, user, own)
    # What has several traits in common is found by each of them.
    pairs = {(former.identity, own.identity): (former, own) for former in formers}
    pairs |= {(own.identity, other.identity): (own, other) for other in posted}
    return (
        Candidate((grade,), *ends)
        for ends, (former, other) in pairs.items()
        if (grade := _grade(draft, user, former, other)) is not None
    )


def _replaceable(draft: Draft, user: User, own: Transaction) -> list[Transaction]:
    first, last = own.booked_on - SAME_AMOUNT_DAYS_MAX, own.booked_on
    held = (
        of_amount(own.amount_minor, is_pending=True),
        of_payee(own.merchant_key, is_pending=True),
    )
    found = draft.having(held, first, last)
    if own.hinted and (named := draft.find(own.hinted)) is not None:
        found.append(named)
    if own.resent and _is_renamed(user, own):
        found += draft.having((of_amount(own.amount_minor, is_pending=False),), last, last)
    return found


def _replacing(draft: Draft, own: Transaction) -> list[Transaction]:
    posted = (
        of_amount(own.amount_minor, is_pending=False),
        of_payee(own.merchant_key, is_pending=False),
        of_hint(own.identity),
    )
    return draft.having(posted, own.booked_on + HINTED_DAYS[0], own.booked_on + HINTED_DAYS[1])


def _renumbered(draft: Draft, user: User, own: Transaction) -> list[Transaction]:
    day, same = own.booked_on, (of_amount(own.amount_minor, is_pending=False),)
    return [other for other in draft.having(same, day, day) if _is_renamed(user, other)]


def _is_renamed(user: User, own: Transaction) -> bool:
    return own.resent and own.connection in user.twins.cold.by_account.get(own.account_id, ())


def _grade(draft: Draft, user: User, former: Transaction, own: Transaction) -> int | None:
    """Say how good the evidence is that a posted transaction replaces another; None for none."""
    if (
        own.status != "posted"
        or former is own
        or former.account_id != own.account_id
        or former.currency != own.currency
        or former.gone == "removed"
        or (former.amount_minor < 0) != (own.amount_minor < 0)
    ):
        return None
    if former.status == "posted":
        grade = _renamed(former, own) if _is_renamed(user, own) else None
    else:
        grade = _posted(former, own)
    if grade is None or is_lasting(draft, former, former.replaced_by):
        return None
    return None if is_lasting(draft, own, own.replaces) else grade


def _renamed(former: Transaction, own: Transaction) -> int | None:
    may_be = (
        own.connection > former.connection
        and own.booked_on == former.booked_on
        and own.amount_minor == former.amount_minor
    )
    if not may_be:
        return None
    if own.text_digest == former.text_digest:
        return _RENAMED_BY_TEXT
    same = same_payee(former.merchant_key, own.merchant_key)
    return _RENAMED_BY_PAYEE if same else None


def _posted(held: Transaction, own: Transaction) -> int | None:
    days = own.booked_on - held.booked_on
    if own.hinted == held.identity and HINTED_DAYS[0] <= days <= HINTED_DAYS[1]:
        return _BY_HINT if _drifts_little(held, own) or _is_hold(held, own) else None
    if days < 0:
        return None
    if own.amount_minor == held.amount_minor and days <= SAME_AMOUNT_DAYS_MAX:
        if own.text_digest == held.text_digest:
            return _BY_TEXT
        unnamed = not (stem_of(held.merchant_key) and stem_of(own.merchant_key))
        same = unnamed or same_payee(held.merchant_key, own.merchant_key)
        return _BY_PAYEE if same else None
    if days <= OTHER_AMOUNT_DAYS_MAX and same_name(held.merchant_key, own.merchant_key):
        is_tip = days > 0 and _is_tip(held, own)
        return _BY_DRIFT if is_tip or _is_hold(held, own) else None
    return None


def _drifts_little(held: Transaction, own: Transaction) -> bool:
    drift = abs(own.amount_minor - held.amount_minor)
    return drift * 100 <= abs(held.amount_minor) * DRIFT_PERCENT_MAX


def _is_tip(held: Transaction, own: Transaction) -> bool:
    """Say whether more was paid than was held, where people give tips."""
    is_larger = abs(own.amount_minor) > abs(held.amount_minor)
    may_be = _may_be_tipped(held) or _may_be_tipped(own)
    return is_larger and may_be and _drifts_little(held, own)


def _may_be_tipped(own: Transaction) -> bool:
    category = own.filing.category
    return category in TIPPED_FOR or category.partition(".")[0] == "dining"


def _is_hold(held: Transaction, own: Transaction) -> bool:
    """Say whether it was held as pumps and hotels do, without knowing what will be paid."""
    kinds = {held.filing.category, own.filing.category} & HELD_FOR
    if kinds - {UNKNOWN.id}:
        return True
    step = max(ROUND_HOLD_MAJOR * 10 ** exponent(held.currency), ROUND_HOLD_MINOR)
    is_round = held.amount_minor % step == 0
    return bool(kinds) and is_round and abs(own.amount_minor) <= abs(held.amount_minor)
