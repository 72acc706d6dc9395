"""Which slices a cycle takes."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.log import LogRecord
from streams.protocols import Membership, Partition, Slice
from streams.waiting import CYCLE_BYTES_MAX, CYCLE_RECORDS_MAX, SLICES_MAX, Waiting


def a_slice(
    number: int, generation: int = 1, records: int = 1, value: bytes = b"{}", index: int = 0
) -> Slice:
    taken = [LogRecord(0, 0, None, value, ())] * records
    return Slice(Partition("t", number), taken, Membership(generation, "m"), 0, index)


def never(_: Partition) -> bool:
    return False


kinds = st.tuples(
    st.integers(0, 3), st.integers(1, 2), st.sampled_from([1, 1, 1, 900, CYCLE_RECORDS_MAX + 1])
)


@given(st.lists(kinds, max_size=30), st.sets(st.integers(0, 3)))
def test_whatever_waits_is_taken_once_in_order_and_joined_only_with_what_comes_next(
    kinds: list[tuple[int, int, int]], on_trial: set[int]
) -> None:
    next_index: Counter[tuple[int, int]] = Counter()
    offered = []
    for number, generation, records in kinds:
        # Now and then a slice is missing.
        next_index[number, generation] += 2 if records == 900 else 1
        index = next_index[number, generation]
        offered.append(a_slice(number, generation, records, index=index))

    def is_alone(partition: Partition) -> bool:
        return partition.number in on_trial

    async def story() -> list[list[Slice]]:
        waiting = Waiting()
        for slice_ in offered:
            await waiting.put(slice_)
        cycles = []
        while waiting:
            cycles.append(waiting.take(is_alone))
        return cycles

    cycles = asyncio.run(story())
    for cycle in cycles:
        partitions = [slice_.partition for slice_ in cycle]
        assert cycle
        assert len(set(partitions)) == len(partitions)
        assert len({slice_.membership for slice_ in cycle}) == 1
        if sum(slice_.indexes for slice_ in cycle) > 1:
            assert len(cycle) == 1 or not any(map(is_alone, partitions))
            assert sum(len(slice_.records) for slice_ in cycle) <= CYCLE_RECORDS_MAX
    taken = [slice_ for cycle in cycles for slice_ in cycle]
    for place in {(slice_.partition, slice_.membership) for slice_ in offered}:

        def is_there(slice_: Slice, place: object = place) -> bool:
            return (slice_.partition, slice_.membership) == place

        there = list(filter(is_there, taken))
        indexes = [slice_.index + n for slice_ in there for n in range(slice_.indexes)]
        assert indexes == [slice_.index for slice_ in filter(is_there, offered)]
        assert [record for slice_ in there for record in slice_.records] == [
            record for slice_ in filter(is_there, offered) for record in slice_.records
        ]


def test_a_cycle_ends_before_it_is_too_large() -> None:
    async def story() -> None:
        waiting, half = Waiting(), bytes(CYCLE_BYTES_MAX // 2)
        for number in range(3):
            await waiting.put(a_slice(number, value=half))
        assert len(waiting.take(never)) == 2
        assert len(waiting.take(never)) == 1

    asyncio.run(story())


def test_who_brings_more_than_there_is_room_for_waits() -> None:
    async def story() -> None:
        waiting = Waiting()
        for number in range(SLICES_MAX):
            await waiting.put(a_slice(number))
        late = asyncio.create_task(waiting.put(a_slice(99)))
        await asyncio.sleep(0)
        assert not late.done()
        waiting.take(never)
        await late
        assert [slice_.partition.number for slice_ in waiting.take(never)] == [99]

    asyncio.run(story())
