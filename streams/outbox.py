"""The transactional outbox: a cycle's outputs and offsets reach Kafka together or not at all.

One producer a worker. Whatever goes wrong with it has one answer: give it up, make another with
the same transactional id, whose start seals off what the old one left open.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as Report

from streams.group_metadata import group_metadata
from streams.kafka_clients import client_settings, error_of, worded
from streams.protocols import Membership, Message, OutboxError, Partition

TRANSACTION_TIMEOUT_MS = 5_000
_ANY_PARTITION = -1
# No callbacks of its own, and the time of sending.
_PLAIN = (None, None, 0)
# Between attempts, for some are refused at once.
_PAUSE_S = 0.005

_PRODUCER = {
    "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
    "acks": "all",
    # As Java's clients choose partitions, so that a user's records stay together.
    "partitioner": "murmur2",
    # Measured: a third less time a message than uncompressed.
    "compression.type": "lz4",
    # A commit sends what lingers at once, so nobody waits for this; it gathers what a cycle sends
    # before it. Measured: with 1 ms the broker is handed many small batches, which cost it thrice.
    "linger.ms": 20,
    # Right after a commit the broker is still busy with it for a moment and asks to be asked again.
    # Measured: with the default of 100 ms commits in a row take 107 ms each, with this 7 ms.
    "retry.backoff.ms": 2,
    "retry.backoff.max.ms": 100,
    # The topic decides what is too large: a dead letter may be larger than what it tells of.
    "message.max.bytes": 17 * 1024 * 1024,
    # A full queue makes send wait; it never drops.
    "queue.buffering.max.messages": 100_000,
    "queue.buffering.max.kbytes": 65_536,
    "delivery.report.only.error": True,
}

Arguments = ParamSpec("Arguments")


class KafkaOutbox:
    """An outbox on librdkafka; `renew` it once before use, then after each OutboxError.

    All calls run one after another in a thread of their own, so that the loop never waits.
    A call that takes longer than *patience_s* fails; a commit is asked for its outcome every
    *attempt_s* until then.
    """

    def __init__(
        self,
        bootstrap: str,
        transactional_id: str,
        group: str,
        *,
        patience_s: float = 15.0,
        attempt_s: float = 2.0,
    ) -> None:
        self._settings = {
            **client_settings(bootstrap),
            **_PRODUCER,
            "transactional.id": transactional_id,
            "on_delivery": self._reported,
        }
        self._group = group
        self._patience_s, self._attempt_s = patience_s, attempt_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._producer: Producer | None = None
        self._is_open = False
        self._undelivered: KafkaError | None = None

    async def send(self, messages: Sequence[Message]) -> None:
        """Write messages in the open transaction, opening one if there is none."""
        await self._run(self._attempt, self._send, messages)

    async def commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Join the offsets, as of the membership in which they were fetched, and commit."""
        await self._run(self._attempt, self._commit, offsets, membership)

    async def renew(self) -> None:
        """Give up whatever is open and seal it off; after this, committed offsets are final."""
        await self._run(self._renew)

    async def close(self) -> None:
        """Give up whatever is open, and let go of the broker."""
        await self._run(self._discard)
        self._thread.shutdown()

    async def _run(
        self,
        call: Callable[Arguments, None],
        *arguments: Arguments.args,
        **_: Arguments.kwargs,
    ) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    # From here on, everything runs in the outbox's thread.

    def _attempt(self, step: Callable[..., None], *arguments: Any) -> None:
        """Take one step of a transaction; if it fails, nothing of the transaction goes on."""
        try:
            step(*arguments)
        except KafkaException as failure:
            self._discard()
            raise _outbox_error(failure) from failure
        except BaseException:
            self._discard()
            raise

    def _send(self, messages: Sequence[Message]) -> None:
        producer = self._begun()
        deadline = time.monotonic() + self._patience_s
        for message in messages:
            while not _is_queued(producer, message):
                if time.monotonic() > deadline:
                    raise OutboxError("_QUEUE_FULL: the broker takes messages too slowly")
                producer.poll(0.1)
        producer.poll(0)

    def _commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Commit what was sent, and the offsets that it came of.

        1. Offsets join; the broker refuses them from a generation that is over.
        2. Every message is delivered, or the commit fails.
        3. Only now is the outcome decided, by the broker alone.
        """
        producer = self._begun()
        deadline = time.monotonic() + self._patience_s
        if offsets:
            positions = [TopicPartition(*partition, next_) for partition, next_ in offsets.items()]
            metadata = group_metadata(self._group, membership)
            insist(
                lambda limit_s: producer.send_offsets_to_transaction(positions, metadata, limit_s),
                self._attempt_s,
                deadline,
            )
        producer.flush(max(0.0, deadline - time.monotonic()))
        if self._undelivered is not None:
            raise KafkaException(self._undelivered)
        insist(producer.commit_transaction, self._attempt_s, deadline)
        self._is_open = False

    def _begun(self) -> Producer:
        """Give the producer, with a transaction open."""
        if self._producer is None:
            raise OutboxError("nothing can be sent before the outbox is renewed")
        if not self._is_open:
            self._producer.begin_transaction()
            self._is_open = True
        return self._producer

    def _renew(self) -> None:
        self._discard()
        try:
            self._producer = Producer(self._settings)
            # The broker answers once what the id left open is committed or aborted for good.
            deadline = time.monotonic() + self._patience_s
            insist(self._producer.init_transactions, self._attempt_s, deadline)
        except KafkaException as failure:
            self._discard()
            raise _outbox_error(failure) from failure

    def _discard(self) -> None:
        """Let the producer go; it is not closed, for that would wait for a broker that is away."""
        if self._producer is not None:
            self._producer.purge()
        self._producer = None
        self._is_open = False
        self._undelivered = None

    def _reported(self, error: KafkaError | None, _: Report) -> None:
        self._undelivered = self._undelivered or error


async def seal(bootstrap: str, transactional_id: str) -> None:
    """Seal off what a vanished worker left open under its id."""
    outbox = KafkaOutbox(bootstrap, transactional_id, group="")
    try:
        await outbox.renew()
    finally:
        await outbox.close()


def insist(call: Callable[[float], None], attempt_s: float, deadline: float) -> None:
    """Repeat a call while it is retriable, which asks for the same outcome, until *deadline*."""
    while True:
        try:
            return call(attempt_s)
        except KafkaException as failure:
            if not error_of(failure).retriable() or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)


def _is_queued(producer: Producer, message: Message) -> bool:
    """Hand a message to the client, unless its queue is full."""
    headers: Any = list(message.headers)  # It takes a list and nothing else.
    partition = _ANY_PARTITION if message.partition is None else message.partition
    try:
        # Measured: headers by their name take half as long again.
        producer.produce(message.topic, message.value, message.key, partition, *_PLAIN, headers)
    except BufferError:
        return False
    return True


def _outbox_error(failure: KafkaException) -> OutboxError:
    # Its frames would keep the producer alive, and with it threads and connections.
    failure.with_traceback(None)
    return OutboxError(worded(error_of(failure)))
