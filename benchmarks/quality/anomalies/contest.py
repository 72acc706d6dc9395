"""The contest: each contender walks through the whole stream, and is looked at for leaks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from benchmarks.quality.anomalies.course import Course
from benchmarks.quality.anomalies.entries import Entry
from benchmarks.quality.anomalies.leaks import require_no_leak
from benchmarks.quality.anomalies.walk import Run, walk

Watch = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""Show how far something is, of so many rows if that is known."""


class Outcome(NamedTuple):
    """What came of a contender."""

    entry: str
    run: Run
    decides: bool
    state_bytes: float


def outcome_of(name: str, entry: Entry, course: Course, watch: Watch) -> Outcome:
    """Let one walk; refuse what it says if it knew its future."""
    contender = entry.build()
    with watch(name, len(course.rows)) as passed:
        run = walk(contender, course.rows, entry.delay_days, passed)
    with watch(f"{name}: looking for leaks", None):
        require_no_leak(name, entry.build, course.rows, entry.delay_days, run)
    return Outcome(name, run, contender.decides, contender.state_bytes())
