"""A short storm, verified; and that no figure that is not as it must be goes unnoticed."""

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.verify import violations
from tests.benchmarks.test_chaos import require_own_servers

AS_IT_MUST_BE: dict[str, Any] = {
    "transactions": 2_000,
    "kills": 3,
    "published_users": 3,
    "users": 3,
    "differences": 0,
    "found_after_flip": 1,
    "differences_after_heal": 0,
}


@pytest.mark.stack
def test_after_kills_the_state_is_right_and_a_flipped_bit_is_found_and_mended() -> None:
    require_own_servers()
    command = [sys.executable, "-m", "benchmarks.verify", "--json"]
    ended = subprocess.run(
        [*command, "--users", "3", "--months", "1", "--seconds", "5"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    told = json.loads(line)

    assert told.keys() >= {*AS_IT_MUST_BE, "verify_s"}
    assert violations(told) == []
    assert told["users"] == 3
    assert told["kills"]
    assert told["differences_by_kind"] == {"bytes": 0, "money": 0}


def test_figures_that_are_as_they_must_be_are_no_violation() -> None:
    assert violations(AS_IT_MUST_BE) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"transactions": 0},
        {"kills": 0},
        {"users": 2},
        {"users": 4},
        {"differences": 1},
        {"found_after_flip": 0},
        {"differences_after_heal": 1},
    ],
    ids=str,
)
def test_each_figure_that_is_not_as_it_must_be_is_a_violation(wrong: dict[str, int]) -> None:
    assert len(violations({**AS_IT_MUST_BE, **wrong})) == 1
