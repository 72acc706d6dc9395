"""The fold in one process, with neither Kafka nor Redis: what a transaction costs, step by step."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from time import thread_time
from typing import Any

from benchmarks.in_process import Clock, InProcess, taken_in
from benchmarks.reporting import Figures, Meaning
from benchmarks.workload import Workload
from processors import ledger
from streams import ticker
from streams.codecs import decode_user, every_part
from streams.garbage import collect_rarely
from streams.log import LogRecord

MEANINGS = {
    "core.us_per_transaction": Meaning("fold and making events, in us", "at most 100, aim 50"),
    "core.intake_us": Meaning("reading an input and writing its journal entry, a record"),
    "core.entry_us": Meaning("reading a journal entry, an entry"),
    "core.codec_us": Meaning("encoding what a slice changed, a transaction"),
    "core.decode_us_per_user": Meaning("decoding a state: once; weeks stay sealed until needed"),
    "core.us_per_user_day": Meaning("a day that passes for a user, fold and codec"),
    "core.records_per_user_in_slice": Meaning("what encoding once a slice saves depends on it"),
}
_SPEAKING = ("enriched", "made", "alert", "tell")


def measure(workload: Workload, slice_records: int = 1_000) -> Figures:
    """Fold the workload slice by slice, the first half to warm up; the rest is timed by step."""
    collect_rarely()  # As a worker does.
    inputs = list(workload.inputs())
    records, took_in = taken_in(inputs)
    half = len(records) // 2
    journal = _Watched()
    for records_cut in _cut(records[:half], slice_records):
        journal.fold(records_cut, Clock(float))
    clock = Clock(float)
    for records_cut in _cut(records[half:], slice_records):
        journal.fold(records_cut, clock)
    transactions = sum(own.is_transaction for own in inputs[half:])
    figures = {
        "us_per_transaction": _us(clock["fold"], transactions),
        "codec_us": _us(clock["codec"], transactions),
        "intake_us": _us(took_in, len(inputs)),
        "entry_us": _us(clock["entry"], len(records) - half),
        "decode_us_per_user": journal.decode_us(),
        "records_per_user_in_slice": round(clock["records"] / clock["users"], 1),
        "us_per_user_day": journal.day_us(),
    }
    return figures | {"processors": by_processor(records, half, slice_records)}


def by_processor(records: Sequence[LogRecord], half: int, slice_records: int) -> Figures:
    """Fold once more with a watch in each processor; watches cost a little themselves."""
    journal, clock = _Watched(), Clock(float)
    for records_cut in _cut(records[:half], slice_records):
        journal.fold(records_cut, Clock(float))
    with _watched(clock):
        for records_cut in _cut(records[half:], slice_records):
            journal.fold(records_cut, Clock(float))
    return {
        name: _us(spent, len(records) - half)
        for name, spent in sorted(clock.items(), key=lambda one: -one[1])
    }


class _Watched(InProcess):
    """A journal partition of which it is asked what this or that takes."""

    def decode_us(self) -> float:
        """Say what decoding a user's whole state takes."""
        states = [(user, every_part(kept.user)) for user, kept in self.memory.users.items()]
        began = thread_time()
        for user, parts in states:
            decode_user(user, parts)
        return _us(thread_time() - began, len(states))

    def day_us(self) -> float:
        """Let one more day pass for everybody."""
        self._waiting = self._days(ticker.data_day(self.memory.shared) + 1)
        began = thread_time()
        self.fold([], Clock(float))
        return _us(thread_time() - began, len(self.memory.users))


def _cut(records: Sequence[LogRecord], size: int) -> Iterator[list[LogRecord]]:
    rest = iter(records)
    while cut := list(islice(rest, size)):
        yield cut


@contextmanager
def _watched(clock: Clock) -> Iterator[None]:
    """Put a watch into every processor for as long as the block lasts."""
    names = vars(ledger)
    before = {name: names[name] for name in ("SETTLE", "OBSERVE", *_SPEAKING)}
    names["SETTLE"] = tuple(_timed(step, clock) for step in names["SETTLE"])
    names["OBSERVE"] = {name: _timed(step, clock) for name, step in names["OBSERVE"].items()}
    names.update({name: _timed(before[name], clock) for name in _SPEAKING})
    try:
        yield
    finally:
        names.update(before)


def _timed(step: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = thread_time()
        try:
            return step(*arguments)
        finally:
            clock[step.__name__] += thread_time() - began

    return timed


def _us(seconds: float, count: int) -> float:
    return round(seconds * 1e6 / max(1, count), 2)
