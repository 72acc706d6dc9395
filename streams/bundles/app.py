"""The Faust app whose agents receive slices."""

from typing import Any

import faust
from faust.exceptions import Skip
from faust.tables.manager import TableManager
from faust.types import AppT, Message
from faust.types.agents import AgentT
from faust.types.streams import StreamT
from faust.types.topics import TopicT

from streams.bundles.consuming import Reading, Rebalanced, SliceConsumer, SliceTransport
from streams.bundles.sessions import TransportError
from streams.protocols import Membership, Partition, Slice


class NoTables(TableManager):
    """The manager of the tables that we do not have."""

    async def on_start(self) -> None:
        """Start at once; Faust 0.15.3 waits a second for tables that register late."""
        await self._update_channels()
        await self.recovery.start()


SETTLED: dict[str, Any] = {
    # Faust lets the environment overrule what it is told; only streams/settings.py may read it.
    "env": {},
    # Offsets are committed in transactions of our own, and Faust has no say in where to read.
    "processing_guarantee": "at_least_once",
    "consumer_auto_offset_reset": "none",
    # A static member rejoins in the same generation: nothing would tell it from its own zombie.
    "consumer_group_instance_id": None,
    # Room is counted by partition, long before this is full.
    "stream_buffer_maxsize": 2**16,
    # Whether a worker gets on is its owner's to judge; by fetches, a long refold would be an end.
    "broker_max_poll_interval": 365 * 86_400.0,
    # An operator makes the topics, on purpose; there is no leader, and there are no tables.
    "topic_allow_declare": False,
    "topic_disable_leader": True,
    "store": "memory://",
    "TableManager": NoTables,
    # Pages that show what passes through a worker have no place where that is people's money.
    "web_tables_enabled": False,
    "web_stats_enabled": False,
}
"""What slices need of Faust's settings."""


class SliceSchema(faust.Schema[None, Any]):
    """Hands a slice to the agent as it is."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        """Give no key: a slice holds many."""

    def loads_value(self, app: AppT, message: Message, **_: Any) -> Any:  # noqa: ARG002 - Faust's.
        """Give the slice."""
        return message.value


class Member:
    """The worker as a member of its group: streams.protocols.Consumer, by Faust."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def membership(self) -> Membership:
        """Give the membership in force now; generation -1 where there is none."""
        consumer = self._reading.consumer
        return Membership(-1, "") if consumer is None else consumer.membership()

    async def seek(self, partition: Partition, offset: int) -> int:
        """Read on from *offset*; gives the number of the session that begins."""
        return await self._consumer.begin(partition, offset)

    async def pause(self, partition: Partition) -> None:
        """Stop fetching a partition until it is sought or assigned anew."""
        await self._consumer.pause(partition)

    @property
    def _consumer(self) -> SliceConsumer:
        assert self._reading.consumer is not None  # The app has been started.
        return self._reading.consumer


class SliceApp(faust.App):
    """A Faust app whose agents receive slices.

    A partition is read from where its owner seeks, and not before: of what `on_assigned` tells,
    the owner seeks or pauses every partition, then or later. While `on_assigned` runs no heartbeat
    is sent, so it must return well within the session timeout.
    """

    def __init__(
        self,
        group: str,
        brokers: str,
        *,
        slice_records_max: int = 2_000,
        session_timeout_s: float = 8.0,
        heartbeat_s: float = 1.0,
        rebalance_timeout_s: float = 30.0,
        **options: Any,
    ) -> None:
        if refused := sorted(SETTLED.keys() & options.keys()):
            raise TransportError(f"slices need these settings as they are: {', '.join(refused)}")
        self._reading = Reading(slice_records_max)
        self.member = Member(self._reading)
        super().__init__(
            group,
            broker=";".join(f"kafka://{broker}" for broker in brokers.split(",")),
            broker_session_timeout=session_timeout_s,
            broker_heartbeat_interval=heartbeat_s,
            broker_rebalance_timeout=rebalance_timeout_s,
            **options,
            **SETTLED,
        )

    def slice_topic(self, *names: str) -> TopicT:
        """Give topics whose partitions come in slices, for one agent."""
        self._reading.topics.update(names)
        return self.topic(*names, schema=SliceSchema(), acks=False)

    def on_assigned(self, callback: Rebalanced) -> Rebalanced:
        """Call this with the partitions that are ours from now on, before any slice of them."""
        self._reading.on_assigned.append(callback)
        return callback

    def on_revoked(self, callback: Rebalanced) -> Rebalanced:
        """Call this with the partitions that end being ours, while the membership still holds."""
        self._reading.on_revoked.append(callback)
        return callback

    def stream(self, *args: Any, **options: Any) -> StreamT[Any]:
        """Let an agent have a slice only if it still counts at that moment."""
        stream = super().stream(*args, **options)
        stream.add_processor(self._still_counts)
        return stream

    def _still_counts(self, value: Any) -> Any:
        if isinstance(value, Slice) and not (
            value.membership == self.member.membership() and self._reading.sessions.take(value)
        ):
            raise Skip
        return value

    def _new_transport(self) -> SliceTransport:
        """Read by our transport; Faust 0.15.3 chooses one by the broker's URL."""
        transport = SliceTransport(self.conf.broker_consumer, self)
        transport.reading = self._reading
        return transport

    async def _on_agent_error(self, _: AgentT[Any], exc: BaseException) -> None:
        """End the worker; Faust 0.15.3 would start the agent anew, one event further on."""
        await self.crash(exc)

    def _create_directories(self) -> None:
        """Leave the disk alone; Faust 0.15.3 makes folders for tables even if there are none."""
