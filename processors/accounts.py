"""Keep what the bank last said of each account."""

from processors.state.book import Draft
from processors.state.entry import Entry
from processors.state.sections import Account
from processors.state.shared import Shared
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.accounts import AccountUpdated


def accounts(_draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Take over an update unless a later one is known; a balance gives way to a later one only."""
    event = entry.event
    if not isinstance(event, AccountUpdated):
        return None
    by_id = user.accounts.hot.by_id
    before = by_id.get(event.account_id)
    if before is not None and event.revision <= before.revision:
        return Verdict.REPEAT if event.revision == before.revision else Verdict.STALE
    after = Account(event.type, event.currency, event.status, event.revision)
    if event.complete_until is not None:
        after.complete_until = event.complete_until.toordinal()
    if event.balance_minor is not None and event.as_of is not None:
        after.balance_minor = event.balance_minor
        after.as_of = event.as_of.date().toordinal()
    if before is not None:
        # A feed that was complete up to a day stays so, whether or not an update says it again.
        after.complete_until = max(after.complete_until, before.complete_until)
    if before is not None and before.currency == after.currency and before.as_of > after.as_of:
        after.balance_minor, after.as_of = before.balance_minor, before.as_of
    by_id[event.account_id] = after
    return Verdict.APPLIED
