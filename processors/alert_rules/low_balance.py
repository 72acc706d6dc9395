"""Alert when an account's balance is low; resolve it when money has come in."""

from collections.abc import Iterator, Mapping

from processors.alert_rules.rule import Ended, Holds, Judgement, Parameter, Rule, Words
from processors.state.figures import balance_of
from processors.state.quieted import Meaning
from processors.state.sections import Account, Balance
from processors.state.view import View
from processors.state.wording import money
from schemas.accounts import AccountUpdated
from schemas.alerts import Evidence
from schemas.arguments import MoneyArgument, TextArgument
from schemas.preferences import SettingsChanged

_DAYS_OF_USE = 3
_TYPES = frozenset({"checking", "savings", "cash"})


def _judge(view: View, chosen: Mapping[str, int]) -> Iterator[Judgement]:
    below_minor = chosen["below_minor"]
    for account_id in sorted(_touched(view)):
        account = view.user.accounts.hot.by_id.get(account_id)
        balance = balance_of(view.user, account_id)
        if account is None or balance is None or account.type not in _TYPES:
            continue
        if account.status != "active" or balance.now_minor >= below_minor:
            yield Ended(account_id, "resolved")
        elif not (view.changes and all(change.after.backfill for change in view.changes)):
            yield _holds(view, account_id, account, balance, below_minor)


def _touched(view: View) -> set[str]:
    if isinstance(view.entry.event, AccountUpdated):
        return {view.entry.event.account_id}
    if isinstance(view.entry.event, SettingsChanged):
        return set(view.user.aggregate.hot.balances)
    return {change.after.account_id for change in view.changes}


def _holds(
    view: View, account_id: str, account: Account, balance: Balance, below_minor: int
) -> Holds:
    booked = [change.after.booked_on for change in view.changes]
    day = max([view.today, balance.as_of, *booked])
    now_minor = balance.now_minor
    return Holds(
        key=account_id,
        # This never steps back, as dates of bookings do: a window that is over is not used again.
        window=str(max(view.today, balance.as_of)),
        severity="warning" if now_minor >= 0 else "error",
        expires=day + _DAYS_OF_USE,
        kept_until=None,
        words=lambda: _words(account_id, account, now_minor, below_minor),
        # Its amount is what is missing, so that more of it is worse, as it is with payments.
        about=Meaning(account_id, below_minor - now_minor, account.currency),
    )


def _words(account_id: str, account: Account, now_minor: int, below_minor: int) -> Words:
    now, bound = money(now_minor, account.currency), money(below_minor, account.currency)
    return Words(
        args={
            "balance": MoneyArgument(amount_minor=now_minor, currency=account.currency),
            "below": MoneyArgument(amount_minor=below_minor, currency=account.currency),
            "account": TextArgument(text=account_id),
        },
        title=f"Balance is low: {now}",
        body=f"Your {account.type} account is at {now}, below {bound}.",
        evidence=Evidence(compared_with=f"the bound of {bound}"),
        link=f"/accounts/{account_id}" if account_id.isalnum() else "/accounts",
    )


LOW_BALANCE = Rule(
    id="low_balance",
    version=1,
    category="balance",
    trigger="An active account's balance, as reported and moved since, is below the bound.",
    repeats="Once until the balance has recovered, and not twice a day.",
    judge=_judge,
    events=(AccountUpdated, SettingsChanged),
    changes=True,
    parameters={
        "below_minor": Parameter(
            10_000, 0, 10_000_000_000, "The bound, in minor units.", policy="low_balance_minor"
        )
    },
)
