"""Money between a household's own accounts: both legs at once, one later, or only one seen."""

from typing import Any

from sample.bookings import Account
from sample.household import Household
from sample.payees import Payee

_STEP_CENTS = 1_000
_ARRIVES_AFTER_DAYS = {0: 600, 1: 280, 2: 120}


def round_sum(home: Household, amount_minor: int) -> int:
    """Give the round sum just below, as people choose it; 0 for next to nothing."""
    step = max(1, home.market.price(_STEP_CENTS))
    return amount_minor // step * step


def pass_on(
    home: Household,
    payee: Payee,
    source: Account,
    target: Account,
    amount_minor: int,
    **facts: Any,
) -> None:
    """Move money to another account, where it may arrive a day or two later.

    The *facts*, such as a series, are those of the leg that goes out.
    """
    transfer_id = home.new_id("transfer")

    def arrive() -> None:
        home.book(target, payee, amount_minor, other=source, transfer_id=transfer_id)

    home.book(
        source,
        payee,
        -amount_minor,
        other=target,
        transfer_id=transfer_id,
        **facts,
    )
    same_bank = source.bank is target.bank
    if days := 0 if same_bank else home.dice.weighted(_ARRIVES_AFTER_DAYS):
        home.later(days, arrive)
    else:
        arrive()


def pass_unseen(home: Household, payee: Payee, amount_minor: int, **facts: Any) -> None:
    """Move money between checking and an own account that is not connected: one leg is seen."""
    transfer_id = home.new_id("transfer")
    home.book(home.checking, payee, amount_minor, transfer_id=transfer_id, **facts)


def make_room(home: Household, amount_minor: int) -> bool:
    """Bring from savings what a payment lacks; says whether checking has room for it then."""
    lacking_minor = amount_minor - home.checking.spare_minor
    if lacking_minor <= 0:
        return True
    savings = home.savings
    if savings is None or savings.balance_minor < lacking_minor:
        return False
    payee = home.dice.one_of(home.market.payees["transfer.savings"])
    home.move(payee, savings, home.checking, lacking_minor)
    return True
