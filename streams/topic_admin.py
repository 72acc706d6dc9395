"""Topics as the table wants them: what is missing or differs, and how to make it so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, TopicMetadata
from confluent_kafka.cimpl import NewTopic

from schemas.topics import INPUTS, JOURNAL, TOPICS, Topic, dead_letters_of
from streams.errors import MendableError
from streams.kafka_clients import error_of
from streams.names import Names
from streams.settings import Settings

_TIMEOUT_S = 15
_FIRST_ANSWER_S = 5

_log = structlog.get_logger("penstock.topics")

T = TypeVar("T")


class BrokerError(MendableError):
    """Kafka does not answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, or one that a person has to do."""

    action: str
    topic: str
    detail: str
    by_hand: bool = False
    command: str = ""
    """What the person runs."""


class TopicAdmin:
    """Compares the broker with the table, and brings it in line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = Names(settings.topic_prefix)
        self._admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 2})

    def plan(self) -> list[Step]:
        """List what differs from the table, and which initial offsets are missing."""
        existing = self._existing()
        steps: list[Step] = []
        for topic in TOPICS:
            name = self._names.of(topic)
            if name not in existing:
                steps.append(Step("create", name, f"{self._partitions(topic)} partitions"))
            else:
                steps += self._differences(topic, name)
        counts = {name: len(found.partitions) for name, found in existing.items()}
        journal, letters = self._names.journal, self._names.dead_letters(JOURNAL)
        if counts.get(letters, 0) < counts.get(journal, 0) and letters in counts:
            as_many = counts[journal]
            command = f"{self._tool('topics')} --topic {letters} --partitions {as_many}"
            detail = f"as many as {journal}: {as_many}"
            steps.append(Step("partitions", letters, detail, by_hand=True, command=command))
        steps += _patiently(lambda: self._missing_offsets(counts))
        return steps

    def apply(self) -> list[Step]:
        """Do what the plan says, and give what was done and what is left to a person."""
        steps = self.plan()
        missing = {step.topic for step in steps if step.action == "create"}
        creations = [
            NewTopic(
                self._names.of(topic),
                num_partitions=self._partitions(topic),
                replication_factor=self._settings.replication,
                config=topic.config,
            )
            for topic in TOPICS
            if self._names.of(topic) in missing
        ]
        if creations:
            for future in self._admin.create_topics(creations).values():
                future.result(timeout=_TIMEOUT_S)
        _patiently(self._commit_where_missing)
        return steps

    def _existing(self) -> dict[str, TopicMetadata]:
        try:
            return self._admin.list_topics(timeout=_FIRST_ANSWER_S).topics
        except KafkaException as error:
            raise BrokerError(
                f"Kafka at {self._settings.kafka} does not answer ({error_of(error).str()}); "
                "start it, or set PENSTOCK_KAFKA"
            ) from None

    def _partitions(self, topic: Topic) -> int:
        # One partition keeps artifacts, and dead letters of inputs, in one order.
        few = topic.role == "artifacts" or (
            topic.role == "dead_letters" and topic != dead_letters_of(JOURNAL)
        )
        return 1 if few else self._settings.partitions

    def _differences(self, topic: Topic, name: str) -> list[Step]:
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        found = self._admin.describe_configs([resource])[resource].result(timeout=_TIMEOUT_S)
        tool = f"{self._tool('configs')} --entity-type topics --entity-name {name}"
        return [
            Step(
                "configure",
                name,
                f"{key} is {found[key].value}, should be {value}",
                by_hand=True,
                command=f"{tool} --add-config {key}={value}",
            )
            for key, value in topic.config.items()
            if found[key].value != value
        ]

    def _tool(self, name: str) -> str:
        return f"kafka-{name}.sh --bootstrap-server {self._settings.kafka} --alter"

    def _missing_offsets(self, counts: dict[str, int]) -> list[Step]:
        return [
            Step("commit", partition.topic, f"initial offset of partition {partition.partition}")
            for partition in self._uncommitted(counts)
        ]

    def _uncommitted(self, counts: dict[str, int]) -> list[TopicPartition]:
        consumed = [self._names.of(topic) for topic in (*INPUTS, JOURNAL)]
        partitions = [
            TopicPartition(name, number)
            for name in consumed
            for number in range(counts.get(name, 0))
        ]
        if not partitions:
            return []
        with _reader(self._settings) as consumer:
            found = consumer.committed(partitions, timeout=_TIMEOUT_S)
        return [partition for partition in found if partition.offset < 0]

    def _commit_where_missing(self) -> None:
        """Say where the group begins, once: a worker never guesses it."""
        topics = self._admin.list_topics(timeout=_TIMEOUT_S).topics
        counts = {name: len(found.partitions) for name, found in topics.items()}
        with _reader(self._settings) as consumer:
            starts = []
            for partition in self._uncommitted(counts):
                low, _ = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_S)
                starts.append(TopicPartition(partition.topic, partition.partition, low))
            if starts:
                consumer.commit(offsets=starts, asynchronous=False)
        for topic in (*INPUTS, JOURNAL):
            if not counts.get(self._names.of(topic)):
                raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))


def _patiently(call: Callable[[], T]) -> T:
    """Repeat a call while the broker is not ready for it.

    A topic that was made just now is not known, or has no leader, everywhere at once; and a broker
    that has just started looks for its groups first.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    while True:
        try:
            return call()
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise BrokerError(f"Kafka is not ready ({error_of(error).str()})") from None
            _log.info("the broker is not ready yet", detail=str(error.args[0]))
            time.sleep(0.1)


@contextmanager
def _reader(settings: Settings) -> Iterator[Consumer]:
    """Give a consumer of the group that never joins it."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka,
            "group.id": settings.group,
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()
