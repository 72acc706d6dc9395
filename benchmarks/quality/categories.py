"""Categories: who files purchases best, answering before being told, and told a week later."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import click

from benchmarks import options
from benchmarks.quality.calibration_picture import drawn
from benchmarks.quality.columns import console_of_figures, table_of, verdicts
from benchmarks.quality.contender import Labelled
from benchmarks.quality.contest import Contest, Course, Outcome, course_of
from benchmarks.quality.entries import ENTRIES, FOREST, FROZEN, OWN
from benchmarks.quality.figures import details_of, figures_of, segments_of
from benchmarks.quality.floors import CATEGORIES, missed
from benchmarks.quality.groups import GROUPS, group_of
from benchmarks.quality.policies import ALL, POLICIES
from benchmarks.quality.purchases import Purchases, read_purchases
from benchmarks.quality.watching import watched
from benchmarks.reporting import Figures, Report, tell_machine

LABELS = ("groups", "types")
_DAY = click.DateTime(["%Y-%m-%d"])
_OWN_FIELDS = (
    *("accuracy", "macro_f1", "top3", "coverage_at_90", "precision_at_90", "coverage_at_95"),
    *("precision_at_95", "hindsight_coverage_at_90", "ece", "seen_accuracy", "unseen_accuracy"),
    *("last_year_accuracy", "us_predict", "us_remember", "us_learn", "state_mb"),
)


@click.command()
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with transactions-*.csv.xz.",
)
@click.option("--train-until", default="2016-12-31", show_default=True, type=_DAY)
@click.option("--until", default="9999-12-31", type=_DAY, help="The last day; all by default.")
@click.option("--labels", default="groups", show_default=True, type=click.Choice(LABELS))
@click.option(
    "--contenders",
    default=",".join(ENTRIES),
    show_default=True,
    callback=options.chosen_from(ENTRIES),
    help="The first walks under every policy, the others only hear all labels.",
)
@click.option(
    "--policies",
    default=",".join(policy.name for policy in POLICIES),
    show_default=True,
    callback=options.chosen_from([policy.name for policy in POLICIES]),
    help="Who tells the truth, and when.",
)
@click.option("--limit", type=click.IntRange(1), help="Stop after so many rows of the test.")
@options.as_json
@options.floors
@options.picture
def categories(
    folder: Path,
    train_until: datetime,
    until: datetime,
    labels: str,
    contenders: tuple[str, ...],
    policies: tuple[str, ...],
    limit: int | None,
    *,
    as_json: bool,
    floors: bool,
    picture: Path | None,
) -> None:
    """Train on the years until a day, then answer each later row before its label arrives.

    Ends with 2, and tells no figure, where data are missing or an answer knew its future. The
    picture shows how far the first contender's confidence can be trusted.

    \b
    Examples:  python -m benchmarks.quality categories --data purchase-cards
               python -m benchmarks.quality categories --data purchase-cards --contenders forest
    """
    report = Report(f"Categories, {labels}, trained until {train_until:%Y-%m-%d}", as_json)
    read = _read(folder, labels, report)
    known = _labels_of(labels, read.rows)
    course = course_of(read.rows, known, train_until.date(), until.date(), limit)
    outcomes = _outcomes(course, contenders, policies)
    report.figures |= {**_facts(course, read), **_told(course, outcomes)}
    if picture is not None:
        picture.write_text(drawn(outcomes, report.title), encoding="utf-8")
        report.note(f"drawn: {picture}")
    _tell(report, outcomes)
    if floors and report.figures["missed"]:
        raise SystemExit(1)


def _read(folder: Path, labels: str, report: Report) -> Purchases:
    label_of: Callable[[str], str] = group_of if labels == "groups" else str
    with report.doing("reading purchases"):
        return read_purchases(folder, label_of)


def _labels_of(labels: str, rows: Sequence[Labelled]) -> Sequence[str]:
    """List what there is to choose from: a chart of accounts is known beforehand."""
    return GROUPS if labels == "groups" else sorted({labelled.label for labelled in rows})


def _outcomes(course: Course, contenders: Sequence[str], policies: Sequence[str]) -> list[Outcome]:
    chosen = [policy for policy in POLICIES if policy.name in policies]
    contest = Contest(course, watched)
    return [
        outcome
        for name in contenders
        for outcome in contest.outcomes(
            name, ENTRIES[name], chosen if name == contenders[0] else [ALL]
        )
    ]


def _facts(course: Course, read: Purchases) -> Figures:
    days = [date.fromordinal(course.test[at].row.day).isoformat() for at in (0, -1)]
    return {
        "trained_rows": len(course.training),
        "tested_rows": len(course.test),
        "tested_from": days[0],
        "tested_until": days[1],
        "classes": len(course.labels),
        "unlabelled_rows": read.unlabelled,
        "unreadable_rows": read.unreadable,
    }


def _told(course: Course, outcomes: Sequence[Outcome]) -> Figures:
    """Give each contender's figures, Penstock's own once more at the top, and what it missed."""
    segments = segments_of(course)
    told: dict[str, Figures] = {}
    for outcome in outcomes:
        figures = figures_of(outcome, segments, course.labels)
        told.setdefault(outcome.entry, {})[outcome.policy.name] = figures
    own = _own(told)
    details = {outcomes[0].policy.name: details_of(outcomes[0], course.labels)}
    return {**own, "missed": missed(own, CATEGORIES), "contenders": told, "details": details}


def _own(told: dict[str, Figures]) -> Figures:
    """Give what the design names, of Penstock's own contender, and its lead over the others."""
    under = told.get(OWN, {})
    if ALL.name not in under:
        return {}
    own = {name: under[ALL.name][name] for name in _OWN_FIELDS}
    # Those who only correct errors must be followed at once, and must not unsettle the confidence.
    errors = [
        under[policy.name] for policy in POLICIES if policy.is_errors_only and policy.name in under
    ]
    own["ece_errors"] = max((figures["ece"] for figures in errors), default=None)
    followed = [figures["corrections_followed"] for figures in under.values()]
    own["corrections_followed"] = min((one for one in followed if one is not None), default=None)
    for name in (FROZEN, FOREST):
        beside = told.get(name, {}).get(ALL.name, {}).get("accuracy")
        own[f"{name}_accuracy"] = beside
        own[f"gain_over_{name}"] = None if beside is None else round(own["accuracy"] - beside, 4)
    return own


def _tell(report: Report, outcomes: Sequence[Outcome]) -> None:
    """Print one JSON object, or a table with a column for each walk."""
    if report.as_json:
        report.tell({})
        return
    told = report.figures["contenders"]
    columns = {
        f"{outcome.entry}\n{outcome.policy.name}": told[outcome.entry][outcome.policy.name]
        for outcome in outcomes
    }
    console = console_of_figures()
    console.print(table_of(report.title, columns))
    for policy in dict.fromkeys(outcome.policy for outcome in outcomes):
        console.print(f"{policy.name}: {policy.says}", style="dim", highlight=False)
    if OWN in told:
        for verdict in verdicts(report.figures, CATEGORIES):
            console.print(verdict, highlight=False)
    tell_machine(console)
