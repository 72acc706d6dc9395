"""Find money that leaves an account which had not moved for long."""

from processors.state.notes import DormantAccount
from processors.state.sections import Balance
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import ACCOUNTS_MAX, Finding, Found, Sight, Watching, digest_of
from schemas.accounts import AccountUpdated

RULE = "dormant_account"
STILL_LEAST = 30
_TAKEN_BY = frozenset({"card", "cash", "transfer"})
_BY_THE_BANK = frozenset({"fee", "interest"})
_KEPT = frozenset(
    {"transfer.own_account", "transfer.savings", "transfer.investments", "transfer.card_payment"}
)
"""What goes to another account of the user's is not gone."""


def dormant_account(section: Watching, view: View, sight: Sight) -> Found | None:
    """Find a payment from an account that nobody used, by how long that was."""
    payment = sight.payment
    last = section.hot.moved.get(digest_of(payment.account_id))
    if last is None or not sight.speaks or payment.kind not in _TAKEN_BY:
        return None
    still_days = payment.booked_on - last
    if still_days < STILL_LEAST or _is_kept(view, payment):
        return None
    finding = Finding(
        rule_id=RULE,
        key=payment.identity,
        members=[payment.identity],
        day=payment.booked_on,
    )
    return Found(DormantAccount(payment.identity, payment, still_days), finding)


def _is_kept(view: View, payment: Transaction) -> bool:
    if payment.pair is not None or payment.category in _KEPT:
        return True
    return payment.counterparty in view.user.accounts.hot.by_id


def note_movement(section: Watching, own: Transaction) -> None:
    """Take note of the day on which an account moved; what a bank does by itself is none."""
    if own.kind not in _BY_THE_BANK:
        _moved(section, own.account_id, own.booked_on)


def note_report(section: Watching, view: View, event: AccountUpdated) -> None:
    """Know an account from its first report on; what it does not explain may have moved it."""
    account = view.user.accounts.hot.by_id[event.account_id]
    if account.balance_minor is None:
        return
    balances = view.user.aggregate.hot.balances.get(event.account_id, {})
    balance = balances.get(account.currency, Balance())
    is_known = digest_of(event.account_id) in section.hot.moved
    if not is_known or balance.difference_minor:
        _moved(section, event.account_id, account.as_of)


def _moved(section: Watching, account_id: str, day: int) -> None:
    moved, digest = section.hot.moved, digest_of(account_id)
    if day > moved.get(digest, 0):
        moved[digest] = day
        if len(moved) > ACCOUNTS_MAX:
            del moved[min(moved, key=lambda key: (moved[key], key))]
