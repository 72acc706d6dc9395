"""Find an account of which the bank's balance and the transactions part for good.

The bank's balance less all that was posted is what the account held before the first of them. It
never changes where nothing is missing, nothing is too much and each comes in its turn; what is late
changes it for a while, so only what stays is told.
"""

from collections.abc import Iterator

from processors.state.notes import BalanceMismatch, Note, PatternEnded
from processors.state.sections import Balance
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import ACCOUNTS_MAX, Checked, Watching, digest_of

RULE = "balance_mismatch"
STAYS_DAYS = 14
SEEN_LEAST = 4


def check_posted(
    section: Watching, view: View, own: Transaction, after_minor: int
) -> Iterator[Note]:
    """Hold the balance that came with a posted transaction against the sum."""
    balance = _balance_of(view, own.account_id, own.currency)
    account = view.user.accounts.hot.by_id.get(own.account_id)
    if account is None or account.currency != own.currency:
        return
    if own.booked_on >= max(balance.as_of, section.hot.moved.get(digest_of(own.account_id), 0)):
        started_minor = after_minor - balance.total_minor
        yield from _check(section, own.account_id, own.currency, started_minor, own.booked_on)


def check_report(section: Watching, view: View, account_id: str) -> Iterator[Note]:
    """Hold a reported balance against the sum of what was posted up to its day."""
    account = view.user.accounts.hot.by_id[account_id]
    balance = _balance_of(view, account_id, account.currency)
    if balance.reported_minor is None:
        return
    started_minor = balance.reported_minor - (balance.total_minor - balance.moved_minor)
    yield from _check(section, account_id, account.currency, started_minor, balance.as_of)


def forget_check(section: Watching, own: Transaction) -> None:
    """Begin anew: history that is imported changes what there was before the first."""
    section.hot.checked.pop(digest_of(own.account_id, own.currency), None)


def _balance_of(view: View, account_id: str, currency: str) -> Balance:
    return view.user.aggregate.hot.balances.get(account_id, {}).get(currency) or Balance()


def _check(
    section: Watching, account_id: str, currency: str, started_minor: int, day: int
) -> Iterator[Note]:
    by_account, key = section.hot.checked, digest_of(account_id, currency)
    checked = by_account.get(key)
    if checked is None:
        if len(by_account) < ACCOUNTS_MAX:
            by_account[key] = Checked(started_minor, day)
        return
    if started_minor == checked.agreed_minor:
        if checked.is_told:
            yield PatternEnded(RULE, key, "resolved")
        seen = min(checked.agreed_seen + 1, SEEN_LEAST)
        by_account[key] = Checked(started_minor, checked.agreed_since, seen)
        return
    if not checked.since or started_minor != checked.other_minor:
        checked.other_minor, checked.since, checked.seen = started_minor, day, 0
    checked.seen = min(checked.seen + 1, SEEN_LEAST)
    if checked.is_told or day - checked.since < STAYS_DAYS or checked.seen < SEEN_LEAST:
        return
    if checked.since - checked.agreed_since < STAYS_DAYS or checked.agreed_seen < SEEN_LEAST:
        # What had agreed was never sure: begin anew with what is.
        by_account[key] = Checked(started_minor, checked.since, checked.seen)
        return
    checked.is_told = True
    difference_minor = started_minor - checked.agreed_minor
    yield BalanceMismatch(key, account_id, currency, difference_minor, checked.since)
