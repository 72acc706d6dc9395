"""Alert when far more cash is taken on a day than the user takes."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, refs
from processors.state.notes import PatternEnded, UnusualCash
from processors.state.quieted import Meaning
from processors.state.wording import money
from schemas.alerts import Evidence
from schemas.arguments import CountArgument, MoneyArgument

_PERCENT = 100


def _says(pattern: UnusualCash, chosen: Mapping[str, int]) -> Said | None:
    quiet_below_minor = max(
        chosen["at_least_minor"],
        -(-pattern.usual_minor * chosen["percent_of_usual"] // _PERCENT),
        -(-pattern.most_minor * chosen["percent_of_most"] // _PERCENT),
    )
    if pattern.taken_minor < quiet_below_minor:
        return None
    day = pattern.withdrawal.booked_on
    about = Meaning("", pattern.taken_minor, pattern.withdrawal.currency)
    return Said("warning", day, lambda: _words(pattern, quiet_below_minor), about=about)


def _words(pattern: UnusualCash, quiet_below_minor: int) -> Words:
    currency = pattern.withdrawal.currency
    taken, usual = money(pattern.taken_minor, currency), money(pattern.usual_minor, currency)
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=pattern.taken_minor, currency=currency),
            "usual": MoneyArgument(amount_minor=pattern.usual_minor, currency=currency),
            "history": CountArgument(count=pattern.history),
        },
        title=f"Unusually much cash: {taken}",
        body=f"{taken} was taken in a day. You usually take around {usual}.",
        evidence=Evidence(
            compared_with=f"your last {pattern.history} withdrawals in {currency}",
            transactions=refs((pattern.withdrawal,)),
            quiet_below={
                "amount": MoneyArgument(amount_minor=quiet_below_minor, currency=currency)
            },
        ),
        link="/transactions",
    )


UNUSUAL_CASH = Rule(
    id="unusual_cash",
    version=1,
    category="security",
    trigger=(
        "A day's withdrawals are several times the middle one of the last nine, and well above "
        "the largest, given five of them."
    ),
    repeats="Once a withdrawal.",
    judge=judging("unusual_cash", UnusualCash, _says),
    notes=(UnusualCash, PatternEnded),
    parameters={
        "percent_of_usual": Parameter(500, 200, 10_000, "Less than this of the usual is quiet."),
        "percent_of_most": Parameter(200, 101, 10_000, "Less than this of the most is quiet."),
        "at_least_minor": Parameter(
            20_000, 0, 10_000_000_000, "Smaller sums stay quiet, in minor units."
        ),
    },
)
