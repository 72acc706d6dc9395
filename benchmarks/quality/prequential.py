"""Answer first, be told later: a walk through the days in which nobody sees what is to come."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from benchmarks.quality.contender import Contender, Labelled, Row
from benchmarks.quality.measures import Flags, Floats, Ints
from benchmarks.quality.policies import Policy
from benchmarks.quality.refusals import UnfitAnswerError

SEED = 1
_SUM_TOLERANCE = 1e-6


@dataclass(slots=True)
class Effort:
    """How long something took the processor, and how often it was done."""

    ns: int = 0
    count: int = 0

    @property
    def us(self) -> float:
        """Microseconds each."""
        return self.ns / max(1, self.count) / 1_000


@dataclass(slots=True)
class Followed:
    """Sights of a user and merchant after a correction, and how many of them heeded it."""

    seen: int = 0
    heeded: int = 0

    def add(self, *, is_heeded: bool) -> None:
        """Count one more sight."""
        self.seen += 1
        self.heeded += is_heeded

    @property
    def share(self) -> float | None:
        """Unrounded, so that a single one that was not heeded shows; None without any."""
        return self.heeded / self.seen if self.seen else None


@dataclass(slots=True)
class Run:
    """What came of a walk; the arrays hold one place for one row."""

    truth: Ints
    answers: Floats
    tops: Ints
    answering: Effort = field(default_factory=Effort)
    remembering: Effort = field(default_factory=Effort)
    hearing: Effort = field(default_factory=Effort)
    labels_heard: int = 0
    followed: Followed = field(default_factory=Followed)
    """Of each correction, the first sight after it."""
    kept: Followed = field(default_factory=Followed)
    """Of each correction, all sights after it until a label says otherwise."""

    @property
    def right(self) -> Flags:
        """Whether the most probable label was the true one."""
        right: Flags = self.tops == self.truth
        return right

    @property
    def confidence(self) -> Floats:
        """How probable the most probable label was said to be."""
        top: Floats = self.answers.max(axis=1)
        return top


def walk(
    contender: Contender,
    rows: Sequence[Labelled],
    labels: Sequence[str],
    policy: Policy,
    passed: Callable[[int], None] = lambda _: None,
) -> Run:
    """Let a contender answer day by day, and hear what has arrived before each day begins."""
    walking = _Walk(contender, rows, labels, policy)
    for start, end in days_of(rows):
        walking.listen(rows[start].row.day)
        walking.answer(start, end)
        passed(end - start)
    return walking.run


def days_of(rows: Sequence[Labelled]) -> Iterator[tuple[int, int]]:
    """Give where each day starts and ends."""
    start = 0
    for _, of_day in groupby(rows, lambda labelled: labelled.row.day):
        end = start + sum(1 for _ in of_day)
        yield start, end
        start = end


class _Walk:
    def __init__(
        self,
        contender: Contender,
        rows: Sequence[Labelled],
        labels: Sequence[str],
        policy: Policy,
    ) -> None:
        self._contender, self._rows, self._labels = contender, rows, labels
        self._policy = policy
        place = {label: number for number, label in enumerate(labels)}
        truth = np.array([place[labelled.label] for labelled in rows], dtype=np.int64)
        count = len(rows)
        self.run = Run(truth, np.zeros((count, len(labels))), np.zeros(count, dtype=np.int64))
        # Drawn for every row, so that the same rows are spoken of whatever was answered.
        self._is_spoken_of = np.random.default_rng(SEED).random(count) < policy.share
        self._arrived = 0
        self._owed: dict[tuple[str, str], int] = {}
        self._held: dict[tuple[str, str], int] = {}

    def answer(self, start: int, end: int) -> None:
        rows = [labelled.row for labelled in self._rows[start:end]]
        began = time.process_time_ns()
        answered = self._contender.answer_many(rows)
        self.run.answering.ns += time.process_time_ns() - began
        self.run.answering.count += len(rows)
        answers = np.asarray(answered, dtype=np.float64)
        _require_probabilities(answers, (len(rows), len(self._labels)), self._contender.name)
        self._remember_day(rows)
        self.run.answers[start:end] = answers
        self.run.tops[start:end] = answers.argmax(axis=1)
        if self._held:
            for at in range(start, end):
                self._look_again(at)

    def _remember_day(self, rows: Sequence[Row]) -> None:
        began = time.process_time_ns()
        self._contender.seen(rows)
        self.run.remembering.ns += time.process_time_ns() - began
        self.run.remembering.count += len(rows)

    def listen(self, today: int) -> None:
        """Let the contender hear, in order, what was said about rows of long enough ago."""
        first = self._arrived
        while self._rows[self._arrived].row.day + self._policy.delay_days <= today:
            self._arrived += 1
        arrived = range(first, self._arrived)
        spoken = [said for at in arrived if (said := self._said(at)) is not None]
        began = time.process_time_ns()
        for row, label, answered in spoken:
            if label is not None:
                self._contender.hear(row, label)
            else:
                self._contender.quiet(row, answered)
        self.run.hearing.ns += time.process_time_ns() - began
        self.run.hearing.count += len(spoken)
        self.run.labels_heard += sum(label is not None for _, label, _ in spoken)

    def _said(self, at: int) -> tuple[Row, str | None, str] | None:
        """Give a row with its label if it was told, and with its answer; None if none was due."""
        row, label = self._rows[at]
        answered = self._labels[self.run.tops[at]]
        is_wrong = answered != label
        if self._is_spoken_of[at] and (is_wrong or not self._policy.is_errors_only):
            self._remember(row, at, is_wrong=is_wrong)
            return row, label, answered
        return (row, None, answered) if self._policy.is_errors_only else None

    def _remember(self, row: Row, at: int, *, is_wrong: bool) -> None:
        pair, label = (row.user, row.key), int(self.run.truth[at])
        if is_wrong:
            self._owed[pair] = self._held[pair] = label
            return
        # A later word on the same pair: what the next sight owes is no longer plain.
        self._owed.pop(pair, None)
        if self._held.get(pair, label) != label:
            del self._held[pair]

    def _look_again(self, at: int) -> None:
        row, top = self._rows[at].row, int(self.run.tops[at])
        pair = (row.user, row.key)
        if pair in self._held:
            self.run.kept.add(is_heeded=self._held[pair] == top)
        if pair in self._owed:
            self.run.followed.add(is_heeded=self._owed.pop(pair) == top)


def _require_probabilities(answers: Floats, shape: tuple[int, int], name: str) -> None:
    if answers.shape != shape:
        raise UnfitAnswerError(f"{name} gave {answers.shape} probabilities in place of {shape}")
    if not (answers >= 0).all() or (abs(answers.sum(axis=1) - 1) > _SUM_TOLERANCE).any():
        raise UnfitAnswerError(f"{name} gave probabilities that do not add up to one")
