from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import BUCKETS, bucket_of, deterministic_id

parts = st.lists(st.text(max_size=6), max_size=4)


@given(kind=st.text(max_size=6), one=parts, other=parts)
def test_ids_are_equal_for_equal_parts_and_for_no_others(
    kind: str, one: Sequence[str], other: Sequence[str]
) -> None:
    assert (deterministic_id(kind, one) == deterministic_id(kind, other)) == (one == other)


@given(parts=st.lists(st.text("ab:1", max_size=3), min_size=1, max_size=4), cut=st.integers(0, 4))
def test_an_id_depends_on_where_one_part_ends(parts: list[str], cut: int) -> None:
    joined = ["".join(parts[:cut]), "".join(parts[cut:])]

    assert (deterministic_id("alert", joined) == deterministic_id("alert", parts)) == (
        joined == parts
    )


@given(kind=st.text(max_size=6), parts=parts)
def test_an_id_is_a_uuid_of_version_5(kind: str, parts: Sequence[str]) -> None:
    assert UUID(deterministic_id(kind, parts)).version == 5


def test_ids_never_change_between_releases() -> None:
    # Written down once: another figure here means that every reader sees its old events as new.
    assert deterministic_id("alert", ["user-17", 7]) == "22a04c32-2f66-58e2-8c7f-413857a33f68"
    assert bucket_of("user-17") == 57


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_every_user_has_one_of_the_buckets(users: Sequence[str]) -> None:
    assert all(0 <= bucket_of(user) < BUCKETS for user in users)


def test_users_spread_over_all_buckets() -> None:
    counts = [0] * BUCKETS
    for number in range(64_000):
        counts[bucket_of(f"user-{number}")] += 1

    assert 800 < min(counts) <= max(counts) < 1_200
