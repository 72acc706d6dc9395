"""A worker's check on itself: it finds damage, tells of it, keeps its pace and disturbs nobody."""

import asyncio
import time
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from schemas.topics import ENRICHED, TRANSACTIONS
from streams.stack import Stack
from streams.verify.sampling import REST_PER_WORK, Pace
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain
from tests.processes import free_port, wait_until

USERS = tuple(f"u-{number}" for number in range(6))
AS_FAST_AS_IT_MAY = 100_000


def told(chain: Chain, name: str) -> float:
    """Read one of the worker's metrics."""
    with urlopen(f"http://127.0.0.1:{chain.settings.web_port}/metrics", timeout=5) as reply:
        families = list(text_string_to_metric_families(reply.read().decode()))
    return sum(one.value for family in families for one in family.samples if one.name == name)


def test_a_worker_finds_what_is_wrong_with_its_own_state(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(
        stack,
        tmp_path,
        partitions=1,
        web_port=free_port(tmp_path),
        verify_records_a_second=AS_FAST_AS_IT_MAY,
    )
    for user in USERS:
        chain.publish_json(TRANSACTIONS, {**PAYMENT, "user_id": user})
    chain.flush()
    log = tmp_path / "worker.log"
    with (
        running_worker(chain.settings, log),
        chain.reader(ENRICHED) as reader,
        Redis.from_url(stack.redis) as redis,
    ):
        reader.until(lambda records: len(records) == len(USERS))
        wait_until(lambda: told(chain, "penstock_verify_users_total") >= len(USERS), seconds=60)
        assert told(chain, "penstock_verify_differences_total") == 0
        assert told(chain, "penstock_verify_last_timestamp_seconds") > time.time() - 60

        home = f"{{{chain.settings.group}:0}}:"
        redis.hset(f"{home}user:u-3", "history", b"\x01\xff")
        wait_until(lambda: told(chain, "penstock_verify_differences_total") > 0, seconds=60)
        assert told(chain, "penstock_verify_failures_total") == 0
    said = log.read_text()
    assert "penstock verify --partition 0 --heal --execute" in said
    assert "u-3" not in said


def test_turned_off_it_looks_at_nothing(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, web_port=free_port(tmp_path), verify_records_a_second=0)
    chain.publish_json(TRANSACTIONS, PAYMENT)
    chain.flush()
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        reader.until(lambda records: len(records) == 1)
        assert told(chain, "penstock_verify_last_timestamp_seconds") == 0


def test_its_pace_is_that_of_the_settings() -> None:
    async def story() -> float:
        pace = Pace(records_a_second=1_000)
        began = time.monotonic()
        pace.begin()
        for _ in range(4):
            await pace.keep(50)
        return time.monotonic() - began

    assert asyncio.run(story()) >= 4 * 50 / 1_000


def test_it_rests_far_longer_than_it_works() -> None:
    async def story() -> tuple[float, float]:
        pace = Pace(records_a_second=AS_FAST_AS_IT_MAY)
        pace.begin()
        busy_until = time.monotonic() + 0.02
        while time.monotonic() < busy_until:
            pass
        rested_from = time.monotonic()
        await pace.keep(1)
        return 0.02, time.monotonic() - rested_from

    worked, rested = asyncio.run(story())
    assert rested >= REST_PER_WORK * worked
