"""Does a worker's memory stay flat? `python -m benchmarks.memory --help`."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import click

from benchmarks import options
from benchmarks.chain import Chain
from benchmarks.reporting import Meaning, Report, quiet_libraries
from benchmarks.workload import START, Input, Workload
from schemas.topics import JOURNAL
from streams.stack import Stack, local_stack
from streams.worker_process import WorkerProcess

MEANINGS = {
    "minutes": Meaning("of work without a pause"),
    "rate": Meaning("journal offsets a second"),
    "first_mb": Meaning("resident memory when half of the time was over"),
    "last_mb": Meaning("resident memory in the end"),
    "growth_mb_a_minute": Meaning("over the second half, by least squares", "about 0"),
}
_ROUND_TRANSACTIONS = 20_000
_AHEAD_RECORDS = 60_000
_NOT_IN_EVERY_MONTH = tuple(f"-{day}{end}".encode() for day in (29, 30, 31) for end in '"T')
_LOOK_S = 1.0
# Long ago, for no day passes that the broker's clock says is still to come.
_FIRST_YEAR = 1980


@click.command()
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.2))
@click.option("--users", default=500, show_default=True, type=click.IntRange(25))
@options.as_json
def main(minutes: float, users: int, *, as_json: bool) -> None:
    """Keep a worker at full speed with month after month of the same households.

    Each round is a month later than the last, so that days pass, windows move on and old months
    are closed, as they do in years of life.

    \b
    Examples:  python -m benchmarks.memory
               python -m benchmarks.memory --minutes 2 --json
    """
    quiet_libraries()
    report = Report("Memory", as_json)
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name, local_stack() as stack:
        _measure(stack, Path(name), report, minutes, users)
    report.tell(MEANINGS)


def _measure(stack: Stack, folder: Path, report: Report, minutes: float, users: int) -> None:
    chain = Chain(stack, folder)
    rounds = _rounds(users)
    journal = [chain.names.of(JOURNAL)]
    published, seen = 0, list[tuple[float, float]]()
    with chain.workers(1) as (worker,), report.doing(f"{minutes:g} minutes at full speed"):
        began = time.monotonic()
        while (now := time.monotonic() - began) < minutes * 60:
            worker.check()
            if published - chain.ends(journal) < _AHEAD_RECORDS:
                published += chain.publish(next(rounds))
            seen.append((now / 60, _resident_mb(worker)))
            time.sleep(_LOOK_S)
        done = chain.ends(journal)
    chain.forget()
    later = [(at, mb) for at, mb in seen if at >= minutes / 2]
    report.figures |= {
        "minutes": minutes,
        "rate": round(done / (minutes * 60)),
        "first_mb": round(later[0][1]),
        "last_mb": round(later[-1][1]),
        "growth_mb_a_minute": round(_slope(later), 2),
    }


def _rounds(users: int) -> Iterator[list[Input]]:
    """Give a month of the households again and again, each time a month later."""
    inputs = Workload(users=users, months=1, transactions=_ROUND_TRANSACTIONS).inputs()
    month = [own for own in inputs if not any(day in own.value for day in _NOT_IN_EVERY_MONTH)]
    for number in count():
        later = date(_FIRST_YEAR + number // 12, number % 12 + 1, 1)
        dates = (START.isoformat()[:8].encode(), later.isoformat()[:8].encode())
        names = (b'_id":"', b'_id":"r%d-' % number)
        yield [_moved(own, dates, names) for own in month]


def _moved(own: Input, dates: tuple[bytes, bytes], names: tuple[bytes, bytes]) -> Input:
    transaction = (b'"transaction' + names[0], b'"transaction' + names[1])
    return replace(own, value=own.value.replace(*dates).replace(*transaction))


def _resident_mb(worker: WorkerProcess) -> float:
    pages = int(Path(f"/proc/{worker.process.pid}/statm").read_text().split()[1])
    return pages * 4_096 / 2**20


def _slope(points: list[tuple[float, float]]) -> float:
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points) or 1.0
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


if __name__ == "__main__":
    main()
