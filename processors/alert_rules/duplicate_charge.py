"""Alert when a shop has charged the same twice; take it back with either charge."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, payee_of, refs
from processors.state.notes import DuplicateCharge, PatternEnded
from processors.state.quieted import about_payment
from processors.state.wording import money
from schemas.alerts import Evidence
from schemas.arguments import MoneyArgument, TextArgument


def _says(pattern: DuplicateCharge, chosen: Mapping[str, int]) -> Said | None:
    again, at_least_minor = pattern.again, chosen["at_least_minor"]
    if -again.amount_minor < at_least_minor:
        return None
    about = about_payment(again)
    return Said("warning", again.booked_on, lambda: _words(pattern, at_least_minor), about=about)


def _words(pattern: DuplicateCharge, at_least_minor: int) -> Words:
    again, currency = pattern.again, pattern.again.currency
    paid, payee = money(-again.amount_minor, currency), payee_of(again)
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=-again.amount_minor, currency=currency),
            "merchant": TextArgument(text=again.merchant),
        },
        title=f"Charged twice? {paid}",
        body=f"{payee} took {paid} twice. If you bought it once, ask for one of them back.",
        evidence=Evidence(
            compared_with="other payments of the same amount to the same payee",
            transactions=refs((pattern.first, again)),
            quiet_below={"amount": MoneyArgument(amount_minor=at_least_minor, currency=currency)},
        ),
        link="/transactions",
    )


DUPLICATE_CHARGE = Rule(
    id="duplicate_charge",
    version=1,
    category="security",
    trigger=(
        "The same payee took the same amount from an account again on the same day or, where the "
        "bank tells the minute, within two; and both have stood for three days. What is bought "
        "twice, as tickets are, and what was paid twice before is left alone."
    ),
    repeats="Once a pair.",
    judge=judging("duplicate_charge", DuplicateCharge, _says),
    notes=(DuplicateCharge, PatternEnded),
    parameters={
        # Of coffees, tickets and parking, two alike are more often bought than charged by mistake.
        "at_least_minor": Parameter(
            1_000, 0, 10_000_000_000, "Smaller charges stay quiet, in minor units."
        )
    },
)
