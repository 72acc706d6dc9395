"""An apply in chunks and a beginning in pieces: whoever dies in the middle leaves no trace."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.protocols import Claimed, ConflictError, Ownership, Parts, Writes
from streams.store import MemoryStore, RedisStore
from streams.store.pieces import _chunks
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
    in_chunks,
    whole,
)

Teller = Callable[[Story], None]
EitherStore = MemoryStore | RedisStore

values = st.sampled_from([b"", b"x", b"y"])
some_parts = st.dictionaries(st.sampled_from(["hot", "history"]), values)
some_writes = st.builds(Writes, st.dictionaries(st.sampled_from(USERS), some_parts), some_parts)

THREE = changes(ann={"hot": b"1"}, bo={"hot": b"2"}, cy={"hot": b"3"})


def size_bytes(writes: Writes) -> int:
    """Count names and values, as a chunk is filled by them."""
    units: list[tuple[str, Parts]] = [("", writes.shared), *writes.users.items()]
    return sum(
        len(user) + sum(len(name) + len(part) for name, part in parts.items())
        for user, parts in units
    )


# How writes are cut.


@given(writes=some_writes, bytes_max=st.integers(1, 80))
def test_chunks_hold_everything_once_and_in_order(writes: Writes, bytes_max: int) -> None:
    first, *others = _chunks(writes, bytes_max)

    assert first.shared == writes.shared
    assert not any(chunk.shared for chunk in others)
    users = [unit for chunk in (first, *others) for unit in chunk.users.items()]
    assert users == [(user, parts) for user, parts in writes.users.items() if parts]


@given(writes=some_writes, bytes_max=st.integers(1, 80))
def test_a_chunk_is_larger_than_allowed_only_if_one_user_alone_is(
    writes: Writes, bytes_max: int
) -> None:
    for chunk in _chunks(writes, bytes_max):
        units = len(chunk.users) + bool(chunk.shared)
        assert units <= 1 or size_bytes(chunk) <= bytes_max


# An apply cut short.


@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_apply_cut_short_between_chunks_leaves_no_trace(
    on_each: Teller, data: st.DataObject
) -> None:
    first, second = data.draw(some_writes), data.draw(some_writes)
    chunks = data.draw(st.integers(1, 4))
    # In a refold the watermark is behind; after a copy was put back it may be ahead.
    committed, found = data.draw(
        st.sampled_from(
            [(20, Ownership.ROLLED_BACK), (21, Ownership.BEHIND), (19, Ownership.AHEAD)]
        )
    )

    async def story(store: EitherStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, first)
        before = await whole(store, 20, USERS)
        await begin_to_apply(store, 20, 30, second, chunks)

        # Nobody reads half a slice, or goes on from it; not even its owner.
        for attempt in (
            store.load(PARTITION, OURS, 20, USERS),
            store.load_shared(PARTITION, OURS, 20),
            store.users_of_bucket(PARTITION, OURS, 20, 0),
            store.apply(PARTITION, OURS, 20, 30, second),
        ):
            with pytest.raises(ConflictError, match="claim first"):
                await attempt
        assert await store.own(PARTITION, AGAIN)
        assert await store.claim(PARTITION, AGAIN, committed, IDENTITY) == Claimed(found, 20)
        assert await whole(store, 20, USERS, AGAIN) == before

    on_each(story)


def test_chunks_to_the_last_are_an_apply_like_any_other(on_each: Teller) -> None:
    async def story(store: EitherStore) -> None:
        await begun(store)
        for span, chunk in in_chunks(10, 20, THREE):
            await store.apply_chunk(PARTITION, OURS, span, chunk)
        assert await store.load(PARTITION, OURS, 20, ["ann", "bo", "cy"]) == THREE.users
        rolled_back = Claimed(Ownership.ROLLED_BACK, 10)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == rolled_back
        assert not any((await whole(store, 10, ["ann", "bo", "cy"]))[0].values())

    on_each(story)


def test_the_rest_of_an_apply_finds_a_conflict_once_another_owns(on_each: Teller) -> None:
    async def story(store: EitherStore) -> None:
        await begun(store)
        await begin_to_apply(store, 10, 20, THREE, 2)
        assert await store.own(PARTITION, AGAIN)
        span, rest = in_chunks(10, 20, THREE)[2]
        for _ in ("before the claim", "and after it"):
            with pytest.raises(ConflictError, match="not ours"):
                await store.apply_chunk(PARTITION, OURS, span, rest)
            await store.claim(PARTITION, AGAIN, 10, IDENTITY)
        # Nor does a later chunk pass for a first one.
        with pytest.raises(ConflictError, match="claim first"):
            await store.apply_chunk(PARTITION, AGAIN, span, rest)
        nothing: tuple[object, ...] = ({"ann": {}, "bo": {}, "cy": {}}, {}, [[] for _ in range(64)])
        assert await whole(store, 10, ["ann", "bo", "cy"], AGAIN) == nothing

    on_each(story)


def test_a_chunk_does_not_follow_one_that_was_lost(on_each: Teller) -> None:
    #  chunks   0   -   2      a restart in between lost the middle one
    async def story(store: EitherStore) -> None:
        await begun(store)
        await begin_to_apply(store, 10, 20, THREE, 1)
        for span, chunk in in_chunks(10, 20, THREE)[::2]:
            with pytest.raises(ConflictError, match="claim first"):
                await store.apply_chunk(PARTITION, OURS, span, chunk)
        rolled_back = Claimed(Ownership.ROLLED_BACK, 10)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == rolled_back

    on_each(story)


def test_a_chunk_does_not_follow_one_of_an_earlier_owner(on_each: Teller) -> None:
    #  The restart lost the claim that had taken back what the earlier owner began.
    async def story(store: EitherStore) -> None:
        await begun(store)
        await begin_to_apply(store, 10, 20, THREE, 1)
        assert await store.own(PARTITION, AGAIN)
        span, chunk = in_chunks(10, 20, THREE)[1]
        with pytest.raises(ConflictError, match="claim first"):
            await store.apply_chunk(PARTITION, AGAIN, span, chunk)

    on_each(story)


def test_the_rest_of_another_apply_is_not_the_rest_of_this_one(on_each: Teller) -> None:
    async def story(store: EitherStore) -> None:
        await begun(store)
        await begin_to_apply(store, 10, 20, THREE, 2)
        span, rest = in_chunks(10, 19, THREE)[2]
        with pytest.raises(ConflictError, match="claim first"):
            await store.apply_chunk(PARTITION, OURS, span, rest)

    on_each(story)


def test_a_state_whose_apply_was_cut_short_may_be_begun_anew(on_each: Teller) -> None:
    async def story(store: EitherStore) -> None:
        await begun(store)
        await begin_to_apply(store, 10, 20, THREE, 2)
        await store.begin(PARTITION, OURS, 10, IDENTITY)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == Claimed(Ownership.EQUAL, 10)
        assert not any((await whole(store, 10, ["ann", "bo", "cy"]))[0].values())

    on_each(story)


# A beginning cut short.


def test_a_beginning_cut_short_is_missing_and_can_be_begun_again(on_each: Teller) -> None:
    users = ["ann", "bo", "cy"]

    async def story(store: EitherStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, Writes(THREE.users, {"days": b"d"}))
        assert await store.begin_piece(PARTITION, OURS, 20, IDENTITY, 2) == 2

        for attempt in (
            store.load(PARTITION, OURS, 20, users),
            store.apply(PARTITION, OURS, 20, 30, THREE),
        ):
            with pytest.raises(ConflictError):
                await attempt
        assert await store.own(PARTITION, AGAIN)
        with pytest.raises(ConflictError):
            await store.begin_piece(PARTITION, OURS, 20, IDENTITY, 2)
        missing = Claimed(Ownership.MISSING, None)
        assert await store.claim(PARTITION, AGAIN, 20, IDENTITY) == missing
        await store.begin(PARTITION, AGAIN, 20, IDENTITY)
        nothing: tuple[object, ...] = ({user: {} for user in users}, {}, [[] for _ in range(64)])
        assert await whole(store, 20, users, AGAIN) == nothing

    on_each(story)


def test_each_piece_of_a_beginning_says_how_many_users_went(on_each: Teller) -> None:
    async def story(store: EitherStore) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, THREE)
        removed = [await store.begin_piece(PARTITION, OURS, 20, IDENTITY, 2) for _ in range(3)]
        assert removed == [2, 1, 0]

    on_each(story)
