"""python -m benchmarks.chaos: kill everything, and count what is lost, doubled, wrong or late."""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

import click

from benchmarks import options
from benchmarks.chaos.faults import FAULTS
from benchmarks.chaos.run import Outcome, Plan, run
from benchmarks.reporting import Meaning, Report, quiet_libraries

MEANINGS = {
    "sent": Meaning("records sent to the inputs"),
    "lost": Meaning("inputs, payments or outputs that never came", "0"),
    "doubled": Meaning("what came twice, or should not have come", "0"),
    "wrong_states": Meaning("users or partitions whose state differs from the fold", "0"),
    "out_of_order": Meaning("what overtook what came before it", "0"),
    "kills": Meaning("faults by kill -9, of workers, broker and Redis"),
    "stops": Meaning("workers stopped until others owned their partitions"),
    "restarts": Meaning("workers restarted in order"),
    "recovered_s_max": Meaning("longest time until all sent before the repair was out"),
    "first_event_after_kill_s_max": Meaning("longest time until each partition went on", "15"),
    "left_s_max": Meaning(
        "longest time that a worker took to end once asked to, amid faults", "30"
    ),
    "left_idle_s_max": Meaning("the same, with nothing to do", "30"),
    "quiet_s": Meaning("time until all was done once nothing more was sent", "60"),
}


def _targets(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    targets = tuple(word for word in value.split(",") if word)
    if strangers := sorted(set(targets) - set(FAULTS)):
        raise click.BadParameter(f"{', '.join(strangers)}; known: {', '.join(FAULTS)}")
    return targets


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long faults strike.")
@click.option("--seed", default=1, show_default=True, help="Decides payments and faults.")
@click.option(
    "--faults", default=",".join(FAULTS), show_default=True, callback=_targets, help="What breaks."
)
@click.option("--workers", default=2, show_default=True, help="How many workers share the work.")
@options.as_json
@click.option("--keep", is_flag=True, help="Keep all logs and data even if nothing is wrong.")
def main(
    seconds: float, seed: int, faults: tuple[str, ...], workers: int, *, as_json: bool, keep: bool
) -> None:
    """Kill workers, broker and Redis while payments flow; then count what is wrong.

    Ends with 1 if anything is; then the logs are kept, and the command that does it again is said.
    """
    quiet_libraries()
    plan = Plan(seconds, seed, faults, workers)
    report = Report(f"Chaos, seed {seed}", as_json)
    place = Path(tempfile.mkdtemp(prefix="penstock-chaos-"))
    outcome = None
    try:
        outcome = asyncio.run(run(plan, place / "world", report.note))
    finally:
        if keep or outcome is None or outcome.violations:
            _keep(plan, place, outcome, report)
        else:
            shutil.rmtree(place)
    report.figures = outcome.figures
    report.tell(MEANINGS)
    sys.exit(1 if outcome.violations else 0)


def _keep(plan: Plan, place: Path, outcome: Outcome | None, report: Report) -> None:
    """Keep what a person needs to understand a violation."""
    for line in [] if outcome is None else outcome.violations:
        report.note(line)
    if outcome is not None:
        (place / "outcome.json").write_text(json.dumps([outcome.figures, outcome.violations]))
    report.note(f"logs of all: {place / 'world' / 'logs'}")
    report.note(f"again: {plan.command}")


if __name__ == "__main__":
    main()
