"""Each cent is of exactly one kind; and what is read from the figures adds up to them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.state.figures import (
    Natures,
    booked_in,
    booked_in_month,
    debt_to_income_permille,
    largest,
    month_over_month_minor,
    natures,
    received_minor,
    rolling,
    savings_permille,
    spent_by_need,
    spent_minor,
    totals_of,
    variable_minor,
    year_over_year_minor,
)
from processors.state.sections import Day, Month
from processors.state.user import User
from schemas.event import Event
from schemas.taxonomy import LEAVES
from schemas.transactions import TransactionEnriched
from tests.histories import USERS, histories, tied_histories
from tests.partition import Partition
from tests.processors.household import Household
from tests.processors.oracle import Views, days_of

# Only for a failure: to find its smallest example may take minutes.
pytestmark = pytest.mark.timeout(600)

FEES = {"finance.fee", "finance.overdraft", "finance.interest"}
MARCH = 202503

SELDOM = settings(max_examples=settings().max_examples // 2)
"""What they add up is held against a recount by other laws as well."""


def lived(history: list[Event]) -> tuple[Partition, Views]:
    """Fold a history, and follow what is published."""
    partition, views = Partition(), Views()
    for event in history:
        views.follow(event, partition.fold(event))
    return partition, views


def months_of_all_time(user: User) -> Iterator[tuple[str, Month]]:
    money = user.aggregate
    for months in (money.hot.months, money.cold.months):
        for by_currency in months.values():
            yield from by_currency.items()


def kind_by_eye(view: TransactionEnriched) -> str:
    """Say which kind of money a reader takes a transaction for, by what was published of it."""
    marked = {flag.kind for flag in view.flags} & {"income", "refund", "transfer"}
    if marked:
        (kind,) = marked  # Never two of them.
        return kind
    if view.category in FEES:
        return "fee"
    leaf = LEAVES.get(view.category)
    return leaf.kind if leaf is not None else "spending"


def by_eye(live: Iterable[TransactionEnriched]) -> dict[str, Counter[str]]:
    kinds: dict[str, Counter[str]] = {}
    for view in live:
        kinds.setdefault(view.currency, Counter())[kind_by_eye(view)] += view.amount_minor
    return kinds


@SELDOM
@given(history=histories | tied_histories)
def test_each_cent_is_of_exactly_one_kind(history: list[Event]) -> None:
    partition, views = lived(history)

    for user_id in USERS:
        user, kinds = partition.user(user_id), by_eye(views.live(user_id))
        found: dict[str, Counter[str]] = {}
        for currency, month in months_of_all_time(user):
            of_month = natures(month.by_category)._asdict()
            found.setdefault(currency, Counter()).update(of_month)
        for currency in found.keys() | kinds.keys():
            assert +found[currency] == +kinds[currency]
            assert -found[currency] == -kinds[currency]


@SELDOM
@given(history=histories | tied_histories)
def test_each_cent_of_every_account_is_in_the_months(history: list[Event]) -> None:
    partition, views = lived(history)

    for user_id in USERS:
        user = partition.user(user_id)
        on_accounts, in_months, seen = Counter[str](), Counter[str](), Counter[str]()
        for by_currency in user.aggregate.hot.balances.values():
            for currency, balance in by_currency.items():
                on_accounts[currency] += balance.total_minor + balance.pending_minor
        for currency, month in months_of_all_time(user):
            in_months[currency] += sum(natures(month.by_category))
        for view in views.live(user_id):
            seen[view.currency] += view.amount_minor
        assert on_accounts == in_months == seen


@SELDOM
@given(history=histories | tied_histories)
def test_what_a_month_is_divided_into_adds_up_to_it(history: list[Event]) -> None:
    partition = Partition().fold_all(history)

    for user_id in USERS:
        for _, month in months_of_all_time(partition.user(user_id)):
            spent = spent_minor(month.by_category)
            assert sum(spent_by_need(month.by_category).values()) == spent
            assert month.fixed_minor + variable_minor(month) == spent
            assert sum(month.by_source.values()) == received_minor(month.by_category)


@SELDOM
@given(history=histories | tied_histories, days=st.sampled_from((7, 30, 90)))
def test_rolling_sums_are_sums_of_days(history: list[Event], days: int) -> None:
    partition, views = lived(history)

    for user_id in USERS:
        today = partition.shared.today(user_id)
        if not today:
            continue
        sums: dict[str, Day] = {}
        for (day, currency), (income, spent, count) in days_of(views.live(user_id), today).items():
            if today - days < day <= today:
                before = sums.get(currency, Day())
                sums[currency] = Day(
                    before.income_minor + income, before.spent_minor + spent, before.count + count
                )
        assert rolling(partition.user(user_id), today, days) == sums


# A month that can be reckoned in the head.


def march(day: int) -> date:
    return date(2025, 3, 1) + timedelta(days=day - 1)


@pytest.fixture
def home() -> Household:
    """Make a household that earns 2,000.00 in March, and spends 1,000.00 of it."""
    home = Household()
    home.sleeps(march(1))
    home.gets(200_000, march(1), "wages", kind="salary", merchant_name="Harbour Works")
    home.pays(60_000, march(2), "rent", merchant_name="Rent to the landlord", kind="standing_order")
    home.pays(20_000, march(3), "loan", merchant_name="Lenders", kind="direct_debit")
    home.files("loan", "finance.loan")
    home.pays(30_000, march(4), "shoes", mcc="5661", merchant_name="Corner Shoes", kind="card")
    home.gets(10_000, march(9), "back", merchant_name="Corner Shoes", kind="refund")
    return home


def month_of_march(home: Household) -> Month:
    return totals_of(home.user, MARCH)["EUR"]


def test_a_month_tells_how_much_of_it_was_saved_and_owed(home: Household) -> None:
    month = month_of_march(home)

    assert natures(month.by_category) == Natures(income=200_000, spending=-110_000, refund=10_000)
    assert (spent_minor(month.by_category), month.fixed_minor) == (100_000, 80_000)
    assert savings_permille(month) == 500
    assert debt_to_income_permille(month) == 100
    assert spent_by_need(month.by_category) == {"essential": 80_000, "discretionary": 20_000}
    assert list(month.by_source.values()) == [200_000]


def test_without_income_there_is_no_share_of_it(home: Household) -> None:
    home.gets(200_000, march(1), "wages", kind="salary", status="removed")

    assert savings_permille(month_of_march(home)) is None
    assert debt_to_income_permille(month_of_march(home)) is None


def test_months_are_held_against_others_that_are_known(home: Household) -> None:
    #  March 2024     February 2025     March 2025
    #   400.00           250.00          1,000.00
    assert month_over_month_minor(home.user, MARCH, "EUR") is None
    home.pays(25_000, date(2025, 2, 3))
    home.pays(40_000, date(2024, 3, 3))

    assert month_over_month_minor(home.user, MARCH, "EUR") == 75_000
    assert year_over_year_minor(home.user, MARCH, "EUR") == 60_000
    assert year_over_year_minor(home.user, MARCH, "JPY") is None


def test_the_largest_payment_of_some_days_is_no_transfer(home: Household) -> None:
    home.pays(90_000, march(5), "moved", kind="transfer", description="SAVINGS")
    first, last = march(3).toordinal(), march(9).toordinal()

    assert largest(booked_in(home.user, first, last))["EUR"].transaction_id == "shoes"
    assert largest(booked_in_month(home.user, MARCH))["EUR"].transaction_id == "rent"
    assert largest([]) == {}
