"""What a worker tells Prometheus: no user, no amount, no id stands in a label."""

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.decision import Tally
from streams.drift import Drift
from streams.protocols import Partition
from streams.surprises import Surprises

_STAGES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

PROVIDERS_MAX = 200
"""How many providers are counted by name."""


class Metrics:
    """A worker's counters; each counts only what has become durable."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._records = self._counter("penstock_records", "Records dealt with.", "topic")
        self._entries = self._counter("penstock_entries", "Journal entries folded.", "outcome")
        self._dead_letters = self._counter(
            "penstock_dead_letters", "Records set aside.", "topic", "code"
        )
        self._events = self._counter("penstock_events", "Events published.", "type")
        self._alerts = self._counter("penstock_alerts", "Alert events.", "rule", "status")
        self._filings = self._counter(
            "penstock_filings", "Transactions told, by what was done and why.", "outcome", "level"
        )
        self._drift = Drift(self.registry)
        self._surprises = Surprises(self.registry)
        self._failures = self._counter(
            "penstock_cycle_failures", "Cycles that were undone and begun again.", "reason"
        )
        self.stages = Histogram(
            "penstock_cycle_seconds",
            "How long each step of a cycle took.",
            ["stage"],
            buckets=_STAGES_S,
            registry=self.registry,
        )
        self._providers = self._counter(
            "penstock_provider_records",
            "Records taken in, by the provider they name.",
            "topic",
            "provider",
        )
        self._named: set[str] = set()
        self._lag = self._gauge("penstock_lag_records", "Records that wait.")
        self._lag_s = self._gauge(
            "penstock_lag_seconds", "Age of the last record dealt with, while others wait."
        )
        self._distance = self._gauge(
            "penstock_watermark_distance_records",
            "From the state's watermark to the journal's end.",
        )
        self._waiting = self._gauge(
            "penstock_waits_for_artifact", "1 while a partition waits for an artifact."
        )
        self._verified_users = self._counter(
            "penstock_verify_users", "Users whose state was held against the journal."
        )
        self._verify_differences = self._counter(
            "penstock_verify_differences", "What the state had otherwise than the journal."
        )
        self._verify_failures = self._counter(
            "penstock_verify_failures", "Checks that could not be made.", "reason"
        )
        self._verified_at = Gauge(
            "penstock_verify_last_timestamp_seconds",
            "When some users' state was last held against the journal.",
            registry=self.registry,
        )
        self._last_ms: dict[Partition, int] = {}

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, ["topic", "partition"], registry=self.registry)

    def count(self, partition: Partition, tally: Tally, last_ms: int) -> None:
        """Count what a slice did, of which the last record was written at *last_ms*."""
        self._last_ms[partition] = last_ms
        self._records.labels(partition.topic).inc(tally.records)
        for provider, number in tally.providers.items():
            self._providers.labels(partition.topic, self._known(provider)).inc(number)
        for outcome, number in tally.entries.items():
            self._entries.labels(outcome).inc(number)
        for (topic, code), number in tally.dead_letters.items():
            self._dead_letters.labels(topic, code).inc(number)
        for event_type, number in tally.events.items():
            self._events.labels(event_type).inc(number)
        for (rule, status), number in tally.alerts.items():
            self._alerts.labels(rule, status).inc(number)
        for (outcome, level), number in tally.filings.items():
            self._filings.labels(outcome, level).inc(number)
        if tally.judged:
            self._drift.learn(partition, tally.judged)
        self._surprises.count(partition, tally)

    def verified(self, users: int, differences: int, at_s: float) -> None:
        """Count users whose state was checked, and what was found."""
        self._verified_users.inc(users)
        self._verify_differences.inc(differences)
        self._verified_at.set(at_s)

    def verifying_failed(self, reason: str) -> None:
        """Count a check that could not be made."""
        self._verify_failures.labels(reason).inc()

    def failed(self, reason: str) -> None:
        """Count a cycle that was undone."""
        self._failures.labels(reason).inc()

    def lagging(self, partition: Partition, records: int, now_ms: float, *, is_state: bool) -> None:
        """Note how much waits behind a partition, and since when about."""
        labels = partition.topic, str(partition.number)
        last_ms = self._last_ms.get(partition, now_ms)
        self._lag.labels(*labels).set(records)
        self._lag_s.labels(*labels).set(max(0.0, now_ms - last_ms) / 1_000 if records else 0.0)
        if is_state:
            self._distance.labels(*labels).set(records)
            self._drift.begin(partition)
            self._surprises.begin(partition)

    def waits(self, partition: Partition, *, is_waiting: bool) -> None:
        """Note whether a partition waits for an artifact."""
        self._waiting.labels(partition.topic, str(partition.number)).set(is_waiting)

    def forget(self, partition: Partition) -> None:
        """Tell nothing more of a partition that is another's now."""
        self._last_ms.pop(partition, None)
        self._drift.forget(partition)
        self._surprises.forget(partition)
        for gauge in (self._lag, self._lag_s, self._distance, self._waiting):
            with suppress(KeyError):
                gauge.remove(partition.topic, str(partition.number))

    def _known(self, provider: str) -> str:
        """Give a provider's own name to the first few: a label must not grow without bounds."""
        if len(self._named) < PROVIDERS_MAX:
            self._named.add(provider)
        return provider if provider in self._named else "others"
