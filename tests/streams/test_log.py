import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.log import KafkaLog, LogRecord
from streams.protocols import LogError, Partition
from streams.stack import Stack
from tests.streams.broker import (
    admin,
    fresh,
    members,
    new_topic,
    records_of,
    remove_topic,
    transactional,
)

Story = Callable[[KafkaLog], Awaitable[None]]


def tell(stack: Stack, story: Story, group: str = "group", patience_s: float = 20.0) -> None:
    """Let a story happen to a log that is closed after."""

    async def run() -> None:
        log = KafkaLog(stack.kafka, group, patience_s=patience_s)
        try:
            await story(log)
        finally:
            await log.close()

    asyncio.run(run())


async def all_of(log: KafkaLog, partition: Partition, start: int, until: int) -> list[LogRecord]:
    return [record async for records in log.read(partition, start, until) for record in records]


def write(producer: Producer, topic: str, values: list[bytes], *, commit: bool = True) -> None:
    """Write values in a transaction of their own, and commit or abort it."""
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(10) == 0
    producer.commit_transaction(10) if commit else producer.abort_transaction(10)


# Ranges.


@pytest.fixture(scope="module")
def patchwork(stack: Stack) -> Partition:
    """Committed, aborted and empty-looking stretches; the log ends in an aborted one.

    offsets  0-2 a committed, 3 its end | 4-5 aborted, 6 its end | 7 b, 8 | 9 aborted, 10 |
             11-15 c, 16 | 17-18 aborted, 19 its end
    """
    topic = new_topic(stack)
    producer = transactional(stack, fresh("writer"))
    write(producer, topic, [b"a0", b"a1", b"a2"])
    write(producer, topic, [b"x", b"x"], commit=False)
    write(producer, topic, [b"b0"])
    write(producer, topic, [b"x"], commit=False)
    write(producer, topic, [b"c0", b"c1", b"c2", b"c3", b"c4"])
    write(producer, topic, [b"x", b"x"], commit=False)
    return Partition(topic, 0)


COMMITTED = {0: b"a0", 1: b"a1", 2: b"a2", 7: b"b0"} | {11 + n: b"c%d" % n for n in range(5)}
END = 20


@settings(max_examples=25, deadline=None, derandomize=True)
@given(bounds=st.tuples(st.integers(0, END), st.integers(0, END)))
def test_a_range_holds_what_was_committed_in_it_and_ends_exactly(
    stack: Stack, patchwork: Partition, bounds: tuple[int, int]
) -> None:
    start, until = bounds

    async def story(log: KafkaLog) -> None:
        read = await all_of(log, patchwork, start, until)
        assert {record.offset: record.value for record in read} == {
            offset: value for offset, value in COMMITTED.items() if start <= offset < until
        }
        assert [record.offset for record in read] == sorted(record.offset for record in read)

    tell(stack, story)


def test_a_tail_without_records_is_seen_at_once(stack: Stack, patchwork: Partition) -> None:
    async def story(log: KafkaLog) -> None:
        assert await log.end(patchwork) == END
        # Far less than its patience.
        async with asyncio.timeout(5):
            assert await all_of(log, patchwork, 16, END) == []

    tell(stack, story, patience_s=60)


def test_a_record_has_what_the_client_gave(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional(stack, fresh("writer"))
    producer.begin_transaction()
    headers: list[tuple[str, str | bytes | None]] = [("one", b"1"), ("one", None)]
    producer.produce(topic, b"value", b"key", headers=headers, timestamp=1_700_000_000_123)
    producer.produce(topic, None, None, timestamp=1_700_000_000_124)
    producer.commit_transaction(10)

    async def story(log: KafkaLog) -> None:
        read = await all_of(log, Partition(topic, 0), 0, 2)
        assert read == [
            LogRecord(0, 1_700_000_000_123, b"key", b"value", [("one", b"1"), ("one", None)]),
            LogRecord(1, 1_700_000_000_124, None, None, ()),
        ]

    tell(stack, story)


def test_many_records_come_in_several_batches_and_in_order(stack: Stack) -> None:
    topic, count = new_topic(stack), 20_000
    producer = transactional(stack, fresh("writer"))
    write(producer, topic, [b"%d" % number for number in range(count)])

    async def story(log: KafkaLog) -> None:
        sizes, read = [], []
        async for records in log.read(Partition(topic, 0), 0, count):
            sizes.append(len(records))
            read += [record.value for record in records]
        assert read == [b"%d" % number for number in range(count)]
        assert len(sizes) > 1
        assert all(0 < size <= 2_000 for size in sizes)

    tell(stack, story)


def test_what_the_log_does_not_hold_any_more_is_an_error(stack: Stack) -> None:
    topic = new_topic(stack)
    write(transactional(stack, fresh("writer")), topic, [b"0", b"1", b"2"])
    client = admin(stack)
    place = TopicPartition(topic, 0, 2)
    client.delete_records([place])[place].result(10)

    async def story(log: KafkaLog) -> None:
        partition = Partition(topic, 0)
        assert await log.start(partition) == 2
        with pytest.raises(LogError, match="_AUTO_OFFSET_RESET"):
            await all_of(log, partition, 1, 3)
        assert [record.value for record in await all_of(log, partition, 2, 3)] == [b"2"]

    tell(stack, story)


def test_what_the_log_does_not_hold_yet_is_waited_for_and_then_an_error(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional(stack, fresh("writer"))
    write(producer, topic, [b"0"])

    async def story(log: KafkaLog) -> None:
        partition = Partition(topic, 0)
        reading = asyncio.create_task(all_of(log, partition, 0, 3))
        await asyncio.sleep(0.5)
        assert not reading.done()
        write(producer, topic, [b"1"])
        assert [record.value for record in await reading] == [b"0", b"1"]
        with pytest.raises(LogError, match="asked to read to 9, but nothing came after 4"):
            await all_of(log, partition, 0, 9)

    tell(stack, story, patience_s=1)


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux shows them")
def test_a_reader_that_is_left_early_or_cancelled_leaves_nothing_behind(
    stack: Stack, patchwork: Partition
) -> None:
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    async def story(log: KafkaLog) -> None:
        before = threads()
        for _ in range(3):
            ranges = log.read(patchwork, 0, END)
            await anext(ranges)
            await ranges.aclose()
            waiting = asyncio.create_task(all_of(log, patchwork, 0, END + 100))
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert threads() <= before + 1

    tell(stack, story)


# Offsets.


def test_a_group_that_committed_nothing_has_no_offset(stack: Stack) -> None:
    topic = new_topic(stack)

    async def story(log: KafkaLog) -> None:
        assert await log.committed(Partition(topic, 0)) is None

    tell(stack, story, group=fresh("group"))


def test_a_committed_offset_is_given_only_once_no_transaction_is_pending_on_it(
    stack: Stack,
) -> None:
    topic, group = new_topic(stack), fresh("group")
    partition = Partition(topic, 0)
    producer = transactional(stack, fresh("writer"))

    def pend(offset: int) -> None:
        producer.begin_transaction()
        place = TopicPartition(topic, 0, offset)
        producer.send_offsets_to_transaction([place], member.metadata, 10)

    async def story(log: KafkaLog) -> None:
        for offset, end, expected in (
            (5, producer.commit_transaction, 5),
            (6, producer.abort_transaction, 5),
            (7, producer.commit_transaction, 7),
        ):
            pend(offset)
            asking = asyncio.create_task(log.committed(partition))
            await asyncio.sleep(0.5)
            assert not asking.done()
            end(10)
            assert await asking == expected

    with members(stack, group, topic) as (member,):
        tell(stack, story, group)


def test_a_transaction_that_stays_pending_is_an_error_in_the_end(stack: Stack) -> None:
    topic, group = new_topic(stack), fresh("group")
    producer = transactional(stack, fresh("writer"))

    async def story(log: KafkaLog) -> None:
        with pytest.raises(LogError, match=r"topic-\w+\[0\]: _TIMED_OUT"):
            await log.committed(Partition(topic, 0))

    with members(stack, group, topic) as (member,):
        producer.begin_transaction()
        place = TopicPartition(topic, 0, 5)
        producer.send_offsets_to_transaction([place], member.metadata, 10)
        tell(stack, story, group, patience_s=0.5)
        producer.abort_transaction(10)


def test_the_end_is_behind_what_an_open_transaction_has_written(stack: Stack) -> None:
    topic = new_topic(stack)
    producer = transactional(stack, fresh("writer"))
    write(producer, topic, [b"0", b"1"])
    producer.begin_transaction()
    producer.produce(topic, b"open")
    assert producer.flush(10) == 0

    async def story(log: KafkaLog) -> None:
        assert await log.start(Partition(topic, 0)) == 0
        assert await log.end(Partition(topic, 0)) == 4  # The end of the first commit is the third.

    tell(stack, story)
    assert len(records_of(stack, topic)) == 2


def test_the_newest_time_is_that_of_the_newest_record(stack: Stack) -> None:
    topic = new_topic(stack)

    async def story(log: KafkaLog) -> None:
        partition = Partition(topic, 0)
        assert await log.newest_ms(partition) == 0
        stamp(stack, topic, 1_000, 3_000, 2_000)
        assert await log.newest_ms(partition) == 3_000

    tell(stack, story)


def test_a_day_is_taken_in_when_all_that_was_written_before_its_end_is_committed(
    stack: Stack,
) -> None:
    topic, group = new_topic(stack), fresh("group")
    stamp(stack, topic, 1_000, 2_000, 5_000)
    reader = Consumer({"bootstrap.servers": stack.kafka, "group.id": group, "log_level": 0})

    async def story(log: KafkaLog) -> None:
        assert not await log.has_taken_in([topic], 2_500)  # Nothing is committed.
        for committed, before_ms, expected in (
            (1, 2_500, False),
            (2, 2_500, True),
            (2, 9_000, False),  # Nothing is as late, so all there is must be taken in.
            (3, 9_000, True),
        ):
            reader.commit(offsets=[TopicPartition(topic, 0, committed)], asynchronous=False)
            assert await log.has_taken_in([topic], before_ms) == expected

    tell(stack, story, group)
    reader.close()


def stamp(stack: Stack, topic: str, *times_ms: int) -> None:
    """Write a record for each time, of that time."""
    producer = Producer({"bootstrap.servers": stack.kafka})
    for time_ms in times_ms:
        producer.produce(topic, b"", timestamp=time_ms)
    assert producer.flush(10) == 0


# Topics.


def test_a_topic_made_again_under_its_name_has_another_id(stack: Stack) -> None:
    name = new_topic(stack)
    ids: list[str] = []

    async def story(log: KafkaLog) -> None:
        ids.append(await log.topic_id(name))
        ids.append(await log.topic_id(name))

    tell(stack, story)
    remove_topic(stack, name)
    new_topic(stack, name=name)
    tell(stack, story)

    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_a_topic_or_partition_that_is_not_there_is_named(stack: Stack) -> None:
    name = fresh("nowhere")

    async def story(log: KafkaLog) -> None:
        with pytest.raises(LogError, match=f"{name}: UNKNOWN_TOPIC"):
            await log.topic_id(name)
        with pytest.raises(LogError, match=rf"{name}\[3\]: _UNKNOWN_PARTITION"):
            await log.start(Partition(name, 3))

    tell(stack, story)
