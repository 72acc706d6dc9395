"""What is a refund: the chapter of docs/money.md in plain code, over the whole window."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from processors.state.payee import same_payee, shares_word, stem_of
from schemas.taxonomy import LEAVES
from streams.verify.recount_rows import Row

LEAST_PERCENT = 20
GOODWILL_PERCENT = 5
MOST_PERCENT = 130
TOGETHER_DAYS = 30
IN_PART_DAYS = 31
TWICE_DAYS = 4
TIED_MAX = 128
PURCHASES_MAX = 256
PURCHASE_DAYS_MAX = 92
"""Of one account and currency within the window; later ones are tied to nothing."""
BY_SHOPS = {"refund", "card", "other", ""}


def kind_of(category: str) -> str:
    """Say which sums a category joins; a user's own is for what they spend."""
    return LEAVES[category].kind if category in LEAVES else "spending"


@dataclass(slots=True)
class Purchase:
    """What was paid, and what is left of it after refunds."""

    row: Row
    paid_minor: int
    left_minor: int

    @property
    def is_whole(self) -> bool:
        """Say whether nothing of it was given back."""
        return self.left_minor == self.paid_minor


def settle(window: Iterable[Row]) -> None:
    """Tie each refund to its purchase and give it its category; ties to what has left stay."""
    refunds, purchases = defaultdict(list), defaultdict(list)
    for row in window:
        place = (row.account, row.now.currency)
        if row.refund_of is not None and not row.refund_of.has_left:
            row.refund_of = None
        if not _is_between_us_and_a_shop(row):
            row.refund_of = None
        elif row.now.amount_minor < 0:
            purchases[place].append(Purchase(row, -row.now.amount_minor, -row.now.amount_minor))
        elif row.now.kind in BY_SHOPS and row.now.payee:
            refunds[place].append(row)
        else:
            row.refund_of = None
    for place, of_account in refunds.items():
        latest_first = _near_any(of_account, purchases[place])
        for number, refund in enumerate(sorted(of_account, key=_place)):
            if refund.refund_of is None and number < TIED_MAX:
                refund.refund_of = _purchase_of(refund, latest_first)
            if refund.refund_of is not None and refund.filed.level != "user":
                refund.category = refund.refund_of.category


def _near_any(refunds: list[Row], purchases: list[Purchase]) -> list[Purchase]:
    """Give the latest purchases of an amount, or of a payee's beginning, that a refund has."""
    last = max(refund.now.day for refund in refunds)
    amounts = {refund.now.amount_minor for refund in refunds}
    stems = {stem_of(refund.now.source) for refund in refunds}
    near = [
        own
        for own in purchases
        if own.row.now.day <= last
        and (own.paid_minor in amounts or stem_of(own.row.now.source) in stems)
    ]
    return sorted(near, key=lambda own: _place(own.row), reverse=True)


def _is_between_us_and_a_shop(row: Row) -> bool:
    spent = {kind_of(row.filed.category), kind_of(row.category)} <= {"spending", "unknown"}
    return row.counts and row.pair is None and row.now.amount_minor != 0 and spent


def _place(row: Row) -> tuple[int, str]:
    return row.now.day, row.name


def _purchase_of(refund: Row, purchases: list[Purchase]) -> Row | None:
    """Find the purchase by the first row of the table that applies, and take from what is left."""
    amount_minor, source = refund.now.amount_minor, refund.now.source
    day = refund.now.day
    before = [own for own in purchases if day - PURCHASE_DAYS_MAX <= own.row.now.day <= day]
    before = before[:PURCHASES_MAX]
    there = [own for own in before if same_payee(own.row.now.source, source)]
    whole = [own for own in there if own.is_whole and own.paid_minor == amount_minor]
    begun = [own for own in there if not own.is_whole and own.left_minor == amount_minor]
    for of_this_amount in (whole, begun):
        if of_this_amount:
            return _given_back(_latest(of_this_amount), amount_minor)
    if (larger := _two_together(refund, there)) is not None:
        return larger
    if (only := _in_part(refund, there)) is not None:
        return _given_back(only, amount_minor)
    if len(there) == 1 and there[0].is_whole:
        paid = there[0].paid_minor
        if paid < amount_minor and amount_minor * 100 <= paid * MOST_PERCENT:
            return _given_back(there[0], paid)
    elsewhere = [
        own
        for own in before
        if own.is_whole and own.paid_minor == amount_minor
        if shares_word(source, own.row.now.source)
    ]
    return _given_back(_latest(elsewhere), amount_minor) if elsewhere else None


def _latest(purchases: list[Purchase]) -> Purchase:
    """Give the latest; of those within a few days of it, the one with the last id."""
    day = purchases[0].row.now.day
    near = [own for own in purchases if own.row.now.day >= day - TWICE_DAYS]
    return max(near, key=lambda own: own.row.name)


def _two_together(refund: Row, there: list[Purchase]) -> Row | None:
    whole = [own for own in there if own.is_whole][:TIED_MAX]
    for later, earlier in combinations(whole, 2):
        ago = refund.now.day - later.row.now.day
        apart = later.row.now.day - earlier.row.now.day
        both = later.paid_minor + earlier.paid_minor
        if both == refund.now.amount_minor and apart <= TOGETHER_DAYS and ago <= IN_PART_DAYS:
            later.left_minor = earlier.left_minor = 0
            return later.row if later.paid_minor >= earlier.paid_minor else earlier.row
    return None


def _in_part(refund: Row, there: list[Purchase]) -> Purchase | None:
    """Find the only purchase that it may be a part of; rather one of which some was given back."""
    amount_minor = refund.now.amount_minor
    fits = [
        own
        for own in there
        if 0 < refund.now.day - own.row.now.day <= IN_PART_DAYS
        and own.paid_minor * GOODWILL_PERCENT <= amount_minor * 100
        and amount_minor <= own.left_minor
    ]
    for likely in ([own for own in fits if not own.is_whole], fits):
        if len(likely) == 1 and likely[0].left_minor * LEAST_PERCENT <= amount_minor * 100:
            return likely[0]
    return None


def _given_back(own: Purchase, amount_minor: int) -> Row:
    own.left_minor -= amount_minor
    return own.row
