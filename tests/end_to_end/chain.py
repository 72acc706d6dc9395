"""The whole chain on real servers: topics of its own, and what was published and read back."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.topics import Topic
from streams.names import Names
from streams.settings import Settings
from streams.stack import Stack
from streams.topic_admin import TopicAdmin

_numbers = count()
PATIENCE_S = 60.0

PAYMENT: dict[str, object] = {
    "transaction_id": "t-1",
    "user_id": "u-1",
    "account_id": "a-1",
    "amount_minor": -1_299,
    "currency": "EUR",
    "booked_on": "2025-03-14",
    "description": "CARD 4411 CORNER GROCER",
    "status": "posted",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A record as a consumer sees it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    @property
    def body(self) -> dict[str, object]:
        """Give the JSON object that it holds."""
        body = json.loads(self.value or b"null")
        assert isinstance(body, dict)
        return body


class Chain:
    """Topics and a group that no other test uses."""

    def __init__(
        self, stack: Stack, folder: Path, *, make_topics: bool = True, **settings: object
    ) -> None:
        name = f"test-{os.getpid()}-{next(_numbers)}"
        self.settings = Settings.model_validate(
            {
                "kafka": stack.kafka,
                "redis": stack.redis,
                "group": name,
                "topic_prefix": f"{name}.",
                "partitions": 3,
                "clock": "data",
                "web_port": 0,
                "state_dir": folder,
                "log_level": "warning",
                **settings,
            }
        )
        self.names = Names(self.settings.topic_prefix)
        self.producer = Producer(
            {"bootstrap.servers": stack.kafka, "enable.idempotence": True, "log_level": 2}
        )
        if make_topics:
            TopicAdmin(self.settings).apply()

    def publish(self, topic: Topic, value: bytes | None, key: str = "", **headers: bytes) -> None:
        """Publish one record, whatever it holds."""
        self.producer.produce(self.names.of(topic), value, key, headers={**headers})

    def publish_json(self, topic: Topic, body: dict[str, object]) -> None:
        """Publish an event as plain JSON, keyed by its user."""
        self.publish(topic, json.dumps(body).encode(), str(body["user_id"]))

    def flush(self) -> None:
        """Wait until the broker has what was published."""
        assert self.producer.flush(PATIENCE_S) == 0

    @contextmanager
    def reader(self, *topics: Topic | str) -> Iterator["Reader"]:
        """Read topics from their beginning, committed records only."""
        names = [self.names.of(own) if isinstance(own, Topic) else own for own in topics]
        reader = Reader(self.settings.kafka, names)
        try:
            yield reader
        finally:
            reader.close()


class Reader:
    """Everything that topics hold, as it grows."""

    def __init__(self, bootstrap: str, names: list[str]) -> None:
        self.records: list[Read] = []
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )
        known = self._consumer.list_topics(timeout=PATIENCE_S).topics
        self._consumer.assign(
            [TopicPartition(name, number, 0) for name in names for number in known[name].partitions]
        )

    def poll(self) -> None:
        """Take in what has arrived."""
        for message in self._consumer.consume(1_000, 0.05):
            assert message.error() is None, message.error()
            self.records.append(
                Read(
                    str(message.topic()),
                    int(message.partition() or 0),
                    int(message.offset() or 0),
                    _bytes(message.key()),
                    _bytes(message.value()),
                    {
                        name: _bytes(value) or b""
                        for name, value in dict(message.headers() or []).items()
                    },
                )
            )

    def until(self, done: Callable[[list[Read]], bool]) -> list[Read]:
        """Read until the records so far are what is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while not done(self.records):
            assert time.monotonic() < deadline, f"only {len(self.records)} records came"
            self.poll()
        return self.records

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
