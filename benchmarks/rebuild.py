"""How fast state is made from the journal again: `python -m benchmarks.rebuild --help`."""

import tempfile
import time
from pathlib import Path

import click

from benchmarks import core, options, pipeline
from benchmarks.chain import PATIENCE_S, Chain, StalledError
from benchmarks.reporting import Meaning, Report, quiet_libraries
from benchmarks.workload import Workload
from schemas.topics import JOURNAL
from streams.stack import Stack, local_stack

MEANINGS = {
    "rate": Meaning("entries a second, folded anew from the journal"),
    "ratio_to_core": Meaning("beside the fold in process", "at least 0.85"),
    "ratio_to_live": Meaning("beside the same entries when they were new"),
    "wrong_states": Meaning("users whose bytes differ from before", "0"),
    "entries": Meaning("in the journal"),
    "core_rate": Meaning("transactions a second, fold and making events"),
    "live_rate": Meaning("transactions a second, the whole chain, one worker"),
}
_LOOK_S = 0.01


@click.command()
@click.option("--transactions", default=80_000, show_default=True, type=click.IntRange(100))
@click.option("--users", default=2_000, show_default=True, type=click.IntRange(25))
@options.as_json
def main(transactions: int, users: int, *, as_json: bool) -> None:
    """Fold a journal live, empty Redis, and let a worker fold it again.

    Every user's state is compared byte by byte. Starts its own Kafka and Redis, unless
    PENSTOCK_KAFKA and PENSTOCK_REDIS name some; of a Redis that is given, only the keys of this
    benchmark's own group are removed.

    \b
    Examples:  python -m benchmarks.rebuild
               python -m benchmarks.rebuild --transactions 20000 --json
    """
    quiet_libraries()
    report = Report("Rebuild", as_json)
    workload = Workload(users=users, transactions=transactions)
    with report.doing("the fold, in process"):
        core_rate = 1e6 / core.measure(workload)["us_per_transaction"]
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name, local_stack() as stack:
        _measure(stack, Path(name), report, workload, core_rate)
    report.tell(MEANINGS)


def _measure(
    stack: Stack, folder: Path, report: Report, workload: Workload, core_rate: float
) -> None:
    chain = Chain(stack, folder)
    with report.doing("the journal, live"):
        live = pipeline.run(chain, list(workload.inputs())).span.rate
    before, watermarks = chain.states(), _watermarks(chain)
    entries = chain.span(chain.names.of(JOURNAL)).records
    chain.forget()
    with report.doing("the journal, again"), chain.workers(1):
        seconds = _refolded(chain, watermarks)
    after = chain.states()
    chain.forget()
    wrong = sum(before.get(user) != after.get(user) for user in before.keys() | after.keys())
    rate = entries / seconds
    report.figures |= {
        "rate": round(rate),
        "ratio_to_core": round(rate / core_rate, 2),
        "ratio_to_live": round(rate / live, 2),
        "wrong_states": wrong,
        "entries": entries,
        "core_rate": round(core_rate),
        "live_rate": round(live),
    }


def _watermarks(chain: Chain) -> dict[bytes, object]:
    """Read where each partition's state stands."""
    keys = sorted(chain.redis.scan_iter(f"{{{chain.settings.group}:*}}:meta"))
    return {key: chain.redis.hget(key, "watermark") for key in keys}


def _refolded(chain: Chain, expected: dict[bytes, object]) -> float:
    """Wait until every partition stands where it stood; gives the seconds since the first began."""
    began = 0.0
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        now = {key: chain.redis.hget(key, "watermark") for key in expected}
        if not began and any(now.values()):
            began = time.monotonic()
        if now == expected:
            return time.monotonic() - began
        time.sleep(_LOOK_S)
    raise StalledError("the journal was not folded again in time")


if __name__ == "__main__":
    main()
