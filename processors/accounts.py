"""Keep what the bank last said of each account."""

from processors.state.book import Draft
from processors.state.days import local_day
from processors.state.entry import Entry
from processors.state.sections import Account
from processors.state.shared import LONG_AGO, Shared
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.accounts import AccountUpdated


def accounts(_draft: Draft, user: User, shared: Shared, entry: Entry) -> Settled:
    """Take over an update unless a later one is known; a balance gives way to a later one only."""
    event = entry.event
    if not isinstance(event, AccountUpdated):
        return None
    by_id = user.accounts.hot.by_id
    before = by_id.get(event.account_id)
    if before is not None and event.revision <= before.revision:
        return Verdict.REPEAT if event.revision == before.revision else Verdict.STALE
    after = _described(event, user.preferences.cold.read().time_zone)
    if before is not None:
        _go_on(after, before)
    if event.status == "disconnected" and (before is None or before.status != "disconnected"):
        after.connection += 1
        today = shared.today(user.user_id)
        # It is heard on the day after; before any has passed, the bank's word is all there is.
        after.disconnected_on = 1 + (today if today != LONG_AGO else after.as_of)
    by_id[event.account_id] = after
    return Verdict.APPLIED


def _described(event: AccountUpdated, time_zone: str | None) -> Account:
    after = Account(
        event.type,
        event.currency,
        event.status,
        event.revision,
        limit_minor=event.credit_limit_minor,
        rate=event.interest_rate or "",
        minimum_payment_minor=event.minimum_payment_minor,
    )
    if event.complete_until is not None:
        after.complete_until = event.complete_until.toordinal()
    if event.balance_minor is not None and event.as_of is not None:
        after.balance_minor = event.balance_minor
        after.as_of = local_day(event.as_of, time_zone)
    return after


def _go_on(after: Account, before: Account) -> None:
    """Keep of an account what an update does not take back by saying nothing of it."""
    # A feed that was complete up to a day stays so, whether or not an update says it again.
    after.complete_until = max(after.complete_until, before.complete_until)
    after.connection, after.disconnected_on = before.connection, before.disconnected_on
    if after.limit_minor is None:
        after.limit_minor = before.limit_minor
    if after.minimum_payment_minor is None:
        after.minimum_payment_minor = before.minimum_payment_minor
    after.rate = after.rate or before.rate
    if before.currency == after.currency and before.as_of > after.as_of:
        after.balance_minor, after.as_of = before.balance_minor, before.as_of
