"""Alert when somebody seems to try a card out; louder once a large payment has followed."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, refs
from processors.state.notes import CardTesting, PatternEnded
from processors.state.transaction import Transaction
from processors.state.wording import money
from schemas.alerts import Evidence, Severity
from schemas.arguments import Argument, CountArgument, MoneyArgument

_LARGE_TIMES = 10


def _says(pattern: CardTesting, chosen: Mapping[str, int]) -> Said | None:
    small_minor = chosen["small_minor"]
    small = [own for own in pattern.charges if -own.amount_minor <= small_minor]
    if len(small) < chosen["count_at_least"]:
        return None
    large = [own for own in pattern.charges if -own.amount_minor > small_minor * _LARGE_TIMES]
    severity: Severity = "critical" if large else "error"
    day = max(own.booked_on for own in pattern.charges)
    return Said(severity, day, lambda: _words(small, large, small_minor))


def _words(small: list[Transaction], large: list[Transaction], small_minor: int) -> Words:
    currency = small[0].currency
    shops = len({own.merchant_key for own in small})
    body = f"{len(small)} small payments at {shops} new shops within a short time"
    args: dict[str, Argument] = {
        "count": CountArgument(count=len(small)),
        "shops": CountArgument(count=shops),
        "small": MoneyArgument(amount_minor=small_minor, currency=currency),
    }
    if large:
        most_minor = max(-own.amount_minor for own in large)
        body += f", and {money(most_minor, currency)} with them"
        args["large"] = MoneyArgument(amount_minor=most_minor, currency=currency)
    return Words(
        args=args,
        title=f"Is somebody trying your card? {len(small)} small payments",
        body=f"{body}. If they are not yours, have the card blocked.",
        evidence=Evidence(
            compared_with="the shops that you paid in the last three months",
            transactions=refs((*small, *large)),
        ),
        link="/transactions",
    )


CARD_TESTING = Rule(
    id="card_testing",
    version=1,
    category="security",
    trigger=(
        "So many small card payments at several shops that are new to the user came within an "
        "hour, or within a day where the bank does not tell the minute. It becomes critical, and "
        "worth waking somebody, with a payment of more than ten times the bound."
    ),
    repeats="Once a burst.",
    judge=judging("card_testing", CardTesting, _says),
    notes=(CardTesting, PatternEnded),
    parameters={
        "count_at_least": Parameter(4, 3, 12, "Fewer small payments stay quiet."),
        "small_minor": Parameter(500, 100, 1_000, "What is small, in minor units."),
    },
)
