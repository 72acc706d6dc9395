"""Penstock's transport beside a raw librdkafka loop: the same records, the same work, one run."""

import time
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer

from benchmarks.chain import PATIENCE_S, Chain, Runs
from benchmarks.reporting import Meaning, Report, middle
from benchmarks.workload import Input, Workload, repeated
from schemas.topics import ENRICHED, TRANSACTIONS
from streams.kafka_clients import client_settings
from streams.stack import Stack

MEANINGS = {
    "transport.raw": Meaning("records a second, plain librdkafka, at least once"),
    "transport.penstock": Meaning("records a second, slices and commits, exactly once"),
    "transport.ratio": Meaning("the one beside the other", "at least 0.5"),
}
COPY = ("benchmarks.worker", "copy")
_RECORDS_AT_ONCE = 1_000
_COMMIT_EVERY_S = 1.0
_LOOK_S = 0.5


def measure(stack: Stack, folder: Path, report: Report, count: int, repeats: int) -> None:
    """Copy *count* records from topic to topic, by turns one way and the other."""
    inputs = list(repeated(Workload(), count))
    with report.doing("The broker's warm-up"):  # A new one is slow, with transactions above all.
        _turn(stack, folder, inputs)
    rates: list[tuple[float, float]] = []
    for turn in range(1, repeats + 1):
        with report.doing(f"{count:,} records, turn {turn} of {repeats}"):
            rates.append(_turn(stack, folder, inputs))
    report.figures["transport"] = {
        "raw": round(middle([raw for raw, _ in rates])),
        "penstock": round(middle([penstock for _, penstock in rates])),
        "ratio": middle([penstock / raw for raw, penstock in rates], 2),
    }


def _turn(stack: Stack, folder: Path, inputs: Sequence[Input]) -> tuple[float, float]:
    """Copy the same records both ways; gives the rates of librdkafka and of Penstock."""
    chain = Chain(stack, folder)
    topic, out = chain.names.of(TRANSACTIONS), chain.names.of(ENRICHED)
    with chain.workers(1, COPY) as running:
        chain.publish(inputs)
        _wait(chain, len(inputs), out, running)
    span = chain.span_since_published(out)
    assert span.records == len(inputs), "not exactly once"
    raw = _copied(stack.kafka, topic, chain.names.dead_letters(TRANSACTIONS), len(inputs))
    chain.forget()
    return raw, span.rate


def _wait(chain: Chain, count: int, out: str, running: Sequence[Runs]) -> None:
    """Wait until all is copied; look seldom, for that takes time from what is measured."""
    deadline = time.monotonic() + PATIENCE_S
    while chain.ends([out]) < count and time.monotonic() < deadline:
        for worker in running:
            worker.check()
        time.sleep(_LOOK_S)
    chain.until_through(count, [out], running)


def _copied(bootstrap: str, topic: str, out: str, count: int) -> float:
    """Copy by librdkafka alone, tuned for throughput; gives records a second."""
    consumer = Consumer(
        {
            **client_settings(bootstrap),
            "group.id": f"{topic}-raw",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "queued.min.messages": 100_000,
            "fetch.queue.backoff.ms": 2,
        }
    )
    producer = Producer(
        {
            **client_settings(bootstrap),
            "acks": "all",
            "partitioner": "murmur2",
            "compression.type": "lz4",
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    consumer.subscribe([topic])
    copied, began, committed = 0, 0.0, time.monotonic()
    while copied < count:
        messages = consumer.consume(_RECORDS_AT_ONCE, 0.2)
        began = began or (time.monotonic() if messages else 0.0)
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
            producer.produce(out, message.value(), message.key())
        producer.poll(0)
        copied += len(messages)
        if time.monotonic() - committed > _COMMIT_EVERY_S and copied:
            consumer.commit(asynchronous=True)
            committed = time.monotonic()
    producer.flush(60)
    rate = copied / (time.monotonic() - began)
    consumer.close()
    return rate
