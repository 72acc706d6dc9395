"""What is a transfer: the chapter of docs/money.md in plain code, over the whole window."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from schemas.taxonomy import LEAVES
from streams.verify.recount_rows import Row
from streams.verify.recount_ties import Candidate, tie

APART_DAYS_MAX = 4
NEVER_LEGS = {"fee", "interest", "salary", "cash", "refund"}
CALLED_TRANSFERS = {"transfer", "standing_order"}
FILED_BY_TYPE = {
    "credit": "transfer.card_payment",
    "loan": "transfer.loan",
    "savings": "transfer.savings",
    "investment": "transfer.investments",
}


def is_transfer(category: str) -> bool:
    """Say whether a category is one of moving one's own money."""
    return category in LEAVES and LEAVES[category].kind == "transfer"


@dataclass(slots=True)
class Known:
    """What is known beside the transactions: accounts' types, and answers about pairs."""

    types: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[frozenset[tuple[str, str]], bool] = field(default_factory=dict)

    def filed_between(self, one: str, other: str) -> str:
        """File a transfer by the types of its two accounts, the first match of the list."""
        types = {self.types.get(one), self.types.get(other)}
        found = (filed for kind, filed in FILED_BY_TYPE.items() if kind in types)
        return next(found, "transfer.own_account")

    def names_own(self, row: Row) -> bool:
        """Say whether a row names another account of the user."""
        return row.now.counterparty != row.account and row.now.counterparty in self.types


def settle(window: Iterable[Row], known: Known) -> None:
    """Pair legs, and file each row; pairs with what has left stay while both are what they were."""
    rows = list(window)
    for row in rows:
        row.is_unclear_pair = False
        if row.pair is not None and not (row.pair.has_left and row.counts):
            row.pair = None
    tied = tie(
        _candidates(rows, known), lambda row: row.account, lambda row: (row.now.day, row.name)
    )
    for out, into in tied.pairs:
        out.pair, into.pair = into, out
    for row in tied.unclear:
        row.is_unclear_pair = True
    for row in rows:
        row.category = row.filed.category
        if row.pair is not None:
            row.category = known.filed_between(row.account, row.pair.account)
        elif row.filed.level != "user" and known.names_own(row):
            row.category = known.filed_between(row.account, row.now.counterparty)


def _candidates(rows: list[Row], known: Known) -> Iterator[Candidate]:
    incoming = defaultdict(list)
    for row in rows:
        if row.counts and row.pair is None and row.now.amount_minor > 0:
            incoming[row.now.amount_minor, row.now.currency].append(row)
    for out in rows:
        if not out.counts or out.pair is not None or out.now.amount_minor >= 0:
            continue
        for into in incoming[-out.now.amount_minor, out.now.currency]:
            apart = abs(out.now.day - into.now.day)
            if into.account == out.account or apart > APART_DAYS_MAX:
                continue
            if (grade := _grade(out, into, known)) is not None:
                yield Candidate((grade, apart), out, into)


def _grade(out: Row, into: Row, known: Known) -> int | None:
    both = frozenset({(out.account, out.name), (into.account, into.name)})
    if both in known.answers:
        return 0 if known.answers[both] else None
    for own, other in ((out, into), (into, out)):
        if not _may_be_leg(own, known):
            return None
        if known.names_own(own) and own.now.counterparty != other.account:
            return None
    if out.now.counterparty == into.account or into.now.counterparty == out.account:
        return 1
    looks = [_looks_like_one(own, known) for own in (out, into)]
    return 2 if all(looks) else 3 if any(looks) else None


def _may_be_leg(row: Row, known: Known) -> bool:
    filed_by_user = row.filed.level == "user"
    if filed_by_user and not is_transfer(row.filed.category):
        return False
    if row.now.kind == "card":
        return known.names_own(row)
    return row.now.kind not in NEVER_LEGS


def _looks_like_one(row: Row, known: Known) -> bool:
    if row.now.kind in CALLED_TRANSFERS or is_transfer(row.filed.category):
        return True
    return row.now.amount_minor > 0 and known.types.get(row.account) in {"credit", "loan"}
