"""A short storm over real servers, and the parts of the storm that can be wrong by themselves."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos.faults import FAULTS, TARGETS, mixes
from benchmarks.chaos.run import Plan, run
from benchmarks.chaos.workload import Workload
from sample.dice import Dice
from schemas.reading import Accepted, read
from schemas.transactions import TransactionImported
from streams.stack.kafka_broker import KAFKA_VERSION, can_have_jars, find_java
from streams.stack.redis_server import find_redis


@pytest.mark.stack
@pytest.mark.timeout(0)  # Its own deadlines are tighter, and follow --chaos-seconds.
def test_nothing_is_lost_doubled_wrong_or_late(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if not (find_java() and can_have_jars(KAFKA_VERSION) and find_redis()):
        pytest.skip("needs a Kafka and a Redis of its own that it may kill: Java and redis-server")
    plan = Plan(seconds=pytestconfig.getoption("chaos_seconds"))

    outcome = asyncio.run(run(plan, tmp_path / "world", lambda _: None))

    assert not outcome.violations, f"again: {plan.command}"
    assert outcome.figures["kills"]
    assert all(outcome.figures["faults_at_work"].values())


@given(seed=st.integers(0, 2**32), targets=st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_a_quarter_of_the_mixes_is_calm_and_every_kind_has_its_turn(
    seed: int, targets: set[str]
) -> None:
    kinds = [kind for kind, target in TARGETS.items() if target in targets]

    four = list(islice(mixes(Dice(seed, 1), kinds), 4))

    assert sum(not mix for mix in four) == 1
    assert {kind for mix in four for kind in mix} == set(kinds)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 600))
def test_every_payment_follows_the_last_and_the_sums_have_a_closed_form(
    seed: int, count: int
) -> None:
    workload = Workload(Dice(seed, 0))
    paid: dict[tuple[str, int], dict[int, int]] = {}
    for event in payments(workload, count):
        number = -event.amount_minor
        assert event.transaction_id == f"n-{number:06}"
        month = event.booked_on.year * 100 + event.booked_on.month
        paid.setdefault((event.user_id, month), {})[number] = number

    assert {key: sum(each.values()) for key, each in paid.items()} == {
        key: run.sum_minor for key, run in workload.months.items()
    }
    assert {key: len(each) for key, each in paid.items()} == {
        key: run.count for key, run in workload.months.items()
    }


def payments(workload: Workload, count: int) -> Iterator[TransactionImported]:
    """Draw records, and read them as intake does; only poison is refused."""
    for _ in range(count):
        sending = workload.draw()
        accepted = read(sending.topic, sending.value, [])
        assert isinstance(accepted, Accepted) != sending.is_poison
        if isinstance(accepted, Accepted) and isinstance(accepted.event, TransactionImported):
            yield accepted.event
