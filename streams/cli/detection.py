"""`penstock policy detection`: what decides when a payment is unusual, and what is tried beside."""

import asyncio
import json
from collections.abc import Mapping
from math import isnan
from typing import get_args

import click

from schemas.journal import Policy, SignName
from streams import settings
from streams.cli.detection_tables import comparison_as_json, show_comparison
from streams.cli.putting import put
from streams.detection_admin import (
    comparison,
    configured,
    promoted,
    with_detection,
    without_shadow,
)

_MILLI = 1_000
_SIGNS: tuple[SignName, ...] = get_args(SignName)
_WEIGHT_MOST = 10.0
_execute = click.option("--execute", is_flag=True, help="Do it; without this, it is only said.")


class _Weight(click.ParamType):
    """A sign and how much it counts, as in amount=1.2."""

    name = "SIGN=TIMES"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[SignName, int]:
        """Read both."""
        named, _, times = value.partition("=")
        sign = next((own for own in _SIGNS if own == named), None)
        try:
            number = float(times)
        except ValueError:
            number = -1.0
        if sign is None or not 0.0 <= number <= _WEIGHT_MOST:
            self.fail(
                f"{value} is no sign and a number from 0 to 10; signs are {', '.join(_SIGNS)}.",
                param,
                ctx,
            )
        return sign, round(number * _MILLI)


@click.group()
def detection() -> None:
    """Set what decides when a payment is unusual; try another configuration beside it.

    \b
    Example:  penstock policy detection set --shadow --name eager --threshold 11 --execute
              penstock policy detection compare
              penstock policy detection promote --execute
    """


@detection.command("set")
@click.option("--name", required=True, help="What it is called; a name keeps its configuration.")
@click.option("--shadow", is_flag=True, help="Try it beside what decides; nobody hears of it.")
@click.option(
    "--threshold", type=click.FloatRange(2, 60), help="Nats from which a payment is unusual, first."
)
@click.option(
    "--alerts-a-month", type=click.FloatRange(0.01, 30), help="Alerts for a user in 30 days."
)
@click.option(
    "--history", type=click.IntRange(2, 10_000), help="Payments that must be known before."
)
@click.option("--weight", "weights", type=_Weight(), multiple=True, help="How much a sign counts.")
@_execute
def set_(
    *,
    name: str,
    shadow: bool,
    threshold: float | None,
    alerts_a_month: float | None,
    history: int | None,
    weights: tuple[tuple[SignName, int], ...],
    execute: bool,
) -> None:
    """Let a configuration of the detector decide, or with --shadow be tried beside what decides.

    What is not given is as it is in the configuration that decides now.

    \b
    Examples:  penstock policy detection set --name calm --alerts-a-month 0.5 --execute
               penstock policy detection set --shadow --name eager --threshold 11 \\
                   --weight amount=1.5 --weight hour=0.5 --execute
    """
    given = {
        "threshold_milli": _milli(threshold),
        "alerts_a_month_milli": _milli(alerts_a_month),
        "history": history,
    }

    def change(known: Policy) -> Policy:
        chosen: Mapping[SignName, int] = dict(weights)
        wanted = configured(known.detection, name, chosen, **given)
        return with_detection(known, wanted, as_shadow=shadow)

    state = "tried beside what decides" if shadow else "what decides"
    asyncio.run(put(change, f"configuration {name}", state, execute=execute))


@detection.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(as_json: bool) -> None:
    """Hold what the shadow would have told of against what was told of.

    \b
    Example:  penstock policy detection compare --json
    """
    active, compared = asyncio.run(comparison(settings.load()))
    if as_json:
        click.echo(json.dumps(comparison_as_json(active, compared)))
    else:
        show_comparison(active, compared)


@detection.command()
@_execute
def promote(execute: bool) -> None:
    """Let the shadow decide from here on, with the threshold that it has come to.

    \b
    Example:  penstock policy detection promote --execute
    """
    asyncio.run(put(promoted, "the shadow", "what decides", execute=execute))


@detection.command()
@_execute
def drop(execute: bool) -> None:
    """End the trial of the shadow, and forget what was counted of it.

    \b
    Example:  penstock policy detection drop --execute
    """
    asyncio.run(put(without_shadow, "no shadow", "tried", execute=execute))


def _milli(given: float | None) -> int | None:
    if given is not None and isnan(given):
        raise click.BadParameter("it is not a number")
    return None if given is None else round(given * _MILLI)
