"""The peers and ourselves, by turns, on the same records with the same fold."""

import json
import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.chain import Chain
from benchmarks.peers.environment import CHECKOUT, PeersError, python
from benchmarks.pipeline import TRIVIAL, run
from benchmarks.reporting import Meaning, Report, middle
from benchmarks.workload import Input, Workload
from schemas.topics import ENRICHED, JOURNAL, TRANSACTIONS
from streams.stack import Stack

NAMES = ("faust", "quix", "bytewax")
MEANINGS = {
    "peers.faust": Meaning("records a second, trivial fold, at least once"),
    "peers.quix": Meaning("the same"),
    "peers.bytewax": Meaning("the same"),
    "peers.penstock": Meaning("through one agent, exactly once, state in Redis"),
    "peers.penstock_both_hops": Meaning("through both agents"),
    "peers.times_faust": Meaning("both hops beside plain Faust", "at least 5"),
    "peers.times_quix": Meaning("one hop beside Quix Streams", "at least 0.6"),
    "peers_real.penstock": Meaning("the product, whole: both hops, exactly once"),
}
_LEAVE_S = 20.0


def measure(stack: Stack, folder: Path, report: Report, workload: Workload, repeats: int) -> None:
    """Measure each contender with both folds; the real one takes fewer records, for it is slow."""
    with report.doing("the peers' environment"):
        interpreter = python()
    inputs = [own for own in workload.inputs() if own.is_transaction]
    _by_turns(stack, folder, report, inputs, interpreter, "trivial", repeats)
    _by_turns(stack, folder, report, inputs, interpreter, "real", repeats)
    peers = report.figures["peers"]
    peers["times_faust"] = round(peers["penstock_both_hops"] / peers["faust"], 2)
    peers["times_quix"] = round(peers["penstock"] / peers["quix"], 2)


def _by_turns(
    stack: Stack,
    folder: Path,
    report: Report,
    inputs: list[Input],
    interpreter: Path,
    fold: str,
    repeats: int,
) -> None:
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for turn in range(1, repeats + 1):
        for name in NAMES:
            with report.doing(f"{name}, {fold} fold, turn {turn} of {repeats}"):
                rates[name].append(_peer(Chain(stack, folder), inputs, interpreter, name, fold))
        with report.doing(f"Penstock, {fold} fold, turn {turn} of {repeats}"):
            for name, rate in _ours(stack, folder, inputs, fold):
                rates[name].append(rate)
    key = "peers" if fold == "trivial" else "peers_real"
    report.figures[key] = {name: round(middle(found)) for name, found in rates.items()}


def _ours(
    stack: Stack, folder: Path, inputs: list[Input], fold: str
) -> Iterator[tuple[str, float]]:
    if fold == "real":
        yield "penstock", _rate(Chain(stack, folder), inputs)
        return
    one_hop = Chain(stack, folder)
    yield "penstock", _rate(one_hop, inputs, TRIVIAL, one_hop.names.of(JOURNAL))
    yield "penstock_both_hops", _rate(Chain(stack, folder), inputs, TRIVIAL)


def _rate(
    chain: Chain,
    inputs: list[Input],
    command: tuple[str, ...] = ("streams.cli", "worker"),
    topic: str | None = None,
) -> float:
    try:
        return run(chain, inputs, 1, command, topic).span.rate
    finally:
        chain.forget()


def _peer(chain: Chain, inputs: list[Input], interpreter: Path, name: str, fold: str) -> float:
    """Fill a topic, start a contender, and measure from its first output to its last."""
    source, target = chain.names.of(TRANSACTIONS), chain.names.of(ENRICHED)
    chain.publish(inputs)
    job = {"kafka": chain.settings.kafka, "source": source, "target": target}
    job |= {"group": f"{chain.settings.group}-{name}", "fold": fold}
    with _running(interpreter, name, json.dumps(job)) as process:
        _until_done(chain, target, len(inputs), process)
    span = chain.span(target)
    return len(inputs) / max(0.001, (span.last_ms - span.first_ms) / 1_000)


def _until_done(chain: Chain, target: str, expected: int, process: subprocess.Popen[bytes]) -> None:
    chain.until_through(expected * 9 // 10, [target], [_Watched(process)])


class _Watched:
    """A contender's process, to be looked after as a worker is."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def check(self) -> None:
        """Make sure that it still runs."""
        if self._process.poll() is not None:
            raise PeersError(f"the contender ended early, with {self._process.returncode}")


@contextmanager
def _running(interpreter: Path, name: str, job: str) -> Iterator[subprocess.Popen[bytes]]:
    # Some keep files where they are started.
    with tempfile.TemporaryDirectory(prefix=f"penstock-{name}-") as folder:
        process = subprocess.Popen(  # noqa: S603  Our own command line.
            [str(interpreter), "-m", f"benchmarks.peers.with_{name}", job],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_LEAVE_S)
