"""What a worker tells Prometheus: no user, no amount, no id stands in a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.decision import Tally
from streams.protocols import Partition

_STAGES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """A worker's counters; each counts only what has become durable."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = Counter(
            "penstock_records", "Records dealt with.", ["topic"], registry=self.registry
        )
        self._entries = Counter(
            "penstock_entries", "Journal entries folded.", ["outcome"], registry=self.registry
        )
        self._dead_letters = Counter(
            "penstock_dead_letters",
            "Records set aside.",
            ["topic", "code"],
            registry=self.registry,
        )
        self._events = Counter(
            "penstock_events", "Events published.", ["type"], registry=self.registry
        )
        self._alerts = Counter(
            "penstock_alerts", "Alert events.", ["rule", "status"], registry=self.registry
        )
        self._failures = Counter(
            "penstock_cycle_failures",
            "Cycles that were undone and begun again.",
            ["reason"],
            registry=self.registry,
        )
        self.stages = Histogram(
            "penstock_cycle_seconds",
            "How long each step of a cycle took.",
            ["stage"],
            buckets=_STAGES_S,
            registry=self.registry,
        )
        self._lag = Gauge(
            "penstock_lag_records",
            "Records that wait.",
            ["topic", "partition"],
            registry=self.registry,
        )

    def count(self, partition: Partition, tally: Tally) -> None:
        """Count what a slice did."""
        self._records.labels(partition.topic).inc(tally.records)
        for outcome, number in tally.entries.items():
            self._entries.labels(outcome).inc(number)
        for (topic, code), number in tally.dead_letters.items():
            self._dead_letters.labels(topic, code).inc(number)
        for event_type, number in tally.events.items():
            self._events.labels(event_type).inc(number)
        for (rule, status), number in tally.alerts.items():
            self._alerts.labels(rule, status).inc(number)

    def failed(self, reason: str) -> None:
        """Count a cycle that was undone."""
        self._failures.labels(reason).inc()

    def lagging(self, partition: Partition, records: int) -> None:
        """Note how far behind a partition is; the markers of transactions count as records."""
        self._lag.labels(partition.topic, str(partition.number)).set(max(0, records))
