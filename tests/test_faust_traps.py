"""What Faust as it comes does with records, on a real Kafka: why slices travel in its place.

Each test holds a trap that streams/bundles is built around. One that fails after an upgrade does
not mean that something broke: it means that a reason may have gone, or changed.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import faust
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from faust.types import TP, ConsumerMessage

from streams.stack import Stack
from tests.processes import until

RECORDS = 8


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 40))


class Log:
    """A topic of one partition with eight records, and the group that reads it."""

    def __init__(self, kafka: str) -> None:
        self.kafka, self.name = kafka, f"traps-{uuid4().hex[:12]}"
        admin = AdminClient({"bootstrap.servers": kafka})
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result(10)
        # Uncommitted: else a look at committed offsets waits for a transaction that is open, and
        # the app, whose loop we hold meanwhile, could not end it.
        isolation = {"isolation.level": "read_uncommitted"}
        self.group = Consumer({"bootstrap.servers": kafka, "group.id": self.name, **isolation})

    def fill(self) -> "Log":
        producer = Producer({"bootstrap.servers": self.kafka})
        for number in range(RECORDS):
            producer.produce(self.name, str(number))
        assert producer.flush(10) == 0
        return self

    def committed(self) -> int:
        """Give the group's committed offset; -1001 if there is none."""
        offset: int = self.group.committed([TopicPartition(self.name, 0)], timeout=10)[0].offset
        return offset

    def end(self) -> int:
        """Give the offset after the last record, or after the last mark of a transaction."""
        offset: int = self.group.get_watermark_offsets(TopicPartition(self.name, 0))[1]
        return offset


def stock(log: Log, folder: Path, **more: Any) -> faust.App:
    return faust.App(
        log.name,
        broker=f"kafka://{log.kafka}",
        store="memory://",
        datadir=str(folder),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        key_serializer="raw",
        value_serializer="raw",
        broker_commit_interval=0.1,
        broker_heartbeat_interval=0.3,
        broker_session_timeout=6,
        **more,
    )


@asynccontextmanager
async def running(app: faust.App) -> AsyncIterator[None]:
    app.finalize()
    await app.start()
    try:
        yield
    finally:
        await app.stop()


def test_f1_an_event_in_which_an_agent_raises_is_lost(stack: Stack, tmp_path: Path) -> None:
    async def story() -> None:
        log = Log(stack.kafka).fill()
        app, done = stock(log, tmp_path), list[int]()

        @app.agent(app.topic(log.name, value_type=bytes))
        async def agent(stream: Any) -> None:
            async for value in stream:
                if value == b"3":
                    raise ValueError("a bug")
                done.append(int(value))

        async with running(app):
            await until(lambda: log.committed() == RECORDS)
        assert done == [0, 1, 2, 4, 5, 6, 7]

    run(story())


def test_f2_a_clean_stop_loses_the_event_in_flight_or_waits_for_it_for_ever(
    stack: Stack, tmp_path: Path
) -> None:
    async def story(*, waits: bool) -> None:
        log, begun, gate = Log(stack.kafka).fill(), list[int](), asyncio.Event()
        app = stock(log, tmp_path, stream_wait_empty=waits)

        @app.agent(app.topic(log.name, value_type=bytes))
        async def agent(stream: Any) -> None:
            async for value in stream:
                begun.append(int(value))
                if value == b"3":
                    await gate.wait()

        async with running(app):
            await until(lambda: 3 in begun)
            stopping = asyncio.create_task(app.stop())
            await asyncio.wait({stopping}, timeout=1.5)
            assert stopping.done() != waits
            gate.set()
            await stopping
        if not waits:
            assert begun == [0, 1, 2, 3]
            assert log.committed() == 4

    run(story(waits=False))
    run(story(waits=True))


def test_f3_an_event_that_was_never_acked_is_committed_over(stack: Stack, tmp_path: Path) -> None:
    async def story() -> None:
        log = Log(stack.kafka).fill()
        app = stock(log, tmp_path)

        @app.agent(app.topic(log.name, value_type=bytes))
        async def agent(stream: Any) -> None:
            async for event in stream.noack().events():
                if event.message.offset != 3:
                    event.ack()

        async with running(app):
            await until(lambda: log.committed() == RECORDS)

    run(story())


@pytest.mark.parametrize(("missing", "committable"), [((3,), RECORDS), ((3, 4), None)])
def test_f3_because_a_gap_of_one_is_taken_for_none(
    missing: tuple[int, ...], committable: int | None
) -> None:
    async def story() -> None:
        app = faust.App("books", broker="kafka://127.0.0.1:9", store="memory://")
        app.topics.acking_topics.add("t")
        transport: Any = app.transport
        nothing: Any = None
        books: Any = transport.Consumer(
            transport, callback=print, on_partitions_revoked=nothing, on_partitions_assigned=nothing
        )
        tp = TP("t", 0)
        books._committed_offset[tp] = 3
        for offset in range(3, RECORDS):
            if offset not in missing:
                books.ack(ConsumerMessage("t", 0, offset, 0, 0, None, None, b"", None))
        assert books._new_offset(tp) == committable
        books._thread.thread_loop.close()

    run(story())


def test_f4_with_two_actors_work_that_is_not_done_is_committed_over(
    stack: Stack, tmp_path: Path
) -> None:
    async def story() -> None:
        log, gate, done = Log(stack.kafka).fill(), asyncio.Event(), list[int]()
        app = stock(log, tmp_path)

        @app.agent(app.topic(log.name, value_type=bytes), concurrency=2)
        async def agent(stream: Any) -> None:
            async for value in stream:
                if value == b"3":
                    await gate.wait()
                done.append(int(value))

        async with running(app):
            await until(lambda: log.committed() == RECORDS)
            assert 3 not in done
            gate.set()

    run(story())


def test_f5_exactly_once_sends_its_outputs_in_no_transaction(stack: Stack, tmp_path: Path) -> None:
    async def story() -> None:
        log, output = Log(stack.kafka).fill(), Log(stack.kafka)
        app = stock(log, tmp_path, processing_guarantee="exactly_once")
        app.in_worker = True  # As `faust worker` does.
        sent = app.topic(output.name, value_type=bytes)

        @app.agent(app.topic(log.name, value_type=bytes))
        async def agent(stream: Any) -> None:
            async for value in stream:
                await sent.send(value=value)

        async with running(app):
            assert app.in_transaction
            await until(lambda: log.committed() == RECORDS)
        # Every transaction leaves a mark in each partition it wrote to, which takes an offset.
        assert output.end() == RECORDS

    run(story())


def test_what_was_aborted_is_read(stack: Stack, tmp_path: Path) -> None:
    async def story() -> None:
        log, seen = Log(stack.kafka), list[bytes]()
        writer = Producer({"bootstrap.servers": stack.kafka, "transactional.id": log.name})
        writer.init_transactions(10)
        writer.begin_transaction()
        writer.produce(log.name, "aborted")
        assert writer.flush(10) == 0
        writer.abort_transaction(10)
        app = stock(log, tmp_path)

        @app.agent(app.topic(log.name, value_type=bytes))
        async def agent(stream: Any) -> None:
            async for value in stream:
                seen.append(value)

        async with running(app):
            await until(lambda: seen == [b"aborted"])

    run(story())


def test_the_environment_overrules_what_an_app_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_WAIT_EMPTY", "no")
    app = faust.App("told", broker="kafka://127.0.0.1:9", stream_wait_empty=True)
    assert app.conf.stream_wait_empty is False
