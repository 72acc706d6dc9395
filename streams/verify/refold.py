"""A partition's state made from its journal once more, in memory, with every output muted."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby

from processors.state.entry import Entry
from processors.state.user import User
from schemas.event import Event, UserEvent
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.refusals import Refusal
from streams.artifacts import Artifacts, needed
from streams.errors import MendableError
from streams.folding import FoldFailedError, Memory, Read, fold_slice, read_slice
from streams.names import Names
from streams.protocols import Partition, Parts, Record

Listener = Callable[[Event], object]


class RefoldError(MendableError):
    """An entry cannot be folded that was folded before."""


class Refold:
    """The states of a partition's users, or of *chosen* ones only, as the real fold makes them.

    *listener* hears of each entry before it is folded, unless it is one that no fold sees.
    """

    def __init__(
        self,
        names: Names,
        partition: Partition,
        skipped: Mapping[int, Refusal],
        artifacts: Artifacts,
        chosen: AbstractSet[str] | None = None,
        listener: Listener = lambda _: None,
    ) -> None:
        self._names, self._partition, self._skipped = names, partition, skipped
        self._artifacts, self._chosen, self._listener = artifacts, chosen, listener
        self._keys = None if chosen is None else {user.encode() for user in chosen}
        self._memory = Memory({}, users_max=2**62)
        self._with_state: defaultdict[int, set[str]] = defaultdict(set)

    async def take(self, records: Sequence[Record]) -> None:
        """Fold what comes next; of users that were not chosen, nothing is even decoded."""
        if self._keys is not None:
            records = [own for own in records if own.key is None or own.key in self._keys]
        read = read_slice(records, self._skipped)
        shared = self._memory.shared
        wanted = needed(shared.activated, (entry for _, entry in read.entries))
        shared.artifacts = await self._artifacts.give(wanted)
        # A day may let transactions leave the window: whoever listens looks at them before.
        for run in _runs(self._of_chosen(read.entries)):
            for _, entry in run.entries:
                if isinstance(entry, Entry):
                    self._listener(entry.event)
            self._fold(run)

    def _of_chosen(
        self, entries: list[tuple[Record, Entry | Refusal]]
    ) -> list[tuple[Record, Entry | Refusal]]:
        chosen = self._chosen
        if chosen is None:
            return entries
        return [
            (record, entry)
            for record, entry in entries
            if isinstance(entry, Entry)
            and (not isinstance(entry.event, UserEvent) or entry.event.user_id in chosen)
        ]

    def _fold(self, run: Read) -> None:
        memory = self._memory
        memory.add({user: {} for user in memory.missing(run.users)})
        members = {bucket: set(self._with_state[bucket]) for bucket in run.buckets}
        try:
            decision = fold_slice(self._names, self._partition, run, memory, members)
        except FoldFailedError as error:
            raise RefoldError(
                f"{self._partition.topic}[{self._partition.number}]: entry {error.offset} was "
                "folded before and cannot be now; run the build that did"
            ) from error
        assert decision.writes is not None
        memory.written(decision.writes)
        for user in decision.writes.users:
            of_bucket = self._with_state[bucket_of(user)]
            (of_bucket.add if memory.users[user].stored else of_bucket.discard)(user)

    def parts_of(self, bucket: int) -> dict[str, Parts]:
        """Give all parts of a bucket's users, as the store would hold them now."""
        return {user: self._memory.users[user].stored for user in self._with_state[bucket]}

    def user(self, user_id: str) -> User | None:
        """Give a user as the fold left them; None for one it has not met."""
        kept = self._memory.users.get(user_id)
        return None if kept is None else kept.user

    @property
    def rows(self) -> Parts:
        """Give the rows that all users share, as the store would hold them now."""
        return self._memory.rows


def _runs(entries: Iterable[tuple[Record, Entry | Refusal]]) -> Iterator[Read]:
    """Divide entries where days begin or cease to pass."""
    for _, run in groupby(entries, key=lambda own: _is_day(own[1])):
        taken = list(run)
        events = [entry.event for _, entry in taken if isinstance(entry, Entry)]
        users = {event.user_id: None for event in events if isinstance(event, UserEvent)}
        buckets = {event.bucket: None for event in events if isinstance(event, DayPassed)}
        yield Read(taken, list(users), list(buckets))


def _is_day(entry: Entry | Refusal) -> bool:
    return isinstance(entry, Entry) and isinstance(entry.event, DayPassed)
