"""What users say of categories, as Prometheus hears of it from a worker."""

from pathlib import Path

from schemas.journal import JudgedAnswer, LessonsTaught
from schemas.topics import ENRICHED, FEEDBACK, TRANSACTIONS
from streams.journal import own_message
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PATIENCE_S, PAYMENT, Chain
from tests.end_to_end.test_lifecycle import measured
from tests.end_to_end.test_models import write
from tests.processes import free_port, wait_until

SUPERMARKET = {**PAYMENT, "description": "CARD 4411 LIDL", "mcc": "5411"}
DRIFTS = "penstock_category_drifts_total"


def judged(answers: int, *, is_right: bool) -> LessonsTaught:
    return LessonsTaught(judged=(JudgedAnswer(percent=90, is_right=is_right, weight=1),) * answers)


def test_metrics_tell_whether_users_find_categories_right(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, partitions=1, web_port=free_port(tmp_path))
    journal = chain.names.journal
    ours = ("0", journal)

    def heard(answers: int) -> bool:
        return measured(chain, "penstock_category_judged_total").get(ours) == answers

    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        chain.publish_json(TRANSACTIONS, SUPERMARKET)
        chain.flush()
        (filed,) = reader.until(bool)
        reason = filed.body["reason"]
        assert isinstance(reason, dict)
        labels = reason["level"], filed.body["outcome"]
        wait_until(lambda: measured(chain, "penstock_filings_total") == {labels: 1.0}, PATIENCE_S)

        about = {name: PAYMENT[name] for name in ("account_id", "transaction_id")}
        said = {"kind": "category", "verdict": "accepted", **about}
        feedback = {"feedback_id": "f-1", "user_id": "u-1", "revision": 1, "about": said}
        chain.publish_json(FEEDBACK, feedback)
        chain.flush()
        wait_until(lambda: heard(1), PATIENCE_S)
        assert measured(chain, "penstock_category_accuracy_ratio") == {ours: 1.0}
        (error,) = measured(chain, "penstock_category_calibration_error_ratio").values()
        assert 0.0 <= error < 1.0

        for number, is_right in enumerate((True, False)):
            entry = judged(500, is_right=is_right)
            write(chain, own_message(journal, entry, 0, (f"{number}",), "/test"))
        wait_until(lambda: heard(1_001), PATIENCE_S)
        assert measured(chain, DRIFTS)[ours] >= 1.0
        assert measured(chain, "penstock_category_accuracy_ratio") == {ours: 0.5}
