"""The command: who finds frauds best, at what price, told for people or for programs."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from benchmarks import options
from benchmarks.quality.anomalies.contest import Outcome, outcome_of
from benchmarks.quality.anomalies.course import Course, course_of
from benchmarks.quality.anomalies.entries import ENTRIES, OWN
from benchmarks.quality.anomalies.figures import facts_of, figures_of, own_figures
from benchmarks.quality.anomalies.floors import ANOMALIES
from benchmarks.quality.anomalies.halves import Whose
from benchmarks.quality.anomalies.payments import read_payments
from benchmarks.quality.anomalies.picture import drawn
from benchmarks.quality.columns import console_of_figures, table_of, verdicts
from benchmarks.quality.floors import missed
from benchmarks.quality.watching import watched
from benchmarks.reporting import Figures, Report, tell_machine


@click.command()
@click.option(
    "--data",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled card payments: .csv, .csv.gz or .csv.xz.",
)
@click.option(
    "--users",
    "whose",
    default="test",
    show_default=True,
    type=click.Choice(get_args(Whose)),
    help="Whose payments are measured; all pass through the same stream.",
)
@click.option(
    "--contenders",
    default=",".join(ENTRIES),
    show_default=True,
    callback=options.chosen_from(ENTRIES),
    help="The forests take minutes; everybody else some seconds.",
)
@options.as_json
@options.floors
@options.picture
def anomalies(
    path: Path,
    whose: Whose,
    contenders: tuple[str, ...],
    *,
    as_json: bool,
    floors: bool,
    picture: Path | None,
) -> None:
    """Score each card payment before learning from it, and count the frauds that stand out.

    Ends with 2, and tells no figure, where data are missing or unreadable, or where a score knew
    its future. The picture shows precision against alerts, for everybody who entered.

    \b
    Examples:  python -m benchmarks.quality anomalies --data transactions.csv.xz
               python -m benchmarks.quality anomalies --data cards.csv --users all --json
    """
    report = Report(f"Anomalies, users: {whose}", as_json)
    with report.doing("reading payments"):
        course = course_of(read_payments(path), whose)
    outcomes = [outcome_of(name, ENTRIES[name], course, watched) for name in contenders]
    report.figures |= {"users": whose, **facts_of(course), **_told(course, outcomes)}
    if picture is not None:
        picture.write_text(drawn(outcomes, course, report.title), encoding="utf-8")
        report.note(f"drawn: {picture}")
    _tell(report)
    if floors and report.figures["missed"]:
        raise SystemExit(1)


def _told(course: Course, outcomes: Sequence[Outcome]) -> Figures:
    """Give each contender's figures, Penstock's own once more at the top, and what it missed."""
    told = {outcome.entry: figures_of(outcome, course) for outcome in outcomes}
    own = own_figures(told)
    names = list(dict.fromkeys(missed(own, ANOMALIES)))
    return {**own, "missed": names, "contenders": told}


def _tell(report: Report) -> None:
    """Print one JSON object, or a table with a column for each contender."""
    if report.as_json:
        report.tell({})
        return
    console = console_of_figures()
    console.print(table_of(report.title, report.figures["contenders"]))
    facts = ("measured_users", "measured_payments", "measured_frauds", "measured_episodes")
    said = ", ".join(f"{report.figures[fact]:,} {fact.removeprefix('measured_')}" for fact in facts)
    budget = f"a budget of {report.figures['budget_alerts']:,} alerts"
    console.print(f"Measured: {said}; {budget}", style="dim", highlight=False)
    if OWN in report.figures["contenders"]:
        for verdict in verdicts(report.figures, ANOMALIES):
            console.print(verdict, highlight=False)
    tell_machine(console)
