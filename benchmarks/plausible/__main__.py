"""python -m benchmarks.plausible: generated lives beside what is known of real ones."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks import options
from benchmarks.plausible.comparison import Comparison
from benchmarks.plausible.figures import MONTHS_MIN, measured
from benchmarks.plausible.lives import lived
from benchmarks.plausible.picture import drawn
from benchmarks.plausible.real import real_figures
from benchmarks.reporting import Report, tell_machine
from sample.households import Town


@click.command()
@click.option("--users", default=200, show_default=True, type=click.IntRange(1))
@click.option(
    "--months",
    default=14,
    show_default=True,
    type=click.IntRange(MONTHS_MIN + 1),
    help="The last one is not counted: not all of it has been told.",
)
@click.option("--seed", default=1, show_default=True)
@options.as_json
@options.picture
@click.option(
    "--real",
    "real_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder with real purchases, to be measured beside.",
)
def main(
    users: int,
    months: int,
    seed: int,
    picture: Path | None,
    real_folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Live a town, and hold it against what is known of real accounts.

    Ranges, sources and how sure they are: docs/plausible.md.

    \b
    Examples:  python -m benchmarks.plausible
               python -m benchmarks.plausible --users 500 --seed 2 --json
               python -m benchmarks.plausible --picture docs/plausible.svg
    """
    title = f"{users:,} generated households, {months} months, seed {seed}"
    report = Report(title, as_json)
    with report.doing("living the town"):
        lives = lived(Town(users, months, seed))
    real = {}
    if real_folder is not None:
        with report.doing("reading real purchases"):
            real = real_figures(real_folder, report.note)
    comparison = Comparison(measured(lives), real)
    if picture is not None:
        picture.write_text(drawn(comparison, title), encoding="utf-8")
        report.note(f"drawn: {picture}")
    report.figures |= {"users": users, "months": months, "seed": seed, **comparison.as_fields()}
    if as_json:
        report.tell({})
    else:
        _tell(comparison, title)


def _tell(comparison: Comparison, title: str) -> None:
    """Print the rows for people: the ranges belong beside the figures."""
    names = list(comparison.real)
    table = Table("figure", "generated", "known", "", *names, "known how", title=title)
    for column in table.columns:
        column.no_wrap = True
        column.justify = "left" if column.header == "figure" else "right"
    for row in comparison.rows:
        beside = [comparison.real[name].get(row.name) for name in names]
        table.add_row(
            row.name,
            row.shown,
            row.known.shown_range(),
            row.verdict if row.is_in_range else f"[bold]{row.verdict}[/bold]",
            *("" if figure is None else row.known.shown(figure) for figure in beside),
            row.known.certainty,
        )
    console = Console()
    console.print(table)
    console.print(
        f"{comparison.hits} of {len(comparison.rows)} figures are in range; "
        "what each means, and whence the ranges: docs/plausible.md"
    )
    tell_machine(console)


if __name__ == "__main__":
    main()
