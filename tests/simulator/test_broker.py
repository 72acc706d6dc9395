"""The simulated broker refuses and hides what a real one does."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from sample.dice import Dice
from streams.protocols import Membership, Message, Partition
from tests.simulator.broker import (
    SESSION_TIMEOUT_S,
    SWEEP_S,
    TRANSACTION_TIMEOUT_S,
    Broker,
    ConcurrentError,
    FencedError,
    UnstableError,
)
from tests.simulator.world import DeadlockError, VirtualLoop

OUT = Partition("out", 0)
IN = Partition("in", 0)
SETTLED_S = 0.1

Story = Callable[[Broker], Coroutine[None, None, None]]


def tell(story: Story) -> None:
    """Tell a story with a broker of its own."""

    async def begin() -> None:
        broker = Broker(Dice(1, 0), {"in": 1, "out": 1}, gaps_permille=0)
        broker.group.subscribed = [IN]
        await story(broker)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(begin())


def message(text: bytes) -> Message:
    return Message("out", b"user", text, [])


def readable(broker: Broker) -> list[tuple[int, bytes | None]]:
    return [(record.offset, record.value) for record in broker.logs[OUT].all()]


async def joined(broker: Broker, member_id: str) -> Membership:
    outcome = await broker.group.join(member_id)
    assert outcome is not None
    return Membership(outcome[0], member_id)


def test_readers_see_what_is_committed_up_to_the_first_open_transaction() -> None:
    #  offset   0    1    2    3    4    5
    #           a    b    |a   c    |b        |a: the marker that ends a's transaction
    async def story(broker: Broker) -> None:
        coordinator = broker.coordinator
        first, second = coordinator.init("first"), coordinator.init("second")
        serial = coordinator.produce("first", first, [message(b"a")])
        later = coordinator.produce("second", second, [message(b"b")])
        coordinator.end("second", second, later)
        await asyncio.sleep(SETTLED_S)
        assert readable(broker) == []  # What comes after a's first record has to wait.
        coordinator.end("first", first, serial)
        await asyncio.sleep(SETTLED_S)
        broker.append(message(b"c"), None)
        assert readable(broker) == [(0, b"a"), (1, b"b"), (4, b"c")]

    tell(story)


def test_a_new_producer_of_the_same_name_aborts_and_fences_the_old_one() -> None:
    async def story(broker: Broker) -> None:
        coordinator = broker.coordinator
        old = coordinator.init("slot")
        serial = coordinator.produce("slot", old, [message(b"never")])
        with pytest.raises(ConcurrentError):
            coordinator.init("slot")  # Its transaction is aborted first.
        await asyncio.sleep(SETTLED_S)
        coordinator.init("slot")
        for request in (
            lambda: coordinator.produce("slot", old, [message(b"late")]),
            lambda: coordinator.end("slot", old, serial),
        ):
            with pytest.raises(FencedError):
                request()
        await asyncio.sleep(SETTLED_S)
        assert readable(broker) == []
        assert broker.logs[OUT].stable_end == broker.logs[OUT].end

    tell(story)


def test_a_transaction_that_takes_too_long_is_aborted() -> None:
    async def story(broker: Broker) -> None:
        epoch = broker.coordinator.init("slot")
        serial = broker.coordinator.produce("slot", epoch, [message(b"never")])
        await asyncio.sleep(TRANSACTION_TIMEOUT_S + SWEEP_S + SETTLED_S)
        with pytest.raises(FencedError):
            broker.coordinator.end("slot", epoch, serial)
        assert readable(broker) == []

    tell(story)


def test_offsets_are_unstable_while_pending_and_stand_once_committed() -> None:
    async def story(broker: Broker) -> None:
        membership = await joined(broker, "m")
        epoch = broker.coordinator.init("slot")
        serial = broker.coordinator.add_offsets("slot", epoch, {IN: 7}, membership)
        with pytest.raises(UnstableError):
            broker.group.stable(IN)
        broker.coordinator.end("slot", epoch, serial)
        broker.coordinator.end("slot", epoch, serial)  # Asked again, it is the same outcome.
        await asyncio.sleep(SETTLED_S)
        assert broker.group.stable(IN) == 7

    tell(story)


def test_offsets_of_a_generation_that_is_over_are_refused() -> None:
    async def story(broker: Broker) -> None:
        before = await joined(broker, "m")
        after = await joined(broker, "m")
        assert after.generation == before.generation + 1
        epoch = broker.coordinator.init("slot")
        with pytest.raises(FencedError):
            broker.coordinator.add_offsets("slot", epoch, {IN: 7}, before)
        broker.coordinator.add_offsets("slot", epoch, {IN: 7}, after)

    tell(story)


def test_a_member_that_is_not_heard_of_is_put_out() -> None:
    async def story(broker: Broker) -> None:
        membership = await joined(broker, "m")
        await asyncio.sleep(SESSION_TIMEOUT_S - 1)
        assert broker.group.heartbeat(membership)
        await asyncio.sleep(SESSION_TIMEOUT_S + 1)
        with pytest.raises(FencedError):
            broker.group.heartbeat(membership)

    tell(story)


def test_a_world_in_which_nothing_can_happen_any_more_says_so() -> None:
    async def story(_broker: Broker) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError):
        tell(story)
