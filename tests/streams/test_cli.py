"""The command line as a person meets it."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from schemas.topics import TOPICS, TRANSACTIONS
from streams import settings
from streams.cli import VERBS, main
from streams.settings import PREFIX
from streams.stack import Stack
from tests.end_to_end.chain import PAYMENT, Chain


def commands() -> list[tuple[str, click.Command]]:
    """List every verb, and what stands below it."""
    found = []
    for verb in VERBS:
        command = main.get_command(click.Context(main), verb)
        assert command is not None
        found += [(verb, command), *below(verb, command)]
    return found


def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield what stands below a command, however deep."""
    if isinstance(command, click.Group):
        for own, one in command.commands.items():
            yield f"{name} {own}", one
            yield from below(f"{name} {own}", one)


def run(arguments: list[str], chain: Chain | None = None) -> Result:
    """Run `penstock` in this process, with the settings of a chain."""
    own = {} if chain is None else chain.settings.model_dump(exclude_none=True)
    environment = {PREFIX + name.upper(): str(value) for name, value in own.items()}
    settings.load.cache_clear()
    try:
        return CliRunner(env=environment).invoke(main, arguments)
    finally:
        settings.load.cache_clear()


def test_help_names_every_verb() -> None:
    result = run(["--help"])
    assert result.exit_code == 0
    for verb in VERBS:
        assert f"  {verb} " in result.output


@pytest.mark.parametrize("own", commands(), ids=lambda own: own[0])
def test_every_command_says_what_it_does_and_shows_an_example(
    own: tuple[str, click.Command],
) -> None:
    name, command = own
    assert command.help, name
    assert "Example" in f"{command.help}{command.epilog}", name


@pytest.mark.parametrize("own", commands(), ids=lambda own: own[0])
def test_help_prints_no_mark_that_was_meant_for_click(own: tuple[str, click.Command]) -> None:
    assert "\\b" not in run([*own[0].split(), "--help"]).output


def test_what_only_reads_can_speak_json() -> None:
    for name in (
        "topics plan",
        "schemas check",
        "tail",
        "state show",
        "explain",
        "filing try",
        "models list",
        "models compare",
        "models experiment",
        "policy show",
        "policy detection compare",
        "up",
        "down",
    ):
        command = dict(commands())[name]
        assert any("--json" in option.opts for option in command.params), name


def test_an_unknown_verb_is_wrong_usage() -> None:
    assert run(["wroker"]).exit_code == 2


def test_topics_are_planned_then_made_then_right(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, make_topics=False)
    steps = json.loads(run(["topics", "plan", "--json"], chain).output)["steps"]
    assert {step["topic"] for step in steps} == {chain.names.of(topic) for topic in TOPICS}
    shown = run(["topics", "apply"], chain)
    assert "Nothing was changed" in shown.output
    assert run(["topics", "apply", "--execute"], chain).exit_code == 0
    assert json.loads(run(["topics", "plan", "--json"], chain).output) == {"steps": []}
    again = run(["topics", "apply", "--execute"], chain)
    assert "as the table wants them" in again.output


def test_tail_shows_what_a_topic_holds(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    chain.publish_json(TRANSACTIONS, PAYMENT)
    chain.publish_json(TRANSACTIONS, {**PAYMENT, "user_id": "u-2"})
    chain.flush()
    every = ["tail", TRANSACTIONS.name, "--from-start", "--until-end"]
    lines = [json.loads(line) for line in run([*every, "--json"], chain).output.splitlines()]
    assert sorted(line["key"] for line in lines) == ["u-1", "u-2"]
    only = run([*every, "--user", "u-2"], chain)
    assert '"user_id": "u-2"' in only.output
    assert '"user_id": "u-1"' not in only.output


def test_a_broker_that_is_not_there_is_one_line() -> None:
    settings.load.cache_clear()
    result = CliRunner(env={"PENSTOCK_KAFKA": "127.0.0.1:1"}).invoke(main, ["topics", "plan"])
    settings.load.cache_clear()
    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.output
