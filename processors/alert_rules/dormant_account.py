"""Alert when money leaves an account that nobody has used for long."""

from collections.abc import Mapping

from processors.alert_rules.rule import Parameter, Rule, Words
from processors.alert_rules.watched import Said, judging, payee_of, refs
from processors.state.notes import DormantAccount, PatternEnded
from processors.state.quieted import Meaning
from processors.state.wording import money
from schemas.alerts import Evidence
from schemas.arguments import CountArgument, MoneyArgument, TextArgument


def _says(pattern: DormantAccount, chosen: Mapping[str, int]) -> Said | None:
    payment, still_days = pattern.payment, chosen["still_days"]
    if pattern.still_days < still_days or -payment.amount_minor < chosen["at_least_minor"]:
        return None
    about = Meaning(payment.account_id, -payment.amount_minor, payment.currency)
    return Said("error", payment.booked_on, lambda: _words(pattern, chosen), about=about)


def _words(pattern: DormantAccount, chosen: Mapping[str, int]) -> Words:
    payment, currency = pattern.payment, pattern.payment.currency
    paid = money(-payment.amount_minor, currency)
    return Words(
        args={
            "amount": MoneyArgument(amount_minor=-payment.amount_minor, currency=currency),
            "merchant": TextArgument(text=payment.merchant),
            "account": TextArgument(text=payment.account_id),
            "still_days": CountArgument(count=pattern.still_days),
        },
        title=f"An unused account has moved: {paid}",
        body=f"{paid} to {payee_of(payment)} from an account that had been still for "
        f"{pattern.still_days} days.",
        evidence=Evidence(
            compared_with="the account's last movement, what its bank does by itself aside",
            transactions=refs((payment,)),
            quiet_below={
                "amount": MoneyArgument(amount_minor=chosen["at_least_minor"], currency=currency),
                "still_days": CountArgument(count=chosen["still_days"]),
            },
        ),
        link="/transactions",
    )


DORMANT_ACCOUNT = Rule(
    id="dormant_account",
    version=1,
    category="security",
    trigger=(
        "A card, cash or transfer took money from an account on which nothing but fees and "
        "interest had moved for so many days, as far as it is known; not for another account "
        "of the user's, and not for what was agreed to be drawn."
    ),
    repeats="Once, until the account has been still for as long again.",
    judge=judging("dormant_account", DormantAccount, _says),
    notes=(DormantAccount, PatternEnded),
    parameters={
        "still_days": Parameter(90, 30, 1_000, "Accounts that were still for less stay quiet."),
        "at_least_minor": Parameter(
            0, 0, 10_000_000_000, "Smaller payments stay quiet, in minor units."
        ),
    },
)
