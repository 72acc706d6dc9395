"""The fold in one process, with neither Kafka nor Redis: what a transaction costs, step by step."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from time import thread_time
from typing import Any

from benchmarks.reporting import Figures, Meaning
from benchmarks.workload import Input, Workload
from processors import ledger
from schemas.dead_letters import Origin
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.reading import Accepted, read
from schemas.topics import JOURNAL
from streams import ticker
from streams.codecs import changed_parts, decode_user, every_part
from streams.decision import Decision
from streams.folding import Memory, Read, fold_slice, read_slice
from streams.garbage import collect_rarely
from streams.journal import message_of, own_message
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Message, Partition

MEANINGS = {
    "core.us_per_transaction": Meaning("fold and making events, in us", "at most 100, aim 50"),
    "core.intake_us": Meaning("reading an input and writing its journal entry, a record"),
    "core.entry_us": Meaning("reading a journal entry, an entry"),
    "core.codec_us": Meaning("encoding what a slice changed, a transaction"),
    "core.decode_us_per_user": Meaning("decoding a state: once; weeks stay sealed until needed"),
    "core.us_per_user_day": Meaning("a day that passes for a user, fold and codec"),
    "core.records_per_user_in_slice": Meaning("what encoding once a slice saves depends on it"),
}
_PARTITION = Partition(JOURNAL.name, 0)
_NAMES = Names()
_SPEAKING = ("enriched", "made", "alert", "tell")

Clock = defaultdict[str, float]
"""Seconds by step."""


def measure(workload: Workload, slice_records: int = 1_000) -> Figures:
    """Fold the workload slice by slice, the first half to warm up; the rest is timed by step."""
    collect_rarely()  # As a worker does.
    inputs = list(workload.inputs())
    records, took_in = _taken_in(inputs)
    half = len(records) // 2
    journal = _Journal()
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
    journal, clock = _Journal(), Clock(float)
    for records_cut in _cut(records[:half], slice_records):
        journal.fold(records_cut, Clock(float))
    with _watched(clock):
        for records_cut in _cut(records[half:], slice_records):
            journal.fold(records_cut, Clock(float))
    return {
        name: _us(spent, len(records) - half)
        for name, spent in sorted(clock.items(), key=lambda one: -one[1])
    }


class _Journal:
    """One journal partition whose owner remembers every user."""

    def __init__(self) -> None:
        self.memory = Memory({}, users_max=1_000_000)
        self._waiting: list[LogRecord] = []
        self._ticked: dict[int, int] = {}

    def fold(self, records: Sequence[LogRecord], clock: Clock) -> Decision:
        """Fold a slice as the ledger does, and note what each step took."""
        memory = self.memory
        began = thread_time()
        read_ = read_slice([*self._waiting, *records], {})
        clock["entry"] += thread_time() - began
        memory.add({user: {} for user in memory.missing(read_.users)})
        members = self._members(read_)
        began = thread_time()
        decision = fold_slice(_NAMES, _PARTITION, read_, memory, members)
        clock["fold"] += thread_time() - began
        began = thread_time()
        # Done in the fold already; done again, it says how much of the fold's time it was.
        for user in read_.users:
            changed_parts(memory.users[user].user, memory.users[user].stored)
        spent = thread_time() - began
        clock["codec"] += spent
        clock["fold"] -= spent
        clock["users"] += len(read_.users)
        clock["records"] += len(records)
        assert decision.writes is not None
        memory.written(decision.writes)
        self._waiting = self._days(ticker.data_day(memory.shared))
        return decision

    def _members(self, read_: Read) -> dict[int, set[str]]:
        buckets = set(read_.buckets)
        members: dict[int, set[str]] = {bucket: set() for bucket in buckets}
        for user in self.memory.users if buckets else ():
            if bucket_of(user) in buckets:
                members[bucket_of(user)].add(user)
        return members

    def _days(self, day: int) -> list[LogRecord]:
        """Write down the days that are due, as the engine would."""
        due = ticker.due(self.memory.shared, day, self._ticked)
        self._ticked |= {bucket: over.toordinal() for bucket, over in due}
        events = [DayPassed(bucket=bucket, day=over) for bucket, over in due]
        messages = [own_message(JOURNAL.name, event, 0, (event.bucket,), "/b") for event in events]
        return [_record(0, message) for message in messages]

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


def _taken_in(inputs: Iterable[Input]) -> tuple[list[LogRecord], float]:
    """Read inputs as intake does; give the journal's records, and the seconds that it took."""
    messages = []
    began = thread_time()
    for offset, own in enumerate(inputs):
        accepted = read(own.topic, own.value, own.headers)
        assert isinstance(accepted, Accepted)
        origin = Origin(own.topic.name, 0, offset, 0)
        messages.append(message_of(JOURNAL.name, accepted, origin))
    took = thread_time() - began
    return [_record(offset, message) for offset, message in enumerate(messages)], took


def _record(offset: int, message: Message) -> LogRecord:
    return LogRecord(offset, 0, message.key, message.value, message.headers)


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
