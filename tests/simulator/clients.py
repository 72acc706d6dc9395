"""A worker's clients of the simulated broker: its log, its outbox and its place in the group."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, groupby
from typing import TypeVar

from sample.dice import Dice
from streams.protocols import Membership, Message, OutboxError, Partition, Record, Slice
from tests.simulator.broker import (
    Broker,
    BrokerError,
    ConcurrentError,
    FencedError,
    PartitionLog,
    UnstableError,
    Written,
)
from tests.simulator.world import UnknownOutcomeError, Wire

T = TypeVar("T")

PATIENCE_S = 15.0
ATTEMPT_S = 0.2
AHEAD_MAX = 2
SLICE_RECORDS_MAX = 8


async def _insist(
    call: Callable[[], Awaitable[T]], again: tuple[type[Exception], ...], patience_s: float
) -> T:
    """Repeat a call until it answers otherwise, or patience ends."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        try:
            return await call()
        except again:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(ATTEMPT_S)


class WiredLog:
    """The log beside the group: streams.protocols.Log."""

    def __init__(self, wire: Wire, broker: Broker, dice: Dice) -> None:
        self._wire, self._broker, self._dice = wire, broker, dice

    async def committed(self, partition: Partition) -> int | None:
        """Wait until no transaction is pending on the offset."""

        async def ask() -> int | None:
            return await self._ask("committed", lambda: self._committed(partition))

        return await _insist(ask, (UnstableError,), PATIENCE_S)

    def _committed(self, partition: Partition) -> int | None:
        return self._broker.group.stable(partition)

    async def start(self, partition: Partition) -> int:
        """Give 0: nothing here expires."""
        return await self._ask("start", lambda: 0 * self._broker.logs[partition].end)

    async def end(self, partition: Partition) -> int:
        """Give the end, of open transactions too."""
        return await self._ask("end", lambda: self._broker.logs[partition].end)

    async def newest_ms(self, partition: Partition) -> int:
        """Give the last record's time."""
        return await self._ask("newest_ms", lambda: self._broker.logs[partition].newest_ms)

    async def has_taken_in(self, topics: Sequence[str], before_ms: int) -> bool:
        """Say whether everything that was written before is committed."""
        return await self._ask("has_taken_in", lambda: self._has_taken_in(topics, before_ms))

    def _has_taken_in(self, topics: Sequence[str], before_ms: int) -> bool:
        committed = self._broker.group.committed
        return not any(
            record.timestamp < before_ms
            for partition, log in self._broker.logs.items()
            if partition.topic in topics and partition in committed
            for record in log.read(committed[partition], log.end, 1)
        )

    async def topic_id(self, topic: str) -> str:
        """Give the topic's id."""
        return await self._ask("topic_id", lambda: f"id-of-{topic}")

    async def read(
        self, partition: Partition, start: int, until: int
    ) -> AsyncIterator[Sequence[Record]]:
        """Read a range, a few records at a time; waits for transactions that are open in it."""
        log = self._broker.logs[partition]

        def read(start: int, most: int) -> list[Written]:
            records = log.read(start, until, most)
            if not records and log.stable_end < until:
                raise UnstableError
            return records

        while start < until:
            ask = partial(self._ask, "read", partial(read, start, self._dice.between(1, 12)))
            records = await _insist(ask, (UnstableError,), PATIENCE_S)
            if not records:
                return
            yield records
            start = records[-1].offset + 1

    async def _ask(self, what: str, effect: Callable[[], T]) -> T:
        return await self._wire.call(f"log.{what}", effect, fallible=True)


class WiredOutbox:
    """The transactional outbox: streams.protocols.Outbox."""

    def __init__(self, wire: Wire, broker: Broker, name: str, member: "Member") -> None:
        self._wire, self._broker, self._name = wire, broker, name
        self._member = member
        self._epoch: int | None = None
        self._serial = 0

    async def send(self, messages: Sequence[Message]) -> None:
        """Write messages, topic by topic."""
        for topic, group in groupby(messages, key=lambda message: message.topic):
            await self._send(topic, list(group))

    async def _send(self, topic: str, messages: list[Message]) -> None:
        epoch = self._renewed()
        produce = self._broker.coordinator.produce
        self._serial = await self._attempt(
            f"send {topic}", lambda: produce(self._name, epoch, messages)
        )

    async def commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Join the offsets, and end the transaction."""
        epoch = self._renewed()
        add = self._broker.coordinator.add_offsets
        self._serial = await self._attempt(
            "offsets", lambda: add(self._name, epoch, offsets, self._label(membership))
        )
        end, serial = self._broker.coordinator.end, self._serial
        # Asked again, it gives the same outcome; given up, the request may still be on its way.
        again = (UnknownOutcomeError,)
        await self._attempt("end", lambda: end(self._name, epoch, serial), again)

    def _label(self, membership: Membership) -> Membership:
        return membership

    async def renew(self) -> None:
        """Raise the producer's epoch, which seals what was open."""
        self._epoch = None
        init = self._broker.coordinator.init
        again = (UnknownOutcomeError,)
        self._epoch = await self._attempt("init", lambda: init(self._name), again)

    def _renewed(self) -> int:
        if self._epoch is None:
            raise OutboxError("not renewed")
        return self._epoch

    async def _attempt(
        self, step: str, effect: Callable[[], T], again: tuple[type[Exception], ...] = ()
    ) -> T:
        """Take a step; after a failure nothing goes on before the outbox is renewed."""

        async def once() -> T:
            return await self._wire.call(f"outbox.{step}", effect, fallible=True)

        try:
            return await _insist(once, (ConcurrentError, *again), PATIENCE_S)
        except (BrokerError, UnknownOutcomeError) as error:
            self._epoch = None
            raise OutboxError(repr(error)) from error


@dataclass(slots=True)
class Session:
    """An unbroken reading of a partition: where it stands, what was cut, and what was taken."""

    number: int
    log: PartitionLog
    position: int
    cut: int = 0
    taken: int = 0

    @property
    def has_more(self) -> bool:
        """Say whether there is something left to read."""
        return bool(self.log.read(self.position, self.log.end, 1))


class Member:
    """A worker as a member of its group: streams.protocols.Consumer.

    As with the real one, nothing is read of a partition before its owner seeks, an assignment
    ends all sessions, and a slice is labelled where it is drained.
    """

    def __init__(
        self, wire: Wire, broker: Broker, dice: Dice, name: str, records_least: int
    ) -> None:
        self._wire, self._broker, self._dice, self._name = wire, broker, dice, name
        self._records_least = records_least
        self._ids = count()
        self._numbers = count()
        self._membership = Membership(-1, "")
        self._assigned: list[Partition] = []
        self._sessions: dict[Partition, Session] = {}

    # What the engine asks for.

    def membership(self) -> Membership:
        """Give the membership in force as far as this worker knows."""
        return self._membership

    async def seek(self, partition: Partition, offset: int) -> int:
        """Begin a session."""
        return await self._wire.call("member.seek", lambda: self._begin(partition, offset))

    def _begin(self, partition: Partition, offset: int) -> int:
        session = self._sessions[partition] = Session(
            next(self._numbers), self._broker.logs[partition], offset
        )
        self._broker.tell()
        return session.number

    async def pause(self, partition: Partition) -> None:
        """Read no more of a partition; nothing is read of it before it is sought again."""
        await self._wire.call("member.pause", lambda: self._sessions.pop(partition, None))

    # Membership.

    async def stay(
        self,
        assigned: Callable[[list[Partition]], None],
        revoked: Callable[[list[Partition]], None],
    ) -> None:
        """Join, and join anew whenever the group asks for it."""
        member_id = self._new_id()
        while True:
            joined = await self._wire.call(
                "member.join",
                lambda name=member_id: self._broker.group.join(name),  # type: ignore[misc] # A lambda's default has no type.
            )
            outcome = await joined
            await self._wire.call("member.sync", lambda: None)
            if outcome is None:
                member_id = self._new_id()
                continue
            generation, self._assigned = outcome
            self._membership = Membership(generation, member_id)
            self._sessions.clear()
            assigned(self._assigned)
            if not await self._until_rebalance():
                member_id = self._new_id()
            revoked(self._assigned)
            await asyncio.sleep(self._dice.below(300) / 1_000)

    async def _until_rebalance(self) -> bool:
        """Send heartbeats until the group asks to join anew; False if we are no member."""
        while True:
            await asyncio.sleep(self._dice.between(500, 2_000) / 1_000)
            try:
                if not await self._wire.call(
                    "member.heartbeat", lambda: self._broker.group.heartbeat(self._membership)
                ):
                    return True
            except FencedError:
                return False

    def _new_id(self) -> str:
        return f"{self._name}-{next(self._ids)}"

    def leave(self) -> None:
        """Leave the group, as a process that ends in order does."""
        self._broker.group.leave(self._membership.member_id)

    # Reading.

    async def read(self, hand_over: "asyncio.Queue[Slice]") -> None:
        """Drain slices of whatever partition has something to read."""
        while True:
            news = self._broker.news()
            readable = [partition for partition in self._assigned if self._is_readable(partition)]
            if not readable:
                await news
                continue
            await self._drain(self._dice.one_of(readable), hand_over)

    def _is_readable(self, partition: Partition) -> bool:
        session = self._sessions.get(partition)
        if session is None or session.cut - session.taken >= AHEAD_MAX:
            return False
        return session.has_more

    async def _drain(self, partition: Partition, hand_over: "asyncio.Queue[Slice]") -> None:
        session = self._sessions[partition]
        log, at = session.log, session.position
        most = self._dice.between(self._records_least, SLICE_RECORDS_MAX)
        records = await self._wire.call("member.fetch", lambda: log.read(at, log.end, most))
        if self._sessions.get(partition) is not session or not records:
            return
        slice_ = Slice(partition, records, self._membership, session.number, session.cut)
        session.position, session.cut = slice_.next, session.cut + 1
        hand_over.put_nowait(slice_)

    async def hand_over(
        self, queue: "asyncio.Queue[Slice]", offer: Callable[[Slice], Awaitable[None]]
    ) -> None:
        """Let the engine have each slice that still counts when its turn comes."""
        while True:
            slice_ = await queue.get()
            await self._wire.call("member.hand_over", lambda: None)
            session = self._sessions.get(slice_.partition)
            counts = session is not None and session.number == slice_.session
            if not counts or slice_.membership != self._membership:
                continue
            assert session is not None
            session.taken = slice_.index + 1
            self._broker.tell()
            for _ in range(self._deliveries(session)):
                await offer(slice_)

    def _deliveries(self, session: Session) -> int:
        """Say how often a slice arrives; one is lost only where a later one will show it."""
        fates = self._wire.world.fates
        if session.has_more and fates.happens("lost_slice"):
            return 0
        return 2 if fates.happens("doubled_slice") else 1
