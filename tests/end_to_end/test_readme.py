"""The README's producer and consumer, run as they are printed."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from schemas.topics import ENRICHED, TRANSACTIONS
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_producer_and_the_consumer_work_as_printed(stack: Stack, tmp_path: Path) -> None:
    producer, consumer = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    chain = Chain(stack, tmp_path, topic_prefix="")
    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        run(producer, stack)
        reader.until(lambda records: len(records) >= 1)
        usual = {**PAYMENT, "user_id": "u-17", "booked_on": "2026-03-14"}
        for number in range(12):
            chain.publish_json(TRANSACTIONS, {**usual, "transaction_id": f"t-{number}"})
        large = {**usual, "transaction_id": "t-99", "amount_minor": -250_000}
        chain.publish_json(TRANSACTIONS, large)
        chain.flush()
        reader.until(lambda records: len(records) >= 14)
        printed = run(consumer, stack)

    assert "warning Unusual payment: €2,500.00 - your last 13 payments" in printed


def test_both_fit_twenty_lines() -> None:
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        code = [line for line in block.splitlines() if line.strip()]
        assert len(code) <= 20


def run(code: str, stack: Stack) -> str:
    """Run printed code against the servers of the test; only the address differs."""
    printed = StringIO()
    with redirect_stdout(printed):
        exec(code.replace("127.0.0.1:9092", stack.kafka), {})  # noqa: S102 - It is our own README.
    return printed.getvalue()
