"""Looking into a partition in Redis that somebody else owns, and may be writing to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.ids import bucket_of
from streams.protocols import Identity, Parts, Peeked, PeekError

TRIES_MAX = 100

Command = tuple[str | bytes, ...]
Ask = Callable[[Sequence[Command]], Awaitable[list[Any]]]

_META = ("epoch", "generation", "nonce", "watermark", "topic_id", "layout", "fold")
_UNDO = ("base", "next", "nonce", "chunks")


class _MovedError(Exception):
    """What was read is not of one moment."""


class Fence(NamedTuple):
    """Where a partition stands; whatever is written to it changes this as well."""

    meta: tuple[bytes | None, ...]
    undo: tuple[bytes | None, ...]

    @property
    def watermark(self) -> int | None:
        """Give the watermark, if there is a state."""
        stored = self.meta[_META.index("watermark")]
        return None if stored is None else int(stored)

    @property
    def identity(self) -> Identity:
        """Say what the state was written for, and by which build."""
        topic_id, layout, fold = self.meta[4:]
        return Identity((topic_id or b"").decode(), int(layout or 0), int(fold or 0))

    def base(self, committed: int) -> int | None:
        """Give where the last apply began if it may yet be taken back, as head.lua explains."""
        base, next_ = self.undo[:2]
        if base is None or next_ is None:
            return None
        cut_short = int(base) == self.watermark
        not_committed = int(next_) == self.watermark and committed < int(next_)
        return int(base) if cut_short or not_committed else None


@dataclass(slots=True)
class Undone:
    """What an undo record would put back: fields by hash; empty bytes ask for removal."""

    hashes: dict[str, Parts] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Mapping[bytes, bytes]) -> "Undone":
        """Read an undo record, as head.lua explains it."""
        undone = cls()
        for key, value in record.items():
            size, colon, rest = key.partition(b":")
            if colon and size.isdigit():
                name, hash_ = rest[: int(size)], rest[int(size) + 1 :]
                undone.hashes.setdefault(_text(hash_), {})[_text(name)] = value
        return undone

    def users_of(self, bucket: int) -> set[str]:
        """Name the users of a bucket that the apply wrote to."""
        users = {name.removeprefix("user:") for name in self.hashes if name.startswith("user:")}
        return {user for user in users if bucket_of(user) == bucket}

    def before(self, hash_: str, now: Parts) -> Parts:
        """Give what a hash held before the apply."""
        both = now | self.hashes.get(hash_, {})
        return {name: part for name, part in both.items() if part}


@dataclass(frozen=True, slots=True)
class Peeking:
    """Reads a partition piece by piece; only pieces between equal fences are of one moment."""

    ask: Ask
    home: str

    async def bucket(self, bucket: int, key: str, committed: int) -> Peeked | None:
        """Read a bucket, of which *key* lists the users; PeekError if it never stands still."""
        for _ in range(TRIES_MAX):
            with suppress(_MovedError):
                return await self._once(bucket, key, committed)
        raise PeekError(f"{self.home} moves on too fast to be looked into")

    async def _once(self, bucket: int, key: str, committed: int) -> Peeked | None:
        fence, (members, rows) = await self._look(
            [("SMEMBERS", self.home + key), ("HGETALL", self.home + "shared")]
        )
        if fence.watermark is None:
            return None
        base, undone = fence.base(committed), Undone()
        if base is not None:
            undo = await self._look_again(fence, [("HGETALL", self.home + "undo")])
            undone = Undone.of(undo[0])
        users = sorted({*map(_text, members), *undone.users_of(bucket)})
        loads = [("HGETALL", f"{self.home}user:{user}") for user in users]
        replies = await self._look_again(fence, loads)
        held = {
            user: undone.before(f"user:{user}", _parts(reply))
            for user, reply in zip(users, replies, strict=True)
        }
        return Peeked(
            fence.watermark if base is None else base,
            fence.identity,
            {user: parts for user, parts in held.items() if parts},
            undone.before("shared", _parts(rows)),
        )

    async def _look_again(self, fence: Fence, commands: Sequence[Command]) -> list[Any]:
        again, replies = await self._look(commands)
        if again != fence:
            raise _MovedError
        return replies

    async def _look(self, commands: Sequence[Command]) -> tuple[Fence, list[Any]]:
        """Run commands between two fences; _MovedError if these differ."""
        fences = [
            ("HMGET", self.home + "meta", *_META),
            ("HMGET", self.home + "undo", *_UNDO),
        ]
        meta, undo, *replies, meta_after, undo_after = await self.ask([*fences, *commands, *fences])
        before = Fence(tuple(meta), tuple(undo))
        if before != Fence(tuple(meta_after), tuple(undo_after)):
            raise _MovedError
        return before, replies


def _parts(reply: Mapping[bytes, bytes]) -> Parts:
    return {_text(name): part for name, part in reply.items()}


def _text(name: bytes) -> str:
    """Read a name that may be damaged, too: whoever looks for damage must not stumble over it."""
    return name.decode(errors="backslashreplace")
