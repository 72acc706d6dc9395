"""One Redis for all workers, which can forget: its last writes, or everything."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from streams.protocols import Claimed, ConflictError, Identity, Parts, Token, Writes
from streams.store.memory import MemoryStore
from streams.store.pieces import Piecewise, Span
from tests.simulator.world import Wire

T = TypeVar("T")
Ask = Callable[[MemoryStore], Coroutine[Any, Any, T]]


APPLY_CUT_SHORT = "an apply cut short"
BEGINNING_CUT_SHORT = "a beginning cut short"


class Disk:
    """A store, and every call that made it what it is, as an append-only file has them.

    It takes what workers apply in chunks, and removes users a few at a time.
    """

    def __init__(
        self, fresh: Callable[[], MemoryStore], chunk_bytes_max: int, users_removed_at_once: int
    ) -> None:
        self.chunk_bytes_max = chunk_bytes_max
        self.users_removed_at_once = users_removed_at_once
        self._fresh = fresh
        self._store = fresh()
        self.writes: list[tuple[int, Ask[Any]]] = []
        self.watermarks: dict[int, int] = {}
        self.has_forgotten = False
        self.on_watermark: Callable[[int, int], None] = lambda _partition, _watermark: None

    def read(self, ask: Ask[T]) -> T:
        """Read."""
        return at_once(ask(self._store))

    def write(self, partition: int, ask: Ask[T]) -> T:
        """Write, unless the store refuses, and remember what was written."""
        answer = at_once(ask(self._store))
        self.writes.append((partition, ask))
        watermark = self._store._held[partition].watermark
        if watermark is None:
            self.watermarks.pop(partition, None)
        elif self.watermarks.get(partition) != watermark:
            self.watermarks[partition] = watermark
            self.on_watermark(partition, watermark)
        return answer

    def unfinished(self, partition: int) -> str | None:
        """Say what was begun of a partition and did not come to its end."""
        held = self._store._held[partition]
        if held.cut_short:
            return APPLY_CUT_SHORT
        return BEGINNING_CUT_SHORT if held.users and held.watermark is None else None

    def raise_epoch(self) -> None:
        """Raise the group's epoch, as an operator does."""
        self.write(0, lambda store: store.raise_epoch())

    def age(self) -> None:
        """Let every state be one that an older fold has made."""
        self.has_forgotten = True
        for partition in sorted(self.watermarks):
            self.write(partition, partial(_age, partition))

    def fall_back(self, kept: int) -> None:
        """Lose all but the first *kept* writes."""
        writes, self.writes = self.writes[:kept], []
        self._store = self._fresh()
        self.watermarks.clear()
        self.has_forgotten = True
        for partition, ask in writes:
            with suppress(ConflictError):
                self.write(partition, ask)


async def _age(partition: int, store: MemoryStore) -> None:
    held = store._held[partition]
    if held.identity is not None:
        held.identity = replace(held.identity, fold=held.identity.fold - 1)


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """Run what never waits."""
    try:
        call.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("the store in memory waited")


class WiredStore(Piecewise):
    """The store as one worker reaches it, one call after another: streams.protocols.Store."""

    def __init__(self, wire: Wire, disk: Disk) -> None:
        super().__init__(
            chunk_bytes_max=disk.chunk_bytes_max, users_removed_at_once=disk.users_removed_at_once
        )
        self._wire, self._disk = wire, disk

    async def close(self) -> None:
        """Let go of nothing."""

    async def epoch(self) -> int:
        """Give the group's epoch."""
        return await self._read("epoch", lambda store: store.epoch())

    async def raise_epoch(self) -> int:
        """Raise the group's epoch."""
        return await self._write("raise_epoch", 0, lambda store: store.raise_epoch())

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over."""
        return await self._write("own", partition, lambda store: store.own(partition, token))

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset, and tell what was found."""
        world, name = self._wire.world, self._wire.name
        if unfinished := self._disk.unfinished(partition):
            world.note(name, f"finds in {partition}", unfinished)
        claimed = await self._write(
            "claim", partition, lambda store: store.claim(partition, token, committed, identity)
        )
        world.note(name, f"finds {partition}", claimed.ownership)
        return claimed

    async def begin_piece(
        self, partition: int, token: Token, watermark: int, identity: Identity, users_max: int
    ) -> int:
        """Remove a few users."""
        return await self._write(
            "begin",
            partition,
            lambda store: store.begin_piece(partition, token, watermark, identity, users_max),
        )

    async def load(
        self, partition: int, token: Token, watermark: int, users: Sequence[str]
    ) -> dict[str, Parts]:
        """Read users."""
        return await self._read(
            "load", lambda store: store.load(partition, token, watermark, users)
        )

    async def load_shared(self, partition: int, token: Token, watermark: int) -> Parts:
        """Read what users share."""
        return await self._read(
            "load_shared", lambda store: store.load_shared(partition, token, watermark)
        )

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users."""
        return await self._read(
            "users_of_bucket",
            lambda store: store.users_of_bucket(partition, token, watermark, bucket),
        )

    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        """Write a chunk."""
        await self._write(
            "apply", partition, lambda store: store.apply_chunk(partition, token, span, chunk)
        )

    async def _read(self, name: str, ask: Ask[T]) -> T:
        return await self._wire.call(f"store.{name}", lambda: self._disk.read(ask), fallible=True)

    async def _write(self, name: str, partition: int, ask: Ask[T]) -> T:
        return await self._wire.call(
            f"store.{name}", lambda: self._disk.write(partition, ask), fallible=True
        )
