"""What a worker tells of how good its categories are, for each partition that is its own.

It stands in memory alone: it begins anew with each start, and wherever a partition goes.
"""

from collections.abc import Iterable
from contextlib import suppress

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from models.drift import Watch
from streams.protocols import Partition

_LABELS = ("topic", "partition")

_log = structlog.get_logger("penstock.drift")


class Drift:
    """Watches what users say of categories, and tells Prometheus and the log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._judged = Counter(
            "penstock_category_judged",
            "Answers about a category that users judged.",
            _LABELS,
            registry=registry,
        )
        self._accuracy = Gauge(
            "penstock_category_accuracy_ratio",
            "Share of right ones among the answers judged last.",
            _LABELS,
            registry=registry,
        )
        self._calibration_error = Gauge(
            "penstock_category_calibration_error_ratio",
            "How far the confidence of the answers judged last is from how often they were right.",
            _LABELS,
            registry=registry,
        )
        self._drifts = Counter(
            "penstock_category_drifts",
            "How many times answers became worse.",
            _LABELS,
            registry=registry,
        )
        self._watches: dict[Partition, Watch] = {}

    def begin(self, partition: Partition) -> None:
        """Be there before the first count: what appears only with it has no increase."""
        for counter in (self._judged, self._drifts):
            counter.labels(*_labels(partition))

    def learn(self, partition: Partition, judged: Iterable[tuple[int, bool]]) -> None:
        """Take in answers, as how sure they were, in per cent, and whether they were right."""
        labels = _labels(partition)
        watch = self._watches.setdefault(partition, Watch())
        for percent, is_right in judged:
            self._judged.labels(*labels).inc()
            if watch.learn_one(percent, is_right=is_right):
                self._drifts.labels(*labels).inc()
                accuracy = round(watch.latest.accuracy, 3)
                _log.warning(
                    "categories became worse", partition=partition.number, accuracy_ratio=accuracy
                )
        self._accuracy.labels(*labels).set(watch.latest.accuracy)
        self._calibration_error.labels(*labels).set(watch.latest.calibration_error)

    def forget(self, partition: Partition) -> None:
        """Tell nothing more of a partition that is another's now."""
        self._watches.pop(partition, None)
        for gauge in (self._accuracy, self._calibration_error):
            with suppress(KeyError):
                gauge.remove(*_labels(partition))


def _labels(partition: Partition) -> tuple[str, str]:
    return partition.topic, str(partition.number)
