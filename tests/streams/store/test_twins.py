"""The law of the twins: whatever is asked of both stores, both give the same answer."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from schemas.ids import bucket_of
from streams.protocols import ConflictError, Identity, Parts, Store, Token, Writes
from streams.stack import Stack
from streams.store import MemoryStore, RedisStore, connect
from streams.store.memory import Held
from tests.streams.store.stories import PARTITION, USERS, fresh_group, in_chunks, whole

NAMES = ["hot", "recent:2950", "a b", ""]

rivals = st.sampled_from(["one", "other"])
# Mostly right, so that sequences get somewhere.
off_by = st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1])
some_users = st.lists(st.sampled_from(USERS), max_size=4, unique=True)
some_parts = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"", b"\xff\x00", b"x" * 99]))
identities = st.builds(
    Identity,
    st.sampled_from(["topic-1"] * 5 + ["topic-2"]),
    st.sampled_from([3, 3, 3, 2, 4]),
    st.sampled_from([4, 4, 4, 5]),
)
writes = st.builds(
    Writes, st.dictionaries(st.sampled_from(USERS), some_parts, max_size=4), some_parts
)
owning = st.tuples(st.just("own"), rivals, st.integers(0, 1), st.integers(0, 2))
applying = st.tuples(st.just("apply"), rivals, off_by, st.integers(1, 3), writes)
cutting_short = st.tuples(
    st.just("cut_short"), rivals, off_by, st.integers(1, 3), writes, st.integers(1, 3)
)
beginning = st.tuples(rivals, st.integers(0, 9), identities)
claiming = st.tuples(st.just("claim"), rivals, st.sampled_from([0, 0, -1, -2, -3, 1]), identities)
steps = st.one_of(
    owning,
    applying,
    applying,
    applying,
    claiming,
    claiming,
    cutting_short,
    st.tuples(st.just("go_on")),
    beginning.map(lambda begin: ("begin", *begin)),
    beginning.map(lambda begin: ("begin_piece", *begin, 2)),
    st.tuples(st.just("load"), rivals, off_by, some_users),
    st.tuples(st.just("load_shared"), rivals, off_by),
    st.tuples(st.just("users_of_bucket"), rivals, off_by, st.integers(0, 63)),
    st.tuples(st.just("peek"), off_by, st.sampled_from(sorted(map(bucket_of, USERS)))),
    st.tuples(st.just("back_up")),
    st.tuples(st.just("restore")),
)


@dataclass
class Twins:
    """Both stores, what the two rivals hold, and one backup of each store."""

    redis: Redis
    redis_store: RedisStore
    group: str
    memory_store: MemoryStore = field(default_factory=MemoryStore)
    tokens: dict[str, Token] = field(
        default_factory=lambda: {who: Token(0, 0, who) for who in ("one", "other")}
    )
    nonces: int = 0
    rest: list[tuple[Any, ...]] = field(default_factory=list)
    memory_backup: Held = field(default_factory=Held)
    redis_backup: dict[bytes, bytes | None] = field(default_factory=dict)

    @property
    def watermark(self) -> int:
        return self.memory_store.snapshot(PARTITION).watermark or 0

    async def take(self, step: tuple[Any, ...]) -> None:
        """Ask both stores the same; AssertionError if they answer differently."""
        what, *rest = step
        if what in {"back_up", "restore", "go_on", "cut_short"}:
            await getattr(self, what)(*rest)
            return
        if what == "peek":
            await self.ask(what, PARTITION, self.watermark + rest[0], rest[1])
            return
        who, *arguments = rest
        if what == "own":
            self.nonces += 1
            epoch, generation = arguments
            self.tokens[who], arguments = Token(epoch, generation, f"nonce-{self.nonces}"), []
        elif what == "apply":
            start = self.watermark + arguments[0]
            arguments = [start, start + arguments[1], arguments[2]]
        elif not what.startswith("begin"):
            arguments[0] += self.watermark
        await self.ask(what, PARTITION, self.tokens[who], *arguments)
        await self.ask("epoch")

    async def ask(self, *call: Any) -> None:
        assert await answer(self.redis_store, *call) == await answer(self.memory_store, *call), call

    async def cut_short(self, who: str, off_by: int, by: int, writes: Writes, chunks: int) -> None:
        """Begin an apply; its rest may come later, or never."""
        start = self.watermark + off_by
        calls = [
            ("apply_chunk", PARTITION, self.tokens[who], *each)
            for each in in_chunks(start, start + by, writes)
        ]
        begun, self.rest = calls[:chunks], calls[chunks:]
        for call in begun:
            await self.ask(*call)

    async def go_on(self) -> None:
        """Let the rest come of the apply that was cut short last."""
        rest, self.rest = self.rest, []
        for call in rest:
            await self.ask(*call)

    async def back_up(self) -> None:
        self.memory_backup = self.memory_store.snapshot(PARTITION)
        self.redis_backup = {key: await self.redis.dump(key) for key in await self._keys()}

    async def restore(self) -> None:
        self.memory_store.restore(PARTITION, self.memory_backup)
        for key in await self._keys():
            await self.redis.delete(key)
        for key, dumped in self.redis_backup.items():
            assert dumped is not None
            await self.redis.restore(key, 0, dumped)

    async def _keys(self) -> list[bytes]:
        return [key async for key in self.redis.scan_iter(f"{{{self.group}:*", count=10_000)]

    async def compare_all(self) -> None:
        held = self.memory_store.snapshot(PARTITION)
        if held.token is None or held.watermark is None or held.cut_short:
            return
        seen = await whole(self.redis_store, held.watermark, USERS, held.token)
        assert seen == await whole(self.memory_store, held.watermark, USERS, held.token)
        users: dict[str, Parts] = {user: held.users.get(user, {}) for user in USERS}
        assert seen[:2] == (users, held.shared)


async def answer(store: Store, what: str, *arguments: Any) -> Any:
    try:
        return await getattr(store, what)(*arguments)
    except ConflictError:
        return "conflict"


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop, so that connections can be kept."""
    with asyncio.Runner() as shared:
        yield shared


@pytest.mark.parametrize("chunk_bytes_max", [1, 150, 8 * 2**20])
@given(taken=st.lists(steps, min_size=5, max_size=25))
@settings(
    max_examples=60,
    deadline=None,
    # Each example has a group of its own; the server is shared on purpose.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_both_stores_give_the_same_answers(
    stack: Stack, runner: asyncio.Runner, chunk_bytes_max: int, taken: list[tuple[Any, ...]]
) -> None:
    group = fresh_group()
    begin = [("own", "one", 0, 0), ("begin", "one", 5, Identity("topic-1", 3, 4))]

    async def story() -> None:
        client = connect(stack.redis)
        assert isinstance(client, Redis)
        store = RedisStore(client, group, chunk_bytes_max=chunk_bytes_max)
        twins = Twins(client, store, group)
        try:
            for step in [*begin, *taken]:
                await twins.take(step)
            await twins.compare_all()
        finally:
            await store.close()

    runner.run(story())
