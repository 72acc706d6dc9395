"""The thread that fetches: seeks, pauses and slices are made in it and nowhere else."""

# ruff: noqa: SLF001 - To stand between Faust and aiokafka is what this file is for.

import asyncio
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import (
    ConsumerStoppedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.protocol.group import LeaveGroupRequest
from aiokafka.structs import TopicPartition
from faust.transport.consumer import RecordMap
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Transport
from faust.types import TP

from streams.bundles.sessions import Sessions, TransportError
from streams.bundles.unpacking import drain
from streams.protocols import Membership, Partition, Record

FETCH_WAIT_MS = 100
"""How long a broker may hold a fetch back while it has nothing to give."""

LEAVE_S = 0.5
"""How long leaving the group may take before it is tried beside what holds it up."""

LEAVE_TRIES = 10
"""How often that is tried."""


def require_member(membership: Membership) -> Membership:
    """Give the membership back, if it is one that a broker can hold against a zombie."""
    if membership.generation < 0 or not membership.member_id:
        raise TransportError(
            f"records came without a membership (generation {membership.generation}, member "
            f"{membership.member_id!r}): their offsets could not be fenced; restart the worker"
        )
    return membership


class SliceThread(AIOKafkaConsumerThread):
    """Faust's consumer thread, which drains slices."""

    sessions: Sessions
    records_max: int

    def _create_worker_consumer(self, transport: Transport) -> AIOKafkaConsumer:
        """Read what is committed only, and never let a fetch wait long.

        Faust 0.15.3 asks for read_committed in its own exactly-once mode alone. Its fetches may
        wait for 1.5 s, and meanwhile aiokafka 0.14 fetches nothing else from that broker.
        """
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    def membership(self) -> Membership:
        """Give the membership in force now; generation -1 where there is none."""
        if self._consumer is None:
            return Membership(-1, "")
        coordinator: Any = self._consumer._coordinator
        return Membership(coordinator.generation, coordinator.member_id)

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature.
        max_records: int | None = None,  # noqa: ARG002 - Likewise.
    ) -> RecordMap:
        """Give at most a slice of each partition, as soon as there is one.

        Faust 0.15.3 drains and waits in one call, in which a rebalance can come to pass.
        """
        slices = self._slices(consumer, active_partitions)
        if not slices:
            with suppress(TimeoutError):
                fetcher = consumer._fetcher
                assert fetcher is not None  # A consumer that was started has one.
                async with asyncio.timeout(timeout):
                    await fetcher._create_fetch_waiter()  # Also tells of refusals.
            slices = self._slices(consumer, active_partitions)
        return slices

    def _slices(self, consumer: AIOKafkaConsumer, partitions: set[TP]) -> RecordMap:
        """Drain what is there, and label it on the spot: nothing is awaited in between.

        Faust 0.15.3 labels in another thread, with whatever generation is in force by then.
        """
        coordinator: Any = consumer._coordinator
        if consumer._subscription.reassignment_in_progress or not self.consumer.flow_active:
            return {}
        self.sessions.renew(consumer._subscription.subscription.assignment)
        drained = self._drain(consumer, partitions)
        membership = self.membership()
        if not drained or (
            # The group has put us out: all that we join anew is assigned, and read, anew.
            membership.generation < 0
            and coordinator.need_rejoin(consumer._subscription.subscription)
        ):
            return {}
        require_member(membership)
        return {
            partition: [self.sessions.cut(Partition(*partition), records, membership)]
            for partition, records in drained.items()
        }

    def _drain(self, consumer: AIOKafkaConsumer, partitions: set[TP]) -> dict[TP, list[Record]]:
        fetcher = consumer._fetcher
        if fetcher is None or fetcher._closed:
            raise ConsumerStoppedError
        drained: dict[TP, list[Record]] = {}
        try:
            for partition in partitions:
                if self.sessions.has_room(Partition(*partition)) and (
                    records := drain(fetcher, TopicPartition(*partition), self.records_max)
                ):
                    drained[partition] = records
        except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
            raise TransportError(
                f"the log does not hold what comes next ({error!r}); run: penstock doctor"
            ) from error
        return drained

    async def on_thread_stop(self) -> None:
        """Leave the group at once, even while it is being joined.

        aiokafka 0.14 first joins, and so waits for the group's slowest member; and it trips over
        a fetch that it cancels between two tries, at which Faust 0.15.3 waits for a minute. What
        does not end by then is cut off: the group puts us out when our heartbeats stay away.
        """
        ending = asyncio.ensure_future(super().on_thread_stop())
        for _ in range(LEAVE_TRIES):
            if (await asyncio.wait({ending}, timeout=LEAVE_S))[0]:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leave(), LEAVE_S)
        else:
            ending.cancel()
            await asyncio.wait({ending}, timeout=LEAVE_S)
        if not ending.done() or ending.cancelled():
            client: Any = self._ensure_consumer()._client
            await client.close()
        else:
            ending.result()

    async def _leave(self) -> None:
        """Leave beside the join under way, which the broker then ends."""
        consumer: Any = self._ensure_consumer()
        coordinator = consumer._coordinator
        if coordinator.coordinator_id is not None and coordinator.member_id:
            with suppress(KafkaError):
                await consumer._client.send(
                    coordinator.coordinator_id,
                    LeaveGroupRequest(coordinator.group_id, coordinator.member_id),
                )

    def close(self) -> None:
        """Leave it to the thread to close its consumer as it ends.

        Faust 0.15.3 calls this from the agents' thread if a rebalance comes while it ends, and
        closes half of the consumer there, so that the thread no longer closes the other half.
        """

    async def begin(self, partition: Partition, offset: int) -> int:
        """Read a partition from *offset* on, if it is assigned; gives the session's number.

        Faust 0.15.3 seeks from the agents' thread, where a drain under way can undo it. A pause
        may have been meant for an earlier assignment and come late, so it ends here.
        """
        if (consumer := self._reading(partition)) is not None:
            consumer.seek(TopicPartition(*partition), offset)
            consumer.resume(TopicPartition(*partition))
        return self.sessions.begin(partition)

    async def pause(self, partition: Partition) -> None:
        """Stop fetching a partition until it is sought or assigned anew."""
        if (consumer := self._reading(partition)) is not None:
            consumer.pause(TopicPartition(*partition))
        self.sessions.pause(partition)

    def _reading(self, partition: Partition) -> Any:
        """Give aiokafka's consumer, if the partition is assigned to it."""
        consumer: Any = self._ensure_consumer()
        subscription = consumer._subscription.subscription
        if subscription is None or subscription.assignment is None:
            return None
        self.sessions.renew(subscription.assignment)
        return consumer if partition in subscription.assignment.tps else None
