"""Histories in which money moves between few accounts in few amounts: ties meet and compete."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import AboutCategory, AboutTransfer, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.transactions import TransactionImported

USER = "household-1"
ACCOUNTS = ("checking", "savings", "card")
BEGIN = date(2025, 3, 3)
TYPES = {"checking": "checking", "savings": "savings", "card": "credit"}

accounts = st.sampled_from(ACCOUNTS)
names = st.integers(0, 9).map(lambda number: f"t{number}")
days_after = st.sampled_from((0, 0, 1, 1, 2, 3, 4, 5, 8, 9, 14, 16, 31, 40, 60))
dates = days_after.map(lambda days: BEGIN + timedelta(days=days))
amounts = st.sampled_from(
    (-5_000, -5_000, -5_000, 5_000, 5_000, -2_500, 2_500, -6_000, 1_000, 7_500, -4_000, 0, 250)
)

imports = st.builds(
    TransactionImported,
    transaction_id=names,
    user_id=st.just(USER),
    account_id=accounts,
    amount_minor=amounts,
    currency=st.sampled_from(("EUR", "EUR", "EUR", "EUR", "JPY")),
    booked_on=dates,
    description=st.sampled_from(("CARD 12 CORNER GROCER", "transfer", "REFUND CORNER GROCER", "")),
    status=st.sampled_from(("posted", "posted", "posted", "pending", "pending", "removed")),
    pending_transaction_id=st.none() | st.none() | names,
    revision=st.none() | st.integers(0, 3),
    kind=st.sampled_from((None, "card", "transfer", "refund", "standing_order", "fee", "other")),
    merchant_name=st.sampled_from((None, "Corner Grocer", "Corner Groceries", "Fuel Stop", "Bo")),
    counterparty_account=st.none() | st.none() | accounts | st.just("elsewhere"),
    mcc=st.sampled_from((None, "5411", "5541", "5812")),
)


def _updated(
    account: str, status: str, revision: int, balance: int | None, day: date
) -> AccountUpdated:
    return AccountUpdated.model_validate(
        {
            "account_id": account,
            "user_id": USER,
            "type": TYPES[account],
            "currency": "EUR",
            "balance_minor": balance,
            "as_of": datetime.combine(day, time(20), UTC),
            "status": status,
            "revision": revision,
        }
    )


updates = st.builds(
    _updated,
    accounts,
    st.sampled_from(("active", "disconnected")),
    st.integers(0, 6),
    st.sampled_from((None, 0, 100_000)),
    dates,
)
passing = st.builds(
    DayPassed,
    bucket=st.just(bucket_of(USER)),
    day=st.sampled_from((0, 1, 2, 5, 9, 16, 20, 45, 70, 100, 110, 150)).map(
        lambda days: BEGIN + timedelta(days=days)
    ),
)
about_pairs = st.builds(
    AboutTransfer,
    kind=st.just("transfer"),
    verdict=st.sampled_from(("confirmed", "rejected")),
    account_id=accounts,
    transaction_id=names,
    other_account_id=accounts,
    other_transaction_id=names,
)
about_filing = st.builds(
    AboutCategory,
    kind=st.just("category"),
    verdict=st.just("set"),
    account_id=accounts,
    transaction_id=names,
    category=st.sampled_from(("dining.coffee", "transfer.savings", "income.other")),
)
answers = st.builds(
    FeedbackGiven,
    feedback_id=st.just("f"),
    user_id=st.just(USER),
    revision=st.integers(0, 5),
    about=about_pairs | about_filing,
)

_KINDS = {"i": imports, "d": passing, "u": updates, "a": answers}
money_lives: st.SearchStrategy[list[Event]] = st.integers(4, 40).flatmap(
    lambda size: st.lists(
        st.sampled_from("iiiiiiiiiiidddua").flatmap(_KINDS.__getitem__),
        min_size=size,
        max_size=size,
    )
)
"""Anything that banks may say of one user's money, in any order."""
