"""Is what a run left behind what its promises say? Invariants I1 to I6.

The oracle is the product's own pure code over the logs alone: intake over the inputs says what the
journal must hold, and a fold of the journal, one entry at a time, says what states and outputs
must be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from schemas.dead_letters import PREFIX
from schemas.ids import BUCKETS, bucket_of
from schemas.journal import LessonsTaught
from schemas.refusals import Code, Refusal
from schemas.topics import JOURNAL, OUTPUTS, dead_letters_of
from streams import ticker
from streams.codecs import GONE
from streams.folding import FoldFailedError, Memory, failed, fold_slice, read_slice
from streams.intake import take_in
from streams.names import Names
from streams.protocols import ConflictError, Message, Partition, Parts, Record, Token
from tests.simulator.broker import Written, partition_of
from tests.simulator.disk import Ask
from tests.tiny_artifacts import BOTH

if TYPE_CHECKING:
    from tests.simulator.scenario import Run

K = TypeVar("K")
Content = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]

NAMES = Names()
NO_LIMIT = 1_000_000_000
LETTERS = dead_letters_of(JOURNAL).name
LESSONS = LessonsTaught.ce_type.encode()
TAUGHT = "somebody taught all"


def content(record: Message | Record) -> Content:
    """Give all that a reader sees of a record."""
    return record.key, record.value, tuple((name, value) for name, value in record.headers)


@dataclass(slots=True)
class Folded:
    """What a journal partition must have come to."""

    memory: Memory
    states: dict[str, Parts] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    failures: int = 0

    @classmethod
    def of(cls, partition: Partition, records: Iterable[Record]) -> Folded:
        """Fold a journal partition without any fault, one entry at a time."""
        folded = cls(Memory({}, NO_LIMIT))
        for record in records:
            try:
                folded.fold(partition, record, {})
            except FoldFailedError:
                folded.failures += 1
                # What it changed before it raised is void.
                folded.memory = Memory(folded.memory.rows, NO_LIMIT)
                folded.fold(partition, record, failed(record.offset))
        return folded

    def fold(self, partition: Partition, record: Record, skipped: Mapping[int, Refusal]) -> None:
        """Fold one entry."""
        read = read_slice([record], skipped)
        self.memory.shared.artifacts = BOTH
        by_bucket = {
            bucket: {user for user in self.states if bucket_of(user) == bucket}
            for bucket in read.buckets
        }
        users = sorted({*read.users, *(user for users in by_bucket.values() for user in users)})
        missing = self.memory.missing(users)
        self.memory.add({user: self.states.get(user, {}) for user in missing})
        decision = fold_slice(NAMES, partition, read, self.memory, by_bucket)
        self.messages += decision.messages
        assert decision.writes is not None
        self.memory.written(decision.writes)
        for user, parts in decision.writes.users.items():
            held = {**self.states.get(user, {}), **parts}
            self.states[user] = {name: part for name, part in held.items() if part != GONE}
            if not self.states[user]:
                del self.states[user]


async def check(run: Run) -> None:
    """Compare everything that is left with what it must be."""
    wrong = run.world.wrong
    for problem in (*intake_problems(run), *offset_problems(run)):
        wrong(problem)
    expected: list[Message] = []
    for partition in run.consumed:
        if partition.topic != JOURNAL.name:
            continue
        folded = Folded.of(partition, run.broker.logs[partition].all())
        expected += folded.messages
        if folded.failures:
            run.world.note("checker", f"{partition} was folded", Code.FOLD_FAILED)
        if any(message.topic == JOURNAL.name for message in folded.messages):
            run.world.note("checker", f"{partition} was folded", TAUGHT)
        for problem in state_problems(run, partition, folded):
            wrong(problem)
        if run.plan.clock == "data":
            shared = folded.memory.shared
            if due := ticker.due(shared, ticker.data_day(shared), {}):
                wrong(f"I1 {partition}: days that are over were not written: {due}")
    for problem in output_problems(run, expected):
        wrong(problem)


def records_of(run: Run, topic: str) -> Iterator[tuple[int, Written]]:
    """Read all partitions of a topic, as a reader with read_committed does."""
    for number in range(run.plan.topics[topic]):
        for record in run.broker.logs[Partition(topic, number)].all():
            yield number, record


def intake_problems(run: Run) -> Iterator[str]:
    """I1, I2, I5: each input is in the journal or with the dead letters, once, and in order."""
    count = run.plan.topics[JOURNAL.name]
    expected: dict[tuple[Partition, str, int], list[Content]] = defaultdict(list)
    found: dict[tuple[Partition, str, int], list[Content]] = defaultdict(list)
    for partition in run.consumed:
        if partition.topic == JOURNAL.name:
            continue
        for message in take_in(NAMES, partition, run.broker.logs[partition].all()).messages:
            number = partition_of(message.key or b"", count) if message.topic == JOURNAL.name else 0
            expected[partition, message.topic, number].append(content(message))
    topics = (JOURNAL.name, *(f"{name}.dlq" for name in {p.topic for p in run.consumed}))
    for topic in sorted({*topics} - {LETTERS}):
        prefix = "penstock.origin." if topic == JOURNAL.name else PREFIX
        for number, record in records_of(run, topic):
            headers = dict(record.headers)
            if (origin := headers.get(f"{prefix}topic")) is None:
                continue  # The ticker's, an operator's or a stranger's.
            place = Partition(origin.decode(), int(headers[f"{prefix}partition"] or b"-1"))
            at = number if topic == JOURNAL.name else 0
            found[place, topic, at].append(content(record))
    yield from _differences("I1 I2 I5 intake", expected, found)


def offset_problems(run: Run) -> Iterator[str]:
    """I6: at quiescence the state is exactly where the committed offset is."""
    for partition in run.consumed:
        if partition.topic == JOURNAL.name:
            committed = run.broker.group.committed.get(partition)
            watermark = run.disk.watermarks.get(partition.number)
            if committed != watermark:
                yield f"I6 {partition}: committed {committed}, but state is at {watermark}"


def state_problems(run: Run, partition: Partition, folded: Folded) -> Iterator[str]:
    """I2, I3: states are, byte for byte, those of a fold without faults."""
    disk, number = run.disk, partition.number
    token = Token(1 << 30, 0, "checker")
    watermark = disk.watermarks.get(number, -1)
    disk.write(number, lambda store: store.own(number, token))

    def users_of(bucket: int) -> Ask[list[str]]:
        return lambda store: store.users_of_bucket(number, token, watermark, bucket)

    users: set[str] = set()
    try:
        for bucket in range(BUCKETS):
            users.update(disk.read(users_of(bucket)))
        rows = disk.read(lambda store: store.load_shared(number, token, watermark))
        states = disk.read(lambda store: store.load(number, token, watermark, sorted(users)))
    except ConflictError as error:
        yield f"I3 {partition}: the state cannot be read: {error!r}"
        return
    if rows != folded.memory.rows:
        yield f"I3 {partition}: what users share differs from a fold of the journal"
    for user in sorted(users | folded.states.keys()):
        if states.get(user, {}) != folded.states.get(user, {}):
            yield f"I3 {partition}: the state of {user} differs from a fold of the journal"


def output_problems(run: Run, expected: list[Message]) -> Iterator[str]:
    """I4, I5: readers see what the fold says, in order for each user, and nothing twice.

    So does the journal of what the fold teaches: each lesson is there once.
    """
    wanted: dict[tuple[str, bytes | None], list[Content]] = defaultdict(list)
    found: dict[tuple[str, bytes | None], list[Content]] = defaultdict(list)
    for message in expected:
        wanted[_lane(message.topic, message.partition, message.key)].append(content(message))
    for topic in (*(output.name for output in OUTPUTS), LETTERS):
        for number, record in records_of(run, topic):
            found[_lane(topic, number, record.key)].append(content(record))
    for number, record in records_of(run, JOURNAL.name):
        if ("ce_type", LESSONS) in record.headers:
            found[_lane(JOURNAL.name, number, None)].append(content(record))
    yield from _differences("I4 I5 outputs", wanted, found)


def _lane(topic: str, number: int | None, key: bytes | None) -> tuple[str, bytes | None]:
    """Name what is ordered: a user's outputs in a topic, or what is the whole partition's."""
    is_of_all = topic in {LETTERS, JOURNAL.name}
    return (topic, b"%d" % (number or 0)) if is_of_all else (topic, key)


def _differences(
    what: str, expected: dict[K, list[Content]], found: dict[K, list[Content]]
) -> Iterator[str]:
    for place in sorted({*expected, *found}, key=repr):
        wanted, got = expected.get(place, []), found.get(place, [])
        if wanted == got:
            continue
        missing, extra = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
        yield (
            f"{what} {place}: {len(wanted)} expected, {len(got)} found, {missing.total()} missing, "
            f"{extra.total()} too many{'' if missing or extra else ', out of order'}"
        )
