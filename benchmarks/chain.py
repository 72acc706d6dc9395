"""Topics and a group that no other measurement uses, filled at once, and watched from outside."""

import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.request import urlopen

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from benchmarks.workload import Input
from schemas.topics import ALERTS, ENRICHED, INSIGHTS, JOURNAL
from streams.kafka_clients import END_OF_PARTITION, client_settings
from streams.names import Names
from streams.settings import Settings
from streams.stack import Stack
from streams.topic_admin import TopicAdmin
from streams.worker_process import WorkerProcess

PARTITIONS = 8
PATIENCE_S = 180.0
_QUIET_S = 1.5
_LOOK_S = 0.1
_WHOLE_COMMAND = ("streams.cli", "worker")
_numbers = count()


class StalledError(Exception):
    """What was to be measured did not come to pass in time."""


class Runs(Protocol):
    """A process that should go on."""

    def check(self) -> None:
        """Make sure that it still runs."""
        ...


class Span(NamedTuple):
    """The records of a topic, and from when to when they were written."""

    records: int
    first_ms: int
    last_ms: int

    @property
    def rate(self) -> float:
        """Give records a second."""
        return self.records / max(0.001, (self.last_ms - self.first_ms) / 1_000)


class Chain:
    """One measurement's own topics and group on a stack that others share."""

    def __init__(self, stack: Stack, folder: Path, **settings: object) -> None:
        name = f"bench-{os.getpid()}-{next(_numbers)}"
        self._folder = folder
        own = {"group": name, "topic_prefix": f"{name}.", "partitions": PARTITIONS}
        told = {"clock": "data", "web_port": 0, "state_dir": folder, "log_level": "info"}
        servers = {"kafka": stack.kafka, "redis": stack.redis}
        self.settings = Settings.model_validate({**servers, **own, **told, **settings})
        self.names = Names(self.settings.topic_prefix)
        self._admin = AdminClient(client_settings(self.settings.kafka))
        self.redis = Redis.from_url(stack.redis)
        self._published_ms = 0
        TopicAdmin(self.settings).apply()
        self._tell_time_by_the_broker(self.names.of(ENRICHED))

    def _tell_time_by_the_broker(self, topic: str) -> None:
        """Let records bear the time of their writing; some clients hand on the input's."""
        entry = ConfigEntry("message.timestamp.type", "LogAppendTime")
        entry.incremental_operation = AlterConfigOpType.SET
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        self._admin.incremental_alter_configs([resource])[resource].result(PATIENCE_S)

    def publish(self, inputs: Iterable[Input], topic: str | None = None) -> int:
        """Publish inputs, all of which readers see at the same moment; gives how many.

        *topic* takes them all, whatever each is.
        """
        producer = Producer(
            {
                **client_settings(self.settings.kafka),
                "transactional.id": f"{self.settings.group}-filling",
                "transaction.timeout.ms": 120_000,
                "partitioner": "murmur2",
                "compression.type": "lz4",
                "linger.ms": 5,
            }
        )
        producer.init_transactions(PATIENCE_S)
        producer.begin_transaction()
        published = 0
        for own in inputs:
            name = topic or self.names.of(own.topic)
            while True:
                try:
                    producer.produce(name, own.value, own.user_id, headers=list(own.headers))
                except BufferError:
                    producer.poll(0.1)
                else:
                    break
            published += 1
        producer.commit_transaction(PATIENCE_S)
        self._published_ms = time.time_ns() // 1_000_000
        return published

    @contextmanager
    def workers(
        self, number: int, command: Sequence[str] = _WHOLE_COMMAND
    ) -> Iterator[list[WorkerProcess]]:
        """Run workers; the block begins when each has its share of the partitions."""
        log = self._folder / "workers.log"
        workers = [WorkerProcess(self.settings, log, command) for _ in range(number)]
        try:
            self._until_settled(workers)
            yield workers
        except BaseException:
            for worker in workers:
                worker.kill()
            raise
        for worker in workers:
            worker.stop()

    def _until_settled(self, workers: Sequence[WorkerProcess]) -> None:
        group = self.settings.group
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for worker in workers:
                worker.check()
            found = self._admin.describe_consumer_groups([group])[group].result(PATIENCE_S)
            shares = [member.assignment.topic_partitions for member in found.members]
            stable = found.state == ConsumerGroupState.STABLE
            if stable and len(shares) == len(workers) and all(shares):
                return
            time.sleep(_LOOK_S)
        raise StalledError(f"{len(workers)} workers did not settle")

    def until_through(
        self, expected: int, topics: Sequence[str], workers: Sequence[Runs] = ()
    ) -> None:
        """Wait until the first topic holds as many records, and all have stopped growing."""
        last, grown_at = -1, time.monotonic()
        while self.ends(topics[:1]) < expected or time.monotonic() - grown_at < _QUIET_S:
            for worker in workers:
                worker.check()
            if (now := self.ends(topics)) != last:
                last, grown_at = now, time.monotonic()
            if time.monotonic() - grown_at > PATIENCE_S:
                raise StalledError("nothing comes out; see the worker's log")
            time.sleep(_LOOK_S)

    def ends(self, topics: Sequence[str]) -> int:
        """Add up the offsets at which topics end."""
        with self._reader() as reader:
            places = _partitions(reader, topics)
            return sum(reader.get_watermark_offsets(place, PATIENCE_S)[1] for place in places)

    @property
    def flow(self) -> list[str]:
        """Name the topics that grow while there is something to do, the busiest first."""
        return [self.names.of(topic) for topic in (ENRICHED, ALERTS, INSIGHTS, JOURNAL)]

    def span(self, topic: str) -> Span:
        """Count a topic's records, and see from when to when they were written."""
        records, first_ms, last_ms = 0, 2**62, 0
        for timestamp_ms in self._timestamps(topic):
            records += 1
            first_ms, last_ms = min(first_ms, timestamp_ms), max(last_ms, timestamp_ms)
        return Span(records, first_ms, last_ms)

    def span_since_published(self, topic: str) -> Span:
        """The same, from the moment at which the inputs could be read: the first cycle counts."""
        return self.span(topic)._replace(first_ms=self._published_ms)

    def _timestamps(self, topic: str) -> Iterator[int]:
        with self._reader() as reader:
            places = _partitions(reader, [topic])
            reader.assign([TopicPartition(topic, place.partition, 0) for place in places])
            left = len(places)
            while left:
                for message in reader.consume(10_000, 0.2):
                    if (error := message.error()) is None:
                        yield message.timestamp()[1]
                    elif error.code() == END_OF_PARTITION:
                        left -= 1
                    else:
                        raise KafkaException(error)

    @contextmanager
    def _reader(self) -> Iterator[Consumer]:
        settings = {
            **client_settings(self.settings.kafka),
            "group.id": "nobody",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
        reader = Consumer(settings)
        try:
            yield reader
        finally:
            reader.close()

    def states(self) -> dict[bytes, dict[bytes, bytes]]:
        """Read every user's state as Redis holds it, by its key."""
        keys = list(self.redis.scan_iter(f"{{{self.settings.group}:*}}:user:*", count=5_000))
        pipeline = self.redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key)
        return dict(zip(keys, pipeline.execute(), strict=True))

    def forget(self) -> None:
        """Empty Redis of this group's keys, and of no other's."""
        for key in list(self.redis.scan_iter(f"{{{self.settings.group}:*}}:*", count=5_000)):
            self.redis.delete(key)

    def written_bytes(self) -> int:
        """Give how many bytes clients have sent to Redis so far."""
        return int(self.redis.info("stats")["total_net_input_bytes"])


def stages_seconds(chain: Chain) -> dict[str, float]:
    """Ask the only worker how long its cycles' steps took in all."""
    with urlopen(f"http://127.0.0.1:{chain.settings.web_port}/metrics") as reply:
        families = text_string_to_metric_families(reply.read().decode())
        return {
            sample.labels["stage"]: sample.value
            for family in families
            for sample in family.samples
            if sample.name == "penstock_cycle_seconds_sum"
        }


def free_port() -> int:
    """Find a port of this host that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def cpu_seconds(worker: WorkerProcess) -> float:
    """Give the processor time that a worker has taken so far, all its threads together."""
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def _partitions(reader: Consumer, topics: Sequence[str]) -> list[TopicPartition]:
    known = reader.list_topics(timeout=PATIENCE_S).topics
    return [TopicPartition(name, number) for name in topics for number in known[name].partitions]
