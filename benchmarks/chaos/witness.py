"""Who reads along while all breaks: every input, journal entry, output and dead letter."""

import json
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from benchmarks.chaos.workload import Identity
from schemas.dead_letters import PREFIX
from schemas.topics import ENRICHED, INPUTS, JOURNAL, OUTPUTS
from streams.kafka_clients import END_OF_PARTITION
from streams.names import Names
from streams.protocols import Partition

_POLL_S = 0.05
_KEPT_MAX = 20
_SUBJECTS = ("alert_id", "insight_id", "forecast_id", "transaction_id")

Wire = tuple[bytes | None, bytes | None, bytes]
"""Key, value and id of an output."""

Origin = tuple[str, int, int]
"""Topic, partition and offset of the input that a record comes from."""


@dataclass
class Findings:
    """What was found wrong: counted by kind, and the first few in words."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def add(self, kind: str, what: str) -> None:
        """Note one thing that is wrong."""
        self.counts[kind] += 1
        if self.counts[kind] <= _KEPT_MAX:
            self.first.append(f"{kind}: {what}")


class Witness:
    """Reads committed records only, in a thread of its own, and holds each against the last."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self.findings = Findings()
        self.outputs: dict[Partition, list[Wire]] = defaultdict(list)
        self.inputs: dict[Origin, bytes] = {}
        self.origins: Counter[Origin] = Counter()
        self.dead: set[Origin] = set()
        self.journal_ends: dict[int, int] = {}
        self.told: dict[Identity, int] = {}
        self.last: Counter[str] = Counter()
        self.users_of: dict[int, set[str]] = defaultdict(set)
        self._revisions: Counter[tuple[str, str, str]] = Counter()
        self._ids: set[tuple[str, bytes]] = set()
        self._latest: dict[tuple[str, int, bytes | None], int] = {}
        self._journal = names.journal
        self._enriched = names.of(ENRICHED)
        self._inputs = set(names.inputs)
        self._outputs = {names.of(topic) for topic in OUTPUTS}
        letters = [names.dead_letters(topic) for topic in (*INPUTS, JOURNAL)]
        topics = [*self._inputs, self._journal, *self._outputs, *letters]
        self._consumer = _reader(bootstrap, topics)
        self._unread = {(own.topic, own.partition) for own in self._consumer.assignment()}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="witness", daemon=True)
        self._thread.start()

    @property
    def has_read_all(self) -> bool:
        """Say whether everything that is committed has been read."""
        return not self._unread

    def close(self) -> None:
        """Stop reading."""
        self._over.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._over.is_set():
            for message in self._consumer.consume(1_000, _POLL_S):
                place = (str(message.topic()), int(message.partition() or 0))
                error = message.error()
                if error is None:
                    self._unread.add(place)
                    self._take_in(Partition(*place), message)
                elif error.code() == END_OF_PARTITION:
                    self._unread.discard(place)
                elif not (error.retriable() or error.code() in _PASSING):
                    self.findings.add("unreadable", str(error))

    def _take_in(self, partition: Partition, message: Message) -> None:
        headers: dict[str, Any] = dict(message.headers() or [])
        if partition.topic in self._inputs:
            self.inputs[*partition, int(message.offset() or 0)] = _bytes(message.value())
            self.users_of[partition.number].add(_bytes(message.key()).decode())
        elif partition.topic in self._outputs:
            self._take_output(partition, message, headers)
        elif partition.topic == self._journal:
            self.journal_ends[partition.number] = int(message.offset() or 0) + 1
            if "penstock.origin.topic" in headers:
                self._take_origin(_origin(headers, "penstock.origin."), message.key())
        else:
            origin = _origin(headers, PREFIX)
            self.dead.add(origin)
            self._take_origin(origin, None)

    def _take_output(self, partition: Partition, message: Any, headers: dict[str, bytes]) -> None:
        name = headers["ce_id"]
        self.outputs[partition].append((message.key(), message.value(), name))
        if (partition.topic, name) in self._ids:
            self.findings.add("doubled", f"{partition}: id {name.decode()} came twice")
        self._ids.add((partition.topic, name))
        body = json.loads(message.value())
        self._take_revision(partition, body)
        if partition.topic == self._enriched:
            self._take_payment(body["user_id"], int(body["transaction_id"][2:]), body["revision"])

    def _take_revision(self, partition: Partition, body: dict[str, Any]) -> None:
        """Hold a revision against the last: it grows by one, from 1."""
        subject = next(body[name] for name in _SUBJECTS if name in body)
        key = (partition.topic, body["user_id"], subject)
        self._revisions[key] += 1
        if body["revision"] != self._revisions[key]:
            self.findings.add("out_of_order", f"{key}: {body['revision']}, {self._revisions[key]}.")

    def _take_payment(self, user: str, number: int, revision: int) -> None:
        """Hold a payment's first view against the user's last: they are 1, 2, 3 and so on."""
        self.told[user, number] = revision
        if revision != 1:
            return
        if number != self.last[user] + 1:
            self.findings.add("out_of_order", f"{user}: {number} after {self.last[user]}")
        self.last[user] = max(self.last[user], number)

    def _take_origin(self, origin: Origin, user: bytes | None) -> None:
        """Hold an input's arrival against the last: once each, and a user's in order."""
        self.origins[origin] += 1
        topic, number, offset = origin
        if self.origins[origin] > 1:
            self.findings.add("doubled", f"input {origin} was taken in twice")
        if offset < self._latest.get((topic, number, user), -1):
            self.findings.add("out_of_order", f"input {origin} was taken in late")
        self._latest[topic, number, user] = offset


# A broker that is away is what we are here for.
_PASSING = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}  # noqa: SLF001  librdkafka's own, and public.


def _reader(bootstrap: str, topics: list[str]) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "witness",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "reconnect.backoff.max.ms": 500,
            "fetch.wait.max.ms": 50,
            "log_level": 0,
        }
    )
    known = consumer.list_topics(timeout=15).topics
    consumer.assign(
        [TopicPartition(name, number, 0) for name in topics for number in known[name].partitions]
    )
    return consumer


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _origin(headers: dict[str, bytes], prefix: str) -> Origin:
    return (
        headers[f"{prefix}topic"].decode(),
        int(headers[f"{prefix}partition"]),
        int(headers[f"{prefix}offset"]),
    )
