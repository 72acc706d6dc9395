"""Settle ties anew around what an entry changed, as if all of the window were looked at."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from processors.state.book import Draft
from processors.state.matching import Candidate
from processors.state.transaction import Tie, Transaction

Search = Callable[[Transaction], list[Candidate]]
Looks = Callable[[Transaction], tuple[object, ...]]


CROWD_MAX = 24
"""More candidates than this say nothing: whoever has them is tied to nobody, and is unclear."""
ENOUGH = 4 * CROWD_MAX
"""So many candidates need be found of one that has too many; some may be found twice."""


class Neighbourhood(NamedTuple):
    """All that hangs together by candidates, however far; the candidates; and who has too many."""

    members: dict[int, Transaction]
    candidates: list[Candidate]
    crowded: set[int]


def neighbourhood(draft: Draft, search: Search, looks: Looks, unclear: int) -> Neighbourhood:
    """Grow from what the entry has changed in its *looks*, and from whoever was near it before.

    A change that takes a candidate away matters to those who had it: so they are asked as well.
    So are those who were *unclear* because of one that has left the window.
    """
    members: dict[int, Transaction] = {}
    found: set[Candidate] = set()
    crowded: set[int] = set()
    waiting = _beginnings(draft, search, looks, unclear)
    while waiting:
        identity = waiting.pop()
        if identity in members or (own_now := draft.find(identity)) is None:
            continue
        members[identity] = own_now
        if near := set(search(own_now)):
            if len(near) > CROWD_MAX:
                crowded.add(identity)
            else:
                found |= near
            # Those around a crowd that was one before have nothing to hear.
            if len(near) <= 2 * CROWD_MAX:
                waiting += _ends(near)
    if crowded:
        found = {one for one in found if not crowded & {one.left, one.right}}
    return Neighbourhood(members, list(found), crowded)


def newcomer(draft: Draft) -> Transaction | None:
    """Give what the entry has brought, if that is one new transaction and nothing else.

    Most entries are such, and most of those are like nothing else: then nobody else is concerned.
    """
    if draft.left or len(touched := draft.touched()) != 1:
        return None
    return touched[0] if draft.before(touched[0].identity) is None else None


def _beginnings(draft: Draft, search: Search, looks: Looks, unclear: int) -> list[int]:
    waiting: list[int] = []
    for own in draft.touched():
        before = draft.before(own.identity)
        if before is None:
            waiting.append(own.identity)
        elif before is own or looks(before) != looks(own):
            waiting.append(own.identity)
            waiting += _ends(search(before))
    for own in draft.left:
        if own.unclear & unclear:
            waiting += _ends(search(own))
    return waiting


def _ends(candidates: Iterable[Candidate]) -> list[int]:
    return [end for one in candidates for end in (one.left, one.right)]


def is_lasting(draft: Draft, own: Transaction, tie: Tie | None) -> bool:
    """Say whether a tie is to one that has left the window: it lasts while the amount does."""
    if tie is None or draft.find(tie.identity) is not None:
        return False
    before = draft.before(own.identity)
    return before is None or before.amount_minor == own.amount_minor
