"""What can be read off a run's topics: each record is held against the one before it."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chaos.workload import Identity
from schemas.dead_letters import PREFIX
from schemas.journal import LessonsTaught
from schemas.topics import ENRICHED, INPUTS, JOURNAL, OUTPUTS
from streams.names import Names
from streams.protocols import Partition, Record

_LESSONS = LessonsTaught.ce_type.encode()
_ORIGIN = "penstock.origin."
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


class Evidence:
    """Every input, journal entry, output and dead letter, taken in as a reader meets them."""

    def __init__(self, names: Names) -> None:
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
        self._refused = names.dead_letters(JOURNAL)
        self._enriched = names.of(ENRICHED)
        self._inputs = set(names.inputs)
        self._outputs = {names.of(topic) for topic in OUTPUTS}
        letters = [names.dead_letters(topic) for topic in INPUTS]
        journals = (self._journal, self._refused)
        self.topics = [*self._inputs, *journals, *self._outputs, *letters]

    def take_in(self, partition: Partition, record: Record) -> None:
        """Hold the next record of a partition against all that came before."""
        headers = {name: value or b"" for name, value in record.headers}
        if partition.topic in self._inputs:
            self.inputs[*partition, record.offset] = record.value or b""
            self.users_of[partition.number].add((record.key or b"").decode())
        elif partition.topic in self._outputs:
            self._take_output(partition, record, headers)
        elif partition.topic == self._journal:
            self.journal_ends[partition.number] = record.offset + 1
            if headers.get("ce_type") == _LESSONS:
                self.outputs[partition].append((record.key, record.value, headers["ce_id"]))
            if f"{_ORIGIN}topic" in headers:
                self._take_origin(_origin(headers, _ORIGIN), record.key)
        elif partition.topic == self._refused:
            self.outputs[partition].append((record.key, record.value, headers["ce_id"]))
        else:
            origin = _origin(headers, PREFIX)
            self.dead.add(origin)
            self._take_origin(origin, None)

    def _take_output(self, partition: Partition, record: Record, headers: dict[str, bytes]) -> None:
        name = headers["ce_id"]
        self.outputs[partition].append((record.key, record.value, name))
        if (partition.topic, name) in self._ids:
            self.findings.add("doubled", f"{partition}: id {name.decode()} came twice")
        self._ids.add((partition.topic, name))
        body = json.loads(record.value or b"")
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


def _origin(headers: dict[str, bytes], prefix: str) -> Origin:
    return (
        headers[f"{prefix}topic"].decode(),
        int(headers[f"{prefix}partition"]),
        int(headers[f"{prefix}offset"]),
    )
