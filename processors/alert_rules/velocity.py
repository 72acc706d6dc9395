"""Alert when a card is used far more often than its user ever uses it."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, refs
from processors.state.notes import ManyPayments, PatternEnded
from schemas.alerts import Evidence
from schemas.arguments import CountArgument


def _says(pattern: ManyPayments, chosen: Mapping[str, int]) -> Said | None:
    times = chosen["times_usual"]
    hour_least = max(chosen["in_an_hour_at_least"], times * pattern.in_an_hour_most)
    day_least = max(chosen["in_a_day_at_least"], times * pattern.in_a_day_most)
    day = pattern.payments[-1].booked_on
    if pattern.in_an_hour >= hour_least:
        figures = ("an hour", pattern.in_an_hour, pattern.in_an_hour_most, hour_least)
    elif pattern.in_a_day >= day_least:
        figures = ("a day", pattern.in_a_day, pattern.in_a_day_most, day_least)
    else:
        return None
    return Said("warning", day, lambda: _words(pattern, *figures))


def _words(pattern: ManyPayments, within: str, count: int, most: int, least: int) -> Words:
    return Words(
        args={"count": CountArgument(count=count), "most": CountArgument(count=most)},
        title=f"Unusually many payments: {count} within {within}",
        body=f"{count} card payments within {within}, and usually no more than {most}.",
        evidence=Evidence(
            compared_with=f"how many you usually make within {within} at most: {most}",
            transactions=refs(pattern.payments),
            quiet_below={"count": CountArgument(count=least)},
        ),
        link="/transactions",
    )


VELOCITY = Rule(
    id="velocity",
    version=1,
    category="security",
    trigger=(
        "The card payments within an hour, or of a day, are several times the most that "
        "are usual, given thirty payments to know that by. Not beside an alert of card testing."
    ),
    repeats="Once a day.",
    judge=judging("velocity", ManyPayments, _says),
    notes=(ManyPayments, PatternEnded),
    parameters={
        "in_an_hour_at_least": Parameter(8, 5, 100, "Fewer within an hour stay quiet."),
        "in_a_day_at_least": Parameter(15, 8, 200, "Fewer within a day stay quiet."),
        "times_usual": Parameter(2, 1, 10, "How many times what is usual at most."),
    },
)
