"""The state in memory: the store's twin, for tests, the simulator and dry runs."""

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from schemas.ids import bucket_of
from streams.protocols import (
    Claimed,
    ConflictError,
    Identity,
    Ownership,
    Parts,
    Peeked,
    Token,
    Writes,
)
from streams.store.pieces import Piecewise, Span


@dataclass(slots=True)
class Undo:
    """What an apply from *base* to *next* replaced; empty bytes stand for what was not there.

    *token* and *chunks* say by whom and in how many calls it was made.
    """

    base: int
    next: int
    token: Token
    chunks: int = 0
    users: dict[str, Parts] = field(default_factory=dict)
    shared: Parts = field(default_factory=dict)


@dataclass(slots=True)
class Held:
    """All that is held of one partition."""

    token: Token | None = None
    watermark: int | None = None
    identity: Identity | None = None
    users: dict[str, Parts] = field(default_factory=dict)
    shared: Parts = field(default_factory=dict)
    undo: Undo | None = None

    @property
    def cut_short(self) -> Undo | None:
        """Give the undo record of an apply that is under way, or was cut short."""
        return self.undo if self.undo is not None and self.undo.base == self.watermark else None

    def take_back(self, committed: int) -> bool:
        """Take the last apply back if it was cut short, or is not all committed; say whether."""
        undo = self.undo
        if undo is None or not (self.cut_short or undo.base <= committed < undo.next):
            return False
        self.write(Writes(undo.users, undo.shared))
        self.watermark, self.undo = undo.base, None
        return True

    def write(self, writes: Writes) -> Writes:
        """Write parts and rows; give what stood in their places."""
        users = {}
        for user, parts in writes.users.items():
            held = self.users.setdefault(user, {})
            users[user] = _write(held, parts)
            if not held:
                del self.users[user]
        return Writes(users, _write(self.shared, writes.shared))


def _write(held: Parts, parts: Parts) -> Parts:
    replaced = {name: held.get(name, b"") for name in parts}
    held.update(parts)
    for name in [name for name, part in parts.items() if not part]:
        del held[name]
    return replaced


def _unfit(held: Identity, ours: Identity) -> Ownership | None:
    """Say why this build must not use a state; nothing if it may."""
    if held.topic_id != ours.topic_id:
        return Ownership.FOREIGN_TOPIC
    if held.layout > ours.layout or held.fold > ours.fold:
        return Ownership.NEWER_LAYOUT
    return Ownership.OLDER_FOLD if held.fold < ours.fold else None


def _compared(watermark: int, committed: int) -> Ownership:
    if watermark == committed:
        return Ownership.EQUAL
    return Ownership.BEHIND if watermark < committed else Ownership.AHEAD


class MemoryStore(Piecewise):
    """State in this process, with the promises of `streams.protocols.Store`.

    A copy of a partition can be taken, and put back as a backup would be.
    """

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 0
        self._held: defaultdict[int, Held] = defaultdict(Held)

    def snapshot(self, partition: int) -> Held:
        """Copy a partition, token and all."""
        return deepcopy(self._held[partition])

    def restore(self, partition: int, snapshot: Held) -> None:
        """Make a partition what it was when the copy was taken."""
        self._held[partition] = deepcopy(snapshot)

    async def close(self) -> None:
        """Let go of nothing, for nothing is open."""

    async def epoch(self) -> int:
        """Give the group's epoch: 0 until it is raised."""
        return self._epoch

    async def raise_epoch(self) -> int:
        """Raise the group's epoch; gives the new one."""
        self._epoch += 1
        return self._epoch

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it."""
        held = self._held[partition]
        if held.token is not None and held.token[:2] > token[:2]:
            if held.token.epoch > token.epoch:
                self._epoch = max(self._epoch, held.token.epoch)
            return False
        held.token = token
        return True

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; take back an apply that is not all committed."""
        held = self._held[partition]
        if held.token != token:
            return Claimed(Ownership.FENCED, None)
        if held.watermark is None or held.identity is None:
            return Claimed(Ownership.MISSING, None)
        if unfit := _unfit(held.identity, identity):
            return Claimed(unfit, held.watermark)
        went_back = held.take_back(committed)
        found = _compared(held.watermark, committed)
        if found is not Ownership.AHEAD:
            held.identity = identity
        if went_back and found is Ownership.EQUAL:
            found = Ownership.ROLLED_BACK
        return Claimed(found, held.watermark)

    async def begin_piece(
        self, partition: int, token: Token, watermark: int, identity: Identity, users_max: int
    ) -> int:
        """Remove at most *users_max* users and give how many; with none left, set the watermark."""
        held = self._held[partition]
        if held.token != token:
            raise ConflictError(f"partition {partition}: the partition is not ours to begin")
        left = dict(list(held.users.items())[users_max:])
        removed = len(held.users) - len(left)
        begun = Held(token, watermark, identity)
        self._held[partition] = Held(token, users=left) if removed else begun
        return removed

    async def load(
        self, partition: int, token: Token, watermark: int, users: Sequence[str]
    ) -> dict[str, Parts]:
        """Read all parts of users, and their absence; ConflictError unless both match."""
        held = self._whole(partition, token, watermark)
        return {user: dict(held.users.get(user, {})) for user in users}

    async def load_shared(self, partition: int, token: Token, watermark: int) -> Parts:
        """Read the rows that a partition's users share; ConflictError unless both match."""
        return dict(self._whole(partition, token, watermark).shared)

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users in order; ConflictError unless both match."""
        held = self._whole(partition, token, watermark)
        return sorted(user for user in held.users if bucket_of(user) == bucket)

    async def peek(self, partition: int, committed: int, bucket: int) -> Peeked | None:
        """Read a bucket without owning its partition; None where there is no state."""
        held = self.snapshot(partition)
        if held.watermark is None or held.identity is None:
            return None
        if held.undo is not None and held.undo.next == held.watermark > committed:
            # Whatever the owner has applied since it was asked, what is before that stands.
            committed = max(committed, held.undo.base)
        held.take_back(committed)
        of_bucket = {user: own for user, own in held.users.items() if bucket_of(user) == bucket}
        return Peeked(held.watermark, held.identity, of_bucket, held.shared)

    async def discard(self, partition: int, identity: Identity) -> None:
        """Empty a partition, whoever owns it, as the epoch and generation that holds it."""
        held = self._held[partition].token or Token(self._epoch, 0, "")
        await self._discard(partition, held, identity)

    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        """Write a chunk: the first opens the undo record, the last moves the watermark."""
        held = self._at(partition, token, span.watermark)
        undo = held.cut_short or Undo(span.watermark, span.until, token)
        if (undo.next, undo.token, undo.chunks) != (span.until, token, span.number):
            raise _cut_short(partition)
        held.undo = undo
        undo.chunks += 1
        replaced = held.write(chunk)
        undo.users.update(replaced.users)
        undo.shared.update(replaced.shared)
        if span.is_last:
            held.watermark = span.until

    def _at(self, partition: int, token: Token, watermark: int) -> Held:
        held = self._held[partition]
        if (held.token, held.watermark) != (token, watermark):
            raise ConflictError(f"partition {partition}: not ours, or not at {watermark}")
        return held

    def _whole(self, partition: int, token: Token, watermark: int) -> Held:
        held = self._at(partition, token, watermark)
        if held.cut_short:
            raise _cut_short(partition)
        return held


def _cut_short(partition: int) -> ConflictError:
    return ConflictError(f"partition {partition}: an apply was cut short; claim first")
