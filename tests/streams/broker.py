"""What tests of our Kafka clients need of a broker: topics, members of a group, a plain reader."""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import Message, NewTopic

from streams.protocols import Membership, Partition
from streams.stack import Stack

QUIET = {"log_level": 0}


def fresh(word: str) -> str:
    """Make a name that no other test has."""
    return f"{word}-{uuid4().hex[:10]}"


def admin(stack: Stack) -> AdminClient:
    return AdminClient({"bootstrap.servers": stack.kafka, **QUIET})


def new_topic(stack: Stack, partitions: int = 1, name: str | None = None) -> str:
    """Create a topic and wait until a client would find it."""
    name = name or fresh("topic")
    client = admin(stack)
    client.create_topics([NewTopic(name, partitions)])[name].result(10)
    deadline = time.monotonic() + 10
    while client.list_topics(name, timeout=10).topics[name].error:
        assert time.monotonic() < deadline, "the topic does not show up"
        time.sleep(0.02)
    return name


def remove_topic(stack: Stack, name: str) -> None:
    """Delete a topic and wait until it is gone."""
    client = admin(stack)
    client.delete_topics([name])[name].result(10)
    deadline = time.monotonic() + 10
    while not client.list_topics(name, timeout=10).topics[name].error:
        assert time.monotonic() < deadline, "the topic does not go"
        time.sleep(0.02)


def transactional(stack: Stack, transactional_id: str) -> Producer:
    """Make a plain producer, as a predecessor or another program has it."""
    producer = Producer(
        {
            "bootstrap.servers": stack.kafka,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": 30_000,
            **QUIET,
        }
    )
    producer.init_transactions(20)
    return producer


class Member:
    """A real consumer in a real group."""

    def __init__(self, stack: Stack, group: str, topic: str) -> None:
        self.consumer = Consumer(
            {
                "bootstrap.servers": stack.kafka,
                "group.id": group,
                "enable.auto.commit": False,
                "heartbeat.interval.ms": 100,
                "session.timeout.ms": 10_000,
                **QUIET,
            }
        )
        self.consumer.subscribe([topic])

    @property
    def metadata(self) -> bytes:
        """Give what librdkafka itself would hand to a transaction."""
        metadata: bytes = self.consumer.consumer_group_metadata()
        return metadata

    @property
    def membership(self) -> Membership:
        generation: int = struct.unpack_from("=i", self.metadata, len(b"CGMDv2:"))[0]
        return Membership(generation, self.consumer.memberid())


@contextmanager
def members(stack: Stack, group: str, topic: str, count: int = 1) -> Iterator[list[Member]]:
    """Let *count* members join, one after another, each in a generation of its own."""
    joined: list[Member] = []
    try:
        for generation in range(1, count + 1):
            joined.append(Member(stack, group, topic))
            settle(joined, generation)
        yield joined
    finally:
        for member in joined:
            member.consumer.close()


def settle(joined: list[Member], generation: int) -> None:
    """Poll all members until they are in a generation with a share of the topic."""
    deadline = time.monotonic() + 30
    while not all(
        member.consumer.assignment() and member.membership.generation >= generation
        for member in joined
    ):
        assert time.monotonic() < deadline, "the group does not settle"
        for member in joined:
            member.consumer.poll(0.02)


def records_of(stack: Stack, topic: str, partitions: int = 1) -> list[Message]:
    """Read all that a reader of committed records sees."""
    return [
        message
        for number in range(partitions)
        for message in _records_of(stack, Partition(topic, number))
    ]


def _records_of(stack: Stack, partition: Partition) -> Iterator[Message]:
    settings: dict[str, Any] = {
        "bootstrap.servers": stack.kafka,
        "group.id": "anybody",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 20,
        **QUIET,
    }
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(*partition, 0)])
    try:
        while True:
            message = consumer.poll(20)
            assert message is not None, "the broker does not answer"
            if (error := message.error()) is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                return
            yield message
    finally:
        consumer.close()
