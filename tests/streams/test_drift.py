"""What a worker tells Prometheus of how good its categories are."""

from structlog.testing import capture_logs

from schemas.journal import JudgedAnswer, LessonsTaught
from streams.decision import Tally
from streams.folding import Memory, fold_slice, read_slice
from streams.metrics import Metrics
from streams.names import Names
from streams.protocols import Partition
from tests.streams.written_log import journal_of

OURS, OTHER = Partition("journal", 3), Partition("journal", 4)
DRIFTS = "penstock_category_drifts_total"
ACCURACY = "penstock_category_accuracy_ratio"
ERROR = "penstock_category_calibration_error_ratio"


def told(metrics: Metrics, name: str, partition: Partition = OURS) -> float | None:
    labels = {"topic": partition.topic, "partition": str(partition.number)}
    return metrics.registry.get_sample_value(name, labels)


def judge(metrics: Metrics, partition: Partition, answers: int, *, is_right: bool) -> None:
    metrics.count(partition, Tally(judged=[(90, is_right)] * answers), last_ms=0)


def test_partitions_are_watched_apart() -> None:
    metrics = Metrics()
    with capture_logs() as logs:
        for partition in (OURS, OTHER):
            judge(metrics, partition, 500, is_right=True)
        judge(metrics, OURS, 100, is_right=False)
        judge(metrics, OTHER, 100, is_right=True)

    assert told(metrics, "penstock_category_judged_total") == 600
    assert told(metrics, ACCURACY) == 500 / 600
    assert told(metrics, ACCURACY, OTHER) == 1.0
    assert round(told(metrics, ERROR, OTHER) or 0, 9) == 0.1
    assert (told(metrics, DRIFTS) or 0) >= 1
    assert told(metrics, DRIFTS, OTHER) in (None, 0)
    assert {(one["event"], one["partition"]) for one in logs} == {("categories became worse", 3)}


def test_a_partition_of_ours_has_not_drifted_before_anybody_judged() -> None:
    metrics = Metrics()
    metrics.lagging(OURS, 0, 0, is_state=True)
    assert told(metrics, DRIFTS) == 0
    assert told(metrics, ACCURACY) is None


def test_what_was_known_of_a_partition_goes_with_it() -> None:
    metrics = Metrics()
    judge(metrics, OURS, 500, is_right=True)
    metrics.forget(OURS)
    assert told(metrics, ACCURACY) is None
    judge(metrics, OURS, 100, is_right=False)
    assert told(metrics, ACCURACY) == 0.0
    assert told(metrics, DRIFTS) in (None, 0)


def test_filings_are_counted_by_outcome_and_level() -> None:
    metrics = Metrics()
    tally = Tally()
    tally.filings["suggest", "alias"] += 2
    metrics.count(OURS, tally, last_ms=0)
    labels = {"outcome": "suggest", "level": "alias"}
    assert metrics.registry.get_sample_value("penstock_filings_total", labels) == 2


def test_an_answer_counts_as_it_was_believed_before_it_was_judged() -> None:
    # Of what seems 90 % sure, users call 200 wrong; afterwards nobody believes the 90 %.
    wrong = LessonsTaught(judged=(JudgedAnswer(percent=90, is_right=False, weight=1),) * 200)
    records = journal_of([wrong, wrong])
    decision = fold_slice(Names(""), OURS, read_slice(records, {}), Memory({}, 1), {})
    first, second = decision.tally.judged[:200], decision.tally.judged[200:]
    assert {percent for percent, _ in first} == {90}
    assert all(percent <= 50 and not is_right for percent, is_right in second)
    assert len(second) == 200
