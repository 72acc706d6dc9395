"""Faust's consumer, in the agents' thread, which hands on slices instead of messages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from faust.transport.consumer import RecordMap
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP, ConsumerMessage, Message

from streams.bundles.fetching import SliceThread
from streams.bundles.sessions import Sessions, TransportError
from streams.protocols import Membership, Partition, Slice

LOOK_AGAIN_S = 0.02
"""How soon to look whether a partition that cannot be read just now can be."""

Rebalanced = Callable[[frozenset[Partition]], Awaitable[None]]
"""Is told of partitions that were assigned or revoked."""


@dataclass(slots=True)
class Reading:
    """What is read, in what cut, by which consumer, and who is told of rebalances."""

    records_max: int
    consumer: "SliceConsumer | None" = None
    topics: set[str] = field(default_factory=set)
    sessions: Sessions = field(default_factory=Sessions)
    on_assigned: list[Rebalanced] = field(default_factory=list)
    on_revoked: list[Rebalanced] = field(default_factory=list)


class SliceConsumer(Consumer):
    """Faust's consumer, between the thread that fetches and the conductor."""

    transport: "SliceTransport"
    _thread: SliceThread

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = Unread()
        self.transport.reading.consumer = self

    def _new_consumer_thread(self) -> SliceThread:
        """Fetch in a thread of our kind."""
        reading = self.transport.reading
        thread = SliceThread(self, loop=self.loop, beacon=self.beacon)
        thread.sessions, thread.records_max = reading.sessions, reading.records_max
        return thread

    def membership(self) -> Membership:
        """Give the membership in force now; generation -1 where there is none."""
        return self._thread.membership()

    async def begin(self, partition: Partition, offset: int) -> int:
        """Read a partition from *offset* on; gives the session's number."""
        session: int = await self._in_thread(self._thread.begin, partition, offset)
        return session

    async def pause(self, partition: Partition) -> None:
        """Stop fetching a partition until it is sought or assigned anew."""
        await self._in_thread(self._thread.pause, partition)

    async def _in_thread(self, deed: Callable[..., Awaitable[Any]], *about: Any) -> Any:
        """Do something in the thread that fetches; should that end before, mode would not tell."""
        if not self.should_stop:
            waited = await self.wait(self._thread.call_thread(deed, *about))
            if not waited.stopped:
                return waited.result
        raise TransportError("the worker is ending, and reads no more")

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Refuse other topics than slices', of which Faust would decode slices as messages."""
        if strangers := set(topics) - self.transport.reading.topics:
            raise TransportError(f"not topics of slices: {', '.join(sorted(strangers))}")
        await super().subscribe(topics)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - Faust's signature.
    ) -> RecordMap:
        """Fetch the partitions that have room, and look again soon if there are others.

        Faust 0.15.3 goes by what a topic's queue holds in all, and rests for a second when none
        may be fetched; one slow partition would hold up the rest.
        """
        sessions = self.transport.reading.sessions
        wanted = {Partition(*active) for active in active_partitions or ()} - sessions.paused
        readable = {TP(*partition) for partition in wanted if sessions.has_room(partition)}
        wait_s = timeout if len(readable) == len(wanted) else LOOK_AGAIN_S
        if not readable:
            await self.sleep(wait_s)
            return {}
        return await self._thread.getmany(readable, wait_s)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - Faust's signature.
    ) -> AsyncIterator[tuple[TP, Message]]:
        """Hand on what was fetched, once the flow is open.

        Faust 0.15.3 throws away what came while the flow was closed, and seeks back to committed
        offsets; here the agent's end of the channel knows which slices still count.
        """
        fetched, _ = await self._wait_next_records(timeout)
        for (slice_,) in (fetched or {}).values():
            if not self.flow_active:
                await self.wait(self.can_resume_flow)  # type: ignore[arg-type] # As Faust does.
            if self.should_stop:
                return
            yield TP(*slice_.partition), message(slice_)

    async def perform_seek(self) -> None:
        """Leave every position alone; Faust 0.15.3 seeks to offsets that may still be pending."""

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tell the owner while nothing flows, then let Faust open the flow.

        Faust 0.15.3 leaves the flow open for a member that had no partitions before.
        """
        self.stop_flow()
        self.app.flow_control.suspend()
        await self._tell(self.transport.reading.on_assigned, assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let Faust close the flow, then tell the owner, before the group hears of us again."""
        await super().on_partitions_revoked(revoked)
        await self._tell(self.transport.reading.on_revoked, revoked)

    async def _tell(self, callbacks: Iterable[Rebalanced], partitions: set[TP]) -> None:
        """Call the owner, unless we are ending; a failure, which aiokafka 0.14 logs, ends us."""
        told = frozenset(Partition(*partition) for partition in partitions)
        try:
            for callback in callbacks if told else ():
                await self.wait(callback(told))
        except Exception as error:  # noqa: BLE001 - Whatever it is, the worker must not go on.
            await self.app.crash(error)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Watch nothing; Faust 0.15.3 looks for its own commits, and fails on a lost partition."""


class SliceTransport(Transport):
    """Faust's transport, which makes consumers of our kind."""

    Consumer = SliceConsumer
    reading: Reading


class Unread(dict[TP, int | None]):
    """Faust's note of what it has read: nothing, ever.

    Faust 0.15.3 drops what lies below its note. After a seek back, a slice that is still on its
    way raises the note, and all that is read again would be dropped.
    """

    def __getitem__(self, partition: TP) -> None:
        return None


def message(slice_: Slice) -> Message:
    """Wrap a slice for its way through Faust, under the generation it was fetched in."""
    last = slice_.records[-1]
    value: Any = slice_
    return ConsumerMessage(
        slice_.partition.topic,
        slice_.partition.number,
        last.offset,
        last.timestamp / 1_000,
        timestamp_type=0,
        headers=None,
        key=None,
        value=value,
        checksum=None,
        serialized_value_size=0,
        tp=TP(*slice_.partition),
        generation_id=slice_.membership.generation,
    )
