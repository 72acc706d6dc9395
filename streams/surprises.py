"""What a worker tells of the detector of unusual payments, for each partition that is its own.

What it watches stands in memory alone: it begins anew with each start, and wherever a partition
goes. What it shows of thresholds, frauds and a shadow is the state's.
"""

from collections.abc import Mapping
from contextlib import suppress

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from models.anomaly.customs import MEASURES
from models.drift import Shift
from streams.decision import Tally
from streams.detected import Chances, Standing
from streams.protocols import Partition

_LABELS = ("topic", "partition")

_log = structlog.get_logger("penstock.surprises")


class Surprises:
    """Counts what was assessed, shows how the detector stands, and watches for a change."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._assessed = Counter(
            "penstock_payments_assessed",
            "New payments, by whether enough was known of their user to score them.",
            ["outcome"],
            registry=registry,
        )
        self._drifts = Counter(
            "penstock_surprise_drifts",
            "How many times payments became unlike those before, by what is measured of them.",
            [*_LABELS, "term"],
            registry=registry,
        )
        self._threshold = _Shown(
            "penstock_detection_threshold_nats",
            "From which surprise on users are told.",
            "currency",
            registry,
        )
        self._frauds = Gauge(
            "penstock_frauds_known", "Frauds that users confirmed.", _LABELS, registry=registry
        )
        self._shadow_told = _Shown(
            "penstock_shadow_told",
            "Payments, by which configuration would have told of them.",
            "who",
            registry,
        )
        self._shadow_frauds = _Shown(
            "penstock_shadow_frauds",
            "Confirmed frauds, by which configuration had told of them.",
            "who",
            registry,
        )
        self._watches: dict[Partition, dict[str, Shift]] = {}

    def begin(self, partition: Partition) -> None:
        """Be there before the first count: what appears only with it has no increase."""
        for term in MEASURES:
            self._drifts.labels(*_labels(partition), term)

    def count(self, partition: Partition, tally: Tally) -> None:
        """Count what a slice did, and show how things stand after it."""
        for outcome, number in tally.assessed.items():
            self._assessed.labels(outcome).inc(number)
        for chances in tally.chances:
            self._watch(partition, chances)
        if tally.standing is not None:
            self._show(partition, tally.standing)

    def _watch(self, partition: Partition, chances: Chances) -> None:
        """Take in how rare a payment was; tell of terms by which payments have changed by now."""
        shifts = self._watches.get(partition)
        if shifts is None:
            shifts = self._watches[partition] = {term: Shift() for term in MEASURES}
        for (term, shift), chance in zip(shifts.items(), chances, strict=True):
            if chance is not None and shift.learn_one(chance):
                self._drifts.labels(*_labels(partition), term).inc()
                _log.warning("payments became unlike before", partition=partition.number, term=term)

    def _show(self, partition: Partition, standing: Standing) -> None:
        self._frauds.labels(*_labels(partition)).set(standing.frauds)
        self._threshold.show(partition, standing.thresholds)
        self._shadow_told.show(partition, standing.shadow_told)
        self._shadow_frauds.show(partition, standing.shadow_frauds)

    def forget(self, partition: Partition) -> None:
        """Tell nothing more of a partition that is another's now."""
        self._watches.pop(partition, None)
        with suppress(KeyError):
            self._frauds.remove(*_labels(partition))
        for shown in (self._threshold, self._shadow_told, self._shadow_frauds):
            shown.show(partition, {})


class _Shown:
    """A gauge for each partition and one more label; what is not shown any more goes."""

    def __init__(self, name: str, meaning: str, label: str, registry: CollectorRegistry) -> None:
        self._gauge = Gauge(name, meaning, [*_LABELS, label], registry=registry)
        self._known: dict[Partition, frozenset[str]] = {}

    def show(self, partition: Partition, values: Mapping[str, float]) -> None:
        for gone in self._known.get(partition, frozenset()) - values.keys():
            self._gauge.remove(*_labels(partition), gone)
        for value, number in values.items():
            self._gauge.labels(*_labels(partition), value).set(number)
        self._known[partition] = frozenset(values)


def _labels(partition: Partition) -> tuple[str, str]:
    return partition.topic, str(partition.number)
