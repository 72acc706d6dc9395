import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.group_metadata import LayoutError, check_layout, group_metadata, require_ours
from streams.protocols import Membership
from streams.stack import Stack
from tests.streams.broker import fresh, members, new_topic, settle

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(group=NAMES, generation=st.integers(0, 2**31 - 1), member_id=NAMES)
def test_a_membership_can_be_read_back(group: str, generation: int, member_id: str) -> None:
    packed = group_metadata(group, Membership(generation, member_id))

    head, rest = packed[:7], packed[11:]
    assert head == b"CGMDv2:"
    assert struct.unpack("=i", packed[7:11]) == (generation,)
    assert rest.split(b"\0") == [group.encode(), member_id.encode(), b"\x01"]


def test_a_real_member_has_the_same_bytes_in_every_generation(stack: Stack) -> None:
    topic, group = new_topic(stack, partitions=2), fresh("group")
    with members(stack, group, topic) as joined:
        (first,) = joined
        assert first.metadata == group_metadata(group, Membership(1, first.consumer.memberid()))

    with members(stack, group, topic, count=2) as joined:
        # The first generation ended when its member left, which is an (empty) generation, too.
        generation = joined[1].membership.generation
        assert generation > 2
        settle(joined, generation)
        for member in joined:
            membership = Membership(generation, member.consumer.memberid())
            assert member.metadata == group_metadata(group, membership)


@pytest.mark.parametrize(
    "nobody", [Membership(-1, ""), Membership(-1, "member"), Membership(3, "")]
)
def test_who_is_not_a_member_commits_nothing(nobody: Membership) -> None:
    with pytest.raises(ValueError, match="nothing would be fenced"):
        group_metadata("group", nobody)


def test_the_installed_librdkafka_writes_our_layout() -> None:
    check_layout()


@pytest.mark.parametrize(
    "theirs",
    [
        b"",
        b"CGMDv3:\xff\xff\xff\xfflayout\0\0\x01",
        b"CGMDv2:\xff\xff\xff\xfflayout\0\0",
        b"CGMDv2:layout\0\xff\xff\xff\xff\0\x01",
    ],
)
def test_another_layout_is_refused_with_what_to_do(theirs: bytes) -> None:
    with pytest.raises(LayoutError, match="uv sync --frozen"):
        require_ours(theirs)
