"""The benchmark of truth: its fields, and that it notices when the chain is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import truth
from benchmarks.in_process import InProcess
from benchmarks.reporting import Report
from processors.state.sections import Total
from sample.households import Town
from schemas.feedback import AboutAlert, FeedbackGiven
from streams.assessment import Truth
from streams.outcome import Outcome, Raised

TOWN = Town(users=6, months=4, seed=2)
FIELDS = {
    "twins_recall", "twins_wrong", "transfers_recall", "transfers_precision", "refunds_recall",
    "refunds_precision", "category_accuracy", "rules", "false_alerts_per_user_30d",
    "repeated_alerts", "backfill_alerts", "verify_differences",
}  # fmt: skip


@cache
def measured() -> dict[str, Any]:
    arguments = ["--users", "6", "--months", "4", "--seed", "2", "--json"]
    ended = CliRunner().invoke(truth.main, arguments)
    assert ended.exit_code == 0, ended.output
    told: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return told


def test_one_object_has_every_field() -> None:
    assert measured().keys() >= FIELDS
    for told in measured()["rules"].values():
        assert told.keys() == {"events", "recall", "raised", "false"}


def test_the_chain_counts_no_money_that_its_own_events_do_not_tell_of() -> None:
    assert measured()["verify_differences"] == 0
    assert measured()["twins_wrong"] == 0
    assert measured()["repeated_alerts"] == 0
    assert measured()["backfill_alerts"] == 0
    assert measured()["set_aside"] == 0


def test_the_same_town_gives_the_same_figures() -> None:
    again = truth._in_process(TOWN, Report("again", as_json=True))

    assert again == {name: measured()[name] for name in again}


@pytest.mark.stack
def test_over_servers_the_figures_are_of_the_same_lives() -> None:
    command = [sys.executable, "-m", "benchmarks.truth", "--stack", "--json"]
    ended = subprocess.run(
        [*command, "--users", "6", "--months", "4", "--seed", "2"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    told = json.loads(line)

    # When answers and days come between differs; what money there is does not.
    same = ("transactions", "set_aside", "twins_recall", "twins_wrong", "ghosts", "wrong_accounts")
    assert {name: told[name] for name in same} == {name: measured()[name] for name in same}
    assert told["verify_differences"] is None


def test_what_is_not_built_yet_is_null() -> None:
    for field in ("transfers", "refunds"):
        is_told = measured()[f"{field}_recall"] is not None
        assert is_told == truth._is_built(field)


def test_a_cent_that_the_state_has_too_much_is_a_difference() -> None:
    chain, outcome, part = InProcess(), Outcome(), None
    for part in TOWN.live():
        outcome.today = part.day
        truth._fold(chain, outcome, list(part.events), part)
    assert truth.differences(chain, outcome) == 0

    _, total = next(iter(truth._totals(chain)))
    assert isinstance(total, Total)
    total.out_minor += 1
    assert truth.differences(chain, outcome) == 1


def test_people_answer_their_alerts_some_days_later_and_the_same_in_every_run() -> None:
    answers = truth.Answers(seed=1)
    today = date(2025, 3, 1)
    alert = {"rule_id": "low_balance", "args": {}, "evidence": {}}
    raised = [
        Raised(today, {**alert, "user_id": f"u-{number}", "alert_id": f"a-{number}"})
        for number in range(200)
    ]
    answers.hear(Outcome(raised=raised), Truth())

    said = {passed: answers.due(today + timedelta(days=passed)) for passed in range(40)}
    assert said[0] == []
    given = [event for events in said.values() for event in events]
    assert 0 < len(given) < 200
    for event in given:
        assert isinstance(event, FeedbackGiven)
        assert isinstance(event.about, AboutAlert)
        assert event.about.verdict in {"useful", "dismissed", "normal"}
