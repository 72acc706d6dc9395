"""What users teach each other, on a real Kafka and a real Redis, while workers are killed."""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from schemas.journal import LessonsTaught
from schemas.topics import ENRICHED, FEEDBACK, JOURNAL, TRANSACTIONS
from streams.stack import Stack
from streams.worker_process import WorkerProcess, running_worker
from tests.end_to_end.chain import PAYMENT, Chain, Read, Reader
from tests.processes import free_port, wait_until
from tests.streams.test_cli import run
from tests.streams.verify.test_sampling import told

TEACHERS = tuple(f"u-{number}" for number in range(8))
QUIET = "u-who-says-nothing"
ROUNDS = 5


def pay(chain: Chain, user: str, number: int) -> None:
    """Let a user pay at one shop among those that all visit."""
    named = {"user_id": user, "transaction_id": f"t-{number}"}
    chain.publish_json(TRANSACTIONS, {**PAYMENT, **named, "description": f"Blue Lantern {number}"})


def say(chain: Chain, user: str, number: int) -> None:
    """Let a user say what a payment was for."""
    about = {
        "kind": "category",
        "verdict": "set",
        "account_id": PAYMENT["account_id"],
        "transaction_id": f"t-{number}",
        "category": "dining.coffee",
    }
    body = {"feedback_id": f"f-{number}", "user_id": user, "revision": 1, "about": about}
    chain.publish_json(FEEDBACK, body)


def views(records: list[Read]) -> int:
    return sum(record.topic.endswith(ENRICHED.name) for record in records)


def lessons(records: list[Read]) -> list[Read]:
    name = LessonsTaught.ce_type.encode()
    return [record for record in records if record.headers.get("ce_type") == name]


def taught(records: list[Read]) -> int:
    """Count what was taught, however it was divided into entries."""
    bodies: list[dict[str, Any]] = [record.body for record in lessons(records)]
    return sum(len(body["lessons"]) for body in bodies)


def verified(chain: Chain, *arguments: str) -> list[object]:
    result = run(["verify", "--json", *arguments], chain)
    assert result.exit_code == 0, result.output
    differences = json.loads(result.stdout)["differences"]
    assert isinstance(differences, list)
    return differences


def test_a_lesson_is_taught_once_however_often_its_worker_is_killed(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, partitions=2, web_port=free_port(tmp_path))
    with chain.reader(ENRICHED, JOURNAL) as reader:
        _pay_all(chain, reader)
        for number in range(1, ROUNDS):
            _say_all(chain, number)
            worker = WorkerProcess(chain.settings)
            before = taught(reader.records)
            reader.until(partial(_has_taught_more, than=before))
            worker.kill()
        with running_worker(chain.settings):
            _say_all(chain, ROUNDS)
            records = reader.until(lambda records: taught(records) >= ROUNDS * len(TEACHERS))
            # What it writes to its own journal is no lag that stays.
            wait_until(lambda: told(chain, "penstock_lag_records") == 0, seconds=60)
            _verify(chain)
        reader.poll()

    assert taught(records) == ROUNDS * len(TEACHERS)
    assert max(Counter(record.headers["ce_id"] for record in lessons(records)).values()) == 1
    assert {record.key for record in lessons(records)} == {None}


def _pay_all(chain: Chain, reader: Reader) -> None:
    users = (*TEACHERS, QUIET)
    for number in range(1, ROUNDS + 1):
        for user in users:
            pay(chain, user, number)
    chain.flush()
    with running_worker(chain.settings):
        reader.until(lambda records: views(records) >= ROUNDS * len(users))


def _say_all(chain: Chain, number: int) -> None:
    for user in TEACHERS:
        say(chain, user, number)
    chain.flush()


def _has_taught_more(records: list[Read], than: int) -> bool:
    return taught(records) > than


def _verify(chain: Chain) -> None:
    """Hold all, and some, against the journal: whoever is folded alone has learned from others."""
    wait_until(lambda: run(["verify", "--json"], chain).exit_code == 0)
    assert verified(chain) == []
    assert verified(chain, "--user", QUIET) == []
    assert verified(chain, "--user", TEACHERS[0]) == []
    assert verified(chain, "--users", "3") == []
