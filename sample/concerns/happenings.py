"""How what is out of the ordinary is paid and noted: what it was, and when it can be known."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sample.bookings import Account, Booking
from sample.household import Household
from sample.payees import Payee

_SETTLED_PERMILLE = 300


class Payment(NamedTuple):
    """One payment of what happens."""

    account: Account
    payee: Payee
    amount_minor: int
    minute: int | None = None
    foreign: tuple[int, str] | None = None


def happen(
    home: Household,
    kind: str,
    payments: Sequence[Payment],
    *,
    expected: bool = True,
    told: int = 1,
    known_on: date = date.min,
    subject: str = "",
) -> list[Booking]:
    """Book payments that belong together, and note what they are.

    It can be known when the feed has told of so many of them, and not before *known_on*.
    """
    event_id = home.new_id(kind)
    bookings = [
        home.book(
            paid.account, paid.payee, -paid.amount_minor,
            minute=paid.minute, foreign=paid.foreign, event=event_id,
            is_settled=home.dice.permille(_SETTLED_PERMILLE),
        )
        for paid in payments
    ]  # fmt: skip
    known_on = max(known_on, sorted(booking.told_on for booking in bookings)[told - 1])
    home.note(
        kind, payments[0].account, sum(paid.amount_minor for paid in payments),
        expected=expected, subject=subject, event_id=event_id,
        days=(known_on - home.today).days,
    )  # fmt: skip
    return bookings


def payer(home: Household, amount_minor: int) -> Account | None:
    """Choose an account to pay with in a shop that has room; None when none has."""
    able = [
        account
        for account in (home.card, home.checking)
        if account is not None and account.spare_minor >= amount_minor and not account.is_closed
    ]
    return home.dice.one_of(able) if able else None
