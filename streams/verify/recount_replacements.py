"""What replaces what: the chapter of docs/money.md in plain code, over the whole window."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from processors.state.payee import same_name, same_payee
from schemas.money import exponent
from streams.verify.recount_rows import Row
from streams.verify.recount_ties import Candidate, tie

NAMED_DAYS = range(-3, 15)
SAME_AMOUNT_DAYS = range(9)
OTHER_AMOUNT_DAYS = range(8)
DRIFT_PERCENT_MAX = 30
TIPPED_FOR = ("transport.taxi", "health.beauty")
HELD_FOR = {"transport.fuel", "travel.lodging", "travel.car_rental"}
UNFILED = "unknown.unknown"


Renumbered = Mapping[str, set[int]]
"""By account, the disconnections since which its ids are others."""


def settle(window: Iterable[Row], renumbered: Renumbered) -> None:
    """Tie each posted row to what it replaces; ties to what has left the window stay."""
    rows = list(window)
    for row in rows:
        row.is_unclear_twin = False
        if row.replaces is not None and not row.replaces.has_left:
            row.replaces = None
        if row.replaced_by is not None and not row.replaced_by.has_left:
            row.replaced_by = None
    tied = tie(_candidates(rows, renumbered), lambda row: row.now.payee, _place)
    for former, posted in tied.pairs:
        former.replaced_by, posted.replaces = posted, former
    for row in tied.unclear:
        row.is_unclear_twin = True


def _place(row: Row) -> tuple[bool, bool, int, str]:
    # What is removed, and what was sent again, stands behind what is there by itself.
    return row.is_removed, row.is_resent, row.now.day, row.name


def _candidates(rows: list[Row], renumbered: Renumbered) -> Iterator[Candidate]:
    """Find who may replace whom; no evidence is without a name, an equal amount or a payee."""
    by_name = {(row.account, row.name): row for row in rows}
    by_amount, by_payee = defaultdict(list), defaultdict(list)
    for row in rows:
        by_amount[row.account, row.now.amount_minor].append(row)
        if row.now.status == "pending":
            by_payee[row.account, row.now.payee].append(row)
    for posted in rows:
        if posted.now.status != "posted" or posted.replaces is not None:
            continue
        has_other_id = posted.connection in renumbered.get(posted.account, ()) and posted.is_resent
        near = {*by_amount[posted.account, posted.now.amount_minor]}
        near.update(by_payee[posted.account, posted.now.payee])
        named = by_name.get((posted.account, posted.now.pending_id))
        near.update([named] if named is not None else [])
        for former in near:
            if former is posted or former.is_removed or former.replaced_by is not None:
                continue
            if former.now.status == "posted":
                grade = _grade_of_renamed(former, posted) if has_other_id else None
            else:
                grade = _grade(former, posted, is_named=former is named)
            if grade is not None:
                yield Candidate((grade,), former, posted)


def _grade_of_renamed(former: Row, posted: Row) -> int | None:
    was, now = former.now, posted.now
    if was.looks[:-1] != now.looks[:-1] or posted.connection <= former.connection:
        return None
    if was.text == now.text:
        return 3
    return 4 if same_payee(was.source, now.source) else None


def _grade(former: Row, posted: Row, *, is_named: bool) -> int | None:
    """Give the grade by which a posted row may be a pending one: the first that applies."""
    was, now = former.now, posted.now
    is_same_way = (was.amount_minor < 0) == (now.amount_minor < 0)
    if was.status != "pending" or was.currency != now.currency or not is_same_way:
        return None
    days = now.day - was.day
    if is_named and days in NAMED_DAYS:
        return 0 if _agree(was.amount_minor, now.amount_minor) or _holds(former, posted) else None
    if was.amount_minor == now.amount_minor and days in SAME_AMOUNT_DAYS:
        if was.text == now.text:
            return 1
        is_unnamed = not was.payee or not now.payee
        return 2 if is_unnamed or same_payee(was.source, now.source) else None
    if days in OTHER_AMOUNT_DAYS and same_name(was.source, now.source):
        is_larger = abs(now.amount_minor) > abs(was.amount_minor)
        may_be_tipped = any(map(_is_tipped, (former, posted))) and days > 0
        is_tipped = may_be_tipped and is_larger and _agree(was.amount_minor, now.amount_minor)
        return 5 if is_tipped or _holds(former, posted) else None
    return None


def _is_tipped(row: Row) -> bool:
    category = row.filed.category
    return category.startswith("dining.") or category in {*TIPPED_FOR, UNFILED}


def _agree(pending_minor: int, posted_minor: int) -> bool:
    return abs(posted_minor - pending_minor) * 100 <= abs(pending_minor) * DRIFT_PERCENT_MAX


def _holds(former: Row, posted: Row) -> bool:
    """Say whether the two differ as what a pump or a hotel holds, and what is paid in the end."""
    filed = {former.filed.category, posted.filed.category}
    if filed & HELD_FOR:
        return True
    whole = 10 ** exponent(former.now.currency)
    step = max(5 * whole, 500)
    is_round = former.now.amount_minor % step == 0
    is_less = abs(posted.now.amount_minor) <= abs(former.now.amount_minor)
    return UNFILED in filed and is_round and is_less
