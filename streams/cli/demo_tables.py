"""The tables that the demo ends with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from processors.state.categories import kind_of, name_of
from schemas.money import text_from_minor
from streams.alert_assessment import AlertAssessment
from streams.assessment import Assessment, Share
from streams.demonstration import Check, Played
from streams.outcome import Outcome

_ROWS = 8


def show(console: Console, played: Played, counts: Sequence[Check], seconds: float) -> bool:
    """Print what came out, and say whether all counts add up."""
    outcome = played.outcome
    console.print(where_money_went(outcome))
    _alerts(console, outcome)
    _insights(console, outcome)
    _forecasts(console, outcome)
    _events(console, outcome, seconds)
    _truth(console, played)
    return _counts(console, counts)


def _money(amount_minor: object, currency: object) -> str:
    return f"{text_from_minor(int(str(amount_minor)), str(currency))} {currency}"


def where_money_went(outcome: Outcome) -> Table:
    """Tell on what was spent most, in the users' own categories too."""
    spent: Counter[tuple[str, str]] = Counter()
    number: Counter[tuple[str, str]] = Counter()
    for own in outcome.enriched.values():
        if own["status"] != "removed":
            key = (str(own["currency"]), str(own["category"]))
            spent[key] -= int(str(own["amount_minor"]))
            number[key] += 1
    table = Table("category", "transactions", "money out", title="Where money went")
    kept = [key for key, _ in spent.most_common() if kind_of(key[1]) == "spending"]
    for currency, category in kept[:_ROWS]:
        table.add_row(
            name_of(category),
            f"{number[currency, category]:,}",
            _money(spent[currency, category], currency),
        )
    return table


def _alerts(console: Console, outcome: Outcome) -> None:
    table = Table("user", "alert", "now", "why", title="The last alerts, with their reasons")
    for alert in list(outcome.alerts.values())[-_ROWS:]:
        table.add_row(str(alert["user_id"]), str(alert["title"]), str(alert["status"]), _why(alert))
    console.print(table)


def _why(alert: Mapping[str, Any]) -> str:
    evidence = alert["evidence"]
    parts = [part["sentence"] for part in evidence.get("contributions", ())]
    return " ".join(parts) or f"Compared with {evidence['compared_with']}."


def _insights(console: Console, outcome: Outcome) -> None:
    table = Table("user", "insight", "text", title="The last insights")
    for insight in [own for own in outcome.insights if own["status"] != "expired"][-_ROWS // 2 :]:
        table.add_row(str(insight["user_id"]), str(insight["title"]), str(insight["text"]))
    console.print(table)


def _forecasts(console: Console, outcome: Outcome) -> None:
    table = Table("user", "month", "expected", "80 % of the time", title="The last forecasts")
    for forecast in outcome.forecasts[-_ROWS // 2 :]:
        currency, interval = forecast["currency"], forecast.get("interval_80")
        band = (
            f"{_money(interval['low_minor'], currency)} to "
            f"{_money(interval['high_minor'], currency)}"
            if isinstance(interval, dict)
            else f"after {forecast['history_needed']} more months"
        )
        table.add_row(
            str(forecast["user_id"]),
            str(forecast["period_start"])[:7],
            _money(forecast["point_minor"], currency),
            band,
        )
    console.print(table)


def _events(console: Console, outcome: Outcome, seconds: float) -> None:
    table = Table("event", "number", title="What was published, and what came out")
    for name, number in sorted(outcome.published.items()):
        table.add_row(f"in   {name.removeprefix('penstock.')}", f"{number:,}")
    for name, number in sorted(outcome.events.items()):
        table.add_row(f"out  {name}", f"{number:,}")
    table.add_row("seconds", f"{seconds:.1f}")
    console.print(table)


def _truth(console: Console, played: Played) -> None:
    """Compare with what was true of these lives, whatever was made of it."""
    found = Assessment(played.truth, played.outcome)
    alerts = AlertAssessment(played.truth, played.outcome.raised)
    refunds, _ = found.refunds()
    transfers, _ = found.pairs()
    accounts = {own.account_id for own in played.truth.balances.values()}
    right = Share(len(accounts) - len(found.wrong_accounts()), len(accounts))
    rows = {
        "accounts whose money is what it truly is": right,
        "pending payments seen to have become posted ones": found.twins(),
        "transactions filed as they should be": found.categories(),
        "transfers recognised, both legs": transfers,
        "refunds tied to their purchase": refunds,
        "events of life that raised an alert": alerts.caught(),
        "alerts that somebody wanted to hear": alerts.wanted(),
    }
    table = Table("beside the truth", "of", "found", "", title="What the chain saw of their lives")
    for what, share in rows.items():
        part = "" if share.ratio is None else f"{share.ratio:.0%}"
        table.add_row(what, f"{share.of:,}", f"{share.found:,}", part)
    console.print(table)


def _counts(console: Console, counts: Sequence[Check]) -> bool:
    table = Table("count", "expected", "found", "", title="Does it add up?")
    for check in counts:
        mark = "[green]yes[/]" if check.holds else "[red]no[/]"
        table.add_row(check.what, f"{check.expected:,}", f"{check.found:,}", mark)
    console.print(table)
    return all(check.holds for check in counts)
