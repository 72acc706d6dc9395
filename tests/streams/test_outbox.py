import asyncio
import base64
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.log import KafkaLog
from streams.outbox import KafkaOutbox, insist, seal
from streams.protocols import Membership, Message, OutboxError, Partition
from streams.slot import Slot
from streams.stack import Stack
from tests.streams.broker import fresh, members, new_topic, records_of, settle, transactional

NOBODY = Membership(-1, "")  # Enough for a commit without offsets.

# Twice what a topic takes, however well it is compressed.
INCOMPRESSIBLE = b"".join(sha256(b"%d" % number).digest() for number in range(62_500))

Story = Callable[[KafkaOutbox], Awaitable[None]]


def plain(topic: str, value: bytes, key: bytes | None = None) -> Message:
    return Message(topic, key, value, [])


def tell(
    stack: Stack,
    story: Story,
    group: str = "group",
    transactional_id: str | None = None,
    attempt_s: float = 2.0,
) -> None:
    """Let a story happen to an outbox that is renewed before and closed after."""

    async def run() -> None:
        name = transactional_id or fresh("slot")
        outbox = KafkaOutbox(stack.kafka, name, group, attempt_s=attempt_s)
        try:
            await outbox.renew()
            await story(outbox)
        finally:
            await outbox.close()

    asyncio.run(run())


def values(stack: Stack, topic: str) -> list[bytes | None]:
    return [record.value() for record in records_of(stack, topic)]


def committed(stack: Stack, group: str, topic: str) -> int | None:
    async def ask() -> int | None:
        log = KafkaLog(stack.kafka, group)
        try:
            return await log.committed(Partition(topic, 0))
        finally:
            await log.close()

    return asyncio.run(ask())


# The law.


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    steps=st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["commit", "renew"])), max_size=10)
)
def test_what_is_committed_is_read_once_and_in_order_and_nothing_else(
    stack: Stack, steps: list[int | str]
) -> None:
    topic, group = new_topic(stack), fresh("group")
    sent: list[bytes] = []  # Ever, in all transactions.
    pending: list[bytes] = []  # In the one that is open.
    expected: list[bytes] = []
    offsets: list[int | None] = [None]

    async def take(outbox: KafkaOutbox, step: int | str, membership: Membership) -> None:
        if step == "commit":
            await outbox.commit({Partition(topic, 0): len(sent)}, membership)
            offsets.append(len(sent))
            expected.extend(pending)
            pending.clear()
        elif step == "renew":
            await outbox.renew()
            pending.clear()
        elif isinstance(step, int):
            new = [b"%d" % (len(sent) + number) for number in range(step)]
            await outbox.send([plain(topic, value) for value in new])
            sent.extend(new)
            pending.extend(new)

    with members(stack, group, topic) as (member,):

        async def story(outbox: KafkaOutbox) -> None:
            for step in steps:
                await take(outbox, step, member.membership)

        tell(stack, story, group)

    assert values(stack, topic) == expected
    assert committed(stack, group, topic) == offsets[-1]


# What arrives.


def test_keys_values_headers_and_partitions_arrive_as_given(stack: Stack) -> None:
    topic = new_topic(stack, partitions=3)
    headers = [("ce_id", b"\x00\xff"), ("twice", b"1"), ("twice", b"2"), ("none", None)]
    given_ = [
        Message(topic, b"key", None, headers[:1], partition=0),
        Message(topic, None, b"", [], partition=1),
        Message(topic, b"", b"\x00", tuple(headers[1:2]), partition=1),
        Message(topic, b"key", b"value", headers, partition=2),
    ]

    async def story(outbox: KafkaOutbox) -> None:
        await outbox.send(given_)
        await outbox.commit({}, NOBODY)

    tell(stack, story)

    arrived = [
        (record.partition(), record.key(), record.value(), record.headers() or [])
        for record in records_of(stack, topic, partitions=3)
    ]
    assert arrived == [
        (each.partition, each.key, each.value, list(each.headers)) for each in given_
    ]


# Keys and their hashes from the tests of Apache Kafka's own Java client.
JAVA_MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def test_a_key_chooses_the_partition_that_java_would_choose(stack: Stack) -> None:
    topic = new_topic(stack, partitions=7)

    async def story(outbox: KafkaOutbox) -> None:
        await outbox.send([plain(topic, b"", key) for key in JAVA_MURMUR2])
        await outbox.commit({}, NOBODY)

    tell(stack, story)

    chosen = {record.key(): record.partition() for record in records_of(stack, topic, 7)}
    assert chosen == {key: (hash_ & 0x7FFFFFFF) % 7 for key, hash_ in JAVA_MURMUR2.items()}


def test_more_than_the_queue_holds_waits_and_arrives_whole(stack: Stack) -> None:
    topic, count = new_topic(stack), 120_000

    async def story(outbox: KafkaOutbox) -> None:
        await outbox.send([plain(topic, b"")] * count)
        await outbox.commit({}, NOBODY)

    tell(stack, story)

    assert len(records_of(stack, topic)) == count


def test_what_a_broker_takes_too_slowly_fails_the_send(stack: Stack) -> None:
    topic = new_topic(stack)

    async def story(outbox: KafkaOutbox) -> None:
        outbox._renewed()._patience_s = 0
        with pytest.raises(OutboxError, match="_QUEUE_FULL"):
            await outbox.send([plain(topic, b"")] * 5_000_000)

    tell(stack, story)

    assert values(stack, topic) == []


# What fails.


def test_what_the_broker_does_not_take_fails_the_commit_and_all_else_in_it(stack: Stack) -> None:
    topic = new_topic(stack)

    async def story(outbox: KafkaOutbox) -> None:
        await outbox.send([plain(topic, b"small"), plain(topic, INCOMPRESSIBLE)])
        with pytest.raises(OutboxError, match="MSG_SIZE_TOO_LARGE"):
            await outbox.commit({}, NOBODY)
        await outbox.renew()
        await outbox.send([plain(topic, b"after")])
        await outbox.commit({}, NOBODY)

    tell(stack, story)

    assert values(stack, topic) == [b"after"]


def test_what_the_client_does_not_take_spoils_what_was_sent_before(stack: Stack) -> None:
    topic = new_topic(stack)

    async def story(outbox: KafkaOutbox) -> None:
        with pytest.raises(OutboxError, match="MSG_SIZE_TOO_LARGE"):
            await outbox.send([plain(topic, b"small"), plain(topic, b"x" * 20_000_000)])
        with pytest.raises(OutboxError, match="renewed"):
            await outbox.commit({}, NOBODY)

    tell(stack, story)

    assert values(stack, topic) == []


def test_offsets_of_a_generation_that_is_over_are_refused_with_all_that_came_of_them(
    stack: Stack,
) -> None:
    topic, group = new_topic(stack), fresh("group")
    with members(stack, group, topic) as joined:
        (member,) = joined
        old = member.membership

        async def story(outbox: KafkaOutbox) -> None:
            await outbox.send([plain(topic, b"of the old generation")])
            member.consumer.unsubscribe()
            member.consumer.subscribe([topic])
            settle(joined, old.generation + 1)
            with pytest.raises(OutboxError, match=r"ILLEGAL_GENERATION|UNKNOWN_MEMBER_ID"):
                await outbox.commit({Partition(topic, 0): 1}, old)
            with pytest.raises(OutboxError, match="renewed"):
                await outbox.send([plain(topic, b"before it is renewed")])
            await outbox.renew()

        tell(stack, story, group)

    assert values(stack, topic) == []
    assert committed(stack, group, topic) is None


def test_only_the_generation_has_to_be_old(stack: Stack) -> None:
    topic, group = new_topic(stack, partitions=2), fresh("group")
    with members(stack, group, topic, count=2) as (member, _):
        now = member.membership
        before = Membership(now.generation - 1, now.member_id)

        async def story(outbox: KafkaOutbox) -> None:
            await outbox.send([plain(topic, b"stale")])
            with pytest.raises(OutboxError, match="ILLEGAL_GENERATION"):
                await outbox.commit({Partition(topic, 0): 7}, before)
            await outbox.renew()
            await outbox.send([Message(topic, None, b"current", [], partition=0)])
            await outbox.commit({Partition(topic, 0): 9}, now)

        tell(stack, story, group)

    assert [record.value() for record in records_of(stack, topic, 2)] == [b"current"]
    assert committed(stack, group, topic) == 9


def test_without_a_membership_offsets_are_not_committed(stack: Stack) -> None:
    topic, group = new_topic(stack), fresh("group")

    async def story(outbox: KafkaOutbox) -> None:
        with pytest.raises(ValueError, match="nothing would be fenced"):
            await outbox.commit({Partition(topic, 0): 1}, NOBODY)

    tell(stack, story, group)

    assert committed(stack, group, topic) is None


def test_the_next_holder_of_a_transactional_id_fences_the_one_before(stack: Stack) -> None:
    topic, slot = new_topic(stack), fresh("slot")

    async def story(first: KafkaOutbox) -> None:
        await first.send([plain(topic, b"first")])
        second = KafkaOutbox(stack.kafka, slot, "group")
        await second.renew()
        await second.send([plain(topic, b"second")])
        with pytest.raises(OutboxError, match="FENCED"):
            await first.commit({}, NOBODY)
        await second.commit({}, NOBODY)
        await second.close()

    tell(stack, story, transactional_id=slot)

    assert values(stack, topic) == [b"second"]


def test_nothing_is_sent_before_the_first_renewal(stack: Stack) -> None:
    async def run() -> None:
        outbox = KafkaOutbox(stack.kafka, fresh("slot"), "group")
        with pytest.raises(OutboxError, match="renewed"):
            await outbox.send([plain("anything", b"")])
        await outbox.close()

    asyncio.run(run())


def test_a_broker_that_is_away_is_an_outbox_error() -> None:
    async def run() -> None:
        outbox = KafkaOutbox("127.0.0.1:1", "slot", "group", patience_s=0.2, attempt_s=0.1)
        with pytest.raises(OutboxError, match="_TIMED_OUT"):
            await outbox.renew()
        await outbox.close()

    asyncio.run(run())


# What takes long.


def failure(code: int, *, retriable: bool) -> KafkaException:
    return KafkaException(KafkaError(code, "a test's", retriable=retriable))


def test_what_is_retriable_is_asked_again_and_for_as_long_each_time() -> None:
    answers = [
        failure(KafkaError._TIMED_OUT, retriable=True),
        failure(KafkaError.CONCURRENT_TRANSACTIONS, retriable=True),
        None,
    ]
    asked: list[float] = []

    def call(limit_s: float) -> None:
        asked.append(limit_s)
        if (answer := answers[len(asked) - 1]) is not None:
            raise answer

    insist(call, 0.5, deadline=time.monotonic() + 60)

    assert asked == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("retriable", "seconds_left"),
    [
        (True, -1.0),  # Its time is over.
        (False, 60.0),  # Asking again cannot help.
    ],
)
def test_what_cannot_succeed_any_more_is_asked_once(
    *, retriable: bool, seconds_left: float
) -> None:
    asked: list[float] = []

    def call(limit_s: float) -> None:
        asked.append(limit_s)
        raise failure(KafkaError._TIMED_OUT, retriable=retriable)

    with pytest.raises(KafkaException):
        insist(call, 0.5, deadline=time.monotonic() + seconds_left)

    assert asked == [0.5]


def test_commits_that_are_asked_for_again_and_again_happen_once(stack: Stack) -> None:
    topic, group = new_topic(stack), fresh("group")
    with members(stack, group, topic) as (member,):

        async def story(outbox: KafkaOutbox) -> None:
            for number in range(20):
                await outbox.send([plain(topic, b"%d" % number)])
                await outbox.commit({Partition(topic, 0): number}, member.membership)

        # Hardly ever enough for a broker's answer.
        tell(stack, story, group, attempt_s=0.001)

    assert values(stack, topic) == [b"%d" % number for number in range(20)]
    assert committed(stack, group, topic) == 19


def test_a_commit_given_up_is_decided_once_the_outbox_is_renewed(stack: Stack) -> None:
    topic = new_topic(stack)
    decided: list[bytes | None] = []

    async def story(outbox: KafkaOutbox) -> None:
        for number in range(3):
            await outbox.send([plain(topic, b"perhaps %d" % number)])
            # Long enough to be delivered, so that all that is missing is the broker's decision.
            await asyncio.sleep(0.2)
            outbox._patience_s = outbox._attempt_s = 0
            try:
                await outbox.commit({}, NOBODY)
                just_in_time = True
            except OutboxError as error:
                assert "_TIMED_OUT" in str(error)  # noqa: PT017  Rarely there is no error.
                just_in_time = False
            outbox._patience_s, outbox._attempt_s = 15, 2
            await outbox.renew()
            decided[:] = values(stack, topic)
            assert b"perhaps %d" % number in decided or not just_in_time
            await outbox.send([plain(topic, b"next")])
            await outbox.commit({}, NOBODY)
            assert values(stack, topic) == [*decided, b"next"]

    tell(stack, story)


def test_the_loop_goes_on_while_the_outbox_waits(stack: Stack) -> None:
    topic, slot = new_topic(stack), fresh("slot")
    predecessor = transactional(stack, slot)
    predecessor.begin_transaction()
    predecessor.produce(topic, b"left open")
    assert predecessor.flush(10) == 0
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    async def run() -> float:
        outbox = KafkaOutbox(stack.kafka, slot, "group")
        counting = asyncio.create_task(count_turns())
        began = time.monotonic()
        await outbox.renew()
        took_s = time.monotonic() - began
        counting.cancel()
        await outbox.close()
        return took_s

    took_s = asyncio.run(run())

    assert turns > took_s / 0.01 / 4
    assert values(stack, topic) == []


# What is left behind.


def leave_open(stack: Stack, slot: str, topic: str, metadata: bytes) -> None:
    """Vanish with an output and an offset in a transaction that would last for half a minute."""
    predecessor = transactional(stack, slot)
    predecessor.begin_transaction()
    predecessor.produce(topic, b"left open")
    predecessor.send_offsets_to_transaction([TopicPartition(topic, 0, 5)], metadata, 10)
    assert predecessor.flush(10) == 0


def test_renewal_seals_what_a_predecessor_left_open(stack: Stack) -> None:
    topic, group, slot = new_topic(stack), fresh("group"), fresh("slot")
    with members(stack, group, topic) as (member,):
        leave_open(stack, slot, topic, member.metadata)

        async def story(_: KafkaOutbox) -> None:
            log = KafkaLog(stack.kafka, group, patience_s=1)
            assert await log.committed(Partition(topic, 0)) is None
            await log.close()

        tell(stack, story, group, slot)

    assert values(stack, topic) == []


VANISH = """
import base64, os, signal, sys
from pathlib import Path
from streams.slot import Slot
from streams.stack import Stack
from tests.streams.test_outbox import leave_open
folder, kafka, group, topic, metadata = sys.argv[1:]
slot = Slot.take(Path(folder), group, "host")
stack = Stack(kafka, "", {}, Path(folder))
leave_open(stack, slot.transactional_id, topic, base64.b64decode(metadata))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_peer_seals_the_slot_of_a_worker_that_was_killed(stack: Stack, tmp_path: Path) -> None:
    topic, group = new_topic(stack), fresh("group")
    with members(stack, group, topic) as (member,), Slot.take(tmp_path, group, "host") as peer:
        metadata = base64.b64encode(member.metadata).decode()
        command = [sys.executable, "-c", VANISH, str(tmp_path), stack.kafka, group, topic, metadata]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

        async def run() -> None:
            log = KafkaLog(stack.kafka, group, patience_s=1)
            assert await peer.seal_peers(lambda vanished: seal(stack.kafka, vanished)) == [
                f"{group}.host.slot-1"
            ]
            assert await log.committed(Partition(topic, 0)) is None
            await log.close()

        asyncio.run(run())

    assert values(stack, topic) == []


def test_a_client_that_does_not_come_back_is_left_behind(stack: Stack) -> None:
    topic = new_topic(stack)
    let_go = threading.Event()

    async def story(outbox: KafkaOutbox) -> None:
        lost = outbox._renewed()

        def never_back(_: object) -> None:
            with lost._back_within(-5.0):
                let_go.wait()

        lost.send = never_back  # type: ignore[assignment] # As librdkafka now and then is.
        with pytest.raises(OutboxError, match="does not come back"):
            await outbox.send([plain(topic, b"lost")])
        with pytest.raises(OutboxError, match="before the outbox is renewed"):
            await outbox.send([plain(topic, b"lost")])
        await outbox.renew()
        await outbox.send([plain(topic, b"found")])
        await outbox.commit({}, NOBODY)
        let_go.set()

    tell(stack, story)
    assert values(stack, topic) == [b"found"]


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux shows them")
def test_renewed_often_it_keeps_no_more_threads(stack: Stack) -> None:
    topic = new_topic(stack)

    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    async def story(outbox: KafkaOutbox) -> None:
        before = threads()
        kept = []
        for _ in range(4):
            await outbox.send([plain(topic, b"")])
            with pytest.raises(OutboxError) as failure:
                await outbox.send([plain(topic, b"x" * 20_000_000)])
            kept.append(failure)  # As a log or a debugger may.
            await outbox.renew()
        assert threads() <= before + 1

    tell(stack, story)
