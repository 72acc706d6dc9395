"""The alarms in ops, held against what a worker tells Prometheus."""

import re
from pathlib import Path
from typing import Any

import yaml

from streams.metrics import Metrics
from streams.protocols import Partition

OPS = Path(__file__).parents[3] / "ops"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


def test_prometheus_reads_the_alarms() -> None:
    assert yaml.safe_load((OPS / "prometheus.yml").read_text())["rule_files"] == ["alerts.yml"]
    assert {rule["alert"] for rule in RULES} == {
        "PenstockStateDiffers",
        "PenstockStateNotVerified",
        "PenstockWaitsForArtifact",
        "PenstockCategoriesBecameWorse",
        "PenstockPaymentsBecameUnlikeBefore",
    }


def test_alarms_ask_for_metrics_that_exist_before_anything_happens_and_say_what_to_do() -> None:
    # A counter that is not there before its first count has no increase.
    metrics, ours = Metrics(), Partition("journal", 0)
    metrics.lagging(ours, 0, 0, is_state=True)
    metrics.waits(ours, is_waiting=False)
    exist = {sample.name for metric in metrics.registry.collect() for sample in metric.samples}
    for rule in RULES:
        assert set(re.findall(r"penstock_[a-z_]+", rule["expr"])) <= exist
        assert {"summary", "description"} == rule["annotations"].keys()
