"""The state in memory: the store's twin, for tests, the simulator and dry runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from schemas.ids import bucket_of
from streams.protocols import (
    Claimed,
    ConflictError,
    Identity,
    Ownership,
    Parts,
    Token,
    Writes,
)


@dataclass(slots=True)
class Undo:
    """What an apply from *base* to *next* replaced; empty bytes stand for what was not there."""

    base: int
    next: int
    replaced: Writes


@dataclass(slots=True)
class Held:
    """All that is held of one partition."""

    token: Token | None = None
    watermark: int | None = None
    identity: Identity | None = None
    users: dict[str, Parts] = field(default_factory=dict)
    shared: Parts = field(default_factory=dict)
    undo: Undo | None = None

    def take_back(self, undo: Undo) -> None:
        """Put back what an apply replaced, and the watermark."""
        self.write(undo.replaced)
        self.watermark, self.undo = undo.base, None

    def write(self, writes: Writes) -> Writes:
        """Write parts and rows; give what stood in their places."""
        users = {}
        for user, parts in writes.users.items():
            held = self.users.setdefault(user, {})
            users[user] = _write(held, parts)
            if not held:
                del self.users[user]
        return Writes(users, _write(self.shared, writes.shared))


def _write(held: Parts, parts: Mapping[str, bytes]) -> Parts:
    replaced = {name: held.get(name, b"") for name in parts}
    held.update(parts)
    for name in [name for name, part in parts.items() if not part]:
        del held[name]
    return replaced


def _foreign(held: Identity, ours: Identity) -> Ownership | None:
    """Say why this build must not read a state; nothing if it may."""
    if held.topic_id != ours.topic_id:
        return Ownership.FOREIGN_TOPIC
    if held.layout > ours.layout or held.fold > ours.fold:
        return Ownership.NEWER_LAYOUT
    return None


def _compared(watermark: int, committed: int) -> Ownership:
    if watermark == committed:
        return Ownership.EQUAL
    return Ownership.BEHIND if watermark < committed else Ownership.AHEAD


class MemoryStore:
    """State in this process, with the promises of `streams.protocols.Store`.

    *group_epoch* is what an operator raises. A copy of a partition can be taken, and put back as
    a backup would be.
    """

    def __init__(self) -> None:
        self.group_epoch = 0
        self._held: defaultdict[int, Held] = defaultdict(Held)

    def snapshot(self, partition: int) -> Held:
        """Copy a partition, token and all."""
        return deepcopy(self._held[partition])

    def restore(self, partition: int, snapshot: Held) -> None:
        """Make a partition what it was when the copy was taken."""
        self._held[partition] = deepcopy(snapshot)

    async def epoch(self) -> int:
        """Give the group's epoch, which an operator raises when the group begins anew."""
        return self.group_epoch

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it."""
        held = self._held[partition]
        if held.token is not None and held.token[:2] > token[:2]:
            return False
        held.token = token
        return True

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; roll back what was applied but not committed."""
        held = self._held[partition]
        if held.token != token:
            return Claimed(Ownership.FENCED, None)
        if held.watermark is None or held.identity is None:
            return Claimed(Ownership.MISSING, None)
        if foreign := _foreign(held.identity, identity):
            return Claimed(foreign, held.watermark)
        undo = held.undo
        if undo is not None and (undo.base, undo.next) == (committed, held.watermark):
            held.take_back(undo)
            found = Ownership.ROLLED_BACK
        else:
            found = _compared(held.watermark, committed)
        if found is not Ownership.AHEAD:
            held.identity = identity
        return Claimed(found, held.watermark)

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state and set its watermark; ConflictError if we do not own it."""
        if self._held[partition].token != token:
            raise ConflictError(f"partition {partition}: the partition is not ours to begin")
        self._held[partition] = Held(token, watermark, identity)

    async def load(
        self, partition: int, token: Token, watermark: int, users: Sequence[str]
    ) -> dict[str, Parts]:
        """Read all parts of users, and their absence; ConflictError unless both match."""
        held = self._ours(partition, token, watermark)
        return {user: dict(held.users.get(user, {})) for user in users}

    async def load_shared(self, partition: int, token: Token, watermark: int) -> Parts:
        """Read the rows that a partition's users share; ConflictError unless both match."""
        return dict(self._ours(partition, token, watermark).shared)

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users in order; ConflictError unless both match."""
        held = self._ours(partition, token, watermark)
        return sorted(user for user in held.users if bucket_of(user) == bucket)

    async def apply(
        self, partition: int, token: Token, watermark: int, until: int, writes: Writes
    ) -> None:
        """Write and move the watermark to *until* at once, keeping what was as the undo record."""
        assert watermark < until, "an apply moves the watermark on"
        held = self._ours(partition, token, watermark)
        held.undo = Undo(watermark, until, held.write(writes))
        held.watermark = until

    def _ours(self, partition: int, token: Token, watermark: int) -> Held:
        held = self._held[partition]
        if (held.token, held.watermark) != (token, watermark):
            raise ConflictError(f"partition {partition}: not ours, or not at {watermark}")
        return held
