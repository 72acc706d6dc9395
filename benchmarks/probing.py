"""Payments that each raise an alert, sent at a steady rate among others, and timed on their way."""

import json
import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka import Message as ClientMessage

from benchmarks.chain import PATIENCE_S, Chain, StalledError
from benchmarks.reporting import Figures
from benchmarks.workload import START, Input, recorded
from schemas.topics import ALERTS, ENRICHED, JOURNAL
from schemas.transactions import TransactionImported
from streams.kafka_clients import client_settings

IDLE_RATE = 20
LOADED_PROBE_RATE = 50
_USERS = 500
_HISTORY = 25
WARM_UP_S = 3.0
_TICK_S = 0.005
_DAY = START + timedelta(days=58)
_PREFIX = b"probe-"
_STEPS = {JOURNAL: "journal", ENRICHED: "enriched", ALERTS: "alert"}

Times = dict[str, float]
"""Moments by transaction."""


def history() -> Iterator[Input]:
    """Give each user of the probes a life of small payments, beside which a large one surprises."""
    for payment in range(_HISTORY):
        for user in range(_USERS):
            yield _payment(user, f"small-{payment}", 1_000 + payment)


def _payment(user: int, name: str, amount_minor: int) -> Input:
    user_id = f"{_PREFIX.decode()}{user}"
    event = TransactionImported(
        transaction_id=f"{user_id}-{name}",
        user_id=user_id,
        account_id=f"{user_id}-checking",
        amount_minor=-amount_minor,
        currency="EUR",
        booked_on=_DAY,
        description="Corner shop",
        status="posted",
        kind="card",
        mcc="5411",
    )
    return recorded(event)


@dataclass(slots=True)
class Probes:
    """When each probe was acknowledged, and when it could be read at each step."""

    acknowledged: Times = field(default_factory=dict)
    readable: dict[str, Times] = field(default_factory=lambda: defaultdict(dict))

    def latencies_ms(self, step: str) -> list[float]:
        """List how long each took to a step, shortest first."""
        read = self.readable[step]
        return sorted((read[name] - at) * 1_000 for name, at in self.acknowledged.items())


def measure(chain: Chain, others: Iterator[Input], rate: float, seconds: int) -> Figures:
    """Send probes, and *others* at *rate* a second besides; give the latencies' distribution."""
    probes, over = Probes(), threading.Event()
    reader = threading.Thread(target=_read, args=(chain, probes, over))
    reader.start()
    try:
        sent, took = _send(chain, others, rate, seconds, probes)
        _wait_for_all(probes)
    finally:
        over.set()
        reader.join()
    steps = {f"{step}_p50_ms": _at(probes.latencies_ms(step), 0.5) for step in _STEPS.values()}
    latencies = probes.latencies_ms("alert")
    return {
        "rate": round(sent / took, 1),
        "probes": len(latencies),
        "p50_ms": _at(latencies, 0.5),
        "p95_ms": _at(latencies, 0.95),
        "p99_ms": _at(latencies, 0.99),
        "p999_ms": _at(latencies, 0.999),
        "steps": steps,
    }


def _send(
    chain: Chain, others: Iterator[Input], rate: float, seconds: int, probes: Probes
) -> tuple[int, float]:
    """Send by the clock, whatever the chain does; what is sent while it warms up is not timed."""
    producer = Producer(
        {
            **client_settings(chain.settings.kafka),
            "acks": "all",
            "linger.ms": 0,
            "partitioner": "murmur2",
        }
    )
    probe_rate = LOADED_PROBE_RATE if rate else IDLE_RATE
    began = time.monotonic()
    sent, sent_probes = 0, 0
    while (now := time.monotonic() - began) < WARM_UP_S + seconds:
        while sent_probes < now * probe_rate:
            own = _payment(sent_probes % _USERS, f"{began:.3f}-{sent_probes}", 500_000)
            _produce(producer, chain, own, probes.acknowledged if now > WARM_UP_S else {})
            sent_probes += 1
        while sent < now * (rate - probe_rate):
            if (other := next(others, None)) is None:
                raise StalledError("the households have no more transactions; take more --users")
            producer.produce(
                chain.names.of(other.topic),
                other.value,
                other.user_id,
                headers={**dict(other.headers)},
            )
            sent += 1
        producer.poll(_TICK_S)
    producer.flush(PATIENCE_S)
    return sent + sent_probes, WARM_UP_S + seconds


def _produce(producer: Producer, chain: Chain, own: Input, timed: Times) -> None:
    name = json.loads(own.value)["transaction_id"]

    def delivered(error: object, _: ClientMessage) -> None:
        if error is not None:
            raise StalledError(f"a payment was not acknowledged: {error}")
        timed[name] = time.monotonic()

    topic = chain.names.of(own.topic)
    producer.produce(
        topic, own.value, own.user_id, headers={**dict(own.headers)}, on_delivery=delivered
    )


def _read(chain: Chain, probes: Probes, over: threading.Event) -> None:
    """Read on from the ends of the topics, and note when each probe could be read."""
    step_of = {chain.names.of(topic): step for topic, step in _STEPS.items()}
    consumer = Consumer(
        {
            **client_settings(chain.settings.kafka),
            "group.id": "probes",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
        }
    )
    known = consumer.list_topics(timeout=PATIENCE_S).topics
    places = [TopicPartition(name, number) for name in step_of for number in known[name].partitions]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, PATIENCE_S)[1]
    consumer.assign(places)
    while not over.is_set():
        message = consumer.poll(0.1)
        if message is None or message.error() is not None:
            continue
        if (message.key() or b"").startswith(_PREFIX):
            now = time.monotonic()
            probes.readable[step_of[str(message.topic())]].setdefault(_name_in(message), now)
    consumer.close()


def _name_in(message: ClientMessage) -> str:
    body: dict[str, Any] = json.loads(message.value() or b"{}")
    if "transaction_id" in body:
        return str(body["transaction_id"])
    return str(body["evidence"]["transactions"][0]["transaction_id"])


def _wait_for_all(probes: Probes) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not all(
        probes.acknowledged.keys() <= probes.readable[step].keys() for step in _STEPS.values()
    ):
        if time.monotonic() > deadline:
            raise StalledError("an alert that should have come did not")
        time.sleep(0.05)


def _at(latencies_ms: Sequence[float], share: float) -> float:
    """Give the latency that a share of all does not exceed."""
    return round(latencies_ms[max(0, math.ceil(share * len(latencies_ms)) - 1)], 1)
