"""An artifact's way from a file to every partition, and back, on a real Kafka and a real Redis."""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis

from models.artifact import Artifact
from schemas.journal import ModelActivated
from schemas.topics import ENRICHED, JOURNAL
from streams.artifacts import message_of
from streams.journal import own_message
from streams.protocols import Message
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PATIENCE_S, Chain
from tests.end_to_end.test_lifecycle import (
    PAYERS,
    all_pay,
    measured,
    paid,
    penstock,
    try_penstock,
    until_page,
)
from tests.processes import free_port, wait_until
from tests.tiny_artifacts import FIRST, SECOND, named, tiny

ONE, OTHER = named(FIRST), named(SECOND)
WAITS = "penstock_waits_for_artifact"


def saved(folder: Path, artifact: Artifact) -> str:
    """Give the path of an artifact's file."""
    file = folder / f"{artifact.card['version']}-{artifact.labels[0]}.bin"
    file.write_bytes(artifact.to_bytes())
    return str(file)


def write(chain: Chain, message: Message) -> None:
    """Write a record as another program could, without any of our checks."""
    chain.producer.produce(
        message.topic,
        message.value,
        message.key,
        message.partition or 0,
        headers=list(message.headers),
    )
    chain.flush()


def activated(chain: Chain, name: str, *, partitions: int = 3) -> bool:
    """Say whether a version is active in all partitions."""
    shown = try_penstock(chain, "models", "list", "--json")
    found = json.loads(shown.stdout)["active"] if shown.returncode == 0 else []
    return [own["named"]["version"] for own in found if own["named"]] == [name] * partitions


def state_of(chain: Chain, redis: "Redis") -> dict[bytes, Any]:
    """Give all that Redis holds of users and of what they share."""
    group = chain.settings.group
    keys = [
        key for kind in ("user:*", "shared") for key in redis.scan_iter(f"{{{group}:*}}:{kind}")
    ]
    return {key: redis.hgetall(key) for key in keys}


def test_a_worker_waits_for_what_is_activated_and_goes_on_when_it_is_published(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, web_port=free_port(tmp_path))
    journal = chain.names.journal
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        all_pay(chain, "t-1", "bank")
        reader.until(lambda records: len(records) == len(PAYERS))
        held_up = next(own.partition for own in reader.records if own.key == PAYERS[0].encode())
        event = ModelActivated(**ONE._asdict())
        write(chain, own_message(journal, event, held_up, ("unpublished",), "/test"))
        waiting = f"{journal}[{held_up}]: waits for artifact categories 1 (sha256 "
        until_page(chain, "readyz", 503, waiting)

        all_pay(chain, "t-2", "bank")
        reader.until(lambda records: paid(records).count("t-2") == len(PAYERS) - 1)
        assert "run: penstock models publish FILE" in until_page(chain, "readyz", 503, waiting)
        assert measured(chain, WAITS) == {(str(held_up), journal): 1.0}

        write(chain, message_of(chain.names, ONE, b"other bytes"))
        until_page(chain, "readyz", 503, "its record holds other bytes")
        assert paid(reader.records).count("t-2") == len(PAYERS) - 1

        said = penstock(chain, "models", "publish", saved(tmp_path, FIRST))
        assert "is published." in said
        records = reader.until(lambda records: paid(records).count("t-2") == len(PAYERS))
        until_page(chain, "readyz", 200)
        assert measured(chain, WAITS) == {(str(held_up), journal): 0.0}

    assert Counter(paid(records)) == dict.fromkeys(("t-1", "t-2"), len(PAYERS))


def test_artifacts_are_activated_and_rolled_back_and_a_replay_gives_the_same(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, web_port=free_port(tmp_path))
    redis = Redis.from_url(stack.redis)
    first, second = (saved(tmp_path, own) for own in (FIRST, SECOND))
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        for file in (first, first, second):
            penstock(chain, "models", "publish", file)
        all_pay(chain, "t-0", "bank")
        for number, arguments in enumerate(
            (["activate", "categories", "1"], ["activate", "categories", OTHER.sha256[:10]]), 1
        ):
            assert "Add --execute to do it" in penstock(chain, "models", *arguments)
            penstock(chain, "models", *arguments, "--execute")
            wait_until(partial(activated, chain, f"{number}"), PATIENCE_S)
            all_pay(chain, f"t-{number}", "bank")
        until_page(chain, "readyz", 200)

        assert "instead of artifact categories 2" in penstock(
            chain, "models", "rollback", "categories", "--execute"
        )
        wait_until(lambda: activated(chain, "1"), PATIENCE_S)
        all_pay(chain, "t-3", "bank")
        reader.until(lambda records: len(records) == 4 * len(PAYERS))

        (one, *_) = json.loads(penstock(chain, "models", "list", "--json"))["active"]
        assert one["former"]["version"] == "2"
        with chain.reader(JOURNAL) as journal:
            journal.until(lambda records: len(records) >= 4 * len(PAYERS) + 9)
            places = [
                own.offset
                for own in journal.records
                if own.partition == one["partition"] and own.headers["ce_type"].endswith(b"ated.v1")
            ]
        assert one["since_offset"] == max(places)
        assert "Nothing differs." in penstock(chain, "verify")
        penstock(chain, "explain", PAYERS[0], "a-1", "t-2")
        before = state_of(chain, redis)

    redis.delete(*redis.scan_iter(f"{{{chain.settings.group}:*}}:*"))
    with running_worker(chain.settings):
        until_page(chain, "readyz", 200)
        wait_until(lambda: state_of(chain, redis) == before, PATIENCE_S)


def test_what_is_not_published_is_not_activated_and_a_version_keeps_its_bytes(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path)

    def refused(*arguments: str) -> str:
        done = try_penstock(chain, "models", *arguments)
        assert done.returncode == 1, done.stdout
        return done.stderr

    assert "published are: none" in refused("activate", "categories", "1", "--execute")
    assert "start a worker" in refused("rollback", "categories", "--execute")
    penstock(chain, "models", "publish", saved(tmp_path, FIRST))
    again = penstock(chain, "models", "publish", saved(tmp_path, FIRST))
    assert again == f"{ONE} is published already.\n"
    other = saved(tmp_path, tiny("1", "food.convenience"))
    assert "an artifact's version stays its own" in refused("publish", other)
    write(chain, message_of(chain.names, OTHER, b"other bytes"))
    assert "its record holds other bytes" in refused("activate", "categories", "2")
    shown = json.loads(penstock(chain, "models", "list", "--json"))
    assert [own["is_whole"] for own in shown["published"]] == [True, False]
    assert shown["active"] == []


def test_an_artifact_is_tried_beside_another(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    for artifact in (FIRST, SECOND):
        penstock(chain, "models", "publish", saved(tmp_path, artifact))
    with running_worker(chain.settings):
        penstock(chain, "models", "activate", "categories", "1", "--execute")
        wait_until(lambda: activated(chain, "1"), PATIENCE_S)
        arguments = ("models", "challenge", "categories", "2", "--share", "10", "--days", "3")
        assert "would be tried for 3 days" in penstock(chain, *arguments)
        penstock(chain, *arguments, "--execute")

        def is_compared() -> bool:
            return try_penstock(chain, "models", "compare", "categories").returncode == 0

        wait_until(is_compared, PATIENCE_S)
        told = json.loads(penstock(chain, "models", "experiment", "categories", "--json"))
        assert told["artifact"] == OTHER._asdict()
        assert {line["verdict"] for line in told["shares"]} == {"nothing to compare yet"}

        penstock(chain, "models", "challenge", "categories", "--none", "--execute")
        wait_until(lambda: not is_compared(), PATIENCE_S)
        penstock(chain, "policy", "learning", "off", "--execute")
        wait_until(
            lambda: "is off already" in penstock(chain, "policy", "learning", "off"), PATIENCE_S
        )
