"""Users' states as committed entries left them, read beside whoever owns them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from processors.state.shared import Shared
from processors.state.user import User
from schemas.ids import BUCKETS, bucket_of
from streams.codecs import LAYOUT, MADE_AGAIN, decode_shared, decode_user
from streams.errors import MendableError
from streams.names import Names
from streams.placing import partition_of
from streams.protocols import Log, Partition, Peeked


class StateError(MendableError):
    """A state that cannot be read, or of whom there is none."""


class Peekable(Protocol):
    """The part of a store that needs no ownership."""

    async def peek(self, partition: int, committed: int, bucket: int) -> Peeked | None:
        """Read a bucket at one moment; None where there is no state."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A user's state, the user's today, and where in the journal both stand."""

    user: User
    today: int
    partition: int
    watermark: int


class States:
    """The states of all partitions; StateError says in one line why one cannot be read."""

    def __init__(self, log: Log, store: Peekable, names: Names, partitions: int) -> None:
        self._log, self._store = log, store
        self._names, self._partitions = names, partitions

    async def of(self, user_id: str) -> Standing:
        """Read one user; StateError where nothing is known of them."""
        partition = partition_of(user_id, self._partitions)
        for standing in await self._peek(partition, bucket_of(user_id), {user_id}):
            return standing
        raise StateError(f"nothing is known of a user {user_id}")

    async def all(self) -> AsyncIterator[Sequence[Standing]]:
        """Yield the users of one bucket after the other, those of each in order of their ids.

        So never more than a 64th of them is held at once.
        """
        for bucket in range(BUCKETS):
            standings = [
                standing
                for partition in range(self._partitions)
                for standing in await self._peek(partition, bucket)
            ]
            yield sorted(standings, key=lambda standing: standing.user.user_id)

    async def _peek(
        self, partition: int, bucket: int, wanted: Iterable[str] | None = None
    ) -> list[Standing]:
        committed = await self._log.committed(Partition(self._names.journal, partition))
        if committed is None:
            raise StateError(
                "no offset is committed, so no state is known to be right; "
                "run: penstock topics apply --execute"
            )
        peeked = await self._store.peek(partition, committed, bucket)
        if peeked is None:
            raise StateError(
                "the state is not made yet, or Redis has lost it; start a worker, and ask again"
            )
        if peeked.identity.layout != LAYOUT:
            raise StateError(
                f"the state has the layout {peeked.identity.layout}, and this build reads "
                f"{LAYOUT}; run the build that wrote it, or {MADE_AGAIN}"
            )
        shared = decode_shared(peeked.shared)
        users = peeked.users if wanted is None else peeked.users.keys() & set(wanted)
        return [_standing(user, peeked, shared, partition) for user in users]


def _standing(user_id: str, peeked: Peeked, shared: Shared, partition: int) -> Standing:
    user = decode_user(user_id, peeked.users[user_id])
    return Standing(user, shared.today(user_id), partition, peeked.watermark)
