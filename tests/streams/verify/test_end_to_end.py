"""`penstock verify` on real servers, beside a worker that runs: damage is found, and mended."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from redis import Redis

from schemas.topics import ENRICHED, TRANSACTIONS
from streams.claiming import FOLD
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain
from tests.processes import wait_until
from tests.streams.test_cli import run

USERS = tuple(f"u-{number}" for number in range(12))
PAYMENTS = 4


@pytest.fixture
def lived(stack: Stack, tmp_path: Path) -> Iterator[tuple[Chain, Redis]]:
    """A worker that has folded what a dozen users paid; it goes on."""
    chain = Chain(stack, tmp_path)
    for number in range(PAYMENTS):
        for user in USERS:
            named = {
                "user_id": user,
                "transaction_id": f"t-{number}",
                "amount_minor": -100 * number,
            }
            chain.publish_json(TRANSACTIONS, {**PAYMENT, **named})
    chain.flush()
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader, redis_of(stack) as redis:
        reader.until(lambda records: len(records) == PAYMENTS * len(USERS))
        yield chain, redis


def redis_of(stack: Stack) -> Redis:
    return Redis.from_url(stack.redis)


def verified(chain: Chain, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = run(["verify", "--json", *arguments], chain)
    assert result.exit_code in {0, 1}, result.output
    told = json.loads(result.stdout)
    return result.exit_code, told


def until_well(chain: Chain) -> None:
    """Wait until the worker has made the state again."""
    wait_until(lambda: _is_well(run(["verify", "--json"], chain)))


def _is_well(result: Result) -> bool:
    # While the state is empty, every user is missing.
    return result.exit_code == 0 and sum(
        own["users"] for own in json.loads(result.stdout)["partitions"]
    ) == len(USERS)


def flip(redis: Redis, key: bytes, field: bytes, at: int) -> None:
    stored = redis.hget(key, field)
    assert isinstance(stored, bytes)
    damaged = bytearray(stored)
    damaged[at] ^= 1
    redis.hset(key, field, bytes(damaged))


def test_a_flipped_byte_is_found_and_mended_while_the_worker_runs(
    lived: tuple[Chain, Redis],
) -> None:
    chain, redis = lived
    code, told = verified(chain)
    assert (code, told["differences"]) == (0, [])
    assert sum(own["users"] for own in told["partitions"]) == len(USERS)

    (key,) = redis.scan_iter(f"{{{chain.settings.group}:*}}:user:u-7", count=10_000)
    flip(redis, key, b"hot", 20)
    code, told = verified(chain)
    assert code == 1
    part = next(one for one in told["differences"] if one["what"] == "part")
    assert (part["user"], part["key"]) == ("u-7", "hot")
    assert ", at 20: " in part["state"]
    assert verified(chain, "--user", "u-7")[0] == 1
    assert verified(chain, "--user", "u-8")[0] == 0
    assert verified(chain, "--users", "99")[0] == 1

    planned = run(["verify", "--heal"], chain)
    assert "Add --execute" in planned.output
    assert verified(chain)[0] == 1
    mended = run(["verify", "--heal", "--execute"], chain)
    assert "Emptied" in mended.output
    until_well(chain)


def test_without_a_state_or_a_broker_it_cannot_be_done(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, make_topics=False)
    result = run(["verify"], chain)
    assert result.exit_code == 2
    assert "penstock topics apply" in result.output
    assert run(["topics", "apply", "--execute"], chain).exit_code == 0
    result = run(["verify"], chain)
    assert result.exit_code == 2
    assert "start a worker" in result.output
    assert run(["verify", "--partition", "99"], chain).exit_code == 2
    assert run(["verify", "--execute"], chain).exit_code == 2
    assert run(["verify", "--user", "u-1", "--users", "2"], chain).exit_code == 2


def test_a_state_of_another_build_cannot_be_compared(lived: tuple[Chain, Redis]) -> None:
    chain, redis = lived
    key = f"{{{chain.settings.group}:0}}:meta"
    redis.hset(key, "fold", FOLD + 1)
    result = run(["verify", "--partition", "0"], chain)
    assert result.exit_code == 2
    assert "another build" in result.output
