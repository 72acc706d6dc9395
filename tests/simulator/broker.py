"""Kafka in memory: logs with transactions, a transaction coordinator and a consumer group.

It models what the promise rests on, and no more: records and markers take up offsets, readers see
what is committed up to the last stable offset, a producer's epoch fences what it sent before, and
offsets that join a transaction are refused unless their generation is the group's.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from aiokafka.partitioner import murmur2

from sample.dice import Dice
from streams.protocols import HeaderList, Membership, Message, Partition

TRANSACTION_TIMEOUT_S = 5.0
SWEEP_S = 1.0
SESSION_TIMEOUT_S = 6.0
REBALANCE_TIMEOUT_S = 6.0
FIRST_TIMESTAMP_MS = 1_798_761_600_000  # Later than any day that the data tell of.


class BrokerError(Exception):
    """The broker refuses a request."""


class FencedError(BrokerError):
    """The producer's epoch, or the member's generation, is not the one in force."""


class ConcurrentError(BrokerError):
    """The producer's last transaction is not settled yet: ask again."""


class UnstableError(BrokerError):
    """A transaction is pending on the offset: ask again."""


@dataclass(eq=False, slots=True)
class Transaction:
    """A transaction: what it wrote where, and what was decided."""

    serial: int
    partitions: list["PartitionLog"] = field(default_factory=list)
    offsets: dict[Partition, int] = field(default_factory=dict)
    committed: bool | None = None
    to_settle: int = 0


@dataclass(slots=True)
class Written:
    """A record in a log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: HeaderList
    transaction: Transaction | None


class PartitionLog:
    """One partition: records in order of offsets, with holes where markers and gaps are."""

    def __init__(self) -> None:
        self.end = 0
        self.records: list[Written] = []
        self.open: dict[Transaction, int] = {}

    @property
    def newest_ms(self) -> int:
        """Give the last record's time."""
        return self.records[-1].timestamp if self.records else 0

    @property
    def stable_end(self) -> int:
        """Give the last stable offset."""
        return min(self.open.values(), default=self.end)

    def read(self, start: int, until: int, count: int) -> list[Written]:
        """Read what is committed from *start* to before *until*, at most *count* records."""
        found: list[Written] = []
        until = min(until, self.stable_end)
        at = bisect_left(self.records, start, key=lambda record: record.offset)
        for record in self.records[at:]:
            if record.offset >= until or len(found) == count:
                break
            if record.transaction is None or record.transaction.committed:
                found.append(record)
        return found

    def all(self) -> list[Written]:
        """Read all that is committed."""
        return self.read(0, self.end, len(self.records))


def clock_ms() -> int:
    """Tell a time that passes as fast as the loop's."""
    return FIRST_TIMESTAMP_MS + int(asyncio.get_running_loop().time() * 1_000)


class Broker:
    """Topics, producers and one consumer group."""

    def __init__(self, dice: Dice, topics: Mapping[str, int], *, gaps_permille: int) -> None:
        self._dice, self._gaps_permille = dice, gaps_permille
        self.counts = dict(topics)
        self.logs = {
            Partition(topic, number): PartitionLog()
            for topic, count in topics.items()
            for number in range(count)
        }
        self.now_ms: Callable[[], int] = clock_ms
        self.marker_s_max = 0.02
        self.group = Group(self)
        self.coordinator = Coordinator(self)
        self._listening: list[asyncio.Future[None]] = []

    def append(self, message: Message, transaction: Transaction | None) -> None:
        """Write a record; without a partition, its key chooses one."""
        number = message.partition
        if number is None:
            number = partition_of(message.key or b"", self.counts[message.topic])
        log = self.logs[Partition(message.topic, number)]
        if self._dice.permille(self._gaps_permille):
            log.end += self._dice.between(1, 3)  # As compaction leaves them.
        if transaction is not None and transaction not in log.open:
            log.open[transaction] = log.end
            transaction.partitions.append(log)
        log.records.append(
            Written(
                log.end, self.now_ms(), message.key, message.value, message.headers, transaction
            )
        )
        log.end += 1
        self.tell()

    def shuffled(self, names: list[str]) -> list[str]:
        """Give the members in the order in which partitions are shared out."""
        return self._dice.some_of(names, len(names))

    def soon(self, happen: Callable[[], None]) -> None:
        """Let something happen that the broker does in its own time."""
        micros = self._dice.below(int(self.marker_s_max * 1_000_000) + 1)
        asyncio.get_running_loop().call_later(micros / 1_000_000, happen)

    def tell(self) -> None:
        """Wake whoever listens: there may be something to read."""
        listening, self._listening = self._listening, []
        for listener in listening:
            if not listener.done():
                listener.set_result(None)

    def news(self) -> "asyncio.Future[None]":
        """Give a future that is done when there may be something to read."""
        listener: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening.append(listener)
        return listener


@lru_cache(maxsize=1024)
def partition_of(key: bytes, count: int) -> int:
    """Choose a key's partition as Kafka's own clients do."""
    return int(murmur2(key) & 0x7FFFFFFF) % count  # type: ignore[no-untyped-call] # It has no types.


@dataclass(slots=True)
class Producer:
    """What the coordinator knows of a transactional id."""

    epoch: int = 0
    transaction: Transaction | None = None


class Coordinator:
    """Begins, ends and times out transactions; an end is decided first and written later."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._producers: dict[str, Producer] = {}
        self._serial = 0

    def init(self, name: str) -> int:
        """Raise the producer's epoch, and abort what it left open; gives the new epoch."""
        producer = self._producers.setdefault(name, Producer())
        producer.epoch += 1
        self._seal(producer)
        return producer.epoch

    def _seal(self, producer: Producer) -> None:
        if producer.transaction is not None:
            if producer.transaction.committed is None:
                self._decide(producer, producer.transaction, commit=False)
            raise ConcurrentError

    def produce(self, name: str, epoch: int, messages: Sequence[Message]) -> int:
        """Write in the open transaction, opening one if there is none; gives its serial."""
        transaction = self._open(name, epoch)
        for message in messages:
            self._broker.append(message, transaction)
        return transaction.serial

    def add_offsets(
        self, name: str, epoch: int, offsets: Mapping[Partition, int], membership: Membership
    ) -> int:
        """Let offsets join the transaction, unless their generation is over; gives its serial."""
        transaction = self._open(name, epoch)
        self._broker.group.require(membership)
        transaction.offsets |= offsets
        self._broker.group.pending[transaction] = transaction.offsets
        return transaction.serial

    def end(self, name: str, epoch: int, serial: int) -> None:
        """Commit; what was committed already is committed, and a late request ends no other.

        Brokers since 4.0 number a producer's transactions by raising its epoch with each.
        """
        producer = self._producers[name]
        if producer.epoch != epoch:
            raise FencedError("producer")
        transaction = producer.transaction
        if transaction is None or transaction.serial != serial:
            return
        if transaction.committed is False:
            raise FencedError("aborted")
        if transaction.committed is None:
            self._decide(producer, transaction, commit=True)

    def _open(self, name: str, epoch: int) -> Transaction:
        producer = self._producers[name]
        if producer.epoch != epoch:
            raise FencedError("producer")
        if producer.transaction is not None:
            if producer.transaction.committed is not None:
                raise ConcurrentError
            return producer.transaction
        self._serial += 1
        begun = producer.transaction = Transaction(self._serial)
        asyncio.get_running_loop().call_later(
            TRANSACTION_TIMEOUT_S + SWEEP_S, self._time_out, producer, begun
        )
        return begun

    def _time_out(self, producer: Producer, transaction: Transaction) -> None:
        if transaction.committed is None:
            producer.epoch += 1
            self._decide(producer, transaction, commit=False)

    def _decide(self, producer: Producer, transaction: Transaction, *, commit: bool) -> None:
        """Decide a transaction; each partition, and the group, learn of it in their own time."""
        transaction.committed = commit
        transaction.to_settle = len(transaction.partitions) + 1
        for log in transaction.partitions:
            self._broker.soon(lambda log=log: self._mark(producer, transaction, log))  # type: ignore[misc] # A lambda's default has no type.
        self._broker.soon(lambda: self._settle_offsets(producer, transaction))

    def _mark(self, producer: Producer, transaction: Transaction, log: PartitionLog) -> None:
        log.end += 1  # The marker's own offset.
        del log.open[transaction]
        self._settled(producer, transaction)
        self._broker.tell()

    def _settle_offsets(self, producer: Producer, transaction: Transaction) -> None:
        self._broker.group.settle(transaction)
        self._settled(producer, transaction)

    def _settled(self, producer: Producer, transaction: Transaction) -> None:
        transaction.to_settle -= 1
        if not transaction.to_settle and producer.transaction is transaction:
            producer.transaction = None


Joined = tuple[int, list[Partition]]


class Group:
    """The consumer group: members, generations, and offsets committed and pending."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.subscribed: list[Partition] = []
        self.generation = 0
        self.committed: dict[Partition, int] = {}
        self.pending: dict[Transaction, dict[Partition, int]] = {}
        self.on_commit: Callable[[Partition, int], None] = lambda _partition, _offset: None
        self._sessions: dict[str, asyncio.TimerHandle] = {}
        self._joining: dict[str, asyncio.Future[Joined | None]] = {}
        self._rebalance: asyncio.TimerHandle | None = None

    # Offsets.

    def stable(self, partition: Partition) -> int | None:
        """Give the committed offset, unless a transaction is pending on it."""
        if any(partition in offsets for offsets in self.pending.values()):
            raise UnstableError
        return self.committed.get(partition)

    def require(self, membership: Membership) -> None:
        """Refuse whoever is no member of the generation in force."""
        if membership.generation != self.generation or membership.member_id not in self._sessions:
            raise FencedError("generation")

    def settle(self, transaction: Transaction) -> None:
        """Commit or drop a transaction's offsets."""
        offsets = self.pending.pop(transaction, {})
        if transaction.committed:
            for partition, offset in offsets.items():
                self.on_commit(partition, offset)
                self.committed[partition] = offset

    # Members.

    def join(self, member_id: str) -> "asyncio.Future[Joined | None]":
        """Join; the future holds generation and partitions, or None if the group is gone."""
        joined: asyncio.Future[Joined | None] = asyncio.get_running_loop().create_future()
        self._joining[member_id] = joined
        self._touch(member_id)
        self._begin()
        self._complete_if_all_joined()
        return joined

    def heartbeat(self, membership: Membership) -> bool:
        """Stay a member; False asks to join anew, FencedError says that one is no member."""
        self.require(membership)
        self._touch(membership.member_id)
        return self._rebalance is None

    def rebalance(self) -> None:
        """Ask all members to join anew, as when a topic's partitions change."""
        if self._sessions:
            self._begin()

    def leave(self, member_id: str) -> None:
        """Drop a member, and share out what it had."""
        timer = self._sessions.pop(member_id, None)
        self._joining.pop(member_id, None)
        if timer is not None:
            timer.cancel()
            self._begin()
            self._complete_if_all_joined()

    def recreate(self) -> None:
        """Lose everything that the group knew."""
        for timer in self._sessions.values():
            timer.cancel()
        for joined in self._joining.values():
            if not joined.done():
                joined.set_result(None)
        if self._rebalance is not None:
            self._rebalance.cancel()
        self._rebalance = None
        self._sessions.clear()
        self._joining.clear()
        self.committed.clear()
        self.pending.clear()
        self.generation = 0

    def _touch(self, member_id: str) -> None:
        if (timer := self._sessions.get(member_id)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._sessions[member_id] = loop.call_later(SESSION_TIMEOUT_S, self._expire, member_id)

    def _expire(self, member_id: str) -> None:
        if member_id in self._joining:
            self._touch(member_id)  # It waits for us, not we for it.
        else:
            self.leave(member_id)

    def _begin(self) -> None:
        if self._rebalance is None:
            loop = asyncio.get_running_loop()
            self._rebalance = loop.call_later(REBALANCE_TIMEOUT_S, self._complete)

    def _complete_if_all_joined(self) -> None:
        if self._rebalance is not None and len(self._joining) == len(self._sessions):
            self._complete()

    def _complete(self) -> None:
        """Begin a new generation with those who joined; the others are members no more."""
        assert self._rebalance is not None
        self._rebalance.cancel()
        self._rebalance = None
        for late in [name for name in self._sessions if name not in self._joining]:
            self._sessions.pop(late).cancel()
        self.generation += 1
        joining, self._joining = self._joining, {}
        names = self._broker.shuffled(sorted(joining))
        for number, name in enumerate(names):
            self._touch(name)
            if not joining[name].done():
                joining[name].set_result((self.generation, self.subscribed[number :: len(names)]))
