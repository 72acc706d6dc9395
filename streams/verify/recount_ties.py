"""Ties by grade of evidence, and none where it is unclear, exactly as docs/money.md says it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from streams.verify.recount_rows import Row

CANDIDATES_MAX = 24
"""Whoever has more is tied to nobody."""

Order = Callable[[Row], tuple[Any, ...]]


class Candidate(NamedTuple):
    """Two rows that may be tied, by evidence of a grade."""

    grade: tuple[int, ...]
    left: Row
    right: Row


class Tied(NamedTuple):
    """Which pairs are tied, and which rows are unclear."""

    pairs: list[tuple[Row, Row]]
    unclear: set[Row]


def tie(candidates: Iterable[Candidate], alike: Callable[[Row], str], order: Order) -> Tied:
    """Settle ties, grade by grade: each group of what is still free is tied, or is unclear."""
    tied, used_left, used_right = Tied([], set()), set[Row](), set[Row]()
    by_grade: dict[tuple[int, ...], list[Candidate]] = {}
    distinct = set(candidates)
    counts = Counter(row for one in distinct for row in (one.left, one.right))
    tied.unclear.update(row for row, count in counts.items() if count > CANDIDATES_MAX)
    for one in distinct:
        by_grade.setdefault(one.grade, []).append(one)
    for grade in sorted(by_grade):
        no_left, no_right = used_left | tied.unclear, used_right | tied.unclear
        free = [
            one for one in by_grade[grade] if one.left not in no_left and one.right not in no_right
        ]
        for group in _groups(free):
            lefts, rights = {one.left for one in group}, {one.right for one in group}
            if len(set(map(alike, lefts))) > 1 or len(set(map(alike, rights))) > 1:
                tied.unclear.update(lefts | rights)
                continue
            pairs = _in_order(group, order)
            tied.pairs.extend(pairs)
            used_left.update(left for left, _ in pairs)
            used_right.update(right for _, right in pairs)
    return tied


def _groups(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """Divide candidates into groups that share no row on the same side."""
    waiting = list(candidates)
    while waiting:
        group, waiting = [waiting[0]], waiting[1:]
        grew = True
        while grew:
            lefts, rights = {one.left for one in group}, {one.right for one in group}
            near = [one for one in waiting if one.left in lefts or one.right in rights]
            waiting = [one for one in waiting if one.left not in lefts and one.right not in rights]
            group += near
            grew = bool(near)
        yield group


def _in_order(group: list[Candidate], order: Order) -> list[tuple[Row, Row]]:
    """Give each on the left, in order, the first on the right that is free and a candidate."""
    fits = {(one.left, one.right) for one in group}
    free = sorted({one.right for one in group}, key=order)
    pairs = []
    for left in sorted({one.left for one in group}, key=order):
        right = next((right for right in free if (left, right) in fits), None)
        if right is not None:
            free.remove(right)
            pairs.append((left, right))
    return pairs
