"""A short storm over real servers; and that a storm's audit finds whatever went wrong in it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.chaos.faults import FAULTS, TARGETS, mixes
from benchmarks.chaos.run import Plan, run
from benchmarks.chaos.workload import Workload
from sample.dice import Dice
from schemas.journal import LessonsTaught
from schemas.reading import Accepted, read
from schemas.topics import ALERTS, ENRICHED, TRANSACTIONS
from schemas.transactions import TransactionImported
from streams.log import LogRecord
from streams.stack.kafka_broker import KAFKA_VERSION, can_have_jars, find_java
from streams.stack.redis_server import find_redis
from tests.benchmarks.history import History, honest, judged

LONG_S = 60

Falsified = Callable[[History, int], None]
"""Falsifies a history at a place of its choice."""


def require_own_servers() -> None:
    if not (find_java() and can_have_jars(KAFKA_VERSION) and find_redis()):
        pytest.skip("needs a Kafka and a Redis of its own that it may kill: Java and redis-server")


# The storm.


@pytest.mark.stack
@pytest.mark.timeout(0)  # Its own deadlines are tighter, and follow --chaos-seconds.
def test_nothing_is_lost_doubled_wrong_or_late(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    require_own_servers()
    plan = Plan(seconds=pytestconfig.getoption("chaos_seconds"))

    outcome = asyncio.run(run(plan, tmp_path / "world", lambda _: None))

    assert not outcome.violations, f"again: {plan.command}"
    assert outcome.figures["kills"]
    assert all(outcome.figures["faults_at_work"].values())


@pytest.mark.stack
@pytest.mark.timeout(0)
@pytest.mark.parametrize(("broken", "kind"), [("skipping", "lost"), ("outside", "doubled")])
def test_a_worker_that_breaks_the_promise_is_found_out(
    broken: str, kind: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    require_own_servers()
    if (seconds := pytestconfig.getoption("chaos_seconds")) < LONG_S:
        pytest.skip(f"takes as long again; runs from --chaos-seconds {LONG_S} on")
    program = ("tests.benchmarks.broken_worker", broken)
    plan = Plan(seconds=seconds, targets=("worker",), program=program)

    outcome = asyncio.run(run(plan, tmp_path / "world", lambda _: None))

    assert outcome.figures[kind]


# The plan.


@given(seed=st.integers(0, 2**32), targets=st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_a_quarter_of_the_mixes_is_calm_and_every_kind_has_its_turn(
    seed: int, targets: set[str]
) -> None:
    kinds = [kind for kind, target in TARGETS.items() if target in targets]

    four = list(islice(mixes(Dice(seed, 1), kinds), 4))

    assert sum(not mix for mix in four) == 1
    assert {kind for mix in four for kind in mix} == set(kinds)


@given(seed=st.integers(0, 2**32), targets=st.sets(st.sampled_from(sorted(FAULTS))))
def test_a_seed_draws_the_same_faults_every_time(seed: int, targets: set[str]) -> None:
    plan = Plan(seconds=60, seed=seed, targets=tuple(sorted(targets)))

    def drawn() -> list[tuple[float, str, int]]:
        faults = islice(plan.faults, 60)
        return [(own.at_s, own.kind, own.dice.below(2**32)) for own in faults]

    assert drawn() == drawn()
    assert {kind for at_s, kind, _ in drawn() if at_s < plan.seconds} == set(plan.kinds)
    assert drawn() == sorted(drawn(), key=lambda own: own[0])


# The payments.


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


# The audit: a lie of each kind, wherever it is told, is found and called by its name.


@pytest.fixture(scope="module")
def truth() -> History:
    return honest()


def test_an_honest_history_is_believed(truth: History) -> None:
    assert truth.topics[ENRICHED.name]
    assert truth.topics[ALERTS.name]
    assert truth.topics[f"{TRANSACTIONS.name}.dlq"]
    assert lessons(truth)
    assert judged(truth).first == []


def at(choices: Sequence[object], place: int) -> int:
    """Choose one of them."""
    return place % len(choices)


def output_skipped(history: History, place: int) -> None:
    outputs = history.topics[ENRICHED.name]
    del outputs[at(outputs, place)]


def output_written_twice(history: History, place: int) -> None:
    """As by a worker that writes outputs outside of the transaction, and dies before its end."""
    outputs = history.topics[ENRICHED.name]
    outputs.append(outputs[at(outputs, place)])


def outputs_swapped(history: History, place: int) -> None:
    outputs = history.topics[ENRICHED.name]
    one = place % (len(outputs) - 1)
    outputs[one], outputs[one + 1] = outputs[one + 1], outputs[one]


def alert_altered(history: History, place: int) -> None:
    alerts = history.topics[ALERTS.name]
    one = at(alerts, place)
    alerts[one] = msgspec.structs.replace(
        alerts[one], value=(alerts[one].value or b"").replace(b'"EUR"', b'"USD"').rstrip() + b" "
    )


def input_never_taken_in(history: History, place: int) -> None:
    """As by a worker that commits an input's offset without the entry."""
    entries = history.journal
    del entries[at(entries, place)]


def input_taken_in_twice(history: History, place: int) -> None:
    entry = history.journal[at(history.journal, place)]
    last = history.journal[-1]
    history.journal.append(msgspec.structs.replace(entry, offset=last.offset + 1))


def lesson_lost(history: History, place: int) -> None:
    """As by a worker that commits an answer without what it teaches."""
    taught = lessons(history)
    history.journal.remove(taught[at(taught, place)])


def lesson_taught_twice(history: History, place: int) -> None:
    """As by a worker that writes lessons outside of the transaction, and dies before its end."""
    taught, last = lessons(history), history.journal[-1]
    again = msgspec.structs.replace(taught[at(taught, place)], offset=last.offset + 1)
    history.journal.append(again)


def lessons(history: History) -> list[LogRecord]:
    name = ("ce_type", LessonsTaught.ce_type.encode())
    return [own for own in history.journal if name in own.headers]


def dead_letter_dropped(history: History, place: int) -> None:
    letters = history.topics[f"{TRANSACTIONS.name}.dlq"]
    del letters[at(letters, place)]


def state_altered(history: History, place: int) -> None:
    """As by an apply of which a part was lost."""
    held = history.store.snapshot(0)
    parts = held.users[sorted(held.users)[at(sorted(held.users), place)]]
    parts[sorted(parts)[at(sorted(parts), place)]] += b"\x00"
    history.store.restore(0, held)


def user_forgotten(history: History, place: int) -> None:
    held = history.store.snapshot(0)
    del held.users[sorted(held.users)[at(sorted(held.users), place)]]
    history.store.restore(0, held)


def state_left_behind(history: History, _: int) -> None:
    held = history.store.snapshot(0)
    assert held.watermark is not None
    held.watermark -= 1
    history.store.restore(0, held)


LIES: list[tuple[Falsified, str]] = [
    (output_skipped, "lost"),
    (output_written_twice, "doubled"),
    (outputs_swapped, "out_of_order"),
    (alert_altered, "lost"),
    (input_never_taken_in, "lost"),
    (input_taken_in_twice, "doubled"),
    (lesson_lost, "lost"),
    (lesson_taught_twice, "doubled"),
    (dead_letter_dropped, "lost"),
    (state_altered, "wrong_state"),
    (user_forgotten, "wrong_state"),
    (state_left_behind, "wrong_state"),
]


@pytest.mark.parametrize(("falsify", "kind"), LIES, ids=lambda own: getattr(own, "__name__", own))
@pytest.mark.parametrize("place", [0, 7, 101, -1])
def test_a_falsified_history_is_found_out(
    truth: History, falsify: Falsified, kind: str, place: int
) -> None:
    history = deepcopy(truth)
    falsify(history, place)

    assert judged(history).counts[kind]


def test_the_sums_alone_tell_of_a_payment_that_the_fold_forgot(truth: History) -> None:
    """The audit folds by the product's own rules; were they wrong, the closed forms differ."""
    history = deepcopy(truth)
    paid = Counter({user: run.last for (user, _), run in history.workload.months.items()})
    user, _ = paid.most_common(1)[0]
    for (name, _), own in history.workload.months.items():
        own.last += name == user

    assert judged(history).counts["wrong_state"]
