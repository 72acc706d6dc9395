"""The contest: train each contender, fix its thresholds, then walk through what came after."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from benchmarks.quality.contender import Contender, Labelled
from benchmarks.quality.frozen_twin import FrozenTwin
from benchmarks.quality.leaks import copied, require_each_alone, require_no_leak
from benchmarks.quality.measures import threshold_for
from benchmarks.quality.policies import ALL, Policy
from benchmarks.quality.prequential import Run, walk
from benchmarks.quality.refusals import NoDataError

PRECISIONS = (90, 95)
_YEAR_DAYS = 365

Build = Callable[[Sequence[str]], Contender]
Passed = Callable[[int], None]
Watch = Callable[[str, int | None], AbstractContextManager[Passed]]
"""Show how far something is, of so many rows if that is known."""


class Entry(NamedTuple):
    """How a contender enters: how it is made, and whether it stops learning when trained."""

    build: Build
    is_frozen: bool = False


class Trained(NamedTuple):
    """A contender, and how long its training took the processor."""

    contender: Contender
    seconds: float

    def entering(self, entry: Entry) -> Contender:
        """Give it as it enters."""
        return FrozenTwin(self.contender) if entry.is_frozen else self.contender


@dataclass(frozen=True)
class Course:
    """The rows of a contest: training years, of which the last fixes thresholds, and the test."""

    training: Sequence[Labelled]
    test: Sequence[Labelled]
    labels: Sequence[str]

    @cached_property
    def tuning_from(self) -> int:
        """Where the training's last year begins, or its second half if it is shorter than two."""
        first, last = self.training[0].row.day, self.training[-1].row.day
        day = max(last - _YEAR_DAYS, (first + last) // 2) + 1
        return sum(labelled.row.day < day for labelled in self.training)


def course_of(
    rows: Sequence[Labelled],
    labels: Sequence[str],
    train_until: date,
    until: date,
    test_rows_max: int | None,
) -> Course:
    """Cut the rows at two days, both included in what they end."""
    cut, end = train_until.toordinal(), until.toordinal()
    training = [labelled for labelled in rows if labelled.row.day <= cut]
    test = [labelled for labelled in rows if cut < labelled.row.day <= end][:test_rows_max]
    course = Course(training, test, labels)
    if not training or not 0 < course.tuning_from < len(training):
        raise NoDataError(f"until {train_until} there are too few rows to train with")
    if not test:
        raise NoDataError(f"after {train_until} there is nothing to be tested with")
    return course


class Outcome(NamedTuple):
    """What came of a contender under one policy."""

    entry: str
    policy: Policy
    run: Run
    thresholds: dict[int, float | None]
    trained_s: float
    state_bytes: int


class Contest:
    """Trains who enters, each build once, and lets them walk."""

    def __init__(self, course: Course, watch: Watch) -> None:
        self._course, self._watch = course, watch
        self._trained: dict[tuple[Build, int], Trained] = {}

    def outcomes(self, name: str, entry: Entry, policies: Sequence[Policy]) -> Iterator[Outcome]:
        """Let one walk under each policy; who never learns needs only the first."""
        course = self._course
        thresholds = self._thresholds(name, entry)
        trained = self._train(name, entry.build, len(course.training))
        contender = trained.entering(entry)
        for policy in policies if contender.learns else policies[:1]:
            walker = copied(contender)
            with self._watch(f"{name}, {policy.name}", len(course.test)) as passed:
                run = walk(walker, course.test, course.labels, policy, passed)
            with self._watch(f"{name}, {policy.name}: looking for leaks", None):
                require_no_leak(contender, course.test, course.labels, policy, run)
                require_each_alone(contender, course.test, course.labels, run)
            yield Outcome(name, policy, run, thresholds, trained.seconds, walker.state_bytes())

    def _thresholds(self, name: str, entry: Entry) -> dict[int, float | None]:
        """Fix thresholds on the training's last year, walked through like the test."""
        course, cut = self._course, self._course.tuning_from
        contender = copied(self._train(name, entry.build, cut).entering(entry))
        tuning = course.training[cut:]
        with self._watch(f"{name}, thresholds", len(tuning)) as passed:
            run = walk(contender, tuning, course.labels, ALL, passed)
        return {
            precision: threshold_for(run.confidence, run.right, precision / 100)
            for precision in PRECISIONS
        }

    def _train(self, name: str, build: Build, rows: int) -> Trained:
        if (build, rows) not in self._trained:
            contender = build(self._course.labels)
            with self._watch(f"{name}, training on {rows:,} rows", None):
                began = time.process_time()
                contender.train(self._course.training[:rows])
                seconds = time.process_time() - began
            self._trained[build, rows] = Trained(contender, seconds)
        return self._trained[build, rows]
