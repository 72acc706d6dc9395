"""A walk through a stream: payments are taken in order, labels are heard when they arrive."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.quality.anomalies.contender import Contender
from benchmarks.quality.anomalies.payments import Labelled
from benchmarks.quality.measures import Flags, Floats
from benchmarks.quality.prequential import Effort
from benchmarks.quality.refusals import UnfitAnswerError

DELAY_DAYS = 7
"""How late a label arrives."""


@dataclass(slots=True)
class Run:
    """What came of a walk; the arrays hold one place for one row."""

    surprise: Floats
    episode: Floats
    alerts: Flags
    taking: Effort = field(default_factory=Effort)
    hearing: Effort = field(default_factory=Effort)


def walk(
    contender: Contender,
    rows: Sequence[Labelled],
    delay_days: int | None,
    passed: Callable[[int], None] = lambda _: None,
) -> Run:
    """Let a contender take period by period; without a delay, it hears of no label."""
    count = len(rows)
    run = Run(np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.bool_))
    arrived = 0
    for start, end in periods_of(rows, contender.period_days):
        if delay_days is not None:
            due = _due(rows, arrived, rows[start].payment.day - delay_days)
            _hear(contender, rows[arrived:due], run)
            arrived = due
        _take(contender, rows, start, end, run)
        passed(end - start)
    return run


def periods_of(rows: Sequence[Labelled], days: int) -> Iterator[tuple[int, int]]:
    """Give where each period of so many days starts and ends, counted from the first day."""
    first, start = rows[0].payment.day, 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or (
            (rows[at].payment.day - first) // days != (rows[start].payment.day - first) // days
        ):
            yield start, at
            start = at


def _due(rows: Sequence[Labelled], arrived: int, last_day: int) -> int:
    while rows[arrived].payment.day <= last_day:
        arrived += 1
    return arrived


def _hear(contender: Contender, labels: Sequence[Labelled], run: Run) -> None:
    began = time.process_time_ns()
    for payment, is_fraud in labels:
        contender.hear(payment, is_fraud=is_fraud)
    run.hearing.ns += time.process_time_ns() - began
    run.hearing.count += len(labels)


def _take(contender: Contender, rows: Sequence[Labelled], start: int, end: int, run: Run) -> None:
    payments = [labelled.payment for labelled in rows[start:end]]
    began, by_own_watch = time.process_time_ns(), contender.spent_ns
    scored = contender.take(payments)
    took = time.process_time_ns() - began
    if by_own_watch is not None and contender.spent_ns is not None:
        took = contender.spent_ns - by_own_watch
    run.taking.ns += took
    run.taking.count += len(payments)
    name = type(contender).__name__
    if len(scored) != len(payments):
        raise UnfitAnswerError(f"{name} gave {len(scored)} scores for {len(payments)} payments")
    run.surprise[start:end] = [one.surprise for one in scored]
    run.episode[start:end] = [one.episode for one in scored]
    run.alerts[start:end] = [one.is_alert for one in scored]
    if np.isnan(run.surprise[start:end]).any() or np.isnan(run.episode[start:end]).any():
        raise UnfitAnswerError(f"{name} gave a score that is no number")
