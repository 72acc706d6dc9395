"""Create what the table of topics lists, and say where the group begins."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from streams import settings
from streams.topic_admin import Step, TopicAdmin


@click.group()
def topics() -> None:
    """Compare the broker's topics with the table, and create what is missing.

    \b
    Example:  penstock topics plan && penstock topics apply --execute
    """


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(as_json: bool) -> None:
    """Show what differs, and change nothing.

    \b
    Example:  penstock topics plan
    """
    _show(TopicAdmin(settings.load()).plan(), as_json)


@topics.command()
@click.option("--execute", is_flag=True, help="Do it; without this, the plan is shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def apply(execute: bool, as_json: bool) -> None:
    """Create missing topics and commit the group's missing initial offsets.

    Nothing that exists is changed: what differs is listed for a person to decide.

    \b
    Example:  penstock topics apply --execute
    """
    admin = TopicAdmin(settings.load())
    _show(admin.apply() if execute else admin.plan(), as_json)
    if not execute and not as_json:
        click.echo("Nothing was changed. Add --execute to do it.")


def _show(steps: list[Step], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"steps": [asdict(step) for step in steps]}))
        return
    if not steps:
        click.echo("All topics and initial offsets are as the table wants them.")
        return
    shown = Table("step", "topic", "what", "who")
    folded: dict[tuple[str, str, bool], list[str]] = {}
    for step in steps:
        folded.setdefault((step.action, step.topic, step.by_hand), []).append(step.detail)
    for (action, topic, by_hand), details in folded.items():
        what = details[0] if len(details) == 1 else f"{details[0]} and {len(details) - 1} more"
        shown.add_row(action, topic, what, "a person" if by_hand else "penstock")
    Console().print(shown)
    for command in dict.fromkeys(step.command for step in steps if step.command):
        click.echo(command)
