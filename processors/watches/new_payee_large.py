"""Find a large transfer to somebody to whom nothing was ever sent."""

from processors.state.notes import NewPayeeLarge
from processors.state.transaction import Transaction
from processors.state.view import View
from processors.state.watching import Finding, Found, Sight, Watching, digest_of

RULE = "new_payee_large"
PAYEES_MAX = 64
"""Who sends money to more people than this is surprised by none of them."""
_NOT_TO_PEOPLE = frozenset(
    {
        *("transfer.own_account", "transfer.savings", "transfer.investments", "transfer.loan"),
        *("transfer.card_payment", "transfer.deposit"),
    }
)
_NOT_TO_PEOPLE_GROUPS = frozenset({"government", "finance", "housing"})


def new_payee_large(section: Watching, view: View, sight: Sight) -> Found | None:
    """Compare a transfer to somebody new with the largest so far, and learn both."""
    payment = sight.payment
    if payment.kind != "transfer" or not _is_to_people(view, payment):
        return None
    if not (named := payment.counterparty or payment.merchant_key):
        return None  # Nobody can say whether an unnamed payee is new.
    cold, currency, sent_minor = section.cold, payment.currency, -payment.amount_minor
    payee = digest_of(named)
    most_minor, is_known = cold.sent_most.get(currency, 0), payee in cold.payees
    # Whoever never sent anything to anybody has no largest transfer to compare with.
    is_large = 0 < most_minor < sent_minor
    if not is_known:
        payees = section.change_cold().payees
        payees.append(payee)
        del payees[:-PAYEES_MAX]
    found = None
    if is_large and not is_known and sight.speaks and len(cold.payees) < PAYEES_MAX:
        finding = Finding(
            rule_id=RULE,
            key=payment.identity,
            members=[payment.identity],
            day=payment.booked_on,
            low_minor=most_minor + 1,
        )
        found = Found(NewPayeeLarge(payment.identity, payment, most_minor), finding)
    if sent_minor > most_minor:
        section.change_cold().sent_most[currency] = _learned(most_minor, sent_minor, found)
    return found


def _learned(most_minor: int, sent_minor: int, found: Found | None) -> int:
    """Let what may be a theft raise the bound by half at most."""
    return sent_minor if found is None else min(sent_minor, most_minor + most_minor // 2)


def _is_to_people(view: View, payment: Transaction) -> bool:
    """Say whether a transfer goes to a person, and not to an account of the user's."""
    group = payment.category.partition(".")[0]
    if group in _NOT_TO_PEOPLE_GROUPS or payment.category in _NOT_TO_PEOPLE:
        return False
    return payment.pair is None and payment.counterparty not in view.user.accounts.hot.by_id
