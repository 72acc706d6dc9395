"""The demo, small: it counts what comes out, and its exit code says whether that adds up."""

import subprocess
import sys
from pathlib import Path

from schemas.topics import TRANSACTIONS
from streams.demonstration import Check, Reader, checks
from streams.outcome import Outcome
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain
from tests.processes import wait_until


def test_the_demo_adds_up() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "demo", "--users", "4", "--months", "3"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for part in ("Where money went", "alerts", "insights", "forecasts", "Does it add up?"):
        assert part in ended.stdout
    assert " no " not in ended.stdout.split("Does it add up?")[1]


def test_a_count_that_is_off_does_not_hold() -> None:
    assert Check("ducks", 3, 3).holds
    assert not Check("ducks", 3, 2).holds


def test_what_is_set_aside_is_counted(stack: Stack, tmp_path: Path) -> None:
    chain, outcome = Chain(stack, tmp_path), Outcome()
    reader = Reader(stack.kafka, chain.names)
    with running_worker(chain.settings):
        chain.publish(TRANSACTIONS, b"no event", "u-1")
        chain.publish_json(TRANSACTIONS, PAYMENT)
        chain.flush()
        wait_until(lambda: reader.read(outcome) == 0 and bool(outcome.enriched), 60)
        wait_until(lambda: reader.read(outcome) == 0 and outcome.set_aside > 0, 60)
    reader.close()

    assert outcome.set_aside == 1
    assert not all(check.holds for check in checks(outcome))
