"""The chain in one process: intake, journal, ledger and days as they are, without servers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from time import thread_time

from benchmarks.workload import Input
from models.artifact import Artifact
from schemas.dead_letters import Origin
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.reading import Accepted, read
from schemas.topics import JOURNAL
from streams import ticker
from streams.codecs import changed_parts
from streams.decision import Decision
from streams.folding import Memory, Read, fold_slice, read_slice
from streams.journal import message_of, own_message
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Message, Partition

_PARTITION = Partition(JOURNAL.name, 0)
NAMES = Names()

Clock = defaultdict[str, float]
"""Seconds by step."""


class InProcess:
    """One journal partition whose owner remembers every user."""

    def __init__(self, artifacts: Iterable[Artifact] = ()) -> None:
        self.memory = Memory({}, users_max=1_000_000)
        self.memory.shared.artifacts = {artifact.sha256: artifact for artifact in artifacts}
        self._waiting: list[LogRecord] = []
        self._ticked: dict[int, int] = {}

    def fold(self, records: Sequence[LogRecord], clock: Clock | None = None) -> Decision:
        """Fold a slice as the ledger does, and note what each step took."""
        memory, clock = self.memory, Clock(float) if clock is None else clock
        began = thread_time()
        read_ = read_slice([*self._waiting, *records], {})
        clock["entry"] += thread_time() - began
        memory.add({user: {} for user in memory.missing(read_.users)})
        members = self._members(read_)
        began = thread_time()
        decision = fold_slice(NAMES, _PARTITION, read_, memory, members)
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
        taught = [own for own in decision.messages if own.topic == NAMES.journal]
        self._waiting = [_record(0, message) for message in taught]
        self._waiting += self._days(ticker.data_day(memory.shared))
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
        messages = [
            own_message(JOURNAL.name, event, 0, (event.bucket, event.day.isoformat()), "/b")
            for event in events
        ]
        return [_record(0, message) for message in messages]


def taken_in(inputs: Iterable[Input], sent_ms: int = 0) -> tuple[list[LogRecord], float]:
    """Read inputs as intake does; give the journal's records, and the seconds that it took."""
    messages = []
    began = thread_time()
    for offset, own in enumerate(inputs):
        accepted = read(own.topic, own.value, own.headers)
        assert isinstance(accepted, Accepted)
        origin = Origin(own.topic.name, 0, offset, sent_ms)
        messages.append(message_of(JOURNAL.name, accepted, origin))
    took = thread_time() - began
    return [_record(offset, message) for offset, message in enumerate(messages)], took


def _record(offset: int, message: Message) -> LogRecord:
    return LogRecord(offset, 0, message.key, message.value, message.headers)
