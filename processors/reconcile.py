"""Decide what an imported transaction is: new, a repeat, a correction, a removal, or too late."""

import zlib
from collections.abc import Iterator

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.transaction import Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.journal import DayPassed
from schemas.refusals import Code, Refusal
from schemas.transactions import TransactionImported

TWIN_DAYS_MAX = 14
TWIN_PERCENT_MAX = 30
_KEY_LENGTH_MAX = 200


def reconcile(draft: Draft, _user: User, _shared: Shared, entry: Entry) -> Settled:
    """Draft what the entry makes of the book; a repeat drafts nothing."""
    event = entry.event
    if isinstance(event, DayPassed):
        draft.book.pass_day(event.day.toordinal())
        return Verdict.APPLIED
    if not isinstance(event, TransactionImported):
        return None
    identity = identity_of(event.account_id, event.transaction_id)
    before = draft.find(identity)
    if before is not None:
        return _again(draft, before, event)
    if draft.book.knows(identity):
        corrects = event.status == "removed" or bool(event.revision)
        return Refusal(Code.TOO_LATE, "booked_on") if corrects else Verdict.REPEAT
    draft.put(_with_twin(draft, _recorded(event, identity)))
    return Verdict.NEW


def _again(draft: Draft, before: Transaction, event: TransactionImported) -> Verdict:
    """Judge a transaction that the book holds already."""
    # What has no revision is taken in the order it comes, and never makes a later one forgotten.
    revision = before.revision if event.revision is None else event.revision
    withdraws = event.status == "pending" and before.status == "posted"
    if revision < before.revision or (withdraws and revision == before.revision):
        return Verdict.STALE  # A hold that comes again after its posting is an old message.
    if event.status == "removed":
        if not before.counts and revision == before.revision:
            return Verdict.REPEAT
        draft.put(replace(before, status="removed", revision=revision))
        return Verdict.REMOVED
    if not before.counts and revision <= before.revision:
        return Verdict.STALE  # Removed, or replaced by its posted twin: it stays away.
    seen = _recorded(event, before.identity)
    as_imported = {name: getattr(seen, name) for name in _AS_IMPORTED}
    after = replace(before, **as_imported, revision=revision)
    if after == before:
        return Verdict.REPEAT
    draft.put(_with_twin(draft, after))
    return Verdict.CORRECTED


_AS_IMPORTED = (
    "amount_minor",
    "currency",
    "booked_on",
    "status",
    "kind",
    "merchant",
    "merchant_key",
    "text_digest",
    "twin",
    "twin_transaction_id",
    "backfill",
)


def _recorded(event: TransactionImported, identity: int) -> Transaction:
    pending_id = event.pending_transaction_id if event.status == "posted" else None
    merchant = event.merchant_name or " ".join(event.description.split())[:40]
    texts = (event.description, event.merchant_name, event.mcc, event.category_hint, event.kind)
    return Transaction(
        identity=identity,
        account_id=event.account_id,
        transaction_id=event.transaction_id,
        amount_minor=event.amount_minor,
        currency=event.currency,
        booked_on=event.booked_on.toordinal(),
        status=event.status,
        revision=event.revision or 0,
        kind=event.kind or "",
        merchant=merchant,
        # Some letters grow threefold when they lose their case.
        merchant_key=merchant.casefold()[:_KEY_LENGTH_MAX],
        text_digest=zlib.crc32(repr(texts).encode()),
        twin=identity_of(event.account_id, pending_id) if pending_id else 0,
        twin_transaction_id=pending_id or "",
        backfill=event.backfill,
    )


def _with_twin(draft: Draft, own: Transaction) -> Transaction:
    """Let a posted transaction replace its pending twin, whichever of the two came first."""
    if own.status == "posted" and own.twin:
        pending = draft.find(own.twin)
        if pending is not None and _replaces(own, pending):
            draft.put(replace(pending, status="removed"))
    elif own.status == "pending":
        for posted in _claiming(draft, own):
            if _replaces(posted, own):
                return replace(own, status="removed")
    return own


def _claiming(draft: Draft, pending: Transaction) -> Iterator[Transaction]:
    for candidate in draft.book.transactions(since=pending.booked_on - TWIN_DAYS_MAX):
        if candidate.twin == pending.identity and candidate.status == "posted":
            yield candidate


def _replaces(posted: Transaction, pending: Transaction) -> bool:
    """Check the provider's hint: it is believed only where amounts and dates agree with it."""
    drift = abs(posted.amount_minor - pending.amount_minor)
    return (
        pending.status == "pending"
        and posted.currency == pending.currency
        and (posted.amount_minor < 0) == (pending.amount_minor < 0)
        and drift * 100 <= abs(pending.amount_minor) * TWIN_PERCENT_MAX
        and abs(posted.booked_on - pending.booked_on) <= TWIN_DAYS_MAX
    )
