"""The audit afterwards: what came out is what a run without faults makes of the same journal."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.chaos.evidence import Evidence, Findings, Wire
from benchmarks.chaos.workload import Run, Workload
from processors.state.sections import Month
from processors.state.user import User
from schemas.ids import BUCKETS
from schemas.topics import JOURNAL, OUTPUTS
from streams.artifacts import GivenArtifacts
from streams.claiming import FOLD
from streams.codecs import LAYOUT, decode_user
from streams.loading import Loading
from streams.names import Names
from streams.protocols import (
    Identity,
    Message,
    Ownership,
    Partition,
    Parts,
    Record,
    Store,
    Token,
    Writes,
)
from streams.store import MemoryStore

_USERS_MAX = 1_000
# Whoever owned a partition in the run, the audit takes it over.
_AUDITOR = Token(epoch=1_000_000, generation=0, nonce="audit")


class Log(Protocol):
    """What the audit asks of the log."""

    async def committed(self, partition: Partition) -> int | None:
        """Give the workers' committed offset."""
        ...

    async def topic_id(self, topic: str) -> str:
        """Give the id that a topic was created with."""
        ...

    def read(self, partition: Partition, start: int, until: int) -> AsyncIterator[Sequence[Record]]:
        """Yield what committed transactions wrote from *start* to before *until*, in order."""
        ...


@dataclass
class Folded:
    """What a run without faults makes of a journal partition."""

    outputs: dict[str, list[Wire]] = field(default_factory=lambda: defaultdict(list))
    users: dict[str, Parts] = field(default_factory=dict)
    shared: Parts = field(default_factory=dict)


@dataclass
class Audit:
    """Compares all that is left with all that was sent; the workers must have left."""

    log: Log
    store: Store
    names: Names
    findings: Findings

    async def check(self, workload: Workload, evidence: Evidence, partitions: int) -> None:
        """Look at inputs, payments, outputs and states."""
        self._check_inputs(evidence)
        self._check_payments(workload, evidence)
        kept: dict[str, Parts] = {}
        for number in range(partitions):
            journal = Partition(self.names.journal, number)
            committed = await self.log.committed(journal) or 0
            if committed < evidence.journal_ends.get(number, 0):
                self.findings.add("lost", f"{journal} is committed up to {committed} only")
            folded = await self._fold(journal, committed)
            self._check_outputs(number, folded, evidence)
            kept |= await self._check_state(number, committed, folded)
        self._check_sums(workload.months, kept)

    def _check_inputs(self, evidence: Evidence) -> None:
        """Each input is in the journal, or dead if it is poison; and nothing else is."""
        taken = set(evidence.origins)
        for origin in evidence.inputs.keys() - taken:
            self.findings.add("lost", f"input {origin} was never taken in")
        for origin in taken - evidence.inputs.keys():
            self.findings.add("doubled", f"{origin} was never sent")
        poison = {origin for origin, value in evidence.inputs.items() if value[:9] == b'{"poison"'}
        for origin in evidence.dead ^ poison:
            self.findings.add("wrongly_dead", f"{origin} is dead, or is poison, but not both")

    def _check_payments(self, workload: Workload, evidence: Evidence) -> None:
        """Each payment was told of once, and once more if it was corrected."""
        for identity in workload.identities():
            expected = 2 if identity in workload.corrected else 1
            if (told := evidence.told.get(identity, 0)) < expected:
                self.findings.add("lost", f"payment {identity}: revision {told}, not {expected}")

    async def _fold(self, journal: Partition, committed: int) -> Folded:
        """Fold the journal from its beginning in this process, with the product's own rules."""
        store, folded = MemoryStore(), Folded()
        await store.own(journal.number, _AUDITOR)
        await store.begin(journal.number, _AUDITOR, 0, Identity("", LAYOUT, FOLD))
        loading = Loading(store, self.names, journal, _AUDITOR, GivenArtifacts())
        memory, at = await loading.memory(0, _USERS_MAX), 0
        async for records in self.log.read(journal, 0, committed):
            decision = await loading.fold(at, memory, records, {})
            writes = decision.writes or Writes({}, {})
            until = records[-1].offset + 1
            await store.apply(journal.number, _AUDITOR, at, until, writes)
            memory.written(writes)
            at = until
            for message in decision.messages:
                folded.outputs[message.topic].append(_wire(message))
        folded.users = await _users(store, journal.number, at)
        folded.shared = await store.load_shared(journal.number, _AUDITOR, at)
        return folded

    def _check_outputs(self, number: int, folded: Folded, evidence: Evidence) -> None:
        """Every output is there, byte by byte, in its order, and nothing besides."""
        # And what the fold writes for itself: what it teaches everybody, and what it refuses.
        own = (self.names.journal, self.names.dead_letters(JOURNAL))
        for topic in (*map(self.names.of, OUTPUTS), *own):
            expected = folded.outputs[topic]
            found = evidence.outputs[Partition(topic, number)]
            if expected == found:
                continue
            place = f"{topic}[{number}]"
            missing, surplus = Counter(expected), Counter(found)
            for _, _, name in (missing - surplus).elements():
                self.findings.add("lost", f"{place}: {name.decode()} never came, or other bytes")
            for _, _, name in (surplus - missing).elements():
                self.findings.add("doubled", f"{place}: {name.decode()} should not have come")
            if missing == surplus:
                self.findings.add("out_of_order", f"{place}: all came, in another order")

    async def _check_state(self, number: int, committed: int, folded: Folded) -> dict[str, Parts]:
        """Hold Redis against the fold; give what Redis has of each user."""
        await self.store.own(number, _AUDITOR)
        topic_id = await self.log.topic_id(self.names.journal)
        identity = Identity(topic_id, LAYOUT, FOLD)
        found = await self.store.claim(number, _AUDITOR, committed, identity)
        if found.ownership is not Ownership.EQUAL or found.watermark is None:
            self.findings.add("wrong_state", f"partition {number}: {found}, committed {committed}")
            return {}
        users = await _users(self.store, number, found.watermark)
        for user in sorted(users.keys() | folded.users.keys()):
            if users.get(user) != folded.users.get(user):
                parts = _differing(users.get(user, {}), folded.users.get(user, {}))
                self.findings.add("wrong_state", f"{user}: {', '.join(parts)}")
        if await self.store.load_shared(number, _AUDITOR, committed) != folded.shared:
            self.findings.add("wrong_state", f"partition {number}: what its users share")
        return users

    def _check_sums(self, months: dict[tuple[str, int], Run], kept: dict[str, Parts]) -> None:
        """Add up by hand what each user paid each month, and compare."""
        users = {user: self._decoded(user, parts) for user, parts in kept.items()}
        for (name, month), run in months.items():
            if (user := users.get(name)) is None:
                self.findings.add("wrong_state", f"{name} has no state that can be read")
                continue
            recent, closed = user.hot.aggregate.months, user.history.aggregate.months
            by_currency = recent.get(month) or closed.get(month) or {}
            totals = by_currency.get("EUR", Month()).by_category.values()
            found = sum(own.out_minor for own in totals), sum(own.count for own in totals)
            if found != (run.sum_minor, run.count):
                self.findings.add("wrong_state", f"{name}, {month}: {found}, but {run}")

    def _decoded(self, user: str, parts: Parts) -> User | None:
        try:
            return decode_user(user, parts)
        except Exception as error:  # noqa: BLE001 - Whatever damaged state may cause.
            self.findings.add("wrong_state", f"{user} cannot be read: {error!r}")
            return None


async def _users(store: Store, number: int, watermark: int) -> dict[str, Parts]:
    users = [
        user
        for bucket in range(BUCKETS)
        for user in await store.users_of_bucket(number, _AUDITOR, watermark, bucket)
    ]
    return await store.load(number, _AUDITOR, watermark, users)


def _wire(message: Message) -> Wire:
    (name,) = (value for header, value in message.headers if header == "ce_id")
    return message.key, message.value, name or b""


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
