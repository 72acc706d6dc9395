"""Tie money that comes back to the purchase that it was paid for."""

from itertools import combinations

from msgspec.structs import replace

from processors.state.book import WINDOW_DAYS, Draft, oldest_week
from processors.state.categories import kind_of
from processors.state.entry import Entry
from processors.state.neighbourhood import is_lasting
from processors.state.payee import same_payee, shares_word, stem_of
from processors.state.sections import MoneyBack, Returned, Section
from processors.state.shared import Shared
from processors.state.transaction import Transaction
from processors.state.user import User
from processors.state.verdict import Settled
from processors.state.weekly import first_of
from schemas.journal import DayPassed

LEAST_PERCENT = 20
GOODWILL_PERCENT = 5
MOST_PERCENT = 130
TOGETHER_DAYS_MAX = 30
IN_PART_DAYS_MAX = 31
TWICE_DAYS_MAX = 4
REFUNDS_MAX = 128
"""Of one account within the window: later ones are tied to nothing."""
PURCHASES_MAX = 256
"""For one refund: only the latest are looked at."""
_BY_SHOPS = frozenset({"refund", "card", "other", ""})
_SPENT = frozenset({"spending", "unknown"})

Memory = Section[None, Returned]


def refunds(draft: Draft, user: User, _shared: Shared, entry: Entry) -> Settled:
    """Tie the refunds of every account on which the entry makes a difference to them."""
    section = user.refunds
    if isinstance(entry.event, DayPassed):
        _forget(section, entry.event.day.toordinal())
    concerned: dict[str, None] = {}
    for own in draft.touched():
        before = draft.before(own.identity)
        for version in (before, own):
            if version is not None and _matters(section, version):
                concerned[_account_of(version)] = None
        _remember(section, before, own)
        if own.refund_of is not None and not _may_be_refund(own):
            _tie(draft, own, None)
    for own in draft.left:
        if _matters(section, own):
            concerned[_account_of(own)] = None
    for account in concerned:
        _settle(draft, section, account)
    return None


# What is remembered: the window's refunds, so that most purchases need not look for any.


def _account_of(own: Transaction) -> str:
    return f"{own.currency}{own.account_id}"


def _matters(section: Memory, own: Transaction) -> bool:
    """Say whether refunds may come out otherwise because of a transaction."""
    if own.amount_minor > 0:
        return own.refund_of is not None or _may_be_refund(own)
    known = section.cold.by_account
    if not known or (backs := known.get(_account_of(own))) is None:
        return False
    stem, paid_minor = stem_of(own.merchant_key), -own.amount_minor
    return any(
        back.day >= own.booked_on and (back.stem == stem or back.amount_minor == paid_minor)
        for back in backs.values()
    )


def _remember(section: Memory, before: Transaction | None, own: Transaction) -> None:
    was = _account_of(before) if before is not None and _may_be_refund(before) else None
    now = _account_of(own) if _may_be_refund(own) else None
    known = section.cold.by_account
    if was is not None and was != now and own.identity in known.get(was, {}):
        _keep(section, was, {one: back for one, back in known[was].items() if one != own.identity})
    if now is not None:
        back = MoneyBack(own.booked_on, stem_of(own.merchant_key), own.amount_minor)
        if known.get(now, {}).get(own.identity) != back:
            _keep(section, now, {**known.get(now, {}), own.identity: back})


def _forget(section: Memory, today: int) -> None:
    """Forget refunds that have left the window."""
    first = first_of(oldest_week(today))
    by_account = section.cold.by_account
    for account in [
        account
        for account, backs in by_account.items()
        if any(back.day < first for back in backs.values())
    ]:
        kept = {own: back for own, back in by_account[account].items() if back.day >= first}
        _keep(section, account, kept)


def _keep(section: Memory, account: str, backs: dict[int, MoneyBack]) -> None:
    by_account = section.change_cold().by_account
    if backs:
        by_account[account] = backs
    else:
        del by_account[account]


def _may_be_refund(own: Transaction) -> bool:
    if own.amount_minor <= 0 or own.gone or own.pair is not None or not stem_of(own.merchant_key):
        return False
    return own.kind in _BY_SHOPS and _is_spent(own)


def _is_spent(own: Transaction) -> bool:
    return {kind_of(own.filing.category), kind_of(own.category)} <= _SPENT


# Which purchase it was.


class _Purchase:
    """A purchase, and what is left of it after what was given back so far."""

    __slots__ = ("left_minor", "own", "paid_minor")

    def __init__(self, own: Transaction) -> None:
        self.own = own
        self.paid_minor = -own.amount_minor
        self.left_minor = self.paid_minor

    @property
    def is_whole(self) -> bool:
        """Say whether nothing of it was given back."""
        return self.left_minor == self.paid_minor

    def take(self, amount_minor: int) -> Transaction:
        """Give some of it back."""
        self.left_minor -= amount_minor
        return self.own


def _settle(draft: Draft, section: Memory, account: str) -> None:
    """Go through an account's refunds in order, each taking from what is left."""
    backs = section.cold.by_account.get(account, {})
    returned = [own for own in map(draft.find, backs) if own is not None]
    returned.sort(key=_place)
    purchases = _purchases(draft, account, returned)
    for number, own in enumerate(returned):
        if _is_settled_for_good(draft, own):
            continue
        _tie(draft, own, _purchase_of(own, purchases) if number < REFUNDS_MAX else None)


def _place(own: Transaction) -> tuple[int, str, int]:
    return own.booked_on, own.transaction_id, own.identity


def _is_settled_for_good(draft: Draft, own: Transaction) -> bool:
    """Say whether a refund's purchase has left the window: it lasts while nothing else changes."""
    before = draft.before(own.identity)
    same = before is None or (before.merchant_key, before.filing) == (own.merchant_key, own.filing)
    return same and is_lasting(draft, own, own.refund_of)


def _purchases(draft: Draft, account: str, returned: list[Transaction]) -> list[_Purchase]:
    """List what may have been given back, the latest first."""
    if not returned:
        return []
    stems = {stem_of(own.merchant_key) for own in returned}
    amounts = {-own.amount_minor for own in returned}
    bought = [
        own
        for own in draft.between(0, returned[-1].booked_on)
        if own.amount_minor < 0
        and (own.amount_minor in amounts or stem_of(own.merchant_key) in stems)
        and own.counts
        and own.pair is None
        and _account_of(own) == account
        and _is_spent(own)
    ]
    return [_Purchase(own) for own in sorted(bought, key=_place, reverse=True)]


def _purchase_of(own: Transaction, purchases: list[_Purchase]) -> Transaction | None:
    """Find the purchase by the first rule that applies, and take from what is left of it."""
    first, last = own.booked_on - WINDOW_DAYS, own.booked_on
    earlier = [bought for bought in purchases if first <= bought.own.booked_on <= last]
    earlier = earlier[:PURCHASES_MAX]
    there = [one for one in earlier if same_payee(one.own.merchant_key, own.merchant_key)]
    return (
        _whole(own, there)
        or _rest(own, there)
        or _two(own, there)
        or _part(own, there)
        or _more(own, there)
        or _whole(own, [one for one in earlier if _is_alike(own, one)])
    )


def _whole(own: Transaction, bought: list[_Purchase]) -> Transaction | None:
    same = [one for one in bought if one.is_whole and one.paid_minor == own.amount_minor]
    return _latest(same).take(own.amount_minor) if same else None


def _rest(own: Transaction, bought: list[_Purchase]) -> Transaction | None:
    same = [one for one in bought if not one.is_whole and one.left_minor == own.amount_minor]
    return _latest(same).take(own.amount_minor) if same else None


def _latest(bought: list[_Purchase]) -> _Purchase:
    """Give the latest; of some that were posted within days, the one whose id is the last.

    What was charged twice is posted in any order, and it is the second that comes back.
    """
    day = bought[0].own.booked_on
    near = [one for one in bought if one.own.booked_on >= day - TWICE_DAYS_MAX]
    return max(near, key=lambda one: one.own.transaction_id)


def _two(own: Transaction, bought: list[_Purchase]) -> Transaction | None:
    """Give back two at once, and name the larger."""
    whole = [one for one in bought if one.is_whole][:REFUNDS_MAX]
    for one, other in combinations(whole, 2):
        if own.booked_on - one.own.booked_on > IN_PART_DAYS_MAX:
            break  # The latest come first.
        near = one.own.booked_on - other.own.booked_on <= TOGETHER_DAYS_MAX
        if near and one.paid_minor + other.paid_minor == own.amount_minor:
            one.left_minor = other.left_minor = 0
            return one.own if one.paid_minor >= other.paid_minor else other.own
    return None


def _part(own: Transaction, bought: list[_Purchase]) -> Transaction | None:
    """Give back a part of the only one that it can be; rather of one that was begun with."""
    parts = [one for one in bought if _may_be_in_part(own, one)]
    for likely in ([one for one in parts if not one.is_whole], parts):
        if len(likely) == 1 and own.amount_minor * 100 >= likely[0].left_minor * LEAST_PERCENT:
            return likely[0].take(own.amount_minor)
    return None


def _may_be_in_part(own: Transaction, bought: _Purchase) -> bool:
    days, amount_minor = own.booked_on - bought.own.booked_on, own.amount_minor
    is_worth_it = amount_minor * 100 >= bought.paid_minor * GOODWILL_PERCENT
    return 0 < days <= IN_PART_DAYS_MAX and is_worth_it and amount_minor <= bought.left_minor


def _more(own: Transaction, bought: list[_Purchase]) -> Transaction | None:
    """Give all of the only one there back, and somewhat more: postage, or a rate of exchange."""
    if len(bought) != 1 or not bought[0].is_whole:
        return None
    paid_minor, amount_minor = bought[0].paid_minor, own.amount_minor
    is_more = paid_minor < amount_minor and amount_minor * 100 <= paid_minor * MOST_PERCENT
    return bought[0].take(paid_minor) if is_more else None


def _is_alike(own: Transaction, bought: _Purchase) -> bool:
    return shares_word(own.merchant_key, bought.own.merchant_key)


# What comes of it.


def _tie(draft: Draft, own: Transaction, purchase: Transaction | None) -> None:
    tie = purchase.tie if purchase is not None else None
    is_leg = kind_of(own.category) == "transfer"
    category = own.category if is_leg else own.filing.category
    if purchase is not None and own.filing.level != "user":
        category = purchase.category
    if (tie, category) != (own.refund_of, own.category):
        draft.put(replace(own, refund_of=tie, category=category))
