"""The demo, small: it counts what comes out, and its exit code says whether that adds up."""

import subprocess
import sys

from streams.demonstration import Check


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
