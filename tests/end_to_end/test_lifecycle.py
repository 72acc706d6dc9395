"""A worker's life as those see it who run it: pages, checks, a provider paused, an end in time."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from schemas.topics import ENRICHED, JOURNAL, TRANSACTIONS
from streams.app import LEAVE_WITHIN_S
from streams.codecs import LAYOUT
from streams.engine import LOOK_AFTER_S
from streams.settings import environment
from streams.stack import Stack
from streams.worker_process import WorkerProcess, running_worker
from tests.end_to_end.chain import PATIENCE_S, PAYMENT, Chain, Read
from tests.processes import free_port, wait_until

PAYERS = ("u-1", "u-4", "u-17")
"""One user for each of the journal's three partitions."""


def pay(chain: Chain, name: str, provider: str = "bank") -> None:
    chain.publish_json(TRANSACTIONS, {**PAYMENT, "transaction_id": name, "provider": provider})
    chain.flush()


def all_pay(chain: Chain, name: str, provider: str) -> None:
    for user in PAYERS:
        payment = {**PAYMENT, "user_id": user, "transaction_id": name, "provider": provider}
        chain.publish_json(TRANSACTIONS, payment)
    chain.flush()


def paid(records: list[Read]) -> list[object]:
    return [one.body["transaction_id"] for one in records if one.topic.endswith(ENRICHED.name)]


def page(chain: Chain, name: str) -> tuple[int, str]:
    """Ask the worker for a page; give the status and the text."""
    try:
        with urlopen(f"http://127.0.0.1:{chain.settings.web_port}/{name}", timeout=5) as reply:
            return reply.status, reply.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def until_page(chain: Chain, name: str, status: int, saying: str = "") -> str:
    deadline = time.monotonic() + PATIENCE_S
    while (found := page(chain, name))[0] != status or saying not in found[1]:
        assert time.monotonic() < deadline, f"{name}: {found}"
        time.sleep(0.05)
    return found[1]


def measured(chain: Chain, name: str) -> dict[tuple[str, ...], float]:
    """Give a metric's values by its labels'."""
    families = text_string_to_metric_families(page(chain, "metrics")[1])
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def try_penstock(chain: Chain, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return subprocess.run(
        command, env=environment(chain.settings), capture_output=True, text=True, check=False
    )


def penstock(chain: Chain, *arguments: str) -> str:
    done = try_penstock(chain, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pages_tell_how_a_worker_is(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, web_port=free_port(tmp_path))
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        assert until_page(chain, "readyz", 200) == "ok\n"
        assert page(chain, "livez") == (200, "ok\n")
        for number in range(5):
            pay(chain, f"t-{number}", "bank-a" if number else "bank-b")
        reader.until(lambda records: len(paid(records)) == 5)

        topic = chain.names.of(TRANSACTIONS)
        assert measured(chain, "penstock_records_total")[topic,] == 5
        by_provider = measured(chain, "penstock_provider_records_total")
        assert by_provider == {("bank-a", topic): 4, ("bank-b", topic): 1}
        wait_until(
            lambda: (
                bool(measured(chain, "penstock_watermark_distance_records"))
                and not any(measured(chain, "penstock_lag_seconds").values())
            ),
            PATIENCE_S,
        )


def test_one_provider_is_paused_by_an_entry_and_the_others_go_on(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, partitions=3)
    letters = chain.names.dead_letters(JOURNAL)
    once = len(PAYERS)
    with running_worker(chain.settings), chain.reader(ENRICHED, letters) as reader:
        all_pay(chain, "t-1", "old-bank")
        reader.until(lambda records: len(records) == once)

        until_policy(chain, [])
        assert "would be paused" in penstock(chain, "policy", "pause", "old-bank")
        assert "is paused from here on" in penstock(
            chain, "policy", "pause", "old-bank", "--execute"
        )
        until_policy(chain, ["old-bank"])
        assert "is paused already" in penstock(chain, "policy", "pause", "old-bank")
        all_pay(chain, "t-2", "old-bank")
        all_pay(chain, "t-3", "new-bank")
        reader.until(lambda records: len(records) == 3 * once)

        assert "taken in from here on" in penstock(
            chain, "policy", "resume", "old-bank", "--execute"
        )
        until_policy(chain, [])
        all_pay(chain, "t-4", "old-bank")
        records = reader.until(lambda records: len(records) == 4 * once)

    assert Counter(paid(records)) == dict.fromkeys(("t-1", "t-3", "t-4"), once)
    set_aside = [record for record in records if record.topic == letters]
    assert sorted(str(letter.body["user_id"]) for letter in set_aside) == sorted(PAYERS)
    assert {letter.partition for letter in set_aside} == {0, 1, 2}
    for letter in set_aside:
        assert letter.headers["penstock.error.code"] == b"provider_paused"
        assert letter.body["transaction_id"] == "t-2"


def until_policy(chain: Chain, paused: list[str]) -> None:
    """Wait until all partitions have folded a policy that pauses these providers and no others."""
    deadline = time.monotonic() + PATIENCE_S
    while paused_by_all(done := try_penstock(chain, "policy", "show", "--json")) != paused:
        assert time.monotonic() < deadline, done.stdout + done.stderr


def paused_by_all(shown: subprocess.CompletedProcess[str]) -> list[str] | None:
    """Give the providers that a shown policy pauses; None while no policy can be told."""
    if shown.returncode == 1:  # A partition has no state yet, or is on its way to the policy.
        return None
    assert shown.returncode == 0, shown.stderr
    paused: list[str] = json.loads(shown.stdout)["policy"]["paused_providers"]
    return paused


def test_a_policy_is_not_told_before_there_is_a_state(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    done = try_penstock(chain, "policy", "show")
    assert done.returncode == 1
    assert "start a worker, and ask again" in done.stderr


@pytest.mark.parametrize("backlog", [0, 3_000])
def test_asked_to_end_a_worker_finishes_its_cycle_and_leaves_in_time(
    stack: Stack, tmp_path: Path, backlog: int
) -> None:
    chain = Chain(stack, tmp_path)
    with chain.reader(ENRICHED) as reader:
        worker = WorkerProcess(chain.settings)
        for number in range(backlog or 1):
            chain.publish_json(TRANSACTIONS, {**PAYMENT, "transaction_id": f"t-{number}"})
        chain.flush()
        reader.until(bool)
        asked = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - asked < LEAVE_WITHIN_S + 5.0
        with running_worker(chain.settings):
            reader.until(lambda records: len(records) >= (backlog or 1))
    assert len(set(paid(reader.records))) == len(reader.records) == (backlog or 1)


def test_a_state_that_is_lost_while_nothing_happens_is_made_again(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, partitions=2)
    redis = Redis.from_url(stack.redis)
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        pay(chain, "t-1")
        reader.until(lambda records: len(records) == 1)
        keys = f"{{{chain.settings.group}:*}}:*"
        before = {key: redis.dump(key) for key in redis.scan_iter(f"{keys[:-1]}user:*")}
        assert before
        redis.delete(*redis.scan_iter(keys))
        deadline = time.monotonic() + LOOK_AFTER_S + PATIENCE_S
        while {key: redis.dump(key) for key in redis.scan_iter(f"{keys[:-1]}user:*")} != before:
            assert time.monotonic() < deadline, "the state is not made again"
            time.sleep(0.1)
        pay(chain, "t-2")
        records = reader.until(lambda records: len(records) == 2)
    assert paid(records) == ["t-1", "t-2"]


def test_a_state_that_cannot_be_read_holds_up_its_own_partition_alone(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, partitions=3, web_port=free_port(tmp_path))
    redis = Redis.from_url(stack.redis)
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        all_pay(chain, "t-1", "bank")
        reader.until(lambda records: len(records) == len(PAYERS))
    (state,) = redis.scan_iter(f"{{{chain.settings.group}:*}}:user:{PAYERS[0]}")
    redis.hset(state, "hot", bytes([LAYOUT]) + b"not a state")

    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        all_pay(chain, "t-2", "bank")
        reader.until(lambda records: paid(records).count("t-2") == len(PAYERS) - 1)
        # Until it is refused for good it is claimed once more.
        why = until_page(chain, "readyz", 503, "the state holds bytes that are no state")
    assert "delete the group's keys from Redis" in why

    redis.delete(*redis.scan_iter(f"{{{chain.settings.group}:*}}:*"))
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        records = reader.until(lambda records: len(records) == 2 * len(PAYERS))
    assert Counter(paid(records)) == dict.fromkeys(("t-1", "t-2"), len(PAYERS))
