"""The benchmarks of speed: what they are fed with, what they print, and what they refuse."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from click.testing import CliRunner

from benchmarks import core, latency, memory, rebuild, throughput, trivial
from benchmarks.peers.work import Job, Real
from benchmarks.reporting import middle
from benchmarks.worker import copy
from benchmarks.workload import Workload, distinct, repeated
from schemas.reading import Accepted, read
from schemas.topics import ENRICHED
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Partition

SMALL = Workload(users=25, months=1, transactions=200)


def test_the_workload_is_the_same_in_every_run_and_valid() -> None:
    inputs = list(SMALL.inputs())

    assert inputs == list(SMALL.inputs())
    accepted = [read(own.topic, own.value, own.headers) for own in inputs]
    assert all(isinstance(one, Accepted) for one in accepted)


def test_the_workload_ends_with_the_transactions_asked_for() -> None:
    inputs = list(SMALL.inputs())
    own_users = [own for own in inputs if own.user_id.startswith("timekeeper-")]

    assert sum(own.is_transaction for own in inputs) - len(own_users) == SMALL.transactions
    assert inputs[: len(own_users)] == own_users


def test_a_transaction_that_is_sent_again_comes_out_once() -> None:
    inputs = [own for own in SMALL.inputs() if own.is_transaction]

    assert distinct([*inputs, *inputs]) == distinct(inputs)


def test_a_short_workload_is_repeated_as_long_as_it_takes() -> None:
    assert sum(1 for _ in repeated(SMALL, 700)) == 700


def test_months_follow_one_another_and_stay_valid() -> None:
    rounds = memory._rounds(25)
    for _ in range(14):  # Over a year's end, and through a February.
        month = next(rounds)
        accepted = [read(own.topic, own.value, own.headers) for own in month]
        assert all(isinstance(one, Accepted) for one in accepted)


def test_a_line_s_slope_is_found() -> None:
    assert memory._slope([(0, 5.0), (1, 7.0), (2, 9.0)]) == pytest.approx(2.0)


def test_the_trivial_fold_adds_up() -> None:
    tally = trivial.Tally()
    for amount_minor in (-250, 1_000):
        last = trivial.fold(tally, b'{"amount_minor":%d}' % amount_minor)

    assert json.loads(last) == {"amount_minor": 1_000, "count": 2, "total_minor": 750}
    assert trivial.decode_tally(trivial.encode_tally(tally)) == tally


def test_copying_sends_on_what_came() -> None:
    records = [LogRecord(7, 0, b"u1", b"{}", ())]
    (message,) = copy(Names("x."), Partition("x.transactions.imported", 0), records).messages

    assert (message.topic, message.key, message.value) == (Names("x.").of(ENRICHED), b"u1", b"{}")


def test_the_peers_real_fold_is_the_product_s() -> None:
    work = Real()
    payments = [own for own in SMALL.inputs() if own.is_transaction]
    told = [event for own in payments for event in work(own.user_id.encode(), own.value)]
    enriched = Counter("taxonomy" in json.loads(event) for event in told)

    assert enriched[True] >= distinct(payments)


def test_a_job_is_told_as_json() -> None:
    job = Job("127.0.0.1:9092", "in", "out", "group", "real")

    assert Job.told(json.dumps(job._asdict())) == job
    assert isinstance(job.work, Real)


def test_every_step_of_the_core_is_measured() -> None:
    figures = core.measure(SMALL, slice_records=50)

    assert {name.removeprefix("core.") for name in core.MEANINGS} <= figures.keys()
    assert figures["us_per_transaction"] > 0
    assert {"reconcile", "categorize", "aggregate", "alert", "tell"} <= figures["processors"].keys()


def test_the_last_line_is_one_json_object() -> None:
    arguments = ["--part", "core", "--seconds", "1", "--users", "25", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.throughput", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])

    assert told["core"]["us_per_transaction"] > 0
    assert {"cores", "load_1m", "commit"} <= told["machine"].keys()


def test_people_get_a_table_with_goals() -> None:
    told = CliRunner().invoke(
        throughput.main, ["--part", "core", "--seconds", "1", "--users", "25"], terminal_width=120
    )

    assert told.exit_code == 0
    assert "core.us_per_transaction" in told.stdout


@pytest.mark.parametrize("command", [throughput.main, latency.main, rebuild.main, memory.main])
def test_help_shows_examples(command: object) -> None:
    told = CliRunner().invoke(command, ["--help"])  # type: ignore[arg-type]  # Each is a command.

    assert told.exit_code == 0
    assert "python -m benchmarks." in told.output


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (throughput.main, ["--part", "everything"]),
        (throughput.main, ["--seconds", "0"]),
        (latency.main, ["--load", "1.5"]),
        (rebuild.main, ["--transactions", "none"]),
    ],
)
def test_what_makes_no_sense_is_refused(command: object, arguments: list[str]) -> None:
    told = CliRunner().invoke(command, arguments)  # type: ignore[arg-type]  # Each is a command.

    assert told.exit_code == 2


def test_of_repeated_measurements_the_median_counts() -> None:
    assert middle([3.0, 1.0, 100.0]) == 3.0
