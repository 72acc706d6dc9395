"""One Redis for all workers, which can forget: its last writes, or everything."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from streams.protocols import Claimed, ConflictError, Identity, Parts, Token, Writes
from streams.store.memory import MemoryStore
from tests.simulator.world import Wire

T = TypeVar("T")
Ask = Callable[[MemoryStore], Coroutine[Any, Any, T]]


class Disk:
    """A store, and every write that made it what it is, as an append-only file has them."""

    def __init__(self, fresh: Callable[[], MemoryStore] = MemoryStore) -> None:
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
        if watermark is not None and self.watermarks.get(partition) != watermark:
            self.watermarks[partition] = watermark
            self.on_watermark(partition, watermark)
        return answer

    def raise_epoch(self) -> None:
        """Raise the group's epoch, as an operator does."""
        self.write(0, _raise_epoch)

    def fall_back(self, kept: int) -> None:
        """Lose all but the first *kept* writes."""
        writes, self.writes = self.writes[:kept], []
        self._store = self._fresh()
        self.watermarks.clear()
        self.has_forgotten = True
        for partition, ask in writes:
            with suppress(ConflictError):
                self.write(partition, ask)


async def _raise_epoch(store: MemoryStore) -> None:
    store.group_epoch += 1


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """Run what never waits."""
    try:
        call.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("the store in memory waited")


class WiredStore:
    """The store as one worker reaches it: streams.protocols.Store."""

    def __init__(self, wire: Wire, disk: Disk) -> None:
        self._wire, self._disk = wire, disk

    async def epoch(self) -> int:
        """Give the group's epoch."""
        return await self._read("epoch", lambda store: store.epoch())

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over."""
        return await self._write("own", partition, lambda store: store.own(partition, token))

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset."""
        return await self._write(
            "claim", partition, lambda store: store.claim(partition, token, committed, identity)
        )

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state."""
        await self._write(
            "begin", partition, lambda store: store.begin(partition, token, watermark, identity)
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

    async def apply(
        self, partition: int, token: Token, watermark: int, until: int, writes: Writes
    ) -> None:
        """Write, and move the watermark."""
        await self._write(
            "apply",
            partition,
            lambda store: store.apply(partition, token, watermark, until, writes),
        )

    async def _read(self, name: str, ask: Ask[T]) -> T:
        return await self._wire.call(f"store.{name}", lambda: self._disk.read(ask), fallible=True)

    async def _write(self, name: str, partition: int, ask: Ask[T]) -> T:
        return await self._wire.call(
            f"store.{name}", lambda: self._disk.write(partition, ask), fallible=True
        )
