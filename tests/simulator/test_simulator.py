"""The engine keeps its promises whatever goes wrong, and whoever takes a safeguard out is caught.

`pytest --seeds 20000 tests/simulator` searches longer; `python -m tests.simulator` by hand.
"""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sample.dice import Dice
from schemas.refusals import Code
from schemas.topics import JOURNAL
from streams.claiming import FOLD
from streams.codecs import LAYOUT
from streams.protocols import Identity, Partition, Token, Writes
from tests.simulator.checker import TAUGHT
from tests.simulator.disk import APPLY_CUT_SHORT, BEGINNING_CUT_SHORT
from tests.simulator.exhaustive import PLAN, SEED, STORIES, disturbed
from tests.simulator.faults import AtStep
from tests.simulator.many import Summary, caught_at, command, summaries
from tests.simulator.mutants import MUTANTS
from tests.simulator.scenario import Run, Trouble, carry_out, simulate
from tests.simulator.worker import WAITS
from tests.simulator.workload import policy_messages
from tests.simulator.world import Outcome

SEEDS_TO_CATCH_A_MUTANT = 1_000
SEEDS_FOR_EVERY_FAULT = 150


@pytest.fixture(scope="module")
def runs(pytestconfig: pytest.Config) -> list[Summary]:
    """Run as many seeds as were asked for."""
    return list(summaries(range(pytestconfig.getoption("seeds"))))


@pytest.mark.timeout(0)  # As many seeds as were asked for.
def test_no_seed_breaks_a_promise(runs: list[Summary]) -> None:
    broken = [f"{command(run.seed)}   # {run.violations[0]}" for run in runs if run.violations]
    assert not broken, "\n".join(["these runs broke a promise:", *broken[:20]])


def test_every_kind_of_fault_really_happens(runs: list[Summary]) -> None:
    if len(runs) < SEEDS_FOR_EVERY_FAULT:
        pytest.skip(f"shown by {SEEDS_FOR_EVERY_FAULT} seeds or more")
    seen = frozenset[str]().union(*(run.seen for run in runs))
    assert {*Outcome, *Trouble.KINDS} <= seen
    # And they hurt: cycles are undone for each of the reasons that there are.
    assert {"ConflictError", "OutboxError", "UnknownOutcomeError"} <= seen
    # A claim meets all there is to meet, but for what only a person can bring about.
    assert {"equal", "rolled_back", "behind", "missing", "older_fold"} <= seen
    assert {APPLY_CUT_SHORT, Code.FOLD_FAILED, WAITS, TAUGHT} <= seen
    # While some runs have no fault at all.
    faults = {*Outcome, *Trouble.KINDS} - {Outcome.DONE}
    assert any(not faults & run.seen for run in runs)


@pytest.mark.parametrize("story", STORIES)
def test_each_step_may_go_wrong_in_each_way(story: str) -> None:
    broken, seen = [], set()
    for disturbance, result in disturbed(story):
        broken += [f"{disturbance}: {violation}" for violation in result.violations[:1]]
        seen |= {how for *_, how in result.world.trace}
    assert not broken, "\n".join(broken)
    # What takes several calls was cut short between two of them, and a claim met the half of it.
    assert (BEGINNING_CUT_SHORT if story == "upgrade" else APPLY_CUT_SHORT) in seen
    assert (TAUGHT in seen) == (story == "taught")


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_missing_safeguard_is_caught(mutant: str) -> None:
    assert caught_at(mutant, range(SEEDS_TO_CATCH_A_MUTANT)) is not None


def test_an_old_copy_from_before_a_rollback_is_refolded() -> None:
    #  journal     0     1     2     3
    #              |----- A -----|         applied, the commit failed; the store is copied
    #              |- B -|                 rolled back, then cut differently and committed
    #                                      the copy is put back: state at 3, committed is 1
    plan = replace(PLAN, records=0)

    def prepare(run: Run) -> None:
        token = Token(0, 0, "before")
        disk, identity = run.disk, Identity(f"id-of-{JOURNAL.name}", LAYOUT, FOLD)
        disk.has_forgotten = True
        applied = Writes({"household-0": {"hot": b"uncommitted"}}, {})
        disk.write(0, lambda store: store.own(0, token))
        disk.write(0, lambda store: store.begin(0, token, 0, identity))
        disk.write(0, lambda store: store.apply(0, token, 0, 3, applied))
        for message in policy_messages(1) * 2:  # And a third is there from the start.
            run.broker.append(message, None)
        asyncio.get_running_loop().call_soon(set_committed, run)

    def set_committed(run: Run) -> None:
        run.broker.group.committed[Partition(JOURNAL.name, 0)] = 1

    result = carry_out(plan, AtStep(), Dice(SEED, 0), prepared=prepare)
    assert not result.violations


def test_a_seed_is_one_run_byte_for_byte() -> None:
    digests = [simulate(seed).digest() for seed in (1, 2, 3)]
    assert digests == [simulate(seed).digest() for seed in (1, 2, 3)]

    told = "from tests.simulator.scenario import simulate; print(simulate(1).digest())"
    for hash_seed in ("1", "2"):
        elsewhere = subprocess.run(
            [sys.executable, "-c", told],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert elsewhere.stdout.split() == digests[:1]
