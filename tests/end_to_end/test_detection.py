"""A configuration of the detector from its trial to its promotion, on a real Kafka and Redis."""

import json
from pathlib import Path
from typing import Any

from schemas.journal import KnownPayment, LessonsTaught, SeenPayment
from schemas.topics import ENRICHED
from streams.journal import own_message
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PATIENCE_S, Chain
from tests.end_to_end.test_lifecycle import PAYERS, all_pay, measured
from tests.end_to_end.test_models import write
from tests.processes import free_port, wait_until
from tests.streams.test_cli import run

EAGER = ("--shadow", "--name", "eager", "--threshold", "11", "--weight", "amount=1.5")
SEEN = SeenPayment(
    currency="EUR",
    category="food.groceries",
    hour=12,
    measures=(0, 8_000, 0, 0, 0),
    weight=1,
    apart_s=0,
    shadow_told=True,
)
FRAUD = KnownPayment(
    currency="EUR", pattern="a", day=1, is_fraud=True, weight=1, told=False, shadow_told=True
)


def compared(chain: Chain) -> Any:
    """Give the comparison as JSON; None while there is none."""
    done = run(["policy", "detection", "compare", "--json"], chain)
    return json.loads(done.output) if done.exit_code == 0 else None


def decides(chain: Chain) -> Any:
    """Name the configuration that decides; None while partitions are on their way to it."""
    done = run(["policy", "show", "--json"], chain)
    return json.loads(done.output)["policy"]["detection"]["name"] if done.exit_code == 0 else None


def teach(chain: Chain) -> None:
    """Let each partition learn of a payment that only the shadow told of, and that it was fraud."""
    for number in range(3):
        lessons = LessonsTaught(seen=(SEEN,), known=(FRAUD,))
        write(chain, own_message(chain.names.journal, lessons, number, ("one",), "/test"))


def test_a_shadow_is_tried_compared_and_promoted(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, partitions=3, web_port=free_port(tmp_path))

    def detection(*arguments: str) -> str:
        return penstock("policy", "detection", *arguments)

    def penstock(*arguments: str, ends_with: int = 0) -> str:
        done = run([*arguments], chain)
        assert done.exit_code == ends_with, done.output
        return done.output

    with running_worker(chain.settings), chain.reader(ENRICHED) as reader:
        all_pay(chain, "t-1", "bank")
        reader.until(lambda records: len(records) == len(PAYERS))
        wait_until(lambda: decides(chain) == "built-in", PATIENCE_S)
        for verb in ("compare", "promote"):
            refused = penstock("policy", "detection", verb, ends_with=1)
            assert "penstock policy detection set --shadow --name NAME" in refused
        assert "would be tried" in detection("set", *EAGER)
        assert "is tried beside what decides from here on" in detection("set", *EAGER, "--execute")
        wait_until(lambda: compared(chain) is not None, PATIENCE_S)
        assert "is tried beside what decides already" in detection("set", *EAGER)

        teach(chain)
        wait_until(lambda: compared(chain)["shadow"]["frauds"] == 3, PATIENCE_S)
        told = compared(chain)
        assert (told["active"]["name"], told["shadow"]["name"]) == ("built-in", "eager")
        assert (told["active"]["told"], told["shadow"]["told"]) == (0, 3)
        assert "only eager" in detection("compare")
        wait_until(lambda: len(measured(chain, "penstock_shadow_frauds")) == 12, PATIENCE_S)
        shown = measured(chain, "penstock_shadow_frauds")
        assert sum(number for labels, number in shown.items() if "only_shadow" in labels) == 3
        assert set(measured(chain, "penstock_frauds_known").values()) == {1}
        assert measured(chain, "penstock_payments_assessed_total") == {
            ("insufficient_history",): len(PAYERS)
        }

        assert "shadow_detection.weights" in penstock("policy", "show")
        assert "would be what decides" in detection("promote")
        detection("promote", "--execute")
        wait_until(lambda: decides(chain) == "eager", PATIENCE_S)
        assert compared(chain) is None
        policy = json.loads(penstock("policy", "show", "--json"))["policy"]
        assert policy["detection"]["weights"] == [{"sign": "amount", "milli": 1_500}]
        assert "shadow_detection" not in policy
        assert "no shadow is tried already" in detection("drop")
        assert "Nothing differs." in penstock("verify")
