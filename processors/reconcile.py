"""Decide what an imported transaction is: new, a repeat, a correction, a removal, or too late."""

import zlib

from msgspec.structs import replace

from models.descriptor import read_descriptor
from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.transaction import Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.journal import DayPassed
from schemas.refusals import Code, Refusal
from schemas.transactions import TransactionImported


def reconcile(draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Draft what the entry makes of the book; a repeat drafts nothing."""
    event = entry.event
    if isinstance(event, DayPassed):
        draft.left = draft.book.pass_day(event.day.toordinal())
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
    draft.put(_first_seen(user, event, identity))
    return Verdict.NEW


def _again(draft: Draft, before: Transaction, event: TransactionImported) -> Verdict:
    """Judge a transaction that the book holds already."""
    # What has no revision is taken in the order it comes, and never makes a later one forgotten.
    revision = before.revision if event.revision is None else event.revision
    withdraws = event.status == "pending" and before.status == "posted"
    if revision < before.revision or (withdraws and revision == before.revision):
        return Verdict.STALE  # A hold that comes again after its posting is an old message.
    if event.status == "removed":
        if before.gone == "removed" and revision == before.revision:
            return Verdict.REPEAT
        draft.put(replace(before, gone="removed", revision=revision))
        return Verdict.REMOVED
    if before.gone == "removed" and revision <= before.revision:
        return Verdict.STALE  # It stays away.
    seen = _recorded(event, before.identity)
    as_imported = {name: getattr(seen, name) for name in _AS_IMPORTED}
    after = replace(before, **as_imported, revision=revision)
    if after == before:
        return Verdict.REPEAT
    draft.put(replace(after, gone="" if before.gone == "removed" else before.gone))
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
    "counterparty",
    "country",
    "hinted",
    "backfill",
)


def _first_seen(user: User, event: TransactionImported, identity: int) -> Transaction:
    """Record a new transaction, and when, by the times that its account was disconnected."""
    own = _recorded(event, identity)
    account = user.accounts.hot.by_id.get(event.account_id)
    if account is None or not account.connection:
        return own
    resent = own.booked_on <= account.disconnected_on
    return replace(own, connection=account.connection, resent=resent)


def _recorded(event: TransactionImported, identity: int) -> Transaction:
    pending_id = event.pending_transaction_id if event.status == "posted" else None
    merchant = event.merchant_name or " ".join(event.description.split())[:40]
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
        merchant_key=read_descriptor(event.merchant_name or event.description).key,
        text_digest=_digest(event),
        counterparty=event.counterparty_account or "",
        country=event.country or "",
        hinted=identity_of(event.account_id, pending_id) if pending_id else 0,
        backfill=event.backfill,
        gone="removed" if event.status == "removed" else "",
    )


def _digest(event: TransactionImported) -> int:
    """Shorten all texts, so that a correction of any of them is one."""
    texts = (event.description, event.merchant_name, event.mcc, event.category_hint, event.kind)
    return zlib.crc32(repr(texts).encode())
