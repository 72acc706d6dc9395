"""What `penstock policy detection` shows: a comparison for people, and the same as JSON."""

from dataclasses import fields
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from processors.state.customary import Compared
from streams.cli.intervals import shown
from streams.experiment import Interval
from streams.shadowing import COUNTS, Side, sides


def show_comparison(active: str, compared: Compared) -> None:
    """Show what each told of, which frauds were among it, and how sure that is."""
    counts = Table("told of by", "payments", "confirmed frauds", title=_title(active, compared))
    for who, name in (
        ("both", "both"),
        ("only_active", f"only {active}"),
        ("only_shadow", f"only {compared.name}"),
    ):
        frauds = getattr(compared, f"frauds_{who}")
        counts.add_row(name, f"{getattr(compared, who):,}", f"{frauds:,}")
    told = compared.both + compared.only_active + compared.only_shadow
    others = max(0, compared.payments - told)
    counts.add_row("neither", f"about {others:,}", f"{compared.frauds_neither:,}")
    found = sides(compared)
    shares = Table("share", active, compared.name)
    for share, name in (("caught", "told of frauds"), ("confirmed", "frauds of told")):
        shares.add_row(name, *(shown(getattr(own, share)) for own in (found.active, found.shadow)))
    only_one = "of frauds that only one told of"
    shares.add_row(only_one, "", shown(found.spared))
    console = Console()
    console.print(counts)
    console.print(shares)
    click.echo("Between brackets: where the true share lies, with a confidence of 95 %.")
    click.echo(f"By confirmed frauds, {found.verdict}.")


def _title(active: str, compared: Compared) -> str:
    return f"{compared.name}, beside {active}"


def comparison_as_json(active: str, compared: Compared) -> dict[str, Any]:
    """Give the comparison as one JSON object."""
    found = sides(compared)
    return {
        "active": {"name": active, **_members(found.active)},
        "shadow": {"name": compared.name, **_members(found.shadow)},
        "counted": {name: getattr(compared, name) for name in COUNTS},
        "shadows_share_of_frauds_only_one_told_of": _bounds(found.spared),
        "verdict": found.verdict,
    }


def _members(side: Side) -> dict[str, Any]:
    values = ((own.name, getattr(side, own.name)) for own in fields(side))
    return {
        name: _bounds(value) if value is None or isinstance(value, Interval) else value
        for name, value in values
    }


def _bounds(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval._asdict()
