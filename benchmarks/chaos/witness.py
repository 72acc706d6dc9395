"""Who reads along while all breaks: committed records only, as any reader of ours would."""

import asyncio
import threading
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from benchmarks.chaos.evidence import Evidence
from streams.kafka_clients import END_OF_PARTITION
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Partition

_NEWEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # The library's.
_POLL_S = 0.05
_ASK_S = 5.0
_BATCH = 1_000
_QUIET = {"reconnect.backoff.max.ms": 500, "log_level": 0}
# A broker that is away is what we are here for.
_PASSING = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}  # noqa: SLF001  librdkafka's own, and public.


class Witness:
    """Gathers evidence in a thread of its own, from the first record to the last."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self.evidence = Evidence(names)
        self._consumer = _reader(bootstrap, self.evidence.topics)
        self._admin = AdminClient({"bootstrap.servers": bootstrap, **_QUIET})
        assigned = self._consumer.assignment()
        self._positions = {Partition(own.topic, own.partition): 0 for own in assigned}
        self._failure: Exception | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that it still reads; what stopped it is raised here."""
        if self._failure is not None:
            raise self._failure

    async def has_read_all(self) -> bool:
        """Say whether all has been read that the log holds, and no transaction is open on it.

        Asked for are the ends that any record has, for where the readable part ends, a transaction
        that is about to be committed may begin.
        """
        asked = self._admin.list_offsets(
            {TopicPartition(*place): _NEWEST for place in self._positions},
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
            request_timeout=_ASK_S,
        )
        try:
            ends = await asyncio.gather(*map(asyncio.wrap_future, asked.values()))
        except KafkaException:
            return False
        places = (Partition(place.topic, place.partition) for place in asked)
        return all(
            self._positions[place] >= end.offset for place, end in zip(places, ends, strict=True)
        )

    def close(self) -> None:
        """Stop reading."""
        self._over.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                for message in self._consumer.consume(_BATCH, _POLL_S):
                    self._take(message)
        except Exception as failure:  # noqa: BLE001 - The experiment must end, and tell of it.
            self._failure = failure

    def _take(self, message: Any) -> None:
        """Take a record in, or learn where the readable part of a log ends for now."""
        place = Partition(str(message.topic()), int(message.partition() or 0))
        if (error := message.error()) is None:
            self.evidence.take_in(place, _record(message))
            self._positions[place] = message.offset() + 1
        elif error.code() == END_OF_PARTITION:
            self._positions[place] = max(self._positions[place], message.offset())
        elif not (error.retriable() or error.code() in _PASSING):
            raise KafkaException(error)


def _record(message: Any) -> LogRecord:
    return LogRecord(
        message.offset(),
        message.timestamp()[1],
        _bytes(message.key()),
        _bytes(message.value()),
        message.headers() or (),
    )


def _reader(bootstrap: str, topics: list[str]) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "witness",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 50,
            **_QUIET,
        }
    )
    known = consumer.list_topics(timeout=15).topics
    consumer.assign(
        [TopicPartition(name, number, 0) for name in topics for number in known[name].partitions]
    )
    return consumer


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
