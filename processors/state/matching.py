"""Match two sides by evidence: grade by grade, and never where it is unclear who belongs to whom.

What comes out is a function of the candidates alone, whatever order they were found in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from processors.state.transaction import Transaction

Place = tuple[int | str, ...]
Kinship = Callable[[Transaction], str]


class Candidate(NamedTuple):
    """Two transactions that may belong together, and how good the evidence is: low is better."""

    rank: tuple[int, ...]
    left: int
    right: int


class Matched(NamedTuple):
    """Who belongs to whom, by identity, and of whom it cannot be told."""

    right_of: dict[int, int]
    unclear: set[int]


def match(
    candidates: Iterable[Candidate],
    by_identity: Mapping[int, Transaction],
    alike: Kinship,
    place: Callable[[Transaction], Place],
) -> Matched:
    """Take the candidates in the order of their ranks; each transaction has one role on a side.

    Where all that are still free on either side of a group are *alike*, they are matched in the
    order of their *place*: it makes no difference to anybody which of them is which.
    """
    matched = Matched({}, set())
    # One, found from both of its ends, is the usual case.
    if len(distinct := set(candidates)) < 2:  # noqa: PLR2004 None, or one.
        matched.right_of.update((one.left, one.right) for one in distinct)
        return matched
    taken: set[int] = set()
    for _, of_rank in groupby(sorted(distinct), key=lambda one: one.rank):
        free = [
            one
            for one in of_rank
            if one.left not in matched.right_of
            and one.right not in taken
            and not matched.unclear & {one.left, one.right}
        ]
        for group in _groups(free):
            lefts, rights = {one.left for one in group}, {one.right for one in group}
            if any(len({alike(by_identity[own]) for own in side}) > 1 for side in (lefts, rights)):
                matched.unclear.update(lefts | rights)
                continue
            pairs = _in_order(group, by_identity, place)
            matched.right_of.update(pairs)
            taken.update(pairs.values())
    return matched


def _groups(candidates: list[Candidate]) -> list[list[Candidate]]:
    """Divide candidates into those that hang together by sharing an end."""
    if len(candidates) < 2:  # noqa: PLR2004 One is a group by itself, and the usual case.
        return [candidates] if candidates else []
    above: dict[tuple[str, int], tuple[str, int]] = {}

    def top(end: tuple[str, int]) -> tuple[str, int]:
        while (higher := above.setdefault(end, end)) != end:
            above[end] = end = above[higher]
        return end

    for one in candidates:
        above[top(("left", one.left))] = top(("right", one.right))
    groups: defaultdict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for one in candidates:
        groups[top(("left", one.left))].append(one)
    return list(groups.values())


def _in_order(
    group: list[Candidate],
    by_identity: Mapping[int, Transaction],
    place: Callable[[Transaction], Place],
) -> dict[int, int]:
    """Give each of the left, in order, the first of the right that is free and fits."""
    fits = {(one.left, one.right) for one in group}

    def in_place(identities: Iterable[int]) -> list[int]:
        return sorted(set(identities), key=lambda own: (*place(by_identity[own]), own))

    rights = in_place(one.right for one in group)
    pairs: dict[int, int] = {}
    for left in in_place(one.left for one in group):
        for right in rights:
            if (left, right) in fits:
                pairs[left] = right
                rights.remove(right)
                break
    return pairs
