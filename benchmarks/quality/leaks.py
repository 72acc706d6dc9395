"""Whether an answer knew what nobody could know yet: later rows, or labels on their way."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from benchmarks.quality.contender import Contender, Labelled, Row
from benchmarks.quality.policies import Policy
from benchmarks.quality.prequential import Run, days_of, walk
from benchmarks.quality.refusals import LeakError

_DELAYS = 3
"""For how many delays the walk is repeated: long enough for labels to have been heard."""


def copied(contender: Contender) -> Contender:
    """Give one to walk with, so that the trained one stays as it is; who never learns, stays."""
    return deepcopy(contender) if contender.learns else contender


def require_no_leak(
    trained: Contender,
    rows: Sequence[Labelled],
    labels: Sequence[str],
    policy: Policy,
    run: Run,
) -> None:
    """Walk the first days again with another future; refuse if an answer of the past changes."""
    cut, end = _cut(rows, policy)
    altered = _with_other_future(rows[:end], labels, cut, policy)
    again = walk(copied(trained), altered, labels, policy)
    known = slice(0, cut + 1)
    if not np.array_equal(run.answers[known], again.answers[known]):
        at = int((run.answers[known] != again.answers[known]).any(axis=1).argmax())
        raise LeakError(
            f"{trained.name} ({policy.name}): answer {at:,} of {cut + 1:,} changes with "
            "what comes after it, or with a label that had not arrived"
        )


def require_each_alone(
    trained: Contender, rows: Sequence[Labelled], labels: Sequence[str], run: Run
) -> None:
    """Refuse if a row of the first day is answered otherwise alone than among others."""
    _, end = next(days_of(rows))
    alone = np.array([trained.answer(labelled.row) for labelled in rows[:end]])
    if alone.shape != (end, len(labels)) or not np.array_equal(alone, run.answers[:end]):
        raise LeakError(f"{trained.name}: a row alone is answered otherwise than among others")


def _cut(rows: Sequence[Labelled], policy: Policy) -> tuple[int, int]:
    """Give the last row that stays, amid a day, and the end of the walk, a day later if any."""
    last = rows[0].row.day + _DELAYS * policy.delay_days
    days = [day for day in days_of(rows) if rows[day[0]].row.day <= last]
    start, end = days[-2] if len(days) > 1 else days[-1]
    return (start + end - 1) // 2, days[-1][1]


def _with_other_future(
    rows: Sequence[Labelled], labels: Sequence[str], cut: int, policy: Policy
) -> list[Labelled]:
    """Change all of every row after the cut, and each label that has not arrived by then."""
    arrived = rows[cut].row.day - policy.delay_days
    following = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
    return [
        Labelled(
            row if at <= cut else _another(row), label if row.day <= arrived else following[label]
        )
        for at, (row, label) in enumerate(rows)
    ]


def _another(row: Row) -> Row:
    return Row(
        row.day, f"not {row.user}", f"not {row.key}", f"not {row.text}", 1 - row.amount_minor
    )
