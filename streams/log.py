"""Kafka's log, read beside the group: where it stands, and ranges of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka import Message as ClientMessage
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo, OffsetSpec

from streams.kafka_clients import END_OF_PARTITION, NOT_FOUND, client_settings, error_of, worded
from streams.own_thread import OwnThread
from streams.protocols import HeaderList, LogError, Partition

_BATCH_RECORDS_MAX = 2_000
_LOOK_S = 0.2

_READER = {
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    # A range that the log no longer holds is an error, never another range.
    "auto.offset.reset": "error",
}
_RANGE_READER = {
    **_READER,
    # Tells us when only control records or a gap are left.
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 50,
    # What is fetched ahead, and so the memory that a reader takes.
    "queued.min.messages": 10_000,
    "queued.max.messages.kbytes": 16_384,
    # A full queue is looked at again soon; by default the reader would sleep for a second.
    "fetch.queue.backoff.ms": 5,
}

_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # It has no types.
_NEWEST: OffsetSpec = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]  # Likewise.

_ELECTED = {
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    NOT_FOUND,
}
"""Who leads a partition is not who did, as far as this client knows."""

T = TypeVar("T")


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A record as the log holds it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: HeaderList


class KafkaLog:
    """The log on librdkafka; what makes no progress for *patience_s* fails."""

    def __init__(self, bootstrap: str, group: str, *, patience_s: float = 30.0) -> None:
        self._settings = {**client_settings(bootstrap), "group.id": group}
        self._patience_s = patience_s
        self._consumer = Consumer({**self._settings, **_READER})
        self._admin = AdminClient(client_settings(bootstrap))
        # A consumer serves one call at a time.
        self._thread = OwnThread("log")

    async def committed(self, partition: Partition) -> int | None:
        """Give the group's stable committed offset: one with no transaction pending on it."""

        def ask(place: TopicPartition) -> list[TopicPartition]:
            # A reader of committed records is answered only once the transaction has ended.
            return self._consumer.committed([place], self._patience_s)

        (found,) = await self._ask(partition, ask)
        return found.offset if found.offset >= 0 else None

    async def start(self, partition: Partition) -> int:
        """Give the first offset that the log still holds."""
        return (await self._bounds(partition))[0]

    async def end(self, partition: Partition) -> int:
        """Give the offset after the last record, whether or not its transaction is open still."""
        place = TopicPartition(*partition)
        return (await self._found({place: _LATEST}))[place].offset

    async def at(self, partition: Partition, instant_ms: int) -> int:
        """Give the offset of the first record written at an instant or later, or the end."""
        place = TopicPartition(*partition)
        since: OffsetSpec = OffsetSpec.for_timestamp(instant_ms)
        found = (await self._found({place: since}))[place].offset
        return found if found >= 0 else await self.end(partition)

    async def newest_ms(self, partition: Partition) -> int:
        """Give when the newest record was written, in milliseconds since 1970; 0 if none was."""
        place = TopicPartition(*partition)
        return max(0, (await self._found({place: _NEWEST}))[place].timestamp)

    async def has_taken_in(self, topics: Sequence[str], before_ms: int) -> bool:
        """Say whether the group has committed all that was written to topics before an instant."""
        places = await self._places(topics)
        since: OffsetSpec = OffsetSpec.for_timestamp(before_ms)
        later = await self._found(dict.fromkeys(places, since))
        ends = await self._found(dict.fromkeys(places, _LATEST))
        with _explained(_places_named(places)):
            committed = await self._thread.run(self._consumer.committed, places, self._patience_s)
        # Where nothing was written since, all that there is must have been taken in.
        wanted = [
            later[place].offset if later[place].offset >= 0 else ends[place].offset
            for place in places
        ]
        return all(own.offset >= offset for own, offset in zip(committed, wanted, strict=True))

    async def topic_id(self, topic: str) -> str:
        """Give the id that a topic was created with; another of the same name has another."""
        asked = self._admin.describe_topics(
            TopicCollection([topic]), request_timeout=self._patience_s
        )
        with _explained(topic):
            described = await asyncio.wrap_future(asked[topic])
        return str(described.topic_id)

    async def read(
        self, partition: Partition, start: int, until: int
    ) -> AsyncGenerator[Sequence[LogRecord], None]:
        """Yield what committed transactions wrote from *start* to before *until*, in order."""
        if start >= until:
            return
        thread = OwnThread("log-range")
        settings = {**self._settings, **_RANGE_READER}
        reader = _RangeReader(settings, partition, start, until, self._patience_s)
        try:
            while not reader.is_done:
                if records := await thread.run(reader.records):
                    yield records
        finally:
            # In its thread, hence after a call that may still run there.
            await thread.run(reader.close)
            thread.end()

    async def close(self) -> None:
        """Let go of the broker."""
        await self._thread.run(self._consumer.close)
        self._thread.end()

    async def _places(self, topics: Sequence[str]) -> list[TopicPartition]:
        asked = self._admin.describe_topics(
            TopicCollection(list(topics)), request_timeout=self._patience_s
        )
        places = []
        for topic, answer in asked.items():
            with _explained(topic):
                described = await asyncio.wrap_future(answer)
            places += [TopicPartition(topic, found.id) for found in described.partitions]
        return places

    async def _found(
        self, specs: dict[TopicPartition, OffsetSpec]
    ) -> dict[TopicPartition, ListOffsetsResultInfo]:
        """Look offsets up, open transactions included.

        Of an election, as after a broker's restart, this client learns only if it is told to look.
        """
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return await self._found_at_once(specs)
            except KafkaException as failure:
                error = error_of(failure)
                if error.code() not in _ELECTED or time.monotonic() > deadline:
                    raise LogError(f"{_places_named(specs)}: {worded(error)}") from failure
            with _explained(_places_named(specs)):
                await self._thread.run(self._admin.list_topics, timeout=self._patience_s)
            await asyncio.sleep(_LOOK_S)

    async def _found_at_once(
        self, specs: dict[TopicPartition, OffsetSpec]
    ) -> dict[TopicPartition, ListOffsetsResultInfo]:
        asked = self._admin.list_offsets(
            specs,
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=self._patience_s,
        )
        answers = await asyncio.gather(*map(asyncio.wrap_future, asked.values()))
        return dict(zip(asked, answers, strict=True))

    async def _bounds(self, partition: Partition) -> tuple[int, int]:
        def ask(place: TopicPartition) -> tuple[int, int]:
            return self._consumer.get_watermark_offsets(place, self._patience_s)

        return await self._ask(partition, ask)

    async def _ask(self, partition: Partition, question: Callable[[TopicPartition], T]) -> T:
        def ask() -> T:
            with _explained(_named(partition)):
                answer = question(TopicPartition(*partition))
            self._consumer.poll(0)  # Hands on what the client wants logged.
            return answer

        return await self._thread.run(ask)


class _RangeReader:
    """A consumer with one partition and no group, that knows how far it has come."""

    def __init__(
        self,
        settings: dict[str, Any],
        partition: Partition,
        start: int,
        until: int,
        patience_s: float,
    ) -> None:
        self._partition, self._until, self._patience_s = partition, until, patience_s
        self._position = start
        self._moved_at = time.monotonic()
        self._consumer = Consumer(settings)
        self._consumer.assign([TopicPartition(*partition, start)])

    @property
    def is_done(self) -> bool:
        """Say whether everything before the range's end has been seen."""
        return self._position >= self._until

    def records(self) -> list[LogRecord]:
        """Give what came next; none when nothing came yet, or nothing is left."""
        before = self._position
        records = []
        for message in self._messages():
            if (error := message.error()) is not None:
                self._position = self._end_of_log(message, error)
                continue
            record = _adapted(message)
            self._position = record.offset + 1
            if record.offset >= self._until:
                break
            records.append(record)
        self._require_progress(before)
        return records

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _messages(self) -> list[ClientMessage]:
        # To consume many would wait until there are as many; so we wait for one alone.
        if (first := self._consumer.poll(_LOOK_S)) is None:
            return []
        return [first, *self._consumer.consume(_BATCH_RECORDS_MAX - 1, timeout=0)]

    def _end_of_log(self, message: ClientMessage, error: KafkaError) -> int:
        """Give the offset at which the log ends for now; LogError for anything but its end."""
        if error.code() != END_OF_PARTITION:
            raise LogError(f"{_named(self._partition)}: {worded(error)}")
        return max(self._position, message.offset() or 0)

    def _require_progress(self, before: int) -> None:
        now = time.monotonic()
        if self._position != before:
            self._moved_at = now
        elif now - self._moved_at > self._patience_s:
            raise LogError(
                f"{_named(self._partition)}: asked to read to {self._until}, but nothing came "
                f"after {self._position} for {self._patience_s:.0f} s"
            )


def _adapted(message: Any) -> LogRecord:
    """Read a client's message once, for the client makes its parts anew at every call."""
    return LogRecord(
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        message.headers() or (),
    )


@contextmanager
def _explained(subject: object) -> Iterator[None]:
    try:
        yield
    except KafkaException as failure:
        raise LogError(f"{subject}: {worded(error_of(failure))}") from failure


def _places_named(places: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{place.topic}[{place.partition}]" for place in places)


def _named(partition: Partition) -> str:
    return f"{partition.topic}[{partition.number}]"
