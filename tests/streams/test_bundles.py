"""What agents get of a real Kafka when what travels through Faust is slices."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import aiokafka.consumer
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException
from aiokafka.structs import TopicPartition
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.bundles import SliceApp, TransportError
from streams.bundles.fetching import SliceThread, require_member
from streams.bundles.sessions import AHEAD_MAX, Sessions
from streams.bundles.unpacking import Unpacking, drain
from streams.protocols import Consumer, Membership, Partition, Record, Slice
from streams.stack import Stack
from tests.processes import until
from tests.streams.fetched_log import LZ4, NO_PRODUCER, FetchedLog

HERE = TopicPartition("t", 0)
GONE = 1_000_000
"""An offset that no log here reaches."""


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def fresh(name: str) -> str:
    return f"{name}-{uuid4().hex[:12]}"


def new_topic(kafka: str, partitions: int) -> str:
    admin, name = AdminClient({"bootstrap.servers": kafka}), fresh("slices")
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(10)
    return name


def write(kafka: str, partition: Partition, values: range) -> None:
    refused: list[Any] = []

    def reported(error: Any, _: Any) -> None:
        refused.extend([error] if error else [])

    producer = Producer({"bootstrap.servers": kafka, "on_delivery": reported})
    for value in values:
        producer.produce(partition.topic, str(value), partition=partition.number)
    assert producer.flush(20) == 0
    assert refused == []


def numbers(slices: list[Slice], partition: Partition) -> list[int]:
    """What a partition's records said, in the order in which the agent saw them."""
    return [
        int(record.value or b"")
        for slice_ in slices
        if slice_.partition == partition
        for record in slice_.records
    ]


class Ledger:
    """How far each partition was read, by whoever owned it: what is committed, without Kafka."""

    def __init__(self) -> None:
        self.next: dict[Partition, int] = defaultdict(int)

    def enter(self, slice_: Slice) -> None:
        assert slice_.first == self.next[slice_.partition], "a record came twice, or not at all"
        self.next[slice_.partition] = slice_.next


class Reader:
    """An owner: it seeks what it is assigned to where the ledger stands, and reads on."""

    def __init__(
        self, kafka: str, *topics: str, group: str = "", ledger: Ledger | None = None, **more: Any
    ) -> None:
        options = {"session_timeout_s": 6.0, "heartbeat_s": 0.2, "web_enabled": False} | more
        self.app = SliceApp(group or fresh("group"), kafka, **options)
        self.slices: list[Slice] = []
        self.held: dict[Membership, frozenset[Partition]] = {}
        self.lost: list[frozenset[Partition]] = []
        self.ledger = ledger or Ledger()
        self.gate = asyncio.Event()
        self.gate.set()
        self.app.on_assigned(self.assigned)
        self.app.on_revoked(self.revoked)
        for topic in topics:
            self.app.agent(self.app.slice_topic(topic), name=topic)(self.read)

    async def assigned(self, partitions: frozenset[Partition]) -> None:
        self.held[self.app.member.membership()] = partitions
        for partition in partitions:
            await self.app.member.seek(partition, self.ledger.next[partition])

    async def revoked(self, partitions: frozenset[Partition]) -> None:
        self.lost.append(partitions)

    async def read(self, stream: Any) -> None:
        async for slice_ in stream:
            self.slices.append(slice_)
            self.ledger.enter(slice_)
            await self.gate.wait()

    @property
    def thread(self) -> SliceThread:
        return self.app.member._consumer._thread

    @property
    def consumer(self) -> Any:
        """Give aiokafka's consumer."""
        return self.thread._consumer

    async def in_thread(self, change: Callable[[Any], None]) -> None:
        """Do something to aiokafka's consumer, in its thread."""

        async def changed() -> None:
            change(self.consumer)

        await self.thread.call_thread(changed)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to hold; fail at once with what ended the app, if something did."""
        await until(lambda: self.app.crash_reason is not None or holds())
        if self.app.crash_reason is not None:
            raise self.app.crash_reason

    async def fetch_ended(self, *, is_so: bool) -> None:
        """Let aiokafka believe that it has been closed, or not."""
        await self.in_thread(lambda consumer: setattr(consumer._fetcher, "_closed", is_so))

    async def fetched(self, partition: Partition) -> None:
        """Wait until aiokafka has records of a partition to be drained."""
        here, consumer = TopicPartition(*partition), self.consumer
        await self.until(lambda: here in consumer._fetcher._records)

    async def more(self, count: int) -> None:
        """Wait for so many more slices."""
        have = len(self.slices)
        await self.until(lambda: len(self.slices) > have + count)

    async def has(self, partition: Partition, count: int) -> None:
        """Wait until the agent has had so many records of a partition."""
        await self.until(lambda: len(numbers(self.slices, partition)) >= count)


@asynccontextmanager
async def running(*readers: Reader) -> AsyncIterator[None]:
    for reader in readers:
        reader.app.finalize()
        await reader.app.start()
    try:
        yield
    finally:
        for reader in readers:
            reader.gate.set()
            await reader.app.stop()


# Sessions: the books behind it all, without a Kafka.

A, B = Partition("t", 0), Partition("t", 1)
DEEDS = ("assign", "begin", "pause", "cut", "cut", "take", "take")
deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from([A, B])), max_size=60)


@given(deeds)
def test_whatever_happens_a_session_is_handed_over_whole_and_in_order(
    deeds: list[tuple[str, Partition]],
) -> None:
    sessions, channel, current = Sessions(), list[Slice](), dict[Partition, int]()
    paused = set[Partition]()
    taken: dict[Partition, list[tuple[int, int]]] = defaultdict(list)
    for deed, partition in deeds:
        if deed == "assign":
            sessions.renew(object())
            current.clear()
            paused.clear()
        elif deed == "begin":
            current[partition] = sessions.begin(partition)
            paused.discard(partition)
        elif deed == "pause":
            sessions.pause(partition)
            current.pop(partition, None)
            paused.add(partition)
        elif deed == "cut" and sessions.has_room(partition):
            channel.append(sessions.cut(partition, [], Membership(1, "m")))
        elif deed == "take" and channel and sessions.take(channel[0]):
            assert channel[0].session == current[channel[0].partition]
            taken[channel[0].partition].append((channel[0].session, channel.pop(0).index))
        elif deed == "take":
            channel[:1] = []

        assert sessions.paused == paused
        for waiting in (A, B):
            going_on = [s for s in channel if s.session == current.get(waiting)]
            assert len(going_on) <= AHEAD_MAX
            assert sessions.has_room(waiting) == (waiting in current and len(going_on) < AHEAD_MAX)
    for handed in taken.values():
        assert handed == sorted(set(handed))
        assert all((n, i - 1) in handed for n, i in handed if i > 0)


@pytest.mark.parametrize("membership", [Membership(-1, "m"), Membership(1, ""), Membership(-1, "")])
def test_what_no_broker_could_fence_never_gets_onto_a_slice(membership: Membership) -> None:
    with pytest.raises(TransportError, match="restart the worker"):
        require_member(membership)


def test_a_worker_that_is_no_member_and_does_not_know_it_ends(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        # A heartbeat in between would tell it.
        reader = Reader(stack.kafka, partition.topic, session_timeout_s=60, heartbeat_s=30)
        async with running(reader):
            await reader.until(lambda: bool(reader.held))
            await reader.in_thread(
                lambda consumer: setattr(consumer._coordinator, "generation", -1)
            )
            write(stack.kafka, partition, range(5))
            await until(lambda: reader.app.crash_reason is not None)
        assert "without a membership" in str(reader.app.crash_reason)
        assert reader.slices == []

    run(story())


# Unpacking: as aiokafka would, in fewer steps.


def logged(pieces: Iterable[tuple[Any, ...]]) -> FetchedLog:
    log = FetchedLog()
    for piece in pieces:
        if len(piece) == 3:
            log.add(*piece)
        else:
            log.mark(piece[0], is_abort=piece[1])
    return log


kept = st.lists(st.booleans(), min_size=1, max_size=6)
codecs = st.sampled_from([0, LZ4])
batches = st.tuples(kept, st.sampled_from([NO_PRODUCER, 1, 2]), codecs)
marks = st.tuples(st.sampled_from([1, 2]), st.booleans())


@given(
    log=st.lists(batches | marks, max_size=12).map(logged),
    begin=st.integers(0, 12),
    cuts=st.lists(st.integers(1, 9), min_size=1),
)
def test_however_it_is_cut_aiokafkas_own_records_come_and_its_position_after_them(
    log: FetchedLog, begin: int, cuts: list[int]
) -> None:
    theirs = log.fetched(begin, HERE)
    expected = list(theirs)
    ours, taken = Unpacking(log.fetched(begin, HERE)), list[Record]()
    for turn in count():
        records_max = cuts[turn % len(cuts)]
        records = ours.take(records_max)
        taken += records
        assert len(records) == records_max or ours.is_spent
        rest = list(log.fetched(ours.next_fetch_offset, HERE))
        assert told(taken) + told(rest) == told(expected)
        if ours.is_spent:
            break
    assert ours.next_fetch_offset == theirs.next_fetch_offset
    assert ours.take(1) == []


def told(records: Iterable[Record]) -> list[tuple[Any, ...]]:
    return [(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in records]


async def fetcher_of(log: FetchedLog) -> Any:
    """Make a consumer's fetcher that has fetched a log from its beginning."""
    inside: Any = aiokafka.consumer
    subscription = inside.subscription_state.SubscriptionState()
    subscription.assign_from_user({HERE})
    subscription.seek(HERE, 0)
    client: Any = partial(AIOKafkaClient, bootstrap_servers="127.0.0.1:9")
    fetcher = inside.fetcher.Fetcher(client(), subscription)
    await asyncio.sleep(0)  # It begins by forgetting what it has.
    fetcher._records[HERE] = inside.fetcher.FetchResult(
        HERE,
        assignment=subscription.subscription.assignment,
        partition_records=log.fetched(0, HERE),
        backoff=0,
    )
    return fetcher


def test_what_is_spent_makes_room_for_the_next_fetch_at_once() -> None:
    async def story() -> None:
        log = FetchedLog()
        log.add([True] * 5)
        fetcher = await fetcher_of(log)
        assert [record.offset for record in drain(fetcher, HERE, 3)] == [0, 1, 2]
        assert HERE in fetcher._records
        assert not fetcher._wait_consume_future.done()
        assert [record.offset for record in drain(fetcher, HERE, 2)] == [3, 4]
        assert HERE not in fetcher._records
        assert fetcher._wait_consume_future.done()
        assert fetcher._subscriptions.subscription.assignment.state_value(HERE).position == 5
        assert drain(fetcher, HERE, 2) == []
        await fetcher.close()

    run(story())


@pytest.mark.parametrize("change", ["seek", "pause"])
def test_what_was_fetched_for_an_earlier_position_or_before_a_pause_is_dropped(change: str) -> None:
    async def story() -> None:
        log = FetchedLog()
        log.add([True] * 5)
        fetcher = await fetcher_of(log)
        if change == "seek":
            fetcher._subscriptions.seek(HERE, 3)
        else:
            fetcher._subscriptions.pause(HERE)
        assert drain(fetcher, HERE, 2) == []
        assert HERE not in fetcher._records
        await fetcher.close()

    run(story())


@pytest.mark.parametrize("whole", [0, 1])
def test_what_is_damaged_is_told_and_fetched_anew_and_nothing_of_it_was_read(whole: int) -> None:
    async def story() -> None:
        log = FetchedLog()
        for _ in range(3):
            log.add([True] * 5)
        damaged = log.batches[whole]
        log.batches[whole] = damaged[:-1] + bytes([damaged[-1] ^ 1])
        fetcher = await fetcher_of(log)
        with pytest.raises(CorruptRecordException):
            drain(fetcher, HERE, 100)
        assert HERE not in fetcher._records
        assert fetcher._subscriptions.subscription.assignment.state_value(HERE).position == 0
        await fetcher.close()

    run(story())


# Reading.


def test_every_record_comes_once_and_in_order_from_two_topics(stack: Stack) -> None:
    async def story() -> None:
        topics = new_topic(stack.kafka, 3), new_topic(stack.kafka, 1)
        partitions = [*(Partition(topics[0], n) for n in range(3)), Partition(topics[1], 0)]
        for partition in partitions:
            write(stack.kafka, partition, range(500))
        reader = Reader(stack.kafka, *topics, slice_records_max=64)
        async with running(reader):
            await reader.until(lambda: sum(len(s.records) for s in reader.slices) >= 2_000)
            for partition in partitions:  # What comes later, too; empty polls lie between.
                write(stack.kafka, partition, range(500, 510))
            await reader.until(lambda: sum(len(s.records) for s in reader.slices) >= 2_040)
        for partition in partitions:
            assert numbers(reader.slices, partition) == list(range(510))
            own = [slice_ for slice_ in reader.slices if slice_.partition == partition]
            assert [slice_.index for slice_ in own] == list(range(len(own)))
            assert len({slice_.session for slice_ in own}) == 1
        assert max(len(slice_.records) for slice_ in reader.slices) == 64

    run(story())


def test_before_it_starts_a_worker_is_no_member() -> None:
    async def story() -> None:
        app = SliceApp("group", "127.0.0.1:9")
        consumer: Consumer = app.member
        assert consumer.membership() == Membership(-1, "")
        made: Any = app.consumer
        assert consumer.membership() == Membership(-1, "")
        made._thread.thread_loop.close()

    run(story())


def test_aborted_and_open_transactions_are_never_seen_and_their_gaps_do_no_harm(
    stack: Stack,
) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 2)
        busy, other = Partition(topic, 0), Partition(topic, 1)
        ends = ["commit", "abort", "abort", "commit", "abort", "commit", "abort"]
        producer = transactional(stack.kafka)
        for turn, end in enumerate(ends):
            transaction(producer, busy, range(turn * 10, turn * 10 + 10), end)
        reader = Gappy(stack.kafka, topic, slice_records_max=7)
        committed = [n for turn in (0, 3, 5) for n in range(turn * 10, turn * 10 + 10)]
        async with running(reader):
            await reader.has(busy, len(committed))
            transaction(producer, busy, range(100, 110), "open")
            write(stack.kafka, other, range(1))
            await reader.has(other, 1)
            assert numbers(reader.slices, busy) == committed
            await asyncio.to_thread(producer.commit_transaction, 10)
            await reader.has(busy, len(committed) + 10)
        assert numbers(reader.slices, busy) == [*committed, *range(100, 110)]

    run(story())


class Gappy(Reader):
    """A reader of a log with gaps: what comes next need not be the next offset."""

    async def read(self, stream: Any) -> None:
        async for slice_ in stream:
            self.slices.append(slice_)


def transactional(kafka: str) -> Producer:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": fresh("writer")})
    producer.init_transactions(10)
    return producer


def transaction(producer: Producer, partition: Partition, values: range, end: str) -> None:
    producer.begin_transaction()
    for value in values:
        producer.produce(partition.topic, str(value), partition=partition.number)
    assert producer.flush(10) == 0
    if end == "commit":
        producer.commit_transaction(10)
    elif end == "abort":
        producer.abort_transaction(10)


# Where to read.


def test_after_a_seek_the_next_slice_is_the_first_of_its_session(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        write(stack.kafka, partition, range(400))
        reader = Restless(stack.kafka, partition.topic, slice_records_max=10)
        async with running(reader):
            await reader.until(lambda: reader.arrivals == len(Restless.SEEKS))
            await reader.until(lambda: reader.ledger.next[partition] == 400)
        assert numbers(reader.slices, partition)[-400:] == list(range(400))

    run(story())


class Restless(Reader):
    """A reader that goes elsewhere again and again, with slices of where it was on their way."""

    SEEKS = (20, 0, 390, 100, 100, 50, 399, 0)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.seeks, self.arrivals = list(self.SEEKS), 0

    async def read(self, stream: Any) -> None:
        expected: tuple[int, int] | None = None
        async for slice_ in stream:
            assert expected in {None, (slice_.session, slice_.first)}
            self.slices.append(slice_)
            if expected is None:
                self.ledger.enter(slice_)
            else:
                assert slice_.index == 0
                self.ledger.next[slice_.partition], expected = slice_.next, None
                self.arrivals += 1
            if self.seeks and (slice_.index == 2 or slice_.next == 400):
                if slice_.next < 400:
                    await until(lambda: not stream.channel.queue.empty())
                offset = self.seeks.pop(0)
                expected = (await self.app.member.seek(slice_.partition, offset), offset)


def test_nothing_is_read_before_the_owner_seeks(stack: Stack) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 2)
        sought, unsought = Partition(topic, 0), Partition(topic, 1)
        write(stack.kafka, sought, range(10))
        write(stack.kafka, unsought, range(10))
        reader = Choosy(stack.kafka, topic)
        async with running(reader):
            await reader.has(sought, 10)  # Without a committed offset, and nothing made of that.
            write(stack.kafka, sought, range(10, 20))
            await reader.has(sought, 20)
            assert numbers(reader.slices, unsought) == []
            reader.ledger.next[unsought] = 4
            await reader.app.member.seek(unsought, 4)
            await reader.has(unsought, 6)
        assert numbers(reader.slices, unsought) == [4, 5, 6, 7, 8, 9]

    run(story())


class Choosy(Reader):
    """A reader that begins with the first partition alone."""

    async def assigned(self, partitions: frozenset[Partition]) -> None:
        await super().assigned(frozenset({min(partitions)}))


@pytest.mark.parametrize("by", ["a seek", "an assignment"])
def test_a_paused_partition_rests_until_it_is_woken(stack: Stack, by: str) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 2)
        paused, other = Partition(topic, 0), Partition(topic, 1)
        write(stack.kafka, paused, range(200))
        reader = Reader(stack.kafka, topic, slice_records_max=10)
        async with running(reader):
            await reader.has(paused, 30)
            await reader.app.member.pause(paused)
            seen = numbers(reader.slices, paused)
            write(stack.kafka, other, range(10))
            await reader.has(other, 10)
            assert numbers(reader.slices, paused) == seen
            if by == "a seek":
                await reader.app.member.seek(paused, len(seen))
            else:
                await reader.in_thread(lambda consumer: consumer._coordinator.request_rejoin())
            await reader.has(paused, 200)
        assert numbers(reader.slices, paused) == list(range(200))

    run(story())


def test_a_position_that_the_log_does_not_hold_ends_the_worker(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        reader = Reader(stack.kafka, partition.topic)
        reader.ledger.next[partition] = GONE
        async with running(reader):
            await until(lambda: reader.app.crash_reason is not None)
        assert isinstance(reader.app.crash_reason, TransportError)
        assert str(GONE) in str(reader.app.crash_reason)
        assert reader.slices == []

    run(story())


def test_a_partition_that_is_not_ours_is_sought_and_paused_in_vain(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        write(stack.kafka, partition, range(5))
        reader = Reader(stack.kafka, partition.topic)
        async with running(reader):
            await reader.app.member.seek(Partition("nobody's", 7), 3)
            await reader.app.member.pause(Partition("nobody's", 7))
            await reader.has(partition, 5)

    run(story())


# Rebalances.


def test_records_pass_from_member_to_member_each_under_its_own_membership(stack: Stack) -> None:
    async def story() -> None:
        topic, ledger, group = new_topic(stack.kafka, 4), Ledger(), fresh("group")
        first, second = (
            Reader(stack.kafka, topic, group=group, ledger=ledger, slice_records_max=5)
            for _ in range(2)
        )
        with writing(stack.kafka, topic, 4) as written:
            async with running(first):
                await first.more(20)
                async with running(second):
                    await second.more(20)
                await first.until(lambda: len(first.held) > 2)
                await first.more(20)
                written.stop()
                everything = {Partition(topic, number): written.each for number in range(4)}
                await first.until(lambda: ledger.next == everything)
        for reader in (first, second):
            assert all(
                slice_.partition in reader.held[slice_.membership] for slice_ in reader.slices
            )
        for membership in second.held:
            shared = [
                held for m, held in first.held.items() if m.generation == membership.generation
            ]
            assert shared
            assert shared[0].isdisjoint(second.held[membership])

    run(story())


def test_work_in_flight_is_finished_before_another_member_gets_the_partition(stack: Stack) -> None:
    async def story() -> None:
        topic, group, ledger = new_topic(stack.kafka, 2), fresh("group"), Ledger()
        for number in range(2):
            write(stack.kafka, Partition(topic, number), range(50))
        first = Careful(stack.kafka, topic, group=group, ledger=ledger, slice_records_max=10)
        second = Reader(stack.kafka, topic, group=group, ledger=ledger)
        first.gate.clear()
        async with running(first):
            await first.until(lambda: len(first.slices) == 1)
            joining = asyncio.create_task(second.app.start())
            await first.until(lambda: first.asked)
            assert second.held == {}
            held = first.slices[0]
            assert held.membership == first.app.member.membership()
            first.gate.set()
            await first.until(lambda: bool(second.held) and len(first.held) >= 2)
            assert held.membership != first.app.member.membership()
            await joining
            await first.until(lambda: sum(ledger.next.values()) == 100)
            await second.app.stop()

    run(story())


class Careful(Reader):
    """A reader that lets its work end before it lets go."""

    asked = False

    async def revoked(self, partitions: frozenset[Partition]) -> None:
        await super().revoked(partitions)
        self.asked = True
        await self.gate.wait()


def test_partitions_that_are_added_are_read(stack: Stack) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 1)
        reader = Reader(stack.kafka, topic, consumer_metadata_max_age_ms=300)
        write(stack.kafka, Partition(topic, 0), range(10))
        async with running(reader):
            await reader.has(Partition(topic, 0), 10)
            admin = AdminClient({"bootstrap.servers": stack.kafka})
            admin.create_partitions([NewPartitions(topic, 3)])[topic].result(10)
            await until(lambda: len(admin.list_topics(topic, 10).topics[topic].partitions) == 3)
            write(stack.kafka, Partition(topic, 2), range(10))
            await reader.has(Partition(topic, 2), 10)
            write(stack.kafka, Partition(topic, 0), range(10, 20))
            await reader.has(Partition(topic, 0), 20)
        assert numbers(reader.slices, Partition(topic, 0)) == list(range(20))

    run(story())


def test_a_member_that_the_group_put_out_joins_anew_and_loses_nothing(stack: Stack) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 2)
        reader = Reader(stack.kafka, topic, slice_records_max=5)
        with writing(stack.kafka, topic, 2) as written:
            async with running(reader):
                for turn in range(3):
                    await reader.more(10)
                    await reader.in_thread(
                        lambda consumer: consumer._coordinator.maybe_leave_group()
                    )
                    await reader.until(partial(lambda turn: len(reader.held) > turn + 1, turn))
                written.stop()
                everything = {Partition(topic, number): written.each for number in range(2)}
                await reader.until(lambda: reader.ledger.next == everything)
        assert all(slice_.membership in reader.held for slice_ in reader.slices)

    run(story())


def test_an_owner_that_fails_in_a_rebalance_ends_the_worker(stack: Stack) -> None:
    async def story() -> None:
        reader = Failing(stack.kafka, new_topic(stack.kafka, 1))
        async with running(reader):
            await until(lambda: reader.app.crash_reason is not None)
        assert str(reader.app.crash_reason) == "cannot claim 1"

    run(story())


class Failing(Reader):
    async def assigned(self, partitions: frozenset[Partition]) -> None:
        raise ValueError(f"cannot claim {len(partitions)}")


class Written:
    """Records that are written to every partition of a topic until told to stop."""

    def __init__(self, kafka: str, topic: str, partitions: int) -> None:
        self.each, self._going_on = 0, True
        self._producer = Producer({"bootstrap.servers": kafka, "linger.ms": 1})
        self._topic, self._partitions = topic, partitions
        self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._going_on:
            for number in range(self._partitions):
                for value in range(self.each, self.each + 5):
                    self._producer.produce(self._topic, str(value), partition=number)
            self.each += 5
            self._producer.flush(10)
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        self._going_on = False


@contextmanager
def writing(kafka: str, topic: str, partitions: int) -> Iterator[Written]:
    written = Written(kafka, topic, partitions)
    try:
        yield written
    finally:
        written.stop()


def test_what_was_fetched_waits_for_the_flow_to_open(stack: Stack) -> None:
    async def story() -> None:
        topic = new_topic(stack.kafka, 2)
        reader = Choosy(stack.kafka, topic)
        async with running(reader):
            await reader.until(lambda: bool(reader.held))
            await reader.app._fetcher.stop()  # We drain in its place.
            for partition in (Partition(topic, 0), Partition(topic, 1)):
                write(stack.kafka, partition, range(5))
            consumer: Any = reader.app.consumer
            sessions = reader.thread.sessions
            for partition in (Partition(topic, 0), Partition(topic, 1)):
                # A drain that was under way when Faust's fetcher ended may take what comes first.
                is_fetched = False
                while not is_fetched:
                    await reader.app.member.seek(partition, 0)
                    await asyncio.sleep(0.2)
                    is_fetched = TopicPartition(*partition) in reader.consumer._fetcher._records
            fetched = consumer.getmany(timeout=5.0)
            one, _ = await anext(fetched)
            assert not any(sessions._open[Partition(topic, n)].cut != 1 for n in range(2))
            consumer.stop_flow()
            other = asyncio.ensure_future(anext(fetched))
            await asyncio.wait({other}, timeout=0.1)
            assert not other.done()
            consumer.resume_flow()
            assert {one, (await other)[0]} == {(topic, 0), (topic, 1)}
            await fetched.aclose()

    run(story())


def test_a_consumer_that_has_ended_gives_nothing_more(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        reader = Reader(stack.kafka, partition.topic)
        async with running(reader):
            await reader.until(lambda: bool(reader.held))
            await reader.app._fetcher.stop()  # We drain in its place.
            await reader.fetch_ended(is_so=True)
            with pytest.raises(ConsumerStoppedError):
                reader.thread._slices(reader.consumer, {TP(*partition)})
            await reader.fetch_ended(is_so=False)

    run(story())


# Room.


def test_a_slow_agent_bounds_its_own_memory_and_holds_nobody_up(stack: Stack) -> None:
    async def story() -> None:
        slow, fast = new_topic(stack.kafka, 2), new_topic(stack.kafka, 1)
        reader = Reader(stack.kafka, fast, slice_records_max=10)
        crowd = SlowAgent(reader, slow)
        for number in range(2):
            write(stack.kafka, Partition(slow, number), range(1_000))
        async with running(reader):
            for turn in range(5):
                write(stack.kafka, Partition(fast, 0), range(turn * 10, turn * 10 + 10))
                await reader.has(Partition(fast, 0), turn * 10 + 10)
            await reader.until(lambda: crowd.waiting() >= 3)
            assert crowd.waiting() <= AHEAD_MAX * 2
            crowd.gate.set()
            await reader.until(lambda: sum(len(s.records) for s in crowd.slices) == 2_000)
        assert crowd.most <= AHEAD_MAX * 2

    run(story())


class SlowAgent:
    """An agent that takes its first slice and then does not come back until its gate opens."""

    def __init__(self, reader: Reader, topic: str) -> None:
        self.slices: list[Slice] = []
        self.gate, self.most, self.queue = asyncio.Event(), 0, asyncio.Queue[Any]()
        reader.app.agent(reader.app.slice_topic(topic), name=topic)(self.read)

    async def read(self, stream: Any) -> None:
        self.queue = stream.channel.queue
        async for slice_ in stream:
            self.slices.append(slice_)
            self.most = max(self.most, self.waiting())
            await self.gate.wait()

    def waiting(self) -> int:
        return self.queue.qsize()


# Ending.

PATIENT: dict[str, Any] = {"session_timeout_s": 60.0, "rebalance_timeout_s": 60.0}
PROMPTLY_S = 20.0
"""Long even for a busy machine, and short beside what a group, or a fetch, would wait for."""


def test_the_app_stops_within_seconds_in_the_middle_of_work(stack: Stack) -> None:
    async def story() -> None:
        topic, group = new_topic(stack.kafka, 2), fresh("group")
        write(stack.kafka, Partition(topic, 0), range(1_000))
        reader = Reader(stack.kafka, topic, group=group, slice_records_max=10, **PATIENT)
        reader.gate.clear()
        async with running(reader):
            await reader.until(lambda: bool(reader.slices))
            began = time.monotonic()
        successor = Reader(stack.kafka, topic, group=group)
        async with running(successor):  # At once: the first has left the group.
            await successor.has(Partition(topic, 0), 1_000)
        assert time.monotonic() - began < PROMPTLY_S

    run(story())


@pytest.mark.parametrize("who", ["the member that is asked", "the member that waits"])
def test_the_app_stops_within_seconds_in_the_middle_of_a_rebalance(stack: Stack, who: str) -> None:
    async def story() -> None:
        topic, group = new_topic(stack.kafka, 2), fresh("group")
        asked = Careful(stack.kafka, topic, group=group, **PATIENT)
        waits = Reader(stack.kafka, topic, group=group, **PATIENT)
        async with running(asked):
            await asked.until(lambda: len(asked.held) == 1)
            asked.gate.clear()
            joining = asyncio.create_task(waits.app.start())
            await asked.until(lambda: asked.asked)
            began = time.monotonic()
            await (asked if who == "the member that is asked" else waits).app.stop()
            assert time.monotonic() - began < PROMPTLY_S
            asked.gate.set()
        await waits.app.stop()
        joining.cancel()

    run(story())


def test_the_app_stops_within_seconds_though_a_fetch_trips_up_the_consumer(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        write(stack.kafka, partition, range(5))
        reader = Reader(stack.kafka, partition.topic)
        async with running(reader):
            await reader.has(partition, 5)
            await reader.in_thread(  # What a fetch is between two tries, while a broker is down.
                lambda consumer: consumer._fetcher._pending_tasks.add(
                    asyncio.ensure_future(asyncio.sleep(60))
                )
            )
            began = time.monotonic()
        assert time.monotonic() - began < PROMPTLY_S

    run(story())


def test_a_worker_that_has_ended_seeks_no_more(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        reader = Reader(stack.kafka, partition.topic)
        async with running(reader):
            await reader.until(lambda: bool(reader.held))
        with pytest.raises(TransportError, match="reads no more"):
            await reader.app.member.seek(partition, 0)

    run(story())


def test_settings_that_slices_cannot_do_with_are_refused() -> None:
    with pytest.raises(TransportError, match="consumer_group_instance_id"):
        SliceApp("group", "127.0.0.1:9", consumer_group_instance_id="w1")
    with pytest.raises(TransportError, match="consumer_auto_offset_reset, processing_guarantee"):
        SliceApp(
            "group",
            "127.0.0.1:9",
            consumer_auto_offset_reset="earliest",
            processing_guarantee="exactly_once",
        )


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUMER_GROUP_INSTANCE_ID", "w1")
    monkeypatch.setenv("PROCESSING_GUARANTEE", "exactly_once")
    settings: Any = SliceApp("group", "127.0.0.1:9").conf
    assert settings.consumer_group_instance_id is None
    assert settings.processing_guarantee.value == "at_least_once"


def test_no_page_shows_what_passes_through() -> None:
    app = SliceApp("group", "127.0.0.1:9")
    pages = [str(page) for _, page in app.web._enabled_blueprints()]
    assert not [page for page in pages if "tables" in page or "stats" in page]


def test_topics_of_messages_are_refused(stack: Stack) -> None:
    async def story() -> None:
        reader = Reader(stack.kafka)
        topic = new_topic(stack.kafka, 1)
        reader.app.agent(reader.app.topic(topic))(reader.read)
        async with running(reader):
            await until(lambda: reader.app.crash_reason is not None)
        assert str(reader.app.crash_reason) == f"not topics of slices: {topic}"

    run(story())


def test_an_agent_that_raises_ends_the_worker_and_gets_nothing_more(stack: Stack) -> None:
    async def story() -> None:
        partition = Partition(new_topic(stack.kafka, 1), 0)
        write(stack.kafka, partition, range(100))
        reader = Raising(stack.kafka, partition.topic, slice_records_max=10)
        async with running(reader):
            await until(lambda: reader.app.crash_reason is not None)
        assert str(reader.app.crash_reason) == "a bug"
        assert len(reader.slices) == 1

    run(story())


class Raising(Reader):
    async def read(self, stream: Any) -> None:
        async for slice_ in stream:
            self.slices.append(slice_)
            raise ValueError("a bug")
