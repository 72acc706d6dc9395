"""An honest history of a run, made in memory by the product's own rules, and ways to falsify it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from benchmarks.chaos.audit import Audit
from benchmarks.chaos.evidence import Evidence, Findings
from benchmarks.chaos.workload import Workload
from sample.dice import Dice
from streams.artifacts import GivenArtifacts
from streams.claiming import FOLD
from streams.codecs import LAYOUT
from streams.intake import take_in
from streams.loading import Loading
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Identity, Message, Partition, Record, Token, Writes
from streams.store import MemoryStore

NAMES = Names()
JOURNAL = Partition(NAMES.journal, 0)
TOPIC_ID = "journal's id"
_OWNER = Token(epoch=0, generation=1, nonce="owner")
_SLICE = 40


@dataclass
class History:
    """What a run of one partition left behind: topics, the committed offset, and the state."""

    workload: Workload
    topics: dict[str, list[LogRecord]] = field(default_factory=lambda: defaultdict(list))
    store: MemoryStore = field(default_factory=MemoryStore)

    @property
    def journal(self) -> list[LogRecord]:
        """Give the journal; whatever is done to it is done to the log."""
        return self.topics[JOURNAL.topic]

    def write(self, message: Message) -> None:
        """Append a message to its topic."""
        records = self.topics[message.topic]
        offset = records[-1].offset + 1 if records else 0
        records.append(
            LogRecord(offset, 1_700_000_000_000, message.key, message.value, message.headers)
        )

    async def send(self, count: int) -> None:
        """Send records, and take each in."""
        for _ in range(count):
            sending = self.workload.draw()
            topic = NAMES.of(sending.topic)
            self.write(Message(topic, sending.key.encode(), sending.value, ()))
            taken_in = take_in(NAMES, Partition(topic, 0), self.topics[topic][-1:])
            for message in taken_in.messages:
                self.write(message)

    async def fold(self) -> None:
        """Fold the journal, and write what comes of it; what it teaches is folded in its turn."""
        await self.store.own(0, _OWNER)
        await self.store.begin(0, _OWNER, 0, Identity(TOPIC_ID, LAYOUT, FOLD))
        loading = Loading(self.store, NAMES, JOURNAL, _OWNER, GivenArtifacts())
        memory, at = await loading.memory(0, 1_000), 0
        while records := self.journal[at : at + _SLICE]:
            decision = await loading.fold(at, memory, records, {})
            writes, until = decision.writes or Writes({}, {}), records[-1].offset + 1
            await self.store.apply(0, _OWNER, at, until, writes)
            memory.written(writes)
            at = until
            for message in decision.messages:
                self.write(message)

    # What the audit asks of a log.

    async def committed(self, _: Partition) -> int:
        """Give what the workers committed: all."""
        return self.journal[-1].offset + 1

    async def topic_id(self, _: str) -> str:
        """Give the journal's id."""
        return TOPIC_ID

    async def read(
        self, partition: Partition, start: int, until: int
    ) -> AsyncIterator[Sequence[Record]]:
        """Read in slices of another size than those that were folded."""
        records = [own for own in self.topics[partition.topic] if start <= own.offset < until]
        for first in range(0, len(records), 7):
            yield records[first : first + 7]


def honest(count: int = 400) -> History:
    """Make a history of a run in which nothing went wrong."""

    async def made() -> History:
        history = History(Workload(Dice(0, 0)))  # A seed that draws poison, too.
        await history.send(count)
        await history.fold()
        return history

    return asyncio.run(made())


def judged(history: History) -> Findings:
    """Read a history as the witness would, and audit it."""
    history = deepcopy(history)
    evidence = Evidence(NAMES)
    for topic in evidence.topics:
        for record in history.topics[topic]:
            evidence.take_in(Partition(topic, 0), record)
    audit = Audit(history, history.store, NAMES, evidence.findings)
    asyncio.run(audit.check(history.workload, evidence, 1))
    return evidence.findings
