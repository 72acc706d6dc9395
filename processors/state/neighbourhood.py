"""Settle ties anew around what an entry changed, as if all of the window were looked at."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from processors.state.book import Draft
from processors.state.matching import Candidate
from processors.state.transaction import Tie, Transaction

Search = Callable[[Transaction], Iterator[Candidate]]
"""Finds a transaction's candidates, each once, as far as it is asked to."""
Looks = Callable[[Transaction], tuple[object, ...]]

CROWD_MAX = 24
"""More candidates than this say nothing: whoever has them is tied to nobody, and is unclear."""


class Neighbourhood(NamedTuple):
    """All that hangs together by candidates, however far; the candidates; and who has too many."""

    members: dict[int, Transaction]
    candidates: list[Candidate]
    crowded: set[int]


def neighbourhood(draft: Draft, search: Search, looks: Looks, role: int) -> Neighbourhood:
    """Grow from what the entry has changed in its *looks*, and from whoever was near it before.

    A change that takes a candidate away matters to those who had it: so they are asked as well.
    So are those who were unclear, in their *role*, because of one that has left the window.
    """
    members: dict[int, Transaction] = {}
    found: set[Candidate] = set()
    crowded: set[int] = set()
    waiting = _beginnings(draft, search, looks, role)
    while waiting:
        identity = waiting.pop()
        if identity in members or (own_now := draft.find(identity)) is None:
            continue
        members[identity] = own_now
        was_crowded = own_now.is_crowded(role)
        near = list(islice(search(own_now), CROWD_MAX + 1 if was_crowded else None))
        if len(near) <= CROWD_MAX:
            found.update(near)
            waiting += _ends(near)
        else:
            crowded.add(identity)
            # Another crowded one is nobody's whoever comes; nor is this one, if it was so before.
            if not was_crowded:
                waiting += [end for end in _ends(near) if not _is_crowded(draft, end, role)]
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


def _beginnings(draft: Draft, search: Search, looks: Looks, role: int) -> list[int]:
    waiting: list[int] = []
    for own in draft.touched():
        before = draft.before(own.identity)
        if before is None or before is own:
            waiting.append(own.identity)
        elif looks(before) != looks(own):
            waiting.append(own.identity)
            waiting += _ends(search(before))
    for own in draft.left:
        if own.unclear & role:
            waiting += _ends(search(own))
    return waiting


def _is_crowded(draft: Draft, identity: int, role: int) -> bool:
    own = draft.find(identity)
    return own is not None and own.is_crowded(role)


def _ends(candidates: Iterable[Candidate]) -> list[int]:
    return [end for one in candidates for end in (one.left, one.right)]


def is_lasting(draft: Draft, own: Transaction, tie: Tie | None) -> bool:
    """Say whether a tie is to one that has left the window: it lasts while the amount does."""
    if tie is None or draft.find(tie.identity) is not None:
        return False
    before = draft.before(own.identity)
    return before is None or before.amount_minor == own.amount_minor
