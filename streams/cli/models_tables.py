"""What `penstock models` shows: tables for people, and the same as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import click
from msgspec.structs import asdict as members_of
from rich.console import Console
from rich.table import Table

from processors.state.population import Arm, Arms
from processors.state.shared import Challenger
from streams.artifact_topic import Published
from streams.artifacts import Named
from streams.cli.intervals import shown
from streams.experiment import Beside, Interval, Line, beside, compared
from streams.models_admin import Active

_SHOWN = 12


def show_published(published: Sequence[Published], active: Sequence[Active]) -> None:
    """Show what is published, and in how many partitions it decides."""
    columns = ("model", "version", "sha256", "bytes", "published", "active in")
    table = Table(*columns, title="Artifacts")
    for one in published:
        model, version, digest = one.named
        numbers = [own.partition for own in active if own.named == one.named]
        size = f"{one.size_bytes:,}" if one.is_whole else "damaged"
        where = f"{len(numbers)} partitions" if numbers else ""
        table.add_row(model, version, digest[:_SHOWN], size, _instant(one.published_ms), where)
    Console().print(table)


def show_active(active: Sequence[Active]) -> None:
    """Show what decides in each partition, and what is tried."""
    table = Table(
        *("partition", "model", "active", "since offset", "before", "tried beside it"),
        title="In force",
    )
    for one in active:
        named, former = (own.version if own else "" for own in (one.named, one.former))
        since = "" if one.since_offset is None else f"{one.since_offset:,}"
        table.add_row(f"{one.partition}", one.model, named, since, former, _tried(one.challenger))
    Console().print(table)


def listed_as_json(published: Sequence[Published], active: Sequence[Active]) -> dict[str, Any]:
    """Give both tables as one JSON object."""
    return {
        "published": [asdict(one) | {"named": one.named._asdict()} for one in published],
        "active": [
            {
                "partition": one.partition,
                "model": one.model,
                "named": one.named and one.named._asdict(),
                "since_offset": one.since_offset,
                "former": one.former and one.former._asdict(),
                "challenger": one.challenger and members_of(one.challenger),
            }
            for one in active
        ],
    }


def show_comparison(named: Named, arms: Arms) -> None:
    """Show how often both would have decided the same, and which of both labels bear out."""
    result = beside(arms)
    table = Table("", "", title=f"{named}, beside the active one")
    table.add_row("decided the same", f"{arms.agreed:,} of {arms.agreed + arms.differed:,}")
    table.add_row("", shown(result.agreed))
    table.add_row("labels that only the active one has right", f"{arms.only_active_right:,}")
    table.add_row("labels that only the challenger has right", f"{arms.only_challenger_right:,}")
    table.add_row("the challenger's share of these", shown(result.spared))
    Console().print(table)
    click.echo(f"By these labels, {result.verdict}.")


def comparison_as_json(named: Named, arms: Arms) -> dict[str, Any]:
    """Give the comparison as one JSON object."""
    return {**_counted(named, arms), "beside": _members(beside(arms))}


def show_experiment(named: Named, arms: Arms) -> None:
    """Show both arms, share by share, with what is known of their difference."""
    counts = Table("", "active", "challenger", title=f"{named}, and users' answers")
    for name in Arm.__struct_fields__:
        both = (getattr(arm, name) for arm in (arms.active, arms.challenger))
        counts.add_row(name, *(f"{count:,}" for count in both))
    table = Table("share", "active", "challenger", "difference", "verdict")
    for line in compared(arms.active, arms.challenger):
        intervals = map(shown, (line.active, line.challenger, line.difference))
        table.add_row(line.share, *intervals, line.verdict)
    console = Console()
    console.print(counts)
    console.print(table)
    click.echo("Between brackets: where the true share lies, with a confidence of 95 %.")


def experiment_as_json(named: Named, arms: Arms) -> dict[str, Any]:
    """Give the experiment as one JSON object."""
    lines = compared(arms.active, arms.challenger)
    return {**_counted(named, arms), "shares": [_members(line) for line in lines]}


def _members(found: Beside | Line) -> dict[str, Any]:
    members = ((own.name, getattr(found, own.name)) for own in fields(found))
    return {
        name: value._asdict() if isinstance(value, Interval) else value for name, value in members
    }


def _counted(named: Named, arms: Arms) -> dict[str, Any]:
    counts = members_of(arms) | {
        "active": members_of(arms.active),
        "challenger": members_of(arms.challenger),
    }
    return {"artifact": named._asdict(), "counted": counts}


def _tried(challenger: Challenger | None) -> str:
    if challenger is None:
        return ""
    return f"{challenger.version}: {challenger.share_percent} % for {challenger.days} days"


def _instant(instant_ms: int) -> str:
    return datetime.fromtimestamp(instant_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
