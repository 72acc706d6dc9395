"""Budgets and goals: laws against a naive recount, and a few stories with their timelines."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.accounts import accounts
from processors.aggregate import aggregate
from processors.plan import plan
from processors.preferences import preferences
from processors.state.book import Change, Draft
from processors.state.budgets import budget_positions
from processors.state.entry import Entry
from processors.state.goals import goal_positions, months_left
from processors.state.periods import Period, first_day_of, last_day_of, periods_before
from processors.state.planning import (
    BudgetExceeded,
    BudgetPosition,
    GoalMissed,
    GoalPosition,
    GoalReached,
    PlanNote,
    Plans,
    TowardAmount,
    TowardRate,
)
from processors.state.sections import Section
from processors.state.shared import LONG_AGO, Shared
from processors.state.transaction import Tie, Transaction, identity_of
from processors.state.user import User
from processors.state.view import View
from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import AboutInsight, FeedbackGiven
from schemas.fields import FIRST_DATE, LAST_DATE
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.preferences import Budget, Goal, OwnCategory, Preferences, SettingsChanged
from tests.processors.household import Household

NAME = "household-1"
BASE = date(2025, 1, 20)
CARRIED = 12
FIRST, LAST = FIRST_DATE.toordinal(), LAST_DATE.toordinal()


class Home:
    """A household whose transactions come filed: the chain from the book on, up to its plans."""

    def __init__(self, today: date | None = None) -> None:
        self.user = User(NAME)
        self.today = LONG_AGO
        self.revision = 0
        if today is not None:
            self.sleeps(today)

    def sleeps(self, day: date) -> list[PlanNote]:
        """Let days end, one after the other, until *day*."""
        until = day.toordinal()
        notes = []
        for today in range(until if self.today == LONG_AGO else self.today + 1, until + 1):
            self.today = today
            self.user.book.pass_day(today)
            passed = DayPassed(bucket=bucket_of(NAME), day=date.fromordinal(today))
            notes += self._observes(passed)
        return notes

    def books(self, own: Transaction) -> list[PlanNote]:
        """Take a transaction's latest version into the book."""
        before = self.user.book.find(own.identity)
        self.user.book.put(before, own)
        return self._observes(IMPORTED, Change(before, own))

    def pays(self, amount_minor: int, on: date, category: str, **fields: Any) -> list[PlanNote]:
        """Pay an amount."""
        return self.books(paid(amount_minor, on, category, **fields))

    def wishes(self, **wishes: Any) -> list[PlanNote]:
        """Choose budgets, goals or own categories."""
        self.revision += 1
        changed = SettingsChanged(
            change_id=f"c{self.revision}",
            user_id=NAME,
            revision=self.revision,
            preferences=Preferences(**wishes),
        )
        preferences(Draft(self.user.book), self.user, Shared(), entry_of(changed))
        return self._observes(changed)

    def has(self, balance_minor: int, on: date, **about: Any) -> list[PlanNote]:
        """Hear from the bank what an account holds at a day's end."""
        self.revision += 1
        usual = {"account_id": "pot", "type": "savings", "currency": "EUR"}
        report = AccountUpdated(
            **{**usual, **about},
            user_id=NAME,
            revision=self.revision,
            balance_minor=balance_minor,
            as_of=datetime.combine(on, time(23, 59), UTC),
        )
        accounts(Draft(self.user.book), self.user, Shared(), entry_of(report))
        return self._observes(report)

    def _observes(self, event: Event, *changes: Change) -> list[PlanNote]:
        """Observe an entry; what is remembered goes through bytes, as it does in the store."""
        view = View(entry_of(event), changes, self.user, Shared(), self.today)
        aggregate(self.user.aggregate, view)
        before = msgspec.msgpack.encode(self.user.plan.cold)
        notes = plan(self.user.plan, view)
        after = msgspec.msgpack.encode(self.user.plan.cold)
        assert self.user.plan.cold_changed == (before != after)
        self.user.plan = Section(None, msgspec.msgpack.decode(after, type=Plans))
        return notes

    @property
    def budgets(self) -> dict[str, BudgetPosition]:
        """Give each budget's position by its id."""
        return {own.budget_id: own for own in budget_positions(self.user, self.today)}

    @property
    def budget(self) -> BudgetPosition:
        """Give the only budget's position."""
        (own,) = budget_positions(self.user, self.today)
        return own

    @property
    def goal(self) -> GoalPosition:
        """Give the only goal's position."""
        (own,) = goal_positions(self.user, self.today)
        return own

    @property
    def way(self) -> TowardAmount:
        """Say how far the only goal's balance has come."""
        toward = self.goal.toward
        assert isinstance(toward, TowardAmount)
        return toward


def entry_of(event: Event) -> Entry:
    return Entry(event, "an-entry", 0)


# It says nothing that plans would look at; what it changed stands beside it.
IMPORTED = FeedbackGiven(
    feedback_id="f1",
    user_id=NAME,
    revision=1,
    about=AboutInsight(kind="insight", verdict="useful", insight_id="an-insight"),
)


def paid(amount_minor: int, on: date, category: str, **fields: Any) -> Transaction:
    """Make a posted transaction of money out; its name is made of what it is unless given."""
    name = fields.pop("name", f"{on}_{amount_minor}_{category}")
    account_id = fields.pop("account_id", "current")
    usual = {"currency": "EUR", "status": "posted", "kind": "transfer", **fields}
    return Transaction(
        identity=identity_of(account_id, name),
        account_id=account_id,
        transaction_id=name,
        amount_minor=-amount_minor,
        booked_on=on.toordinal(),
        category=category,
        **usual,
    )


def budget(limit_minor: int, subject: str = "food", **fields: Any) -> Budget:
    usual = {"budget_id": subject, "currency": "EUR"}
    return Budget(**{**usual, **fields}, subject=subject, limit_minor=limit_minor)


def goal(kind: Any, **fields: Any) -> Goal:
    return Goal(goal_id="a-goal", kind=kind, **{"currency": "EUR", **fields})


def removed(own: Transaction) -> Transaction:
    return msgspec.structs.replace(own, status="removed", gone="removed")


# Laws of periods.


@given(day=st.integers(FIRST, LAST), period=st.sampled_from(("week", "month")))
def test_each_day_lies_in_one_period(day: int, period: Period) -> None:
    first, last = first_day_of(period, day), last_day_of(period, day)

    assert first <= day <= last
    assert {first_day_of(period, each) for each in range(first, last + 1)} == {first}
    assert first_day_of(period, last + 1) == last + 1
    assert last_day_of(period, first - 1) == first - 1


@given(day=st.integers(FIRST, LAST))
def test_a_week_is_one_of_the_iso_calendar(day: int) -> None:
    first = date.fromordinal(first_day_of("week", day))

    assert first.isoweekday() == 1
    assert first.isocalendar()[:2] == date.fromordinal(day).isocalendar()[:2]


@given(
    day=st.integers(FIRST, LAST), period=st.sampled_from(("week", "month")), back=st.integers(0, 20)
)
def test_periods_before_stand_side_by_side(day: int, period: Period, back: int) -> None:
    first = first_day_of(period, day)
    found = periods_before(period, first, since=first - 200, count=back)

    assert len(found) <= back
    assert all(
        last_day_of(period, older) + 1 == newer for newer, older in pairwise([first, *found])
    )
    assert all(newer > first - 200 for newer in [first, *found][:-1])


# Laws of budgets: a position is what a naive reader would count from a list.

TREE = (
    OwnCategory(category="own:boat", name="Boat", parent="travel"),
    OwnCategory(category="own:boat.paint", name="Paint", parent="own:boat"),
    OwnCategory(category="own:red", name="Red paint", parent="own:boat.paint"),
    OwnCategory(category="own:snacks", name="Snacks", parent="food.groceries"),
    OwnCategory(category="own:hen", name="Hen", parent="own:egg"),
    OwnCategory(category="own:egg", name="Egg", parent="own:hen"),
)
BELOW = {
    # By hand, so that the tree is not climbed by the code that it tests.
    "food": {"food.groceries", "food.alcohol_and_tobacco", "own:snacks"},
    "food.groceries": {"food.groceries", "own:snacks"},
    "travel": {"travel.flights", "own:boat", "own:boat.paint", "own:red"},
    "own:boat": {"own:boat", "own:boat.paint", "own:red"},
    "own:hen": {"own:hen", "own:egg"},
    "finance": {"finance.fee"},
    "transfer": {"transfer.savings"},
    "income": {"income.salary"},
    "unknown": {"unknown.unknown"},
    "own:undeclared": set[str](),
}
CATEGORIES = sorted({"own:undeclared.child"}.union(*BELOW.values()))

payments = st.builds(
    paid,
    st.integers(-9_000, 9_000),
    st.sampled_from((0, 1, 6, 7, 8, 11, 12, 20, 40, -5, -7, -20, -40, -80, -200, -500)).map(
        lambda days: BASE + timedelta(days=days)
    ),
    st.sampled_from(CATEGORIES),
    name=st.sampled_from([f"t{number}" for number in range(8)]),
    currency=st.sampled_from(("EUR", "EUR", "EUR", "USD")),
    status=st.sampled_from(("posted", "posted", "pending")),
    kind=st.sampled_from(("", "card", "refund", "transfer")),
    gone=st.sampled_from(("", "", "", "removed", "replaced")),
    refund_of=st.sampled_from((None, None, Tie(1, "current", "a-purchase"))),
)
days = st.sampled_from((0, 1, 6, 7, 8, 12, 13, 40, 41, 70, 130)).map(
    lambda number: BASE + timedelta(days=number)
)
limits = st.integers(1, 20_000)
# Most accidents need company: left alone, Hypothesis draws about six.
sizes = st.integers(1, 30)
histories = sizes.flatmap(
    lambda size: st.lists(payments | payments | days, min_size=size, max_size=size)
)
histories_with_limits = sizes.flatmap(
    lambda size: st.lists(payments | payments | days | limits, min_size=size, max_size=size)
)


def spent_naively(live: list[Transaction], subject: str, first: int, last: int) -> int:
    spent = 0
    for own in live:
        if own.gone or own.currency != "EUR" or not first <= own.booked_on <= last:
            continue
        if subject != "total" and own.category not in BELOW[subject]:
            continue
        group = own.category.partition(".")[0]
        comes_back = own.refund_of is not None or own.kind in {"card", "refund"}
        if group in {"income", "unknown"} and own.amount_minor > 0 and not comes_back:
            continue
        if group == "transfer" or (group == "income" and own.amount_minor < 0):
            continue
        spent -= own.amount_minor
    return spent


def carried_naively(
    live: list[Transaction], subject: str, period: Period, set_on: list[tuple[int, int]], today: int
) -> int:
    carried, end = 0, first_day_of(period, today) - 1
    for _ in range(CARRIED):
        in_force = [limit for day, limit in set_on if day <= end]
        if not in_force:
            break
        first = first_day_of(period, end)
        carried += in_force[-1] - spent_naively(live, subject, first, end)
        end = first - 1
    return carried


@given(
    history=histories_with_limits,
    subject=st.sampled_from(("total", "total", *BELOW)),
    period=st.sampled_from(("month", "week")),
)
def test_a_position_is_what_a_naive_reader_counts(
    history: list[Transaction | date | int], subject: str, period: Period
) -> None:
    home, latest = Home(BASE), dict[int, Transaction]()
    home.wishes(categories=TREE, budgets=(budget(5_000, subject, period=period, rollover=True),))
    set_on = [(home.today, 5_000)]
    for step in history:
        if isinstance(step, date):
            home.sleeps(step)
        elif isinstance(step, int):
            home.wishes(budgets=(budget(step, subject, period=period, rollover=True),))
            set_on.append((home.today, step))
        # What has left the window is not corrected any more.
        elif step.identity not in latest or home.user.book.find(step.identity) is not None:
            home.books(step)
            latest[step.identity] = step

        live, own = list(latest.values()), home.budget
        first, last = first_day_of(period, home.today), last_day_of(period, home.today)
        assert (own.first_day, own.last_day) == (first, last)
        assert own.spent_minor == spent_naively(live, subject, first, last)
        assert own.carried_minor == carried_naively(live, subject, period, set_on, home.today)
        assert own.left_minor == set_on[-1][1] + own.carried_minor - own.spent_minor


@given(seen=st.lists(payments, unique_by=lambda own: own.identity), data=st.data())
def test_neither_the_order_of_arrivals_matters_nor_what_was_taken_back(
    seen: list[Transaction], data: st.DataObject
) -> None:
    wished = tuple(
        budget(1_000, subject, budget_id=f"{subject}-{period}", period=period, rollover=True)
        for subject in ("total", *BELOW)
        for period in ("month", "week")
    )
    homes = [Home(BASE) for _ in range(3)]
    for home in homes:
        home.wishes(categories=TREE, budgets=wished)
    in_order, shuffled, taken_back = homes
    for own in seen:
        in_order.books(own)
    for own in data.draw(st.permutations(seen)):
        shuffled.books(own)
    for own in data.draw(st.permutations(seen)):
        taken_back.books(own)
    for own in data.draw(st.permutations(seen)):
        taken_back.books(removed(own))

    assert in_order.budgets == shuffled.budgets
    assert taken_back.budgets.keys() == in_order.budgets.keys()
    assert {own.spent_minor for own in taken_back.budgets.values()} == {0}


@given(
    amounts=st.lists(st.integers(-500, 5_000), max_size=12),
    names=st.lists(st.sampled_from(sorted(BELOW["travel"])), min_size=12, max_size=12),
)
def test_dividing_a_categorys_spending_among_own_children_leaves_the_parents_position(
    amounts: list[int], names: list[str]
) -> None:
    whole, divided = Home(BASE), Home(BASE)
    for home, named in ((whole, ["travel.flights"] * 12), (divided, names)):
        home.wishes(categories=TREE, budgets=(budget(9_000, "travel"),))
        for number, (amount_minor, name) in enumerate(zip(amounts, named, strict=False)):
            home.pays(amount_minor, BASE, name, name=f"t{number}")

    assert whole.budget == divided.budget


@given(
    spent=st.lists(st.integers(0, 500), min_size=1, max_size=16),
    period=st.sampled_from(("month", "week")),
)
def test_what_is_carried_over_is_the_sum_of_what_the_last_twelve_periods_left(
    spent: list[int], period: Period
) -> None:
    home = Home(BASE)
    home.wishes(budgets=(budget(200, period=period, rollover=True),))
    for number, amount_minor in enumerate(spent):
        home.pays(amount_minor, date.fromordinal(home.today), "food.groceries", name=f"t{number}")
        home.sleeps(date.fromordinal(last_day_of(period, home.today) + 1))

    assert home.budget.carried_minor == sum(200 - each for each in spent[-CARRIED:])


@given(
    history=histories,
    period=st.sampled_from(("month", "week")),
)
def test_a_budget_is_said_to_be_exceeded_once_a_period_and_when_it_is(
    history: list[Transaction | date], period: Period
) -> None:
    home, said = Home(BASE), list[int]()
    home.wishes(budgets=(budget(3_000, "total", period=period, rollover=True),))
    for step in history:
        notes = home.sleeps(step) if isinstance(step, date) else home.books(step)
        for note in notes:
            assert isinstance(note, BudgetExceeded)
            assert note.budget.is_exceeded
            said.append(note.budget.first_day)
        if home.budget.is_exceeded:
            assert home.budget.first_day in said

    assert len(said) == len(set(said))


# Laws of goals.


@given(left=st.integers(0, 10**13), today=st.integers(FIRST, LAST), ahead=st.integers(-60, 4_000))
def test_what_is_needed_a_month_is_enough_and_no_cent_more(
    left: int, today: int, ahead: int
) -> None:
    months = months_left(today, today + ahead)
    needed = -(-left // months)

    assert months >= 1
    assert (needed - 1) * months < left <= needed * months


@given(
    start=st.integers(-5_000, 5_000),
    target=st.integers(1, 9_000),
    moves=st.lists(st.integers(-3_000, 3_000), max_size=10),
)
def test_the_way_to_an_amount_is_that_of_the_balance(
    start: int, target: int, moves: list[int]
) -> None:
    home, said = Home(BASE), list[PlanNote]()
    home.has(start, BASE)
    said += home.wishes(goals=(goal("amount_by_date", amount_minor=target, by=LAST_DATE),))
    now = start
    for number, moved in enumerate(moves):
        tomorrow = BASE + timedelta(days=1)
        said += home.pays(-moved, tomorrow, "transfer.savings", name=f"{number}", account_id="pot")
        now += moved
        way = home.way

        assert (way.start_minor, way.now_minor, way.target_minor) == (start, now, target)
        assert way.left_minor == max(0, target - now)
        assert way.saved_minor == now - start
        assert (way.share_permille == 1000) == (now >= target)
        assert 0 <= way.share_permille <= 1000
    was_there = any(start + sum(moves[:count]) >= target for count in range(len(moves) + 1))
    assert [type(note) for note in said] == [GoalReached] * was_there
    assert (home.goal.reached_on is not None) == was_there


# Stories of budgets.


def march(day: int) -> date:
    return date(2025, 2, 28) + timedelta(days=day)


def test_a_month_is_half_over_and_more_than_half_is_spent() -> None:
    #  March 1           10                15
    #  rent 700.00   groceries 60.00     today: half of 31 days, rounded down
    home = Home(march(1))
    home.wishes(budgets=(budget(10_000),))
    home.pays(70_000, march(1), "housing.rent")
    home.pays(6_000, march(10), "food.groceries")
    home.sleeps(march(15))

    assert home.budget == BudgetPosition(
        budget_id="food",
        subject="food",
        period="month",
        currency="EUR",
        first_day=march(1).toordinal(),
        last_day=march(31).toordinal(),
        days_left=16,
        limit_minor=10_000,
        carried_minor=0,
        spent_minor=6_000,
        left_minor=4_000,
        share_permille=600,
        pace_minor=12_400,  # 60.00 in 15 days, for 31.
    )


def test_a_week_begins_on_monday() -> None:
    #  Sunday 9      Monday 10      Sunday 16     Monday 17
    #  coffee 3.00   coffee 4.00    today         a new week
    home = Home(march(9))
    home.wishes(budgets=(budget(1_000, "dining", period="week"),))
    home.pays(300, march(9), "dining.coffee")
    home.pays(400, march(10), "dining.coffee")

    assert home.budget.spent_minor == 300
    home.sleeps(march(16))
    assert (home.budget.spent_minor, home.budget.days_left) == (400, 0)
    home.sleeps(march(17))
    assert (home.budget.spent_minor, home.budget.days_left) == (0, 6)


def test_a_late_payment_changes_what_was_carried_over() -> None:
    #  January 20    February           March 1                  2
    #  budget 100    60 spent: +40      January's 130: less 30       taken back
    home = Home(BASE)
    home.wishes(budgets=(budget(10_000, rollover=True),))
    home.sleeps(date(2025, 2, 10))
    assert home.budget.carried_minor == 10_000
    home.pays(6_000, date(2025, 2, 10), "food.groceries")
    home.sleeps(march(1))
    assert home.budget.carried_minor == 10_000 + 4_000
    late = paid(13_000, date(2025, 1, 28), "food.groceries")
    home.books(late)
    assert home.budget.carried_minor == -3_000 + 4_000
    assert home.budget.left_minor == 11_000
    home.books(removed(late))
    assert home.budget.carried_minor == 14_000


def test_a_changed_limit_counts_from_the_month_of_its_change() -> None:
    #  January 20   February 20       March 1
    #  100          200               carried over: 100 of January, 200 of February
    home = Home(BASE)
    home.wishes(budgets=(budget(10_000, rollover=True),))
    home.sleeps(date(2025, 2, 20))
    home.wishes(budgets=(budget(20_000, rollover=True),))
    assert (home.budget.limit_minor, home.budget.carried_minor) == (20_000, 10_000)
    home.sleeps(march(1))

    assert home.budget.carried_minor == 30_000


@pytest.mark.parametrize(
    "other", [{"period": "week"}, {"currency": "USD"}, {"subject": "dining"}], ids=str
)
def test_a_budget_about_something_else_begins_anew(other: dict[str, Any]) -> None:
    home = Home(BASE)
    home.wishes(budgets=(budget(10_000, budget_id="mine", rollover=True),))
    home.sleeps(march(20))
    assert home.budget.carried_minor == 20_000
    home.wishes(budgets=(budget(10_000, **{"budget_id": "mine", "rollover": True, **other}),))

    assert home.budget.carried_minor == 0


def test_what_is_too_much_is_said_once_a_month() -> None:
    #  March 3     4          5            6         April 1   2
    #  90          20: said   20 back      30: not   -         110: said
    home = Home(march(1))
    home.wishes(budgets=(budget(10_000),))

    assert home.pays(9_000, march(3), "food.groceries") == []
    (said,) = home.pays(2_000, march(4), "food.groceries")
    assert said == BudgetExceeded(home.budget)
    assert home.pays(-2_000, march(5), "food.groceries") == []
    assert home.pays(3_000, march(6), "food.groceries") == []
    assert home.sleeps(date(2025, 4, 1)) == []
    assert len(home.pays(11_000, date(2025, 4, 2), "food.groceries")) == 1


def test_what_is_over_a_new_limit_is_said_at_once() -> None:
    home = Home(march(1))
    home.pays(9_000, march(1), "food.groceries")

    assert len(home.wishes(budgets=(budget(8_000),))) == 1
    assert home.wishes(budgets=(budget(8_000, rollover=True),)) == []
    assert len(home.wishes(budgets=(budget(7_000),))) == 1
    assert home.wishes(budgets=(budget(9_000),)) == []


def test_what_was_booked_ahead_is_said_when_its_month_begins() -> None:
    #  March 30                     April 1
    #  120 booked for April 1       said
    home = Home(march(30))
    home.wishes(budgets=(budget(10_000),))

    assert home.pays(12_000, date(2025, 4, 1), "food.groceries") == []
    assert home.sleeps(march(31)) == []
    assert len(home.sleeps(date(2025, 4, 1))) == 1


def test_overspending_that_is_carried_over_is_no_news_until_something_is_spent() -> None:
    #  January 20      February 1        2
    #  300 of 100      0 of less 100    1: said
    home = Home(BASE)
    home.wishes(budgets=(budget(10_000, rollover=True),))
    assert len(home.pays(30_000, BASE, "food.groceries")) == 1
    assert home.sleeps(date(2025, 2, 1)) == []
    assert (home.budget.left_minor, home.budget.share_permille) == (-10_000, None)

    assert len(home.pays(100, date(2025, 2, 2), "food.groceries")) == 1


def test_a_budget_that_was_chosen_before_any_day_begins_with_the_first() -> None:
    #  before any day          March 15
    #  budget, 120 spent       said, and nothing is carried over
    home = Home()
    assert home.wishes(budgets=(budget(10_000, rollover=True),)) == []
    assert home.pays(12_000, march(10), "food.groceries") == []
    assert budget_positions(home.user, home.today) == []

    assert len(home.sleeps(march(15))) == 1
    assert home.budget.carried_minor == 0


@pytest.mark.parametrize("period", ["month", "week"])
def test_money_of_each_kind(period: Period) -> None:
    home = Home(march(3))
    subjects = ("total", "finance", "income", "transfer")
    home.wishes(budgets=tuple(budget(1, subject, period=period) for subject in subjects))
    home.pays(10, march(3), "food.groceries")
    home.pays(200, march(3), "finance.fee")
    home.pays(3_000, march(3), "unknown.unknown")
    home.pays(-40_000, march(3), "unknown.unknown", kind="")
    home.pays(-500_000, march(3), "income.salary")
    home.pays(6_000_000, march(3), "transfer.savings")
    home.pays(7_000, march(3), "food.groceries", currency="USD")

    spent = {name: own.spent_minor for name, own in home.budgets.items()}
    assert spent == {"total": 3_210, "finance": 200, "income": 0, "transfer": 0}


def test_one_budget_carries_weeks_over_and_the_other_does_not() -> None:
    #  January 20    27          28
    #  40 of 100     30 of 100   today: 60 are carried over
    home = Home(BASE)
    home.wishes(
        budgets=(
            budget(10_000, period="week", budget_id="plain"),
            budget(10_000, period="week", budget_id="rolls", rollover=True),
        )
    )
    home.pays(4_000, BASE, "food.groceries")
    home.pays(3_000, date(2025, 1, 27), "food.groceries")
    home.sleeps(date(2025, 1, 28))

    left = {name: own.left_minor for name, own in home.budgets.items()}
    assert left == {"plain": 7_000, "rolls": 13_000}


@pytest.mark.parametrize("changes_a_week", [1, 3])
def test_limits_that_nothing_carries_over_any_more_are_forgotten(changes_a_week: int) -> None:
    home = Home(BASE)
    for week in range(1, 31):
        for change in range(changes_a_week):
            home.wishes(budgets=(budget(week * 100 + change, period="week", rollover=True),))
        home.sleeps(date.fromordinal(home.today + 7))

    last = sum(week * 100 + changes_a_week - 1 for week in range(19, 31))
    assert home.budget.carried_minor == last
    assert len(home.user.plan.cold.budgets["food"].limits) == CARRIED + 1


def test_a_budget_that_is_gone_leaves_no_trace() -> None:
    home = Home(march(1))
    home.wishes(
        budgets=(budget(10_000), budget(20_000)),  # Of one id: the first counts.
        goals=(goal("savings_rate", rate=0.2),),
    )
    assert home.budget.limit_minor == 10_000
    home.wishes(budgets=None, goals=())

    assert home.user.plan.cold == Plans()


# Stories of goals.


def test_saving_for_a_holiday() -> None:
    #  March 1              April 1        May 1         May 10
    #  200 of 1,000         +300           +300          +200: reached
    #  by July 31: 5 months                              and the holiday is paid for
    home = Home(march(1))
    home.has(20_000, march(1))
    home.wishes(goals=(goal("amount_by_date", amount_minor=100_000, by=date(2025, 7, 31)),))
    assert home.way == TowardAmount(20_000, 20_000, 100_000, 0, 80_000, 0, 0, 16_000)

    home.sleeps(date(2025, 4, 2))
    home.pays(-30_000, date(2025, 4, 1), "transfer.savings", account_id="pot")
    home.sleeps(date(2025, 5, 2))
    home.pays(-30_000, date(2025, 5, 1), "transfer.savings", account_id="pot")
    # Of 80 % that were missing, 60 are there; February to April brought 300 in all.
    assert home.way == TowardAmount(20_000, 80_000, 100_000, 60_000, 20_000, 750, 10_000, 6_667)

    assert home.pays(-20_000, date(2025, 5, 2), "other", account_id="pot", status="pending") == []
    home.sleeps(date(2025, 5, 10))
    (said,) = home.pays(-20_000, date(2025, 5, 10), "transfer.savings", account_id="pot")
    assert isinstance(said, GoalReached)
    assert said.goal == home.goal
    assert home.goal.reached_on == date(2025, 5, 10).toordinal()
    assert home.way.needed_minor == 0

    assert home.pays(90_000, date(2025, 6, 1), "travel.other", account_id="pot") == []
    assert home.sleeps(date(2025, 8, 2)) == []
    assert (home.goal.missed_on, home.way.now_minor) == (None, 10_000)


def test_a_goal_is_missed_the_day_after_its_last() -> None:
    #  March 1             10             11        12          13
    #  500 by March 10     still 100      missed    reached     moved on: missed no more
    home = Home(march(1))
    home.has(10_000, march(1))
    home.wishes(goals=(goal("amount_by_date", amount_minor=50_000, by=march(10)),))

    assert home.sleeps(march(10)) == []
    (said,) = home.sleeps(march(11))
    assert isinstance(said, GoalMissed)
    assert said.goal.missed_on == march(11).toordinal()
    assert home.sleeps(march(12)) == []
    (said_late,) = home.has(50_000, march(12))
    assert isinstance(said_late, GoalReached)
    assert home.wishes(goals=(goal("amount_by_date", amount_minor=60_000, by=march(20)),)) == []
    assert (home.goal.reached_on, home.goal.missed_on) == (None, None)
    assert home.way.start_minor == 10_000


def test_a_start_is_what_the_bank_says_as_soon_as_it_does() -> None:
    #  March 1      2                    3
    #  a goal       50 has moved in      the bank: 250 in all
    home = Home(march(1))
    home.wishes(
        goals=(goal("amount_by_date", amount_minor=50_000, by=march(31), account_id="pot"),)
    )
    assert home.goal.toward is None
    home.pays(-5_000, march(2), "transfer.savings", account_id="pot")
    assert home.way.start_minor == 5_000
    home.has(25_000, march(3))
    assert (home.way.start_minor, home.way.saved_minor) == (25_000, 0)
    home.has(30_000, march(4))
    assert (home.way.start_minor, home.way.saved_minor) == (25_000, 5_000)


def test_the_pace_is_that_of_the_full_months_in_the_window() -> None:
    #  February    March    April    May 30
    #  900         200      101      400, and April's 50 are pending: 301 in two months
    home = Home(date(2025, 2, 1))
    home.has(0, date(2025, 2, 1))
    home.wishes(goals=(goal("amount_by_date", amount_minor=90_000, by=LAST_DATE),))
    for month, amount_minor in ((2, 900), (3, 200), (4, 101), (5, 400)):
        on = date(2025, month, 15)
        home.sleeps(on)
        home.pays(-amount_minor, on, "transfer.savings", account_id="pot")
        home.pays(-7, on, "transfer.savings", account_id="pot", currency="USD")
        home.pays(-7, on, "transfer.savings")
    hold = {"account_id": "pot", "status": "pending"}
    home.pays(-50, date(2025, 4, 20), "transfer.savings", **hold)
    home.pays(-50, date(2025, 4, 20), "transfer.savings", **hold, name="gone", gone="expired")
    home.sleeps(date(2025, 5, 30))

    assert home.way.pace_minor == 150


def test_a_closed_account_holds_nothing_that_is_saved() -> None:
    home = Home(march(1))
    home.has(10_000, march(1))
    home.has(20_000, march(1), account_id="old-pot")
    home.has(99_000, march(1), account_id="dollars", currency="USD")
    home.has(99_000, march(1), account_id="current", type="checking")
    home.wishes(goals=(goal("amount_by_date", amount_minor=90_000, by=march(31)),))
    assert home.way.now_minor == 30_000
    home.has(20_000, march(2), account_id="old-pot", status="closed")

    assert home.way.now_minor == 10_000


@pytest.mark.parametrize(
    ("amount_minor", "paid_minor", "share_permille"),
    [(None, 40_000, 400), (80_000, 40_000, 500), (999_000, 40_000, 400), (80_000, 80_000, 1000)],
)
def test_paying_down_a_debt(amount_minor: int | None, paid_minor: int, share_permille: int) -> None:
    home = Home(march(1))
    home.has(-100_000, march(1), account_id="loan", type="loan")
    home.wishes(goals=(goal("debt_paid", account_id="loan", amount_minor=amount_minor),))
    assert home.way.share_permille == 0
    said = home.pays(-paid_minor, march(2), "transfer.loan", account_id="loan")

    assert home.way.share_permille == share_permille
    assert len(said) == (share_permille == 1000)


def test_a_savings_rate_is_reached_in_a_full_month() -> None:
    #  February               March 2                 April 1
    #  1,000 in, 900 out      1,000 in, 700 out       reached: 30 % of March
    home = Home(date(2025, 2, 1))
    home.wishes(goals=(goal("savings_rate", rate=0.3),))
    home.pays(-100_000, date(2025, 2, 1), "income.salary")
    home.pays(90_000, date(2025, 2, 2), "housing.rent")
    assert home.goal.toward == TowardRate(300, 100, None)
    assert home.sleeps(march(2)) == []
    home.pays(-100_000, march(2), "income.salary")
    home.pays(70_000, march(2), "housing.rent")
    assert home.goal.toward == TowardRate(300, 300, 100)

    (said,) = home.sleeps(date(2025, 4, 1))
    assert isinstance(said, GoalReached)
    assert said.goal.toward == TowardRate(300, None, 300)


def test_an_emergency_fund_lasts_for_months() -> None:
    #  January   February   March   April 1
    #  nothing   200        101     two months of 150.50: 301.00 of savings
    home = Home(BASE)
    home.wishes(goals=(goal("emergency_fund", months=2, by=date(2025, 6, 1)),))
    assert home.goal.toward is None
    home.pays(20_000, date(2025, 2, 1), "food.groceries")
    home.pays(10_100, march(1), "food.groceries")
    home.sleeps(date(2025, 4, 1))
    assert home.goal.toward is None
    home.has(15_050, date(2025, 4, 1))
    assert home.way == TowardAmount(0, 15_050, 30_100, 15_050, 15_050, 500, 0, 7_525, 1_000)

    (said,) = home.has(30_100, date(2025, 4, 1))
    assert isinstance(said, GoalReached)
    assert home.way.lasts_permille == 2_000


# Over the whole chain, with a state that is stored and read after each entry.


def test_a_household_keeps_its_plans_in_the_store() -> None:
    #  March 1            3                        5
    #  budgets, a goal    groceries, pending       posted, a little more
    home = Household()
    home.sleeps(march(1))
    home.hears(
        SettingsChanged(
            change_id="c1",
            user_id=home.user.user_id,
            revision=1,
            preferences=Preferences(
                budgets=(budget(10_000), budget(2_000, period="week", budget_id="weekly")),
                goals=(goal("debt_paid", account_id="current-account", amount_minor=500),),
            ),
        )
    )
    home.pays(5_000, march(3), "hold", status="pending", mcc="5411")
    home.pays(5_600, march(5), "posted", pending_transaction_id="hold", mcc="5411")
    home.sleeps(march(5))

    positions = budget_positions(home.user, march(5).toordinal())
    assert [own.spent_minor for own in positions] == [5_600, 5_600]
    exceeded = {name: own.exceeded for name, own in home.user.plan.cold.budgets.items()}
    assert exceeded == {"food": 0, "weekly": march(3).toordinal()}
    (standing,) = goal_positions(home.user, march(5).toordinal())
    assert isinstance(standing.toward, TowardAmount)
