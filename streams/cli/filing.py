"""`penstock filing`: a user's own filing rules, tried on what they have lived through."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from schemas.preferences import FilingRule
from streams import settings
from streams.cli.filing_tables import show_trial
from streams.cli.one_line import OneLineCommand, WrongUsageError
from streams.cli.progress import progress
from streams.errors import MendableError
from streams.explain.reading import read_into
from streams.filing.history import History
from streams.filing.reading_rules import RuleError, rules_from
from streams.filing.trial import Trial, try_rules, with_rules
from streams.looking import journal_partitions, open_log
from streams.names import Names


@click.group()
def filing() -> None:
    """Try users' own filing rules.

    \b
    Example:  penstock filing try household-007
    """


@filing.command("try", cls=OneLineCommand)
@click.argument("user")
@click.option("--rule", "added", multiple=True, metavar="JSON", help="A rule; may be given again.")
@click.option(
    "--rules",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON list of rules, instead of those in force.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def try_(user: str, added: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Show what filing rules would have done to all transactions of USER. Nothing is written.

    Without options, the rules in force are tried. --rule adds one to them, or takes the place of
    the one with its rule_id; --rules takes a file's rules instead. For each transaction that a rule
    applies to: the category now and with the rules, which rule wins, and which it beats; then what
    would move, by month and category. A rule that can never apply is named with the reason.

    Amounts are signed: what goes out lies below 0. The user's entries are folded once more, in
    memory alone; so a long journal takes a while. Ends with 1 where the journal knows no such user
    or there is no rule to try, and with 2 where a rule cannot be read.

    \b
    Examples:  penstock filing try household-007
               penstock filing try household-007 --rules mine.json --json
               penstock filing try household-007 --rule '{"rule_id": "tea",
                 "category": "dining.coffee", "text_contains": "tea house"}'
    """
    rules = [rule for text in added for rule in _read("--rule", text)]
    instead = None if file is None else _read(f"--rules {file}", _text_of(file))
    trial = asyncio.run(_try(user, instead, rules))
    if as_json:
        click.echo(json.dumps(trial.as_json()))
    else:
        show_trial(Console(), trial)


def _read(option: str, text: str) -> Sequence[FilingRule]:
    try:
        return rules_from(text)
    except RuleError as error:
        raise WrongUsageError(f"{option}: {error}") from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise WrongUsageError(f"--rules {file}: not_utf8: It cannot be read as text.") from None


async def _try(
    user_id: str, instead: Sequence[FilingRule] | None, added: Sequence[FilingRule]
) -> Trial:
    loaded = settings.load()
    names, partitions = Names(loaded.topic_prefix), await journal_partitions(loaded)
    with progress("offsets", None, transient=True) as bar:
        async with open_log(loaded) as log:
            history = await read_into(
                lambda skipped: History(user_id, skipped),
                log,
                names,
                partitions,
                user_id,
                bar.reach,
            )
    known = (history.preferences.filing_rules or ()) if instead is None else instead
    rules = with_rules(known, added)
    if not rules:
        raise MendableError(
            f"no_rules: {user_id} has no filing rules in force; give some by --rule or --rules"
        )
    return try_rules(user_id, history.counting(), history.preferences, rules)
