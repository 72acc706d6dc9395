"""Tell when a bank's balance and the transactions have parted, and stay so."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging
from processors.state.notes import BalanceMismatch, PatternEnded
from processors.state.quieted import Meaning
from processors.state.wording import day, money
from schemas.alerts import Evidence
from schemas.arguments import MoneyArgument, TextArgument


def _says(pattern: BalanceMismatch, chosen: Mapping[str, int]) -> Said | None:
    at_least_minor = chosen["at_least_minor"]
    if abs(pattern.difference_minor) < at_least_minor:
        return None
    return Said(
        "info",
        pattern.since,
        lambda: _words(pattern, at_least_minor),
        # An account's sum may part from its balance again, years later.
        window=str(pattern.since),
        lasts=True,
        about=Meaning(pattern.account_id, abs(pattern.difference_minor), pattern.currency),
    )


def _words(pattern: BalanceMismatch, at_least_minor: int) -> Words:
    account_id, currency = pattern.account_id, pattern.currency
    difference = money(abs(pattern.difference_minor), currency)
    more = "more" if pattern.difference_minor > 0 else "less"
    return Words(
        args={
            "difference": MoneyArgument(amount_minor=pattern.difference_minor, currency=currency),
            "account": TextArgument(text=account_id),
        },
        title=f"Balance does not add up: {difference}",
        body=f"Since {day(pattern.since)} your bank reports {difference} {more} than the "
        "account's transactions add up to. Some may be missing.",
        evidence=Evidence(
            compared_with="each balance that the bank has told since then",
            quiet_below={
                "difference": MoneyArgument(amount_minor=at_least_minor, currency=currency)
            },
        ),
        link=f"/accounts/{account_id}" if account_id.isalnum() else "/accounts",
    )


BALANCE_MISMATCH = Rule(
    id="balance_mismatch",
    version=1,
    category="security",
    trigger=(
        "The balances that the bank tells differ from the sum of the transactions by the same "
        "amount for two weeks, at least four times, where they did not before."
    ),
    repeats="Once until they agree again.",
    judge=judging("balance_mismatch", BalanceMismatch, _says),
    notes=(BalanceMismatch, PatternEnded),
    parameters={
        "at_least_minor": Parameter(
            1_000, 1, 10_000_000_000, "Smaller differences stay quiet, in minor units."
        )
    },
)
