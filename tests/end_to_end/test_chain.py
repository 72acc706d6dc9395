"""Events of every kind through two agents, on a real Kafka and a real Redis."""

import json
from collections import Counter
from pathlib import Path

from sample.households import Town
from schemas.event import UserEvent
from schemas.topics import (
    ENRICHED,
    JOURNAL,
    OUTPUTS,
    TOPIC_OF,
    TRANSACTIONS,
)
from schemas.transactions import TransactionImported
from streams.stack import Stack
from streams.worker_process import WorkerProcess, running_worker
from tests.end_to_end.chain import PAYMENT, Chain, Read


def test_events_of_every_kind_come_out_once(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    town = Town(users=6, months=3, seed=5, imports=False)
    with running_worker(chain.settings), chain.reader(*OUTPUTS) as reader:
        published: list[UserEvent] = []
        for part in town.live():
            for event in part.events:
                publish(chain, event)
                published.append(event)
            if part.day.day in {1, 11, 21}:  # So that days pass between the transactions.
                chain.flush()
                reader.until(lambda records: transactions(records) >= identities(published))
        chain.flush()
        records = reader.until(lambda records: transactions(records) >= identities(published))

    assert transactions(records) == identities(published)
    ids = Counter(record.headers["ce_id"] for record in records)
    assert max(ids.values()) == 1
    topics = {record.topic.removeprefix(chain.names.prefix) for record in records}
    assert topics == {topic.name for topic in OUTPUTS}
    assert in_order(records)


def test_what_cannot_be_read_waits_as_it_came(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    float_amount = json.dumps({**PAYMENT, "amount_minor": -12.0}).encode()
    bad = {
        b"\xff\xfe": b"not_utf8",
        b"{": b"not_json",
        b'{"a": 1, "a": 2}': b"duplicate_key",
        float_amount: b"float_amount",
    }
    for value in bad:
        chain.publish(TRANSACTIONS, value, "u-1", trace=b"\x00\xff")
    chain.publish_json(TRANSACTIONS, PAYMENT)
    chain.flush()
    letters = chain.names.dead_letters(TRANSACTIONS)
    with running_worker(chain.settings), chain.reader(letters, ENRICHED) as reader:
        records = reader.until(lambda records: len(records) >= len(bad) + 1)

    set_aside = [record for record in records if record.topic == letters]
    assert {record.value: record.headers["penstock.error.code"] for record in set_aside} == bad
    for record in set_aside:
        assert record.key == b"u-1"
        assert record.headers["trace"] == b"\x00\xff"
        assert record.headers["penstock.error.attempts"] == b"1"
        assert record.headers["__connect.errors.topic"] == chain.names.of(TRANSACTIONS).encode()
        assert b" " in record.headers["penstock.error.sentence"]


def test_the_journal_keeps_what_the_producer_sent(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    as_sent = json.dumps(PAYMENT, indent=3).encode()
    chain.publish(TRANSACTIONS, as_sent, "a key of the producer's own")
    chain.flush()
    with running_worker(chain.settings), chain.reader(JOURNAL) as reader:
        (record, *_) = reader.until(lambda records: len(records) >= 1)

    assert record.value == as_sent
    assert record.key == b"u-1"
    assert record.headers["ce_type"] == b"penstock.transaction.imported.v1"
    assert record.headers["penstock.origin.offset"] == b"0"


def test_a_killed_worker_loses_and_repeats_nothing(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    town = Town(users=5, months=2, seed=9, imports=False)
    published = [event for part in town.live() for event in part.events]
    half = len(published) // 2
    with chain.reader(*OUTPUTS) as reader:
        worker = WorkerProcess(chain.settings)
        for event in published[:half]:
            publish(chain, event)
        chain.flush()
        reader.until(lambda records: len(records) >= half // 3)
        worker.kill()
        for event in published[half:]:
            publish(chain, event)
        chain.flush()
        with running_worker(chain.settings):
            records = reader.until(lambda records: transactions(records) >= identities(published))

    assert transactions(records) == identities(published)
    assert max(Counter(record.headers["ce_id"] for record in records).values()) == 1
    assert in_order(records)


def publish(chain: Chain, event: UserEvent) -> None:
    chain.publish(TOPIC_OF[type(event)], event.to_json(), event.user_id)


def identities(events: list[UserEvent]) -> set[tuple[str, str, str]]:
    return {
        (event.user_id, event.account_id, event.transaction_id)
        for event in events
        if isinstance(event, TransactionImported)
    }


def transactions(records: list[Read]) -> set[tuple[str, str, str]]:
    return {
        (str(body["user_id"]), str(body["account_id"]), str(body["transaction_id"]))
        for body in (record.body for record in records if record.topic.endswith(ENRICHED.name))
    }


def in_order(records: list[Read]) -> bool:
    """Say whether each transaction's, alert's and insight's revisions grow by one from 1."""
    seen: Counter[tuple[str, str]] = Counter()
    ordered = sorted(records, key=lambda record: (record.topic, record.partition, record.offset))
    for record in ordered:
        body = record.body
        subject = body.get("alert_id") or body.get("insight_id") or body.get("forecast_id")
        name = str(subject or (body["user_id"], body["account_id"], body["transaction_id"]))
        seen[record.topic, name] += 1
        if body["revision"] != seen[record.topic, name]:
            return False
    return True
