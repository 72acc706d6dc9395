"""What every store promises; each story is told to the twin in memory and to Redis."""

from collections.abc import Callable

import pytest

from schemas.ids import bucket_of
from streams.protocols import (
    Claimed,
    ConflictError,
    Identity,
    Ownership,
    Store,
    Token,
    Writes,
)
from tests.streams.store.stories import (
    AGAIN,
    IDENTITY,
    OURS,
    PARTITION,
    USERS,
    Story,
    begun,
    changes,
    whole,
)

Teller = Callable[[Story], None]

FIRST = changes(ann={"hot": b"1", "history": b"\xff\x00"}, bo={"hot": b"2"}, shared={"days": b"d"})
THEN = changes(
    ann={"hot": b"3", "history": b""}, bo={"hot": b""}, cy={"hot": b"4"}, shared={"days": b"e"}
)


# Reading and writing.


def test_what_is_applied_is_loaded(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await store.apply(PARTITION, OURS, 20, 30, THEN)

        assert await store.load(PARTITION, OURS, 30, ["ann", "bo", "cy", "nobody"]) == {
            "ann": {"hot": b"3"},
            "bo": {},
            "cy": {"hot": b"4"},
            "nobody": {},
        }
        assert await store.load_shared(PARTITION, OURS, 30) == {"days": b"e"}

    on_each(story)


def test_a_bucket_lists_its_users_in_order_as_long_as_they_have_a_part(on_each: Teller) -> None:
    users = sorted((f"user-{number}" for number in range(300)), key=lambda user: user[::-1])
    bucket = bucket_of("user-7")
    neighbours = sorted(user for user in users if bucket_of(user) == bucket)

    async def story(store: Store) -> None:
        await begun(store)
        everybody = Writes({user: {"hot": b"x"} for user in users}, {})
        await store.apply(PARTITION, OURS, 10, 20, everybody)
        assert await store.users_of_bucket(PARTITION, OURS, 20, bucket) == neighbours

        await store.apply(PARTITION, OURS, 20, 30, Writes({"user-7": {"hot": b""}}, {}))
        assert await store.users_of_bucket(PARTITION, OURS, 30, bucket) == [
            user for user in neighbours if user != "user-7"
        ]

    on_each(story)


def test_a_slice_that_changes_nothing_moves_the_watermark(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, changes(ann={}))
        assert await whole(store, 20, ["ann"]) == ({"ann": {}}, {}, [[] for _ in range(64)])

    on_each(story)


def test_names_may_hold_anything(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        wrote = {user: {f"{user} {user}": user.encode(), "": b"\r\n"} for user in USERS}
        await store.apply(PARTITION, OURS, 10, 20, Writes(wrote, wrote["ann"]))
        before = await whole(store, 20, USERS)
        assert before[0] == wrote
        assert before[1] == wrote["ann"]
        assert sorted(user for users in before[2] for user in users) == sorted(USERS)

        gone = {user: dict.fromkeys(parts, b"") for user, parts in wrote.items()}
        await store.apply(PARTITION, OURS, 20, 30, Writes(gone, gone["ann"]))
        assert (await whole(store, 30, USERS))[2] == [[] for _ in range(64)]
        assert (await store.claim(PARTITION, OURS, 20, IDENTITY)).ownership == "rolled_back"
        assert await whole(store, 20, USERS) == before

    on_each(story)


def test_what_was_loaded_is_the_callers_own(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        loaded = await store.load(PARTITION, OURS, 20, ["ann"])
        loaded["ann"]["hot"] = b"mine"
        (await store.load_shared(PARTITION, OURS, 20))["days"] = b"mine"

        assert (await store.load(PARTITION, OURS, 20, ["ann"]))["ann"]["hot"] == b"1"
        assert await store.load_shared(PARTITION, OURS, 20) == {"days": b"d"}

    on_each(story)


def test_partitions_do_not_touch_each_other(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        for partition in (7, 77):
            assert await store.own(partition, OURS)
            await store.begin(partition, OURS, 10, IDENTITY)
        await store.apply(7, OURS, 10, 20, FIRST)
        await store.begin(7, OURS, 0, IDENTITY)
        await store.apply(77, OURS, 10, 20, FIRST)
        await store.begin(7, OURS, 0, IDENTITY)

        assert (await store.load(77, OURS, 20, ["ann"]))["ann"] == FIRST.users["ann"]
        assert (await store.load(7, OURS, 0, ["ann"]))["ann"] == {}

    on_each(story)


def test_an_apply_that_does_not_move_on_is_our_own_mistake(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        with pytest.raises(AssertionError):
            await store.apply(PARTITION, OURS, 10, 10, FIRST)

    on_each(story)


# Who owns what.


@pytest.mark.parametrize(
    ("held", "comes", "is_taken"),
    [
        (Token(1, 5, "a"), Token(1, 6, "b"), True),
        (Token(1, 5, "a"), Token(1, 5, "b"), True),  # The same generation, claimed again.
        (Token(1, 5, "a"), Token(1, 5, "a"), True),
        (Token(1, 5, "a"), Token(1, 4, "b"), False),
        (Token(1, 5, "a"), Token(0, 9, "b"), False),
        (Token(1, 5, "a"), Token(2, 1, "b"), True),  # The group began anew.
        (Token(1, 9, "a"), Token(1, 10, "b"), True),  # Numbers, not texts.
        (Token(1, 10, "a"), Token(1, 9, "b"), False),
    ],
)
def test_only_a_greater_epoch_and_generation_refuses(
    on_each: Teller, held: Token, comes: Token, *, is_taken: bool
) -> None:
    async def story(store: Store) -> None:
        assert await store.own(PARTITION, held)
        assert await store.own(PARTITION, comes) == is_taken
        owner = comes if is_taken else held
        await store.begin(PARTITION, owner, 10, IDENTITY)
        assert await store.claim(PARTITION, owner, 10, IDENTITY) == Claimed(Ownership.EQUAL, 10)

    on_each(story)


@pytest.mark.parametrize(
    "stranger", [Token(1, 5, "ours"), Token(0, 6, "ours"), Token(0, 5, "theirs")]
)
def test_whoever_does_not_own_a_partition_reads_and_changes_nothing(
    on_each: Teller, stranger: Token
) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        before = await whole(store, 20, ["ann", "bo", "cy"])

        for attempt in (
            store.load(PARTITION, stranger, 20, ["ann"]),
            store.load(PARTITION, stranger, 20, []),
            store.load_shared(PARTITION, stranger, 20),
            store.users_of_bucket(PARTITION, stranger, 20, 0),
            store.apply(PARTITION, stranger, 20, 30, THEN),
            store.begin(PARTITION, stranger, 0, IDENTITY),
        ):
            with pytest.raises(ConflictError, match=r"partition 7: .*not ours"):
                await attempt
        fenced = await store.claim(PARTITION, stranger, 10, IDENTITY)
        assert fenced == Claimed(Ownership.FENCED, None)
        assert await whole(store, 20, ["ann", "bo", "cy"]) == before

    on_each(story)


@pytest.mark.parametrize("watermark", [10, 19, 21, 30])
def test_at_another_watermark_nothing_is_read_or_written(on_each: Teller, watermark: int) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)

        for attempt in (
            store.load(PARTITION, OURS, watermark, ["ann"]),
            store.load_shared(PARTITION, OURS, watermark),
            store.users_of_bucket(PARTITION, OURS, watermark, 0),
            store.apply(PARTITION, OURS, watermark, 99, THEN),
        ):
            with pytest.raises(ConflictError):
                await attempt
        assert (await store.load(PARTITION, OURS, 20, ["ann"]))["ann"] == FIRST.users["ann"]

    on_each(story)


def test_a_delayed_apply_of_the_same_generation_is_fenced_by_the_nonce(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        assert await store.own(PARTITION, AGAIN)
        assert await store.claim(PARTITION, AGAIN, 10, IDENTITY) == Claimed(Ownership.EQUAL, 10)
        with pytest.raises(ConflictError):
            await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await store.apply(PARTITION, AGAIN, 10, 20, THEN)

    on_each(story)


# What a claim finds.


def test_a_partition_that_nobody_began_is_missing(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        assert await store.own(PARTITION, OURS)
        missing = Claimed(Ownership.MISSING, None)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == missing
        with pytest.raises(ConflictError):
            await store.load(PARTITION, OURS, 10, ["ann"])

    on_each(story)


def test_an_equal_claim_changes_nothing_however_often(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        before = await whole(store, 20, ["ann", "bo"])
        for _ in range(2):
            assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.EQUAL, 20)
            assert await whole(store, 20, ["ann", "bo"]) == before

    on_each(story)


def test_what_was_not_committed_is_rolled_back(on_each: Teller) -> None:
    #  watermark   10 ──FIRST── 20 ──THEN── 30
    #  committed                20            so THEN goes back: users, shared rows, buckets
    async def story(store: Store) -> None:
        users = ["ann", "bo", "cy"]
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        before = await whole(store, 20, users)
        await store.apply(PARTITION, OURS, 20, 30, THEN)

        rolled_back = Claimed(Ownership.ROLLED_BACK, 20)
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == rolled_back
        assert await whole(store, 20, users) == before
        # And once more, as after a crash in between.
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.EQUAL, 20)
        await store.apply(PARTITION, OURS, 20, 30, THEN)
        assert (await store.load(PARTITION, OURS, 30, users))["cy"] == {"hot": b"4"}

    on_each(story)


def test_only_the_last_apply_can_go_back(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        await store.apply(PARTITION, OURS, 20, 30, THEN)
        before = await whole(store, 30, ["ann", "bo", "cy"])
        for committed in (10, 15, 19):
            ahead = Claimed(Ownership.AHEAD, 30)
            assert await store.claim(PARTITION, OURS, committed, IDENTITY) == ahead
        assert await whole(store, 30, ["ann", "bo", "cy"]) == before

    on_each(story)


def test_an_apply_of_which_a_part_is_committed_goes_back_and_that_part_is_folded_again(
    on_each: Teller,
) -> None:
    #  watermark   10 ──FIRST── 20 ──THEN── 30     and a copy of it is put back later
    #  committed                     25            by cycles that were cut differently
    async def story(store: Store) -> None:
        users = ["ann", "bo", "cy"]
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        before = await whole(store, 20, users)
        await store.apply(PARTITION, OURS, 20, 30, THEN)

        assert await store.claim(PARTITION, OURS, 25, IDENTITY) == Claimed(Ownership.BEHIND, 20)
        assert await whole(store, 20, users) == before
        await store.apply(PARTITION, OURS, 20, 25, THEN)
        assert await store.claim(PARTITION, OURS, 25, IDENTITY) == Claimed(Ownership.EQUAL, 25)

    on_each(story)


def test_state_that_lost_writes_is_behind_and_can_be_folded_on(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.BEHIND, 10)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.EQUAL, 20)

    on_each(story)


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        (Identity("topic-2", 3, 4), Ownership.FOREIGN_TOPIC),
        (Identity("topic-2", 0, 0), Ownership.FOREIGN_TOPIC),  # Wrong twice; the first wins.
        (Identity("topic-2", 9, 9), Ownership.FOREIGN_TOPIC),
        (Identity("topic-1", 2, 9), Ownership.NEWER_LAYOUT),
        (Identity("topic-1", 9, 3), Ownership.NEWER_LAYOUT),
        (Identity("topic-1", 3, 5), Ownership.OLDER_FOLD),
        (Identity("topic-1", 9, 10), Ownership.OLDER_FOLD),
        (Identity("topic-1", 3, 4), Ownership.ROLLED_BACK),
        (Identity("topic-1", 10, 4), Ownership.ROLLED_BACK),  # Numbers, not texts.
    ],
)
def test_a_state_that_this_build_cannot_use_is_left_as_it_is(
    on_each: Teller, ours: Identity, found: Ownership
) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        claimed = await store.claim(PARTITION, OURS, 10, ours)
        went_back = found is Ownership.ROLLED_BACK
        assert claimed == Claimed(found, 10 if went_back else 20)
        ann = (await store.load(PARTITION, OURS, claimed.watermark or 0, ["ann"]))["ann"]
        assert ann == ({} if went_back else FIRST.users["ann"])

    on_each(story)


@pytest.mark.parametrize("committed", [10, 20])  # Equal; behind, so that a refold comes next.
def test_a_newer_build_that_took_a_state_on_keeps_older_ones_away(
    on_each: Teller, committed: int
) -> None:
    newer = Identity("topic-1", layout=4, fold=4)

    async def story(store: Store) -> None:
        await begun(store)
        await store.claim(PARTITION, OURS, committed, newer)
        refused = Claimed(Ownership.NEWER_LAYOUT, 10)
        assert await store.claim(PARTITION, OURS, committed, IDENTITY) == refused

    on_each(story)


def test_a_newer_build_that_was_refused_leaves_the_state_to_older_ones(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        newer = Identity("topic-1", layout=4, fold=4)
        assert (await store.claim(PARTITION, OURS, 5, newer)).ownership is Ownership.AHEAD
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == Claimed(Ownership.EQUAL, 10)

    on_each(story)


@pytest.mark.parametrize("committed", [5, 10, 15, 20, 25])
def test_what_an_older_fold_made_is_made_anew_or_left_to_older_builds(
    on_each: Teller, committed: int
) -> None:
    newer = Identity("topic-1", layout=4, fold=5)

    async def story(store: Store) -> None:
        await begun(store)
        await store.apply(PARTITION, OURS, 10, 20, FIRST)
        older = Claimed(Ownership.OLDER_FOLD, 20)
        for _ in range(2):
            assert await store.claim(PARTITION, OURS, committed, newer) == older
        # The older build is put back: nothing happened to its state, which can go back even.
        rolled_back = Claimed(Ownership.ROLLED_BACK, 10)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == rolled_back
        # And forward again, for good.
        assert (await store.claim(PARTITION, OURS, 10, newer)).ownership is Ownership.OLDER_FOLD
        await store.begin(PARTITION, OURS, 0, newer)
        assert await store.claim(PARTITION, OURS, 10, newer) == Claimed(Ownership.BEHIND, 0)
        refused = Claimed(Ownership.NEWER_LAYOUT, 0)
        assert await store.claim(PARTITION, OURS, 10, IDENTITY) == refused

    on_each(story)


# Beginning anew.


def test_to_begin_empties_all_and_nothing_can_go_back_behind_it(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        users = [f"user-{number}" for number in range(1_200)]
        await begun(store)
        full = Writes({user: {"hot": b"x", "known:2026": b"y"} for user in users}, {"days": b"d"})
        await store.apply(PARTITION, OURS, 10, 20, full)
        await store.begin(PARTITION, OURS, 20, Identity("topic-2", 1, 1))

        nothing: tuple[object, ...] = ({user: {} for user in users}, {}, [[] for _ in range(64)])
        assert await whole(store, 20, users) == nothing
        ahead = Claimed(Ownership.AHEAD, 20)
        assert await store.claim(PARTITION, OURS, 10, Identity("topic-2", 1, 1)) == ahead

    on_each(story)


# The group's epoch.


def test_a_group_that_never_began_anew_is_in_epoch_0(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        assert await store.epoch() == 0

    on_each(story)


def test_a_raised_epoch_lets_a_group_begin_anew_with_generation_1(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        assert not await store.own(PARTITION, Token(await store.epoch(), 1, "anew"))
        assert [await store.raise_epoch(), await store.epoch()] == [1, 1]
        assert await store.own(PARTITION, Token(1, 1, "anew"))
        assert [await store.raise_epoch(), await store.epoch()] == [2, 2]

    on_each(story)


def test_a_lost_epoch_comes_back_from_the_token_that_refuses_us(on_each: Teller) -> None:
    #  epoch       3, and then 0 again: it was lost, while a partition is still held with 3
    async def story(store: Store) -> None:
        await begun(store, token=Token(3, 5, "before"))
        assert not await store.own(PARTITION, Token(await store.epoch(), 6, "after"))
        assert await store.epoch() == 3
        assert await store.own(PARTITION, Token(await store.epoch(), 6, "after"))

    on_each(story)


@pytest.mark.parametrize("late", [Token(3, 4, "late"), Token(2, 9, "late")])
def test_an_epoch_never_falls_and_is_not_raised_for_who_is_late(
    on_each: Teller, late: Token
) -> None:
    async def story(store: Store) -> None:
        for _ in range(4):
            await store.raise_epoch()
        await begun(store, token=Token(3, 5, "ours"))
        assert not await store.own(PARTITION, late)
        assert await store.epoch() == 4

    on_each(story)


def test_a_store_can_be_closed_whatever_it_holds(on_each: Teller) -> None:
    async def story(store: Store) -> None:
        await begun(store)
        await store.close()

    on_each(story)
