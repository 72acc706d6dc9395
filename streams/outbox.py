"""The transactional outbox: a cycle's outputs and offsets reach Kafka together or not at all.

One producer a worker. Whatever goes wrong with it has one answer: give it up, make another with
the same transactional id, whose start seals off what the old one left open.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import inf
from typing import Any, ParamSpec

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as Report

from streams.group_metadata import group_metadata
from streams.kafka_clients import client_settings, error_of, worded
from streams.own_thread import OwnThread
from streams.protocols import Membership, Message, OutboxError, Partition

TRANSACTION_TIMEOUT_MS = 5_000
_ANY_PARTITION = -1
# No callbacks of its own, and the time of sending.
_PLAIN = (None, None, 0)
# Between attempts, for some are refused at once.
_PAUSE_S = 0.005
# Seen in librdkafka 2.16: when the broker dies, sending offsets may take for ever, whatever limit
# it is given. So much later than that we leave it, with its thread, and make another.
_GRACE_S = 4.0
_LOOK_S = 0.5

_PRODUCER = {
    "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
    "acks": "all",
    # As Java's clients choose partitions, so that a user's records stay together.
    "partitioner": "murmur2",
    # Measured: a third less time a message than uncompressed.
    "compression.type": "lz4",
    # A commit sends what lingers at once; this gathers what a cycle sends before it. Measured: with
    # 5 ms the broker gets larger batches and has half the work, but alerts come 20 % later.
    "linger.ms": 1,
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

    A call that takes longer than *patience_s* fails; a commit is asked for its outcome every
    *attempt_s* until then. A client that does not come back from a call is left behind.
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
        }
        self._group = group
        self._patience_s, self._attempt_s = patience_s, attempt_s
        self._client: _Client | None = None

    async def send(self, messages: Sequence[Message]) -> None:
        """Write messages in the open transaction, opening one if there is none."""
        client = self._renewed()
        await self._run(client, client.attempt, client.send, messages)

    async def commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Join the offsets, as of the membership in which they were fetched, and commit."""
        client = self._renewed()
        await self._run(client, client.attempt, client.commit, offsets, membership)

    async def renew(self) -> None:
        """Give up whatever is open and seal it off; after this, committed offsets are final."""
        await self.close()
        client = _Client(self._settings, self._group, self._patience_s, self._attempt_s)
        self._client = client
        await self._run(client, client.attempt, client.seal)

    async def close(self) -> None:
        """Give up whatever is open, and let go of the broker."""
        if (client := self._client) is not None:
            with suppress(OutboxError):  # Whether it came back or not, it is left.
                await self._run(client, client.discard)
            self._leave(client)

    def _renewed(self) -> "_Client":
        if self._client is None:
            raise OutboxError("nothing can be sent before the outbox is renewed")
        return self._client

    async def _run(
        self,
        client: "_Client",
        call: Callable[Arguments, None],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> None:
        running = asyncio.ensure_future(client.thread.run(call, *arguments, **named))
        try:
            while not (await asyncio.wait({running}, timeout=_LOOK_S))[0]:
                if time.monotonic() > client.back_by:
                    self._leave(client)
                    raise OutboxError("_TIMED_OUT: the client does not come back from a call")
            running.result()
        finally:
            running.cancel()

    def _leave(self, client: "_Client") -> None:
        client.thread.end()
        if self._client is client:
            self._client = None


class _Client:
    """One producer, and what is known of its transaction; everything runs in its thread."""

    def __init__(
        self, settings: dict[str, Any], group: str, patience_s: float, attempt_s: float
    ) -> None:
        self.thread = OwnThread("outbox")
        self._settings = {**settings, "on_delivery": self._reported}
        self._group = group
        self._patience_s, self._attempt_s = patience_s, attempt_s
        self._producer: Producer | None = None
        self._is_open = False
        self._undelivered: KafkaError | None = None
        self.back_by = inf
        """When the call that runs must be back; it is read in another thread."""

    def attempt(self, step: Callable[..., None], *arguments: Any) -> None:
        """Take one step of a transaction; if it fails, nothing of the transaction goes on."""
        try:
            step(*arguments)
        except KafkaException as failure:
            self.discard()
            raise _outbox_error(failure) from failure
        except BaseException:
            self.discard()
            raise

    def seal(self) -> None:
        """Begin; the broker answers once what the id left open is committed or aborted for good."""
        self._producer = Producer(self._settings)
        self._insist(self._producer.init_transactions, time.monotonic() + self._patience_s)

    def send(self, messages: Sequence[Message]) -> None:
        """Hand messages to the client."""
        producer = self._begun()
        deadline = time.monotonic() + self._patience_s
        for message in messages:
            while not _is_queued(producer, message):
                if time.monotonic() > deadline:
                    raise OutboxError("_QUEUE_FULL: the broker takes messages too slowly")
                producer.poll(0.1)
        producer.poll(0)

    def commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
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
            self._insist(
                lambda limit_s: producer.send_offsets_to_transaction(positions, metadata, limit_s),
                deadline,
            )
        with self._back_within(max(0.0, deadline - time.monotonic())) as limit_s:
            producer.flush(limit_s)
        if self._undelivered is not None:
            raise KafkaException(self._undelivered)
        self._insist(producer.commit_transaction, deadline)
        self._is_open = False

    def discard(self) -> None:
        """Let the producer go; it is not closed, for that would wait for a broker that is away."""
        with self._back_within(self._attempt_s):
            if self._producer is not None:
                self._producer.purge()
            self._producer = None
        self._is_open = False
        self._undelivered = None

    def _begun(self) -> Producer:
        """Give the producer, with a transaction open."""
        if self._producer is None:
            raise OutboxError("nothing can be sent before the outbox is renewed")
        if not self._is_open:
            self._producer.begin_transaction()
            self._is_open = True
        return self._producer

    def _insist(self, call: Callable[[float], None], deadline: float) -> None:
        def attempt(limit_s: float) -> None:
            with self._back_within(limit_s):
                call(limit_s)

        insist(attempt, self._attempt_s, deadline)

    @contextmanager
    def _back_within(self, limit_s: float) -> Iterator[float]:
        self.back_by = time.monotonic() + limit_s + _GRACE_S
        try:
            yield limit_s
        finally:
            self.back_by = inf

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
