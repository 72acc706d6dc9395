"""The whole chain, exactly once: real Kafka, real Redis, workers in processes of their own."""

from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.chain import Chain, Span, StalledError, cpu_seconds, free_port, stages_seconds
from benchmarks.reporting import Figures, Meaning, Report
from benchmarks.workload import Input, Workload, distinct
from schemas.topics import ENRICHED, JOURNAL
from streams.stack import Stack

MEANINGS = {
    "pipeline.rate": Meaning("transactions a second, one worker"),
    "pipeline.rate_two_workers": Meaning("transactions a second, two workers", "at least 8,000"),
    "pipeline.us_beyond_core": Meaning("time a transaction beyond the core fold's", "at most 45"),
    "pipeline.written_bytes_per_transaction": Meaning("sent to Redis", "at most 1,200"),
    "pipeline.state_bytes_p50": Meaning("a user's parts in Redis, in the median"),
    "pipeline.state_bytes_p99": Meaning("the same, all but one in a hundred"),
    "pipeline.cpu_us_per_transaction": Meaning("the worker's processor time, all threads"),
    "pipeline.trivial_one_hop": Meaning("events a second, trivial fold", "at least 30,000"),
    "pipeline.trivial_both_hops": Meaning("the same through intake, too", "at least 15,000"),
}
TRIVIAL = ("benchmarks.worker", "trivial")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a chain gave."""

    span: Span
    cpu_us: float
    written_bytes: float
    stages_us: dict[str, float]


def run(
    chain: Chain,
    inputs: list[Input],
    workers: int = 1,
    command: tuple[str, ...] = ("streams.cli", "worker"),
    topic: str | None = None,
) -> Run:
    """Let workers join, give them a backlog all at once, and measure until it is through.

    Rates are from the moment at which the inputs could be read to that of the last output.
    """
    transactions = sum(own.is_transaction for own in inputs)
    expected = len(inputs) if command == TRIVIAL else distinct(inputs)
    with chain.workers(workers, command) as running:
        written, cpu = chain.written_bytes(), sum(map(cpu_seconds, running))
        chain.publish(inputs, topic)
        chain.until_through(expected, chain.flow, running)
        written, cpu = chain.written_bytes() - written, sum(map(cpu_seconds, running)) - cpu
        stages = stages_seconds(chain) if chain.settings.web_port else {}
    out = chain.span_since_published(chain.names.of(ENRICHED))
    if out.records < expected:
        raise StalledError(f"{out.records:,} of {expected:,} came out")
    counted = out.records if command == TRIVIAL else transactions
    span = Span(counted, out.first_ms, out.last_ms)
    stages_us = {name: round(spent * 1e6 / transactions, 1) for name, spent in stages.items()}
    return Run(span, cpu * 1e6 / transactions, written / transactions, stages_us)


def measure(stack: Stack, folder: Path, report: Report, workload: Workload, core_us: float) -> None:
    """Measure the real fold with one worker and two, then the trivial fold by one hop and both."""
    inputs = list(workload.inputs())
    with report.doing(f"{len(inputs):,} records, one worker"):
        chain = Chain(stack, folder, web_port=free_port())
        one = run(chain, inputs)
        sizes = sorted(sum(map(len, parts.values())) for parts in chain.states().values())
        chain.forget()
    with report.doing(f"{len(inputs):,} records, two workers"):
        two = _alone(Chain(stack, folder), inputs, 2)
    report.figures["pipeline"] = {
        "rate": round(one.span.rate),
        "rate_two_workers": round(two.span.rate),
        "us_beyond_core": round(1e6 / one.span.rate - core_us, 1),
        "written_bytes_per_transaction": round(one.written_bytes),
        "state_bytes_p50": sizes[len(sizes) // 2],
        "state_bytes_p99": round(quantiles(sizes, n=100)[98]),
        "cpu_us_per_transaction": round(one.cpu_us, 1),
        "stages_us": one.stages_us,
        **trivial(stack, folder, report, inputs),
    }


def trivial(stack: Stack, folder: Path, report: Report, inputs: list[Input]) -> Figures:
    """Measure the exactly-once path with the trivial fold."""
    with report.doing("trivial fold, one hop"):
        chain = Chain(stack, folder)
        one_hop = _alone(chain, inputs, 1, TRIVIAL, chain.names.of(JOURNAL))
    with report.doing("trivial fold, both hops"):
        both_hops = _alone(Chain(stack, folder), inputs, 1, TRIVIAL)
    return {
        "trivial_one_hop": round(one_hop.span.rate),
        "trivial_both_hops": round(both_hops.span.rate),
    }


def _alone(
    chain: Chain,
    inputs: list[Input],
    workers: int,
    command: tuple[str, ...] = ("streams.cli", "worker"),
    topic: str | None = None,
) -> Run:
    """Run, and leave nothing of it in Redis for the next one."""
    try:
        return run(chain, inputs, workers, command, topic)
    finally:
        chain.forget()
