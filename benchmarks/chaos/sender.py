"""Sends the workload at a steady rate, whatever happens to the broker."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message, Producer

from benchmarks.chaos.evidence import Findings
from benchmarks.chaos.workload import Sending, Workload
from streams.names import Names

_STEP_S = 0.02
_FLUSH_S = 60.0


@dataclass
class Sender:
    """A producer as a bank's importer has it: idempotent, waiting out a broker that is away."""

    bootstrap: str
    names: Names
    workload: Workload
    rate: int
    findings: Findings
    sent: int = 0

    def __post_init__(self) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2",
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Send at the rate until it is over, then wait for what is not acknowledged yet."""
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self.sent
        while not is_over():
            for _ in range(before + int((loop.time() - began) * self.rate) - self.sent):
                self._send(self.workload.draw())
            self._producer.poll(0)
            await asyncio.sleep(_STEP_S)
        left = await asyncio.to_thread(self._producer.flush, _FLUSH_S)
        if left:
            self.findings.add("unsent", f"{left} records were not acknowledged")

    def _send(self, sending: Sending) -> None:
        self.sent += 1
        self._producer.produce(
            self.names.of(sending.topic),
            sending.value,
            sending.key,
            on_delivery=self._delivered,
        )

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.findings.add("unsent", str(error))
