"""Alert when much more than ever was sent to somebody new."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, payee_of, refs
from processors.state.notes import NewPayeeLarge, PatternEnded
from processors.state.quieted import about_payment
from processors.state.wording import money
from schemas.alerts import Evidence
from schemas.arguments import MoneyArgument, TextArgument

_PERCENT = 100


def _says(pattern: NewPayeeLarge, chosen: Mapping[str, int]) -> Said | None:
    payment = pattern.payment
    times_minor = -(-pattern.sent_most_minor * chosen["percent_of_largest"] // _PERCENT)
    quiet_below_minor = max(chosen["at_least_minor"], times_minor)
    if -payment.amount_minor < quiet_below_minor:
        return None
    about = about_payment(payment)
    return Said(
        "warning", payment.booked_on, lambda: _words(pattern, quiet_below_minor), about=about
    )


def _words(pattern: NewPayeeLarge, quiet_below_minor: int) -> Words:
    payment, currency = pattern.payment, pattern.payment.currency
    paid, most = money(-payment.amount_minor, currency), money(pattern.sent_most_minor, currency)
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=-payment.amount_minor, currency=currency),
            "usual": MoneyArgument(amount_minor=pattern.sent_most_minor, currency=currency),
            "payee": TextArgument(text=payment.merchant),
        },
        title=f"Large transfer to somebody new: {paid}",
        body=f"{paid} to {payee_of(payment)}, to whom you have sent nothing before. To people "
        f"you usually send {most} at most.",
        evidence=Evidence(
            compared_with=f"what you usually send to people at most: {most}",
            transactions=refs((payment,)),
            quiet_below={
                "amount": MoneyArgument(amount_minor=quiet_below_minor, currency=currency)
            },
        ),
        link="/transactions",
    )


NEW_PAYEE_LARGE = Rule(
    id="new_payee_large",
    version=1,
    category="security",
    trigger=(
        "A transfer to a person to whom nothing was sent before is so much larger than what is "
        "usually sent to anybody at most, given one to know that by."
    ),
    repeats="Once a payee.",
    judge=judging("new_payee_large", NewPayeeLarge, _says),
    notes=(NewPayeeLarge, PatternEnded),
    parameters={
        "percent_of_largest": Parameter(
            250, 100, 10_000, "Less than this share of the largest usual one is quiet."
        ),
        "at_least_minor": Parameter(
            10_000, 0, 10_000_000_000, "Smaller transfers stay quiet, in minor units."
        ),
    },
)
