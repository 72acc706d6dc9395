"""What only the real thing can show: chunks, crashes, lost replies, locks and keys."""

import asyncio
import os
import random
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import ResponseError

from streams.protocols import Claimed, ConflictError, Ownership, Writes
from streams.stack import Stack
from streams.store import RedisStore, connect
from streams.store.pieces import CHUNK_BYTES_MAX
from streams.store.redis import CALL_SECONDS_MAX
from tests.processes import free_port
from tests.streams.store.servers import own_redis, pid_of
from tests.streams.store.stories import (
    AGAIN,
    IDENTITY,
    OURS,
    PARTITION,
    begun,
    changes,
    fresh_group,
    whole,
)


@asynccontextmanager
async def open_store(
    url: str,
    group: str = "penstock",
    chunk_bytes_max: int = CHUNK_BYTES_MAX,
    call_seconds_max: float = CALL_SECONDS_MAX,
) -> AsyncIterator[RedisStore]:
    store = RedisStore(
        connect(url), group, chunk_bytes_max=chunk_bytes_max, call_seconds_max=call_seconds_max
    )
    try:
        yield store
    finally:
        await store.close()


async def until_so(holds: Callable[[], bool]) -> None:
    """Let other tasks go on until something holds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  What is waited for happens in another process.
            await asyncio.sleep(0)


# Where the keys are.


def test_what_users_share_may_be_looked_at_by_anybody(stack: Stack) -> None:
    async def story() -> None:
        async with open_store(stack.redis, fresh_group()) as store:
            assert await store.peek_shared(PARTITION) is None
            await begun(store)
            assert await store.peek_shared(PARTITION) == {}
            await store.apply(PARTITION, OURS, 10, 20, changes(shared={"days": b"d"}))
            assert await store.peek_shared(PARTITION) == {"days": b"d"}

    asyncio.run(story())


def test_each_key_is_where_the_layout_says(stack: Stack) -> None:
    group = fresh_group()

    async def story() -> None:
        async with open_store(stack.redis, group) as store:
            await begun(store)
            writes = changes(ann={"hot": b"1", "recent:2950": b"2"}, shared={"days": b"d"})
            await store.apply(PARTITION, OURS, 10, 20, writes)
            await store.raise_epoch()

    asyncio.run(story())
    home = f"{{{group}:7}}:"
    with Redis.from_url(stack.redis, decode_responses=True) as redis:
        keys = {key.removeprefix(home) for key in redis.scan_iter(f"{home}*", count=10_000)}
        assert keys == {"meta", "undo", "shared", "user:ann", "bucket:51"}
        assert redis.hgetall(home + "meta") == {
            "epoch": "0",
            "generation": "5",
            "nonce": "ours",
            "watermark": "20",
            "topic_id": "topic-1",
            "layout": "3",
            "fold": "4",
        }
        assert redis.hgetall(home + "user:ann") == {"hot": "1", "recent:2950": "2"}
        assert redis.smembers(home + "bucket:51") == {"ann"}
        assert redis.hgetall(home + "undo") == {
            "base": "10",
            "next": "20",
            "nonce": "ours",
            "chunks": "1",
            "4:days shared": "",
            "3:hot user:ann": "",
            "11:recent:2950 user:ann": "",
            "bucket of user:ann": "bucket:51",
        }
        assert redis.get(f"{group}:epoch") == "1"


# Chunks.


def test_a_slice_larger_than_any_list_that_lua_holds(on_redis: Callable[..., None]) -> None:
    parts = {f"recent:{week}": b"x" for week in range(9_001)}
    removed = dict.fromkeys(parts, b"")

    async def story(store: RedisStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, Writes({"ann": parts}, parts))
        assert (await store.load(PARTITION, OURS, 20, ["ann"]))["ann"] == parts
        await store.apply(PARTITION, OURS, 20, 30, Writes({"ann": removed}, removed))
        assert await store.load_shared(PARTITION, OURS, 30) == {}
        assert (await store.claim(PARTITION, OURS, 20, IDENTITY)).ownership == "rolled_back"
        assert (await store.load(PARTITION, OURS, 20, ["ann"]))["ann"] == parts

    on_redis(story)


def test_eight_megabytes_go_back_at_once(on_redis: Callable[..., None]) -> None:
    users = [f"user-{number}" for number in range(2_000)]
    before = {user: {"hot": os.urandom(4_000)} for user in users}
    after = {user: {"hot": os.urandom(4_000)} for user in users}

    async def story(store: RedisStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, Writes(before, {}))
        await store.apply(PARTITION, OURS, 20, 30, Writes(after, {}))
        assert await store.load(PARTITION, OURS, 30, users) == after
        rolled_back = Claimed(Ownership.ROLLED_BACK, 20)
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == rolled_back
        assert await store.load(PARTITION, OURS, 20, users) == before

    on_redis(story)


# A beginning cut short.


def test_a_beginning_cut_short_is_missing_and_can_be_begun_again(stack: Stack) -> None:
    group = fresh_group()
    users = [f"user-{number}" for number in range(3_000)]

    async def story() -> None:
        async with open_store(stack.redis, group) as store:
            await begun(store)
            full = Writes({user: {"hot": b"x"} for user in users}, {"days": b"d"})
            await store.apply(PARTITION, OURS, 10, 20, full)
            task = asyncio.create_task(store.begin(PARTITION, OURS, 20, IDENTITY))
            with Redis.from_url(stack.redis) as redis:
                await until_so(lambda: not redis.exists(f"{{{group}:7}}:shared"))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

            assert await store.own(PARTITION, AGAIN)
            missing = Claimed(Ownership.MISSING, None)
            assert await store.claim(PARTITION, AGAIN, 20, IDENTITY) == missing
            await store.begin(PARTITION, AGAIN, 20, IDENTITY)
            nothing: tuple[object, ...] = ({u: {} for u in users}, {}, [[] for _ in range(64)])
            assert await whole(store, 20, users, AGAIN) == nothing

    asyncio.run(story())


# Lost scripts, lost replies, slow servers.


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[str, Redis]]:
    """A Redis of the test's own: its URL, and a client."""
    port = free_port(tmp_path)
    with own_redis(tmp_path, port), Redis(host="127.0.0.1", port=port) as client:
        yield f"redis://127.0.0.1:{port}/0", client


@pytest.mark.stack
def test_a_redis_that_forgot_our_scripts_is_told_again(own_server: tuple[str, Redis]) -> None:
    url, redis = own_server

    async def story() -> None:
        async with open_store(url) as store:
            await begun(store)
            redis.script_flush()
            await store.apply(PARTITION, OURS, 10, 20, changes(ann={"hot": b"1"}))
            redis.script_flush()
            assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.EQUAL, 20)

    asyncio.run(story())


Relay = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes | None]]


@asynccontextmanager
async def between(url: str, relay: Relay) -> AsyncIterator[str]:
    """Stand between a client and a Redis; *relay* gives the reply to what was sent, or hangs up."""
    port = int(url.rpartition(":")[2].partition("/")[0])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        redis = await asyncio.open_connection("127.0.0.1", port)
        while sent := await reader.read(2**20):
            reply = await relay(sent, *redis)
            if reply is None:
                break
            writer.write(reply)
        for end in (writer, redis[1]):
            end.close()
            await end.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


async def ask(
    sent: bytes, from_redis: asyncio.StreamReader, to_redis: asyncio.StreamWriter
) -> bytes:
    to_redis.write(sent)
    return await from_redis.read(2**20)


@pytest.mark.stack
def test_an_apply_whose_reply_was_lost_is_not_sent_again(own_server: tuple[str, Redis]) -> None:
    url, _ = own_server
    scripts = []

    async def hang_up(sent: bytes, *redis: Any) -> bytes | None:
        reply = await ask(sent, *redis)
        if b"EVALSHA" not in sent:
            return reply
        scripts.append(sent)
        return None

    async def story() -> None:
        async with (
            open_store(url) as store,
            between(url, hang_up) as deaf_url,
            open_store(deaf_url) as deaf,
        ):
            await begun(store)
            await store.apply(PARTITION, OURS, 10, 20, changes(ann={"hot": b"1"}))
            with pytest.raises(LostError):
                await deaf.apply(PARTITION, OURS, 20, 30, changes(ann={"hot": b"2"}))
            assert len(scripts) == 1
            rolled_back = Claimed(Ownership.ROLLED_BACK, 20)
            assert await store.claim(PARTITION, OURS, 20, IDENTITY) == rolled_back
            assert (await store.load(PARTITION, OURS, 20, ["ann"]))["ann"] == {"hot": b"1"}

    asyncio.run(story())


@pytest.mark.stack
def test_what_another_owner_writes_while_we_read_is_never_half_read(
    own_server: tuple[str, Redis],
) -> None:
    #  we       fence  ann ............................... bo  fence
    #  another              own, apply to ann and bo
    url, _ = own_server

    async def story() -> None:
        async with open_store(url) as store:

            async def take_over_in_the_middle(sent: bytes, *redis: Any) -> bytes:
                if b"HGETALL" not in sent:
                    return await ask(sent, *redis)
                half = sent.rindex(b"*2\r\n$7\r\nHGETALL")
                reply = await ask(sent[:half], *redis)
                assert await store.own(PARTITION, AGAIN)
                second = changes(ann={"hot": b"2"}, bo={"hot": b"2"})
                await store.apply(PARTITION, AGAIN, 20, 30, second)
                return reply + await ask(sent[half:], *redis)

            async with (
                between(url, take_over_in_the_middle) as slow_url,
                open_store(slow_url) as slow,
            ):
                await begun(store)
                first = changes(ann={"hot": b"1"}, bo={"hot": b"1"})
                await store.apply(PARTITION, OURS, 10, 20, first)
                with pytest.raises(ConflictError):
                    await slow.load(PARTITION, OURS, 20, ["ann", "bo"])

    asyncio.run(story())


def test_an_apply_that_fails_in_the_middle_is_taken_back(stack: Stack) -> None:
    group = fresh_group()

    async def story() -> None:
        async with open_store(stack.redis, group) as store:
            await begun(store)
            await store.apply(PARTITION, OURS, 10, 20, changes(ann={"hot": b"1"}))
            before = await whole(store, 20, ["ann", "cy"])
            with Redis.from_url(stack.redis) as redis:
                spoilt = f"{{{group}:7}}:user:bo"
                redis.set(spoilt, "no hash; so the script stops here")
                writes = changes(ann={"hot": b"2"}, bo={"hot": b"2"}, cy={"hot": b"2"})
                with pytest.raises(ResponseError, match="WRONGTYPE"):
                    await store.apply(PARTITION, OURS, 20, 30, writes)
                redis.delete(spoilt)
            rolled_back = Claimed(Ownership.ROLLED_BACK, 20)
            assert await store.claim(PARTITION, OURS, 20, IDENTITY) == rolled_back
            assert await whole(store, 20, ["ann", "cy"]) == before

    asyncio.run(story())


@pytest.mark.stack
def test_a_server_that_hangs_costs_one_deadline_and_mixes_up_no_replies(
    own_server: tuple[str, Redis],
) -> None:
    url, redis = own_server
    pid = pid_of(redis)

    async def story() -> None:
        async with open_store(url, call_seconds_max=0.2) as store:
            await begun(store)
            await store.apply(PARTITION, OURS, 10, 20, changes(ann={"hot": b"1"}))
            os.kill(pid, signal.SIGSTOP)
            try:
                with pytest.raises(TimeoutError):
                    await store.load(PARTITION, OURS, 20, ["ann"])
                with pytest.raises(TimeoutError):
                    await store.apply(PARTITION, OURS, 20, 30, changes(ann={"hot": b"2"}))
            finally:
                os.kill(pid, signal.SIGCONT)
            # The apply may have been read from its socket by now, or not: the nonce decides.
            assert await store.own(PARTITION, AGAIN)
            claimed = await store.claim(PARTITION, AGAIN, 20, IDENTITY)
            assert claimed.ownership in {Ownership.EQUAL, Ownership.ROLLED_BACK}
            assert claimed.watermark == 20
            assert (await store.load(PARTITION, AGAIN, 20, ["ann"]))["ann"] == {"hot": b"1"}

    asyncio.run(story())


# Kill -9.


@pytest.mark.stack
@pytest.mark.parametrize(
    ("committed", "found", "watermark"),
    [
        (30, Ownership.EQUAL, 30),
        (20, Ownership.ROLLED_BACK, 20),
        (40, Ownership.BEHIND, 30),
        (10, Ownership.AHEAD, 30),
    ],
)
def test_after_a_kill_of_redis_a_claim_finds_what_was_applied(
    tmp_path: Path, committed: int, found: Ownership, watermark: int
) -> None:
    port = free_port(tmp_path)
    url = f"redis://127.0.0.1:{port}/0"

    async def story() -> None:
        async with open_store(url) as store:
            with own_redis(tmp_path, port), Redis(port=port) as redis:
                await begun(store)
                await store.apply(PARTITION, OURS, 10, 20, changes(ann={"hot": b"1"}))
                await store.apply(PARTITION, OURS, 20, 30, changes(ann={"hot": b"2"}))
                os.kill(pid_of(redis), signal.SIGKILL)
            with pytest.raises(LostError):
                await store.load(PARTITION, OURS, 30, ["ann"])
            with own_redis(tmp_path, port):
                # The same store goes on; it finds the connections dead, the scripts gone.
                assert await store.own(PARTITION, AGAIN)
                claimed = await store.claim(PARTITION, AGAIN, committed, IDENTITY)
                assert claimed == Claimed(found, watermark)
                ann = (await store.load(PARTITION, AGAIN, watermark, ["ann"]))["ann"]
                assert ann == {"hot": b"2" if watermark == 30 else b"1"}

    asyncio.run(story())


@pytest.mark.stack
def test_a_kill_of_redis_between_chunks_is_taken_back(tmp_path: Path) -> None:
    port = free_port(tmp_path)
    users = [f"user-{number}" for number in range(2_000)]
    before = Writes({user: {"hot": b"before"} for user in users[::2]}, {"days": b"before"})
    after = Writes({user: {"hot": b"after"} for user in users}, {"days": b"after"})

    async def story() -> None:
        url = f"redis://127.0.0.1:{port}/0"
        async with open_store(url, chunk_bytes_max=50) as store:
            with own_redis(tmp_path, port), Redis(port=port) as redis:
                await begun(store)
                await store.apply(PARTITION, OURS, 10, 20, before)
                held = await whole(store, 20, users)
                applying = asyncio.create_task(store.apply(PARTITION, OURS, 20, 30, after))
                pid = pid_of(redis)
                undo = "{penstock:7}:undo"
                await until_so(lambda: redis.hget(undo, "base") == b"20" and redis.hlen(undo) > 100)
                os.kill(pid, signal.SIGKILL)
                with pytest.raises(LostError):
                    await applying
            with own_redis(tmp_path, port), Redis(port=port) as redis:
                assert redis.hget(undo, "base") == b"20"
                assert await store.own(PARTITION, AGAIN)
                claimed = await store.claim(PARTITION, AGAIN, 20, IDENTITY)
                assert claimed == Claimed(Ownership.ROLLED_BACK, 20)
                assert await whole(store, 20, users, AGAIN) == held

    asyncio.run(story())


@pytest.mark.stack
def test_an_append_only_file_cut_anywhere_leaves_an_earlier_state_whole(tmp_path: Path) -> None:
    """Each apply writes its own watermark everywhere, so that a mixture would show."""
    users = ["ann", "bo", "cy"]
    port = free_port(tmp_path)
    url = f"redis://127.0.0.1:{port}/0"
    chance = random.Random(1)  # noqa: S311  Repeatable, not secret.

    async def fill() -> None:
        async with open_store(url, chunk_bytes_max=1) as store:
            await begun(store, 0)
            for until in range(1, 30):
                mark = str(until).encode()
                writes = Writes({user: {"hot": mark} for user in users}, {"days": mark})
                await store.apply(PARTITION, OURS, until - 1, until, writes)

    async def look() -> Ownership:
        async with open_store(url) as store:
            assert await store.own(PARTITION, AGAIN)
            claimed = await store.claim(PARTITION, AGAIN, 29, IDENTITY)
            if claimed.watermark:
                mark = str(claimed.watermark).encode()
                held = await store.load(PARTITION, AGAIN, claimed.watermark, users)
                assert held == {user: {"hot": mark} for user in users}
                days = await store.load_shared(PARTITION, AGAIN, claimed.watermark)
                assert days == {"days": mark}
            return claimed.ownership

    with own_redis(tmp_path / "whole", port):
        asyncio.run(fill())
    seen = set()
    for cut in range(6):
        home = tmp_path / f"cut-{cut}"
        shutil.copytree(tmp_path / "whole", home)
        (log,) = (path for path in home.rglob("*.aof") if path.stat().st_size > 1_000)
        os.truncate(log, chance.randrange(200, log.stat().st_size))
        with own_redis(home, port):
            seen.add(asyncio.run(look()))
    assert seen <= {Ownership.BEHIND, Ownership.MISSING}
    assert Ownership.BEHIND in seen
