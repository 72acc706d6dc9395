"""Alert when a payment was made where the user has not been, or cannot be by now."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, payee_of, refs
from processors.state.notes import PatternEnded, UnusualPlace
from processors.state.quieted import Meaning
from processors.state.wording import money
from schemas.alerts import Evidence, Severity
from schemas.arguments import CountArgument, MoneyArgument, TextArgument

_COUNTRIES_SHOWN = 5


def _says(pattern: UnusualPlace, chosen: Mapping[str, int]) -> Said | None:
    is_impossible = pattern.other is not None and pattern.minutes < chosen["travel_minutes"]
    payment = pattern.payment
    is_small = -payment.amount_minor < chosen["at_least_minor"]
    if is_small or not (pattern.is_new or is_impossible):
        return None
    severity: Severity = "error" if is_impossible else "warning"
    return Said(
        severity,
        payment.booked_on,
        lambda: _words(pattern, chosen, is_impossible=is_impossible),
        about=Meaning(payment.country, -payment.amount_minor, payment.currency),
    )


def _words(pattern: UnusualPlace, chosen: Mapping[str, int], *, is_impossible: bool) -> Words:
    payment, currency = pattern.payment, pattern.payment.currency
    paid = money(-payment.amount_minor, currency)
    usual = ", ".join(pattern.usual[:_COUNTRIES_SHOWN])
    known = f"You are known to pay in {usual}."
    if is_impossible:
        known = f"{pattern.minutes} minutes apart, you paid in {pattern.far_from}."
    evidence = [payment] if pattern.other is None or not is_impossible else [pattern.other, payment]
    at_least = MoneyArgument(amount_minor=chosen["at_least_minor"], currency=currency)
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=-payment.amount_minor, currency=currency),
            "merchant": TextArgument(text=payment.merchant),
            "country": TextArgument(text=payment.country),
            "far_from": TextArgument(text=pattern.far_from if is_impossible else ""),
            "minutes": CountArgument(count=pattern.minutes if is_impossible else 0),
        },
        title=f"Payment in an unusual place: {paid} in {payment.country}",
        body=f"{paid} to {payee_of(payment)} in {payment.country}. {known}",
        evidence=Evidence(
            compared_with=f"the countries that you paid in before: {usual or 'none'}",
            transactions=refs(evidence),
            quiet_below={"amount": at_least},
        ),
        link="/transactions",
    )


UNUSUAL_PLACE = Rule(
    id="unusual_place",
    version=1,
    category="security",
    trigger=(
        "A payment in person in a country where the user has not paid for 400 days, given ten "
        "payments that told theirs; or two in parts of the world that no plane connects so fast. "
        "What is bought from afar does not count, and a bed booked there announces a journey."
    ),
    repeats="Once a country and journey.",
    judge=judging("unusual_place", UnusualPlace, _says),
    notes=(UnusualPlace, PatternEnded),
    parameters={
        "at_least_minor": Parameter(
            0, 0, 10_000_000_000, "Smaller payments stay quiet, in minor units."
        ),
        "travel_minutes": Parameter(
            120, 10, 600, "In fewer minutes nobody gets to another part of the world."
        ),
    },
)
