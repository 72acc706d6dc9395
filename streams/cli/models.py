"""`penstock models`: trained artifacts, from the file to what decides, and back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from processors.state.population import Arms
from streams import settings
from streams.artifacts import Named
from streams.cli.models_tables import (
    comparison_as_json,
    experiment_as_json,
    listed_as_json,
    show_active,
    show_comparison,
    show_experiment,
    show_published,
)
from streams.experiment import summed
from streams.looking import LookError
from streams.models_admin import ModelError, ModelsAdmin, former_of, open_models

_execute = click.option("--execute", is_flag=True, help="Do it; without this, it is only said.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def models() -> None:
    """Publish trained artifacts, let one take effect, go back, and try one beside another.

    \b
    Example:  penstock models publish categories.bin
              penstock models activate categories 2026-02 --execute
    """


@models.command("list")
@_as_json
def list_(as_json: bool) -> None:
    """List what is published, and what is active in each partition since which offset.

    \b
    Example:  penstock models list --json
    """

    async def listed(admin: ModelsAdmin) -> None:
        published = await admin.topic.published()
        try:
            active = await admin.active()
        except LookError as error:
            # What is published can be told all the same.
            click.echo(f"What is active cannot be told: {error}", err=True)
            active = []
        if as_json:
            click.echo(json.dumps(listed_as_json(published, active)))
        else:
            show_published(published, active)
            show_active(active)

    _with_models(listed)


@models.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def publish(file: Path) -> None:
    """Publish the artifact in FILE, where all workers find it; it takes no effect yet.

    \b
    Example:  penstock models publish categories-2026-02.bin
    """
    value = file.read_bytes()

    async def published(admin: ModelsAdmin) -> None:
        named, was_there = await admin.topic.publish(value)
        click.echo(f"{named} is published{' already' if was_there else ''}.")

    _with_models(published)


@models.command()
@click.argument("name")
@click.argument("version")
@_execute
def activate(name: str, version: str, execute: bool) -> None:
    """Let the artifact VERSION of the model NAME decide from here on, for all users.

    VERSION may be its SHA-256 as well, or how that begins.

    \b
    Example:  penstock models activate categories 2026-02 --execute
    """

    async def activated(admin: ModelsAdmin) -> None:
        named = await admin.topic.find(name, version)
        await _do(named, "active from here on", lambda: admin.activate(named), execute=execute)

    _with_models(activated)


@models.command()
@click.argument("name")
@_execute
def rollback(name: str, execute: bool) -> None:
    """Let the artifact of the model NAME decide again that was active before.

    \b
    Example:  penstock models rollback categories --execute
    """

    async def rolled_back(admin: ModelsAdmin) -> None:
        active = await admin.in_force(name)
        former = await admin.topic.find(name, former_of(active).sha256)
        what = f"active again from here on, instead of {active.named}"
        await _do(former, what, lambda: admin.activate(former), execute=execute)

    _with_models(rolled_back)


@models.command()
@click.argument("name")
@click.argument("version", required=False)
@click.option("--share", type=click.IntRange(0, 50), default=0, help="Percent of users; 0: none.")
@click.option("--days", type=click.IntRange(1, 365), default=14, help="When it ends by itself.")
@click.option("--none", "is_over", is_flag=True, help="End it.")
@_execute
def challenge(
    *, name: str, version: str | None, share: int, days: int, is_over: bool, execute: bool
) -> None:
    """Try the artifact VERSION of the model NAME beside the active one, for some days.

    Without --share its decisions are compared and reach nobody. With it, it decides for that share
    of users, chosen by a hash of their id.

    \b
    Examples:  penstock models challenge categories 2026-02 --execute
               penstock models challenge categories 2026-02 --share 10 --days 14 --execute
               penstock models challenge categories --none --execute
    """
    if is_over == (version is not None):
        raise click.UsageError("Name a VERSION, or end it by --none.")

    async def ended(admin: ModelsAdmin) -> None:
        subject = f"no artifact of {name}"
        await _do(subject, "tried from here on", lambda: admin.end_challenge(name), execute=execute)

    async def challenged(admin: ModelsAdmin) -> None:
        named = await admin.topic.find(name, version or "")
        whom = f"{share} % of users" if share else "nobody"
        what = f"tried for {days} days from here on, and decides for {whom}"
        await _do(named, what, lambda: admin.challenge(named, share, days), execute=execute)

    _with_models(ended if is_over else challenged)


@models.command()
@click.argument("name")
@_as_json
def compare(name: str, as_json: bool) -> None:
    """Hold what the challenger would have decided against what was decided.

    \b
    Example:  penstock models compare categories
    """
    _tell_arms(name, comparison_as_json if as_json else None, show_comparison)


@models.command()
@click.argument("name")
@_as_json
def experiment(name: str, as_json: bool) -> None:
    """Show what became of the challenger's decisions and of the active one's, arm by arm.

    \b
    Example:  penstock models experiment categories --json
    """
    _tell_arms(name, experiment_as_json if as_json else None, show_experiment)


def _with_models(act: Callable[[ModelsAdmin], Awaitable[None]]) -> None:
    async def opened() -> None:
        async with open_models(settings.load()) as admin:
            await act(admin)

    asyncio.run(opened())


async def _do(
    subject: object, what: str, act: Callable[[], Awaitable[None]], *, execute: bool
) -> None:
    """Do it and say so, or only say so."""
    if execute:
        await act()
        click.echo(f"{subject} is {what}.")
    else:
        click.echo(f"{subject} would be {what}. Add --execute to do it.")


def _tell_arms(
    name: str,
    as_json: Callable[[Named, Arms], dict[str, Any]] | None,
    show: Callable[[Named, Arms], None],
) -> None:
    """Tell what both arms of a trial counted: as one JSON object if that is asked for."""

    async def told(admin: ModelsAdmin) -> None:
        named, arms = await _arms(admin, name)
        if as_json is not None:
            click.echo(json.dumps(as_json(named, arms)))
        else:
            show(named, arms)

    _with_models(told)


async def _arms(admin: ModelsAdmin, name: str) -> tuple[Named, Arms]:
    """Add up what all partitions counted of the challenger that was set last."""
    shared = await admin.shared()
    for each in shared:
        if (challenger := each.activated.challengers.get(name)) is not None:
            named = Named(name, challenger.version, challenger.sha256)
            counted = (other.population.common.arms for other in shared)
            return named, summed(counted, named.sha256)
    raise ModelError(
        f"no artifact of {name} is tried now; to begin: penstock models challenge {name} VERSION"
    )
