"""What a check finds, and what it leaves alone; told to the store in memory, with the real fold."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.ids import BUCKETS, bucket_of
from schemas.journal import UserErased
from streams.protocols import Peeked
from streams.store import MemoryStore
from streams.verify.checking import CheckError, Scope
from streams.verify.differences import NOTHING, Difference
from tests.histories import USERS, histories
from tests.streams.verify.lives import Life
from tests.streams.verify.money_lives import money_lives

some_histories = histories.filter(lambda events: len(events) > 3)
cuts = st.lists(st.integers(1, 30), max_size=3)


def told(story: Coroutine[Any, Any, list[Difference]]) -> list[Difference]:
    return asyncio.run(story)


@given(events=histories, at=cuts)
def test_nothing_differs_in_what_the_fold_has_made(events: list[Event], at: list[int]) -> None:
    async def story() -> list[Difference]:
        return (await (await Life().live(events, at)).check()).differences

    assert told(story()) == []


@given(events=money_lives, at=cuts)
def test_nothing_differs_where_ties_meet_and_compete(events: list[Event], at: list[int]) -> None:
    async def story() -> list[Difference]:
        return (await (await Life().live(events, at)).check()).differences

    assert told(story()) == []


@given(events=some_histories, data=st.data())
@settings(max_examples=60)
def test_a_flipped_bit_of_any_part_is_found(events: list[Event], data: st.DataObject) -> None:
    async def story() -> list[Difference]:
        life = await Life().live(events)
        held = life.store._held[0]
        places = [
            (held.users[user], user, name) for user in held.users for name in held.users[user]
        ]
        places += [(held.shared, "", name) for name in held.shared]
        parts, user, name = data.draw(st.sampled_from(places), "part")
        part = bytearray(parts[name])
        part[data.draw(st.integers(0, len(part) - 1), "at")] ^= 1 << data.draw(st.integers(0, 7))
        parts[name] = bytes(part)
        found = (await life.check()).differences
        what = "part" if user else "row"
        assert (user, what, name) in [one[:3] for one in found]
        if user:
            assert [one for one in (await life.check(Scope.of_user(user))).differences if one.user]
        elif name.startswith("merchants:"):
            # What others taught is found out by whoever is looked at alone.
            assert found == (await life.check(Scope.of_user(USERS[0]))).differences
        return found

    assert told(story())


@given(events=some_histories, data=st.data())
@settings(max_examples=30)
def test_what_is_missing_or_too_much_is_found(events: list[Event], data: st.DataObject) -> None:
    async def story() -> list[Difference]:
        life = await Life().live(events)
        held = life.store._held[0]
        if not held.users:
            return []
        user = data.draw(st.sampled_from(sorted(held.users)))
        kind = data.draw(st.sampled_from(("part", "user", "more", "stranger")))
        if kind == "part":
            held.users[user].pop(min(held.users[user]))
        elif kind == "user":
            del held.users[user]
        elif kind == "more":
            held.users[user]["recent:1"] = b"\x01\x90"
        else:
            held.users["stranger"] = {"hot": b"\x01\x90"}
        found = (await life.check()).differences
        assert NOTHING in {side for one in found for side in one[3:] if one.what == "part"}
        return found

    told(story())


def test_what_may_yet_be_taken_back_is_not_looked_at() -> None:
    async def story() -> list[Difference]:
        first = [UserErased(user_id=USERS[0], request_id=f"r{number}") for number in range(4)]
        life = await Life().live(first, [2])
        life.journal.is_committed = 2
        # Whatever that apply has made of it, it is not true yet.
        life.store._held[0].users["stranger"] = {"hot": b"?"}
        undo = life.store._held[0].undo
        assert undo is not None
        undo.users["stranger"] = {"hot": b""}
        checked = await life.check()
        assert checked.records == 2
        return checked.differences

    assert told(story()) == []


class Busy(MemoryStore):
    """A store whose owner goes on while it is looked into."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Coroutine[Any, Any, object]] = []

    async def peek(self, partition: int, committed: int, bucket: int) -> Peeked | None:
        peeked = await super().peek(partition, committed, bucket)
        if self.meanwhile and bucket % 8 == 0:
            await self.meanwhile.pop(0)
        return peeked


@given(events=some_histories, later=st.lists(some_histories, min_size=1, max_size=6))
@settings(max_examples=30)
def test_each_bucket_is_compared_where_it_was_seen(
    events: list[Event], later: list[list[Event]]
) -> None:
    async def story() -> list[Difference]:
        store = Busy()
        life = await Life(store).live(events)
        store.meanwhile = [life.live(more) for more in later]
        checked = await life.check()
        assert store.meanwhile == []
        assert len(events) <= checked.records <= len(life.journal.records)
        return checked.differences

    assert told(story()) == []


@given(events=some_histories)
@settings(max_examples=30)
def test_a_choice_of_users_gives_the_same_as_all(events: list[Event]) -> None:
    async def story() -> list[Difference]:
        life = await Life().live(events)
        for parts in life.store._held[0].users.values():
            parts["hot"] = b"\x01\x90"
        everything = [one for one in (await life.check()).differences if one.user]
        some: list[Difference] = []
        for user in life.store._held[0].users:
            some += (await life.check(Scope.of_user(user))).differences
        of_buckets = [await life.check(Scope([own], users_max=9)) for own in range(BUCKETS)]
        by_bucket = [one for own in of_buckets for one in own.differences]
        assert sorted(some) == sorted(by_bucket) == sorted(everything)
        return everything

    told(story())


def test_so_many_users_and_no_more_are_looked_at() -> None:
    async def story() -> list[Difference]:
        life = Life()
        users = [f"user-{number}" for number in range(40)]
        await life.live([UserErased(user_id=user, request_id="r") for user in users])
        for user in users:
            life.store._held[0].users[user] = {"hot": b"?"}
        checked = await life.check(Scope.of_some(7))
        assert checked.users == 7
        assert len({one.user for one in checked.differences}) == 7
        own = await life.check(Scope([bucket_of("user-3")], user="user-3"))
        assert {one.user for one in own.differences} == {"user-3"}
        return checked.differences

    told(story())


def test_where_there_is_nothing_to_compare_with_it_says_why() -> None:
    async def refused(life: Life, why: str) -> None:
        with pytest.raises(CheckError, match=why):
            await life.check()

    async def story() -> None:
        await refused(Life(), "start a worker")
        life = await Life().live([UserErased(user_id="u", request_id="r")])
        life.journal.begins_at = 1
        await refused(life, "begins at 1")
        life.journal.begins_at, life.journal.is_committed = 0, None
        await refused(life, "penstock topics apply")

    asyncio.run(story())
