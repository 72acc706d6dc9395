import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.protocols import OutboxError
from streams.slot import Slot

HOLD = """
import sys, time
from pathlib import Path
from streams.slot import Slot
slot = Slot.take(Path(sys.argv[1]), "group", "host")
print(slot.transactional_id, flush=True)
time.sleep(600)
"""


class Holder:
    """Another process that holds a slot until it is killed."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
        )

    @property
    def transactional_id(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


Start = Callable[[], Holder]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start processes that hold slots; what is left of them is killed."""
    holders: list[Holder] = []

    def start_one() -> Holder:
        holders.append(Holder(tmp_path))
        return holders[-1]

    yield start_one
    for holder in holders:
        with holder.process:
            holder.kill()


def take(folder: Path) -> Slot:
    return Slot.take(folder, "group", "host")


def sealed_by(slot: Slot) -> list[str]:
    """Let a slot seal its peers, and give the ids that were initialised anew."""
    begun: list[str] = []

    async def seal(transactional_id: str) -> None:
        begun.append(transactional_id)

    assert asyncio.run(slot.seal_peers(seal)) == begun
    return begun


# Taking.


@given(releases=st.lists(st.integers(0, 4), max_size=10))
def test_the_lowest_free_number_is_taken(
    tmp_path_factory: pytest.TempPathFactory, releases: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("slots")
    held = {number: take(folder) for number in range(5)}
    for number in releases:
        if number in held:
            held.pop(number).release()
        else:
            lowest = min(set(range(5)) - held.keys())
            held[lowest] = take(folder)
            assert held[lowest].transactional_id == f"group.host.slot-{lowest}"
    for slot in held.values():
        slot.release()


def test_groups_and_hosts_do_not_share_slots(tmp_path: Path) -> None:
    with (
        Slot.take(tmp_path, "group", "host") as first,
        Slot.take(tmp_path, "group-b", "host") as second,
        Slot.take(tmp_path, "group", "b-host") as third,
    ):
        ids = {slot.transactional_id for slot in (first, second, third)}
    assert ids == {"group.host.slot-0", "group-b.host.slot-0", "group.b-host.slot-0"}


def test_processes_that_start_together_get_a_slot_each(start: Start) -> None:
    holders = [start() for _ in range(6)]

    ids = {holder.transactional_id for holder in holders}

    assert ids == {f"group.host.slot-{number}" for number in range(6)}


def test_a_process_that_is_killed_leaves_its_slot_to_its_successor(start: Start) -> None:
    first, second = start(), start()
    killed = first.transactional_id
    assert second.transactional_id != killed

    first.kill()

    assert start().transactional_id == killed


def test_a_process_that_is_stopped_keeps_its_slot(start: Start, tmp_path: Path) -> None:
    holder = start()
    taken = holder.transactional_id
    os.kill(holder.process.pid, signal.SIGSTOP)

    with take(tmp_path) as mine:
        assert mine.transactional_id != taken
        assert sealed_by(mine) == []


# Sealing.


def test_survivors_seal_who_vanished_and_once(start: Start, tmp_path: Path) -> None:
    with take(tmp_path) as mine:
        vanishing, living = start(), start()
        vanished = vanishing.transactional_id
        assert living.transactional_id != vanished
        assert sealed_by(mine) == []

        vanishing.kill()

        assert sealed_by(mine) == [vanished]
        assert sealed_by(mine) == []


def test_whoever_takes_the_slot_again_may_vanish_again(tmp_path: Path) -> None:
    with take(tmp_path) as mine:
        for _ in range(2):
            take(tmp_path).release()
            assert sealed_by(mine) == ["group.host.slot-1"]


def test_nobody_takes_a_slot_while_it_is_being_sealed(tmp_path: Path) -> None:
    with take(tmp_path) as mine:
        take(tmp_path).release()

        async def seal(transactional_id: str) -> None:
            with take(tmp_path) as newcomer:
                assert newcomer.transactional_id != transactional_id

        assert asyncio.run(mine.seal_peers(seal)) == ["group.host.slot-1"]


def test_a_seal_that_fails_is_tried_again_later(tmp_path: Path) -> None:
    async def fail(_: str) -> None:
        raise OutboxError("the broker is away")

    with take(tmp_path) as mine:
        take(tmp_path).release()
        with pytest.raises(OutboxError):
            asyncio.run(mine.seal_peers(fail))

        assert sealed_by(mine) == ["group.host.slot-1"]


def test_slots_of_other_groups_and_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "group.host.notes").write_text("not a slot")
    Slot.take(tmp_path, "group-b", "host").release()
    with ExitStack() as stack:
        mine = stack.enter_context(take(tmp_path))

        assert sealed_by(mine) == []
