"""A partition that was lived through: a journal in memory, and the state that its owner made."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from schemas.event import Event, UserEvent
from schemas.topics import JOURNAL
from streams.claiming import FOLD
from streams.codecs import LAYOUT
from streams.journal import own_message
from streams.loading import Loading
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Identity, Partition, Token, Writes
from streams.store import MemoryStore
from streams.verify.checking import Check, Checked, Scope
from tests.tiny_artifacts import GIVEN

PLACE = Partition(JOURNAL.name, 0)
OURS = Identity("topic-1", LAYOUT, FOLD)
OWNER = Token(0, 1, "owner")
SECOND_MS = 1_000


def record_of(event: Event, offset: int) -> LogRecord:
    """Write an event down as the journal holds it."""
    message = own_message(JOURNAL.name, event, 0, (offset,), "/test")
    key = event.user_id.encode() if isinstance(event, UserEvent) else None
    return LogRecord(offset, offset * SECOND_MS, key, message.value, message.headers)


@dataclass
class Journal:
    """A journal of one partition, as far as a check reads it: streams.protocols.Log."""

    records: list[LogRecord] = field(default_factory=list)
    is_committed: int | None = 0
    begins_at: int = 0

    async def committed(self, partition: Partition) -> int | None:
        assert partition == PLACE
        return self.is_committed

    async def start(self, partition: Partition) -> int:
        return self.begins_at if partition == PLACE else 0

    async def end(self, partition: Partition) -> int:
        return len(self.records) if partition == PLACE else 0

    async def newest_ms(self, _partition: Partition) -> int:
        return 0

    async def has_taken_in(self, _topics: Sequence[str], _before_ms: int) -> bool:
        return True

    async def topic_id(self, _topic: str) -> str:
        return OURS.topic_id

    async def read(
        self, partition: Partition, start: int, until: int
    ) -> AsyncIterator[Sequence[LogRecord]]:
        if partition != PLACE:
            return
        for first in range(start, until, 7):
            yield self.records[first : min(first + 7, until)]


class Life:
    """A partition's owner: what it is told goes into the journal, and then into the store."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.journal = Journal()
        self._at = 0

    async def live(self, events: Iterable[Event], cuts: Sequence[int] = ()) -> "Life":
        """Fold events, in slices that are cut where *cuts* says, and what they teach everybody."""
        if not self._at:
            assert await self.store.own(0, OWNER)
            await self.store.begin(0, OWNER, 0, OURS)
        records = self.journal.records
        records += [record_of(event, len(records) + at) for at, event in enumerate(events)]
        while self._at < len(records):
            cut = min((cut for cut in cuts if cut > self._at), default=len(records))
            await self._apply(self._at, min(cut, len(records)))
        self.journal.is_committed = self._at
        return self

    async def _apply(self, start: int, until: int) -> None:
        loading = Loading(self.store, Names(), PLACE, OWNER, GIVEN)
        memory = await loading.memory(start, 1_000)
        decision = await loading.fold(start, memory, self.journal.records[start:until], {})
        writes = decision.writes or Writes({}, {})
        await self.store.apply(0, OWNER, start, until, writes)
        self._at = until
        # As in a worker, whose outputs and whose journal are one transaction.
        for message in decision.messages:
            if message.topic == JOURNAL.name:
                at = len(self.journal.records)
                headers = message.headers
                taught = LogRecord(at, at * SECOND_MS, message.key, message.value, headers)
                self.journal.records.append(taught)

    async def check(self, scope: Scope | None = None) -> Checked:
        """Hold the state against the journal."""
        return await Check(self.journal, self.store, Names(), GIVEN).run(0, scope or Scope())
