"""Looking into a partition that another owns; each story is told to memory and to Redis."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.ids import BUCKETS, bucket_of
from streams.protocols import Claimed, Identity, Ownership, Parts, Peeked, PeekError, Writes
from streams.store import MemoryStore, RedisStore
from streams.store.peeking import TRIES_MAX, Peeking
from tests.streams.store.stories import (
    AGAIN,
    IDENTITY,
    OURS,
    PARTITION,
    USERS,
    Story,
    begin_to_apply,
    begun,
    changes,
    whole,
)

Both = MemoryStore | RedisStore
Teller = Callable[[Story], None]

FIRST = changes(ann={"hot": b"1", "history": b"\xff\x00"}, bo={"hot": b"2"}, shared={"days": b"d"})
THEN = changes(
    ann={"hot": b"3", "history": b""}, bo={"hot": b""}, cy={"hot": b"4"}, shared={"days": b"e"}
)
AFTER = {"ann": {"hot": b"3"}, "cy": {"hot": b"4"}}


async def peeked(store: Both, committed: int) -> tuple[int, dict[str, Parts], Parts] | None:
    """Look into every bucket of a partition that stands still."""
    found: list[Peeked] = []
    for bucket in range(BUCKETS):
        one = await store.peek(PARTITION, committed, bucket)
        if one is None:
            return None
        assert all(bucket_of(user) == bucket for user in one.users)
        assert one.identity == IDENTITY
        found.append(one)
    assert len({one.watermark for one in found}) == 1
    assert all(one.shared == found[0].shared for one in found)
    users = {user: parts for one in found for user, parts in one.users.items()}
    return found[0].watermark, users, found[0].shared


def test_whoever_owns_nothing_sees_what_is_committed(on_each: Teller) -> None:
    async def story(store: Both) -> None:
        assert await peeked(store, 0) is None
        await begun(store)
        assert await peeked(store, 10) == (10, {}, {})
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        assert await peeked(store, 20) == (20, FIRST.users, FIRST.shared)
        await store.apply(PARTITION, OURS, 20, 30, THEN)
        for committed in (30, 31):
            assert await peeked(store, committed) == (30, AFTER, THEN.shared)

    on_each(story)


@pytest.mark.parametrize("committed", [0, 10, 19, 20, 25, 29])
def test_what_may_yet_be_taken_back_is_not_seen(on_each: Teller, committed: int) -> None:
    #  watermark   10 ──FIRST── 20 ──THEN── 30, of which not all is committed yet; and whoever asked
    #  for the committed offset long ago is not told of a state that nobody has any more.
    async def story(store: Both) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await store.apply(PARTITION, OURS, 20, 30, THEN)
        assert await peeked(store, committed) == (20, FIRST.users, FIRST.shared)
        assert (await whole(store, 30, ["cy"]))[0] == {"cy": {"hot": b"4"}}, "it only looked"

    on_each(story)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_an_apply_under_way_is_not_seen(on_each: Teller, chunks: int) -> None:
    async def story(store: Both) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await begin_to_apply(store, 20, 30, THEN, chunks)
        for committed in (20, 30):
            assert await peeked(store, committed) == (20, FIRST.users, FIRST.shared)

    on_each(story)


def test_names_may_hold_anything(on_each: Teller) -> None:
    async def story(store: Both) -> None:
        await begun(store)
        wrote = {user: {f"{user} {user}": user.encode(), "": b"\r\n"} for user in USERS}
        await store.apply(PARTITION, OURS, 10, 20, Writes(wrote, wrote["ann"]))
        assert await peeked(store, 20) == (20, wrote, wrote["ann"])
        gone = {user: dict.fromkeys(parts, b"") for user, parts in wrote.items()}
        await store.apply(PARTITION, OURS, 20, 30, Writes(gone, gone["ann"]))
        assert await peeked(store, 20) == (20, wrote, wrote["ann"])
        assert await peeked(store, 30) == (30, {}, {})

    on_each(story)


def test_a_partition_that_never_stands_still_is_given_up(on_redis: Callable[..., None]) -> None:
    async def story(store: RedisStore) -> None:
        await begun(store)
        looks = 0

        async def ask(commands: Any) -> list[Any]:
            nonlocal looks
            looks += 1
            await store.apply(PARTITION, OURS, 9 + looks, 10 + looks, FIRST)
            return await store._piped(commands)

        home = f"{{{store._group}:{PARTITION}}}:"
        # Half of the looks fall between two applies, but never two in a row.
        with pytest.raises(PeekError):
            await Peeking(ask, home).bucket(bucket_of("ann"), "bucket:51", 0)
        assert looks == 2 * TRIES_MAX

    on_redis(story)


def test_what_is_discarded_is_made_again_by_whoever_claims_it(on_each: Teller) -> None:
    async def story(store: Both) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await store.discard(PARTITION, IDENTITY)
        assert await peeked(store, 20) == (0, {}, {})
        fenced = Claimed(Ownership.FENCED, None)
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == fenced
        assert await store.own(PARTITION, AGAIN)
        behind = Claimed(Ownership.BEHIND, 0)
        assert await store.claim(PARTITION, AGAIN, 20, IDENTITY) == behind

    on_each(story)


def test_a_partition_that_nobody_ever_owned_can_be_discarded(on_each: Teller) -> None:
    async def story(store: Both) -> None:
        await store.discard(PARTITION, Identity("topic-1", 3, 4))
        assert await peeked(store, 0) == (0, {}, {})
        assert await store.own(PARTITION, OURS)

    on_each(story)


def test_users_that_no_bucket_lists_are_discarded_too(on_redis: Callable[..., None]) -> None:
    async def story(store: RedisStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        home = f"{{{store._group}:{PARTITION}}}:"
        await store._client.srem(f"{home}bucket:51", "ann")
        await store._client.hset(f"{home}user:\udcff".encode(errors="surrogateescape"), "hot", "x")
        await store.discard(PARTITION, IDENTITY)
        left = [key.decode() async for key in store._client.scan_iter(match=f"{home}*")]
        assert left == [home + "meta"]

    on_redis(story)
