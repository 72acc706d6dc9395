"""Who we were in the group, as the bytes that join offsets to a transaction.

The broker refuses offsets of a generation that is over, so the bytes must name the generation in
which the records were fetched. librdkafka makes them of a live consumer only, never of a past
generation, and we consume with another client: so we write them ourselves, and refuse to start
beside a librdkafka that writes them differently.
"""

import struct

import confluent_kafka
from confluent_kafka import Consumer

from streams.errors import MendableError
from streams.protocols import Membership

_HEAD = b"CGMDv2:"
# Members are dynamic: none has a group.instance.id.
_NO_INSTANCE = b"\x01"
_GROUP = "layout"
_OUTSIDE = Membership(generation=-1, member_id="")


class LayoutError(MendableError):
    """The installed librdkafka writes group metadata in a layout that we do not."""


def group_metadata(group: str, membership: Membership) -> bytes:
    """Write down a membership of *group*; ValueError when it is none."""
    if membership.generation < 0 or not membership.member_id:
        # The broker would take such offsets from anybody.
        raise ValueError(f"not a member of a group, so nothing would be fenced: {membership}")
    return _packed(group, membership)


def _packed(group: str, membership: Membership) -> bytes:
    # librdkafka copies the generation out of memory, in this machine's byte order.
    generation = struct.pack("=i", membership.generation)
    names = (group.encode(), membership.member_id.encode(), _NO_INSTANCE)
    return _HEAD + generation + b"\0".join(names)


def check_layout() -> None:
    """Make sure that librdkafka writes a membership as we do; LayoutError when not."""
    # It never connects: what it gives is the membership of one who has not joined.
    consumer = Consumer({"group.id": _GROUP, "log_level": 0})
    theirs = consumer.consumer_group_metadata()
    consumer.close()
    require_ours(theirs)


def require_ours(theirs: bytes) -> None:
    """Compare what librdkafka wrote of one who has not joined; LayoutError when it differs."""
    if theirs != _packed(_GROUP, _OUTSIDE):
        raise LayoutError(
            f"confluent-kafka {confluent_kafka.__version__} writes group metadata in a layout "
            f"that this build does not know ({theirs!r}), so offsets could not be fenced. "
            "Install the locked version: uv sync --frozen"
        )
