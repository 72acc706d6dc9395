"""Pair the two legs of a transfer between own accounts; file a leg that names one by itself."""

from collections.abc import Iterable, Iterator
from functools import partial

from msgspec.structs import replace

from processors.state.book import Draft
from processors.state.categories import kind_of
from processors.state.entry import Entry
from processors.state.listing import of_amount
from processors.state.matching import Candidate, Place, match
from processors.state.neighbourhood import is_lasting, neighbourhood, newcomer
from processors.state.sections import PairAnswer
from processors.state.shared import Shared
from processors.state.transaction import UNCLEAR_PAIR, Tie, Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.accounts import AccountUpdated
from schemas.feedback import AboutTransfer, FeedbackGiven

APART_DAYS_MAX = 4
_NEVER_LEGS = frozenset({"fee", "interest", "salary", "cash", "refund"})
_CALLED_TRANSFER = frozenset({"transfer", "standing_order"})
_PAID_DOWN = frozenset({"credit", "loan"})
_FILED_BY_TYPE = {
    "credit": "transfer.card_payment",
    "loan": "transfer.loan",
    "savings": "transfer.savings",
    "investment": "transfer.investments",
}
_BETWEEN_OWN = "transfer.own_account"
_CONFIRMED, _NAMED, _BOTH_LOOK, _ONE_LOOKS = range(4)


def transfers(draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Pair what the entry drafted with what is near, and heed what the user says of a pair."""
    event, verdict = entry.event, None
    if isinstance(event, FeedbackGiven) and isinstance(event.about, AboutTransfer):
        verdict = _heed(draft, user, event.about, event.revision)
    elif isinstance(event, AccountUpdated):
        _look_again(draft, user, event.account_id)
    if draft.left or any(_may_matter(draft, user, own) for own in draft.touched()):
        _resettle(draft, user)
    return verdict


def _may_matter(draft: Draft, user: User, own: Transaction) -> bool:
    """Say whether a transaction has, or may have had, to do with transfers: few purchases do."""
    if user.transfers.cold.answers or own.pair is not None or own.unclear & UNCLEAR_PAIR:
        return True
    before = draft.before(own.identity) or own
    return any(_may_be_leg(user, version) or _names_own(user, version) for version in (before, own))


def _heed(draft: Draft, user: User, about: AboutTransfer, revision: int) -> Verdict:
    """Remember a confirmation or a rejection, also of what has not been seen yet."""
    one = identity_of(about.account_id, about.transaction_id)
    other = identity_of(about.other_account_id, about.other_transaction_id)
    key, known = _key(one, other), user.transfers.cold.answers.get(_key(one, other))
    if known is not None and revision <= known.revision:
        return Verdict.REPEAT if revision == known.revision else Verdict.STALE
    answer = PairAnswer(revision, about.verdict == "confirmed")
    user.transfers.change_cold().answers[key] = answer
    _touch(draft, (own for own in (draft.find(one), draft.find(other)) if own is not None))
    return Verdict.APPLIED


def _key(one: int, other: int) -> str:
    return f"{min(one, other):016x}{max(one, other):016x}"


def _look_again(draft: Draft, user: User, account_id: str) -> None:
    """Settle what an account has to do with anew, once it is known, or of another type."""
    account_type = user.accounts.hot.by_id[account_id].type
    if user.transfers.cold.types.get(account_id) == account_type:
        return
    user.transfers.change_cold().types[account_id] = account_type
    concerned = [
        own
        for own in draft.book.transactions()
        if account_id in {own.account_id, own.counterparty} or own.unclear
    ]
    # Whoever was its pair may not be any more, and is then free for another.
    partners = [draft.find(own.pair.identity) for own in concerned if own.pair is not None]
    _touch(draft, concerned)
    _touch(draft, [own for own in partners if own is not None])


def _touch(draft: Draft, transactions: Iterable[Transaction]) -> None:
    for own in list(transactions):
        draft.put(own)


# What is settled.


def _resettle(draft: Draft, user: User) -> None:
    if (new := newcomer(draft)) is not None and not any(_candidates(draft, user, new)):
        if _names_own(user, new):
            draft.put(_settled(user, new, None, new.unclear_bits))
        return
    around = neighbourhood(draft, partial(_candidates, draft, user), _looks, UNCLEAR_PAIR)
    found = match(around.candidates, around.members, _account_of, _place)
    partners = found.right_of | {right: left for left, right in found.right_of.items()}
    for identity, own in around.members.items():
        partner, pair = partners.get(identity), own.pair
        if partner is not None:
            pair = around.members[partner].tie
        elif not own.counts or not is_lasting(draft, own, pair):
            pair = None
        bits = own.with_unclear(
            UNCLEAR_PAIR,
            is_so=identity in found.unclear,
            is_crowded=identity in around.crowded,
        )
        settled = _settled(user, own, pair, bits)
        if settled != own:
            draft.put(settled)


def _settled(user: User, own: Transaction, pair: Tie | None, unclear_bits: int) -> Transaction:
    category = own.category if own.refund_of is not None else own.filing.category
    if pair is not None:
        category = _filed_between(user, own.account_id, pair.account_id)
    elif own.filing.level != "user" and _names_own(user, own):
        category = _filed_between(user, own.account_id, own.counterparty)
    return replace(own, pair=pair, unclear_bits=unclear_bits, category=category)


def _filed_between(user: User, one: str, other: str) -> str:
    by_id = user.accounts.hot.by_id
    types = {by_id[account_id].type for account_id in (one, other) if account_id in by_id}
    return next((filed for kind, filed in _FILED_BY_TYPE.items() if kind in types), _BETWEEN_OWN)


def _looks(own: Transaction) -> tuple[object, ...]:
    """Give all that decides which transfer it may be a leg of, and what it is filed as."""
    return (
        own.gone,
        own.amount_minor,
        own.booked_on,
        own.currency,
        own.kind,
        own.counterparty,
        own.filing,
        own.category,
    )


def _account_of(own: Transaction) -> str:
    return own.account_id


def _place(own: Transaction) -> Place:
    return own.booked_on, own.transaction_id


# Who may be whose.


def _candidates(draft: Draft, user: User, own: Transaction) -> Iterator[Candidate]:
    """Find the transactions that may be the other leg."""
    # Most transactions are card payments, and most users never answer.
    if not (_may_be_leg(user, own) or user.transfers.cold.answers) or not own.counts:
        return iter(())
    first, last = own.booked_on - APART_DAYS_MAX, own.booked_on + APART_DAYS_MAX
    opposite = [of_amount(-own.amount_minor, is_pending=pending) for pending in (False, True)]
    near = [
        other
        for other in draft.having(opposite, first, last)
        if other.amount_minor == -own.amount_minor and other.amount_minor
    ]
    return (
        _candidate(own, other, grade)
        for other in near
        if (grade := _grade(user, own, other)) is not None
        and not is_lasting(draft, own, own.pair)
        and not is_lasting(draft, other, other.pair)
    )


def _candidate(own: Transaction, other: Transaction, grade: int) -> Candidate:
    left, right = (own, other) if own.amount_minor < 0 else (other, own)
    apart_days = abs(own.booked_on - other.booked_on)
    return Candidate((grade, apart_days), left.identity, right.identity)


def _grade(user: User, own: Transaction, other: Transaction) -> int | None:
    """Say how good the evidence is that two opposite amounts are one transfer; None for none."""
    if (
        own.account_id == other.account_id
        or own.currency != other.currency
        or not (own.counts and other.counts)
    ):
        return None
    answer = user.transfers.cold.answers.get(_key(own.identity, other.identity))
    if answer is not None:
        return _CONFIRMED if answer.is_transfer else None
    if not (_may_be_leg(user, own) and _may_be_leg(user, other)):
        return None
    if _names_another(user, own, other) or _names_another(user, other, own):
        return None
    if own.counterparty == other.account_id or other.counterparty == own.account_id:
        return _NAMED
    looks = _looks_like_leg(user, own) + _looks_like_leg(user, other)
    return (None, _ONE_LOOKS, _BOTH_LOOK)[looks]


def _may_be_leg(user: User, own: Transaction) -> bool:
    if own.kind in _NEVER_LEGS or (own.kind == "card" and not _names_own(user, own)):
        return False
    return own.filing.level != "user" or kind_of(own.filing.category) == "transfer"


def _looks_like_leg(user: User, own: Transaction) -> bool:
    if own.kind in _CALLED_TRANSFER or kind_of(own.filing.category) == "transfer":
        return True
    account = user.accounts.hot.by_id.get(own.account_id)
    return own.amount_minor > 0 and account is not None and account.type in _PAID_DOWN


def _names_own(user: User, own: Transaction) -> bool:
    return own.counterparty != own.account_id and own.counterparty in user.accounts.hot.by_id


def _names_another(user: User, own: Transaction, other: Transaction) -> bool:
    return _names_own(user, own) and own.counterparty != other.account_id
