from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample.births import Circumstances, born
from sample.concerns.habits import Habits
from sample.concerns.limits import WORRYING_MINOR
from sample.concerns.people import CRIMES, SUSPICIONS, Opinions, Person
from sample.concerns.wishes import Wishes, own_categories, subjects
from sample.days import ONE_DAY
from sample.filing import AS_BUILT_IN, Filing, OwnLabel, filing_of
from sample.household import Concern, Household
from sample.payees import Payee
from sample.truth import TrueEvent, TrueTransaction
from schemas.accounts import AccountUpdated
from schemas.feedback import AboutCategory, AboutFraud, FeedbackGiven
from schemas.preferences import SettingsChanged
from schemas.reading import Accepted, read
from schemas.taxonomy import GROUPS, LEAVES, leaf
from schemas.topics import TOPIC_OF
from schemas.transactions import TransactionImported

START, END = date(2025, 1, 1), date(2026, 4, 1)
SETTLED = END - timedelta(days=45)
"""Until then, all that happened is told of before the end."""
OWN = filing_of([OwnLabel(f"our-{group}", f"Our {group}", "", (group,)) for group in GROUPS])
WAGES = Payee("Wages", "income.salary", "salary")
RENT = Payee("Landlord", "housing.rent", "transfer")
CAFE = Payee("Cafe", "dining.coffee", "card")

seeds = st.integers(0, 2**32)
few = settings(max_examples=7)


class Swings:
    """Money that comes now and then, and goes in large pieces."""

    def live(self, home: Household) -> None:
        if home.dice.permille(60):
            home.book(home.checking, WAGES, home.scaled(home.dice.between(20_000, 150_000)))
        if home.dice.permille(40):
            minor = max(1_000, home.checking.balance_minor)
            home.book(home.checking, RENT, -minor * home.dice.between(50, 110) // 100)


class Refunds:
    """Money back for coffee, now and then quite a lot of it."""

    def live(self, home: Household) -> None:
        if home.dice.permille(60):
            home.book(home.checking, CAFE, home.scaled(home.dice.between(500, 9_000)))


class Happening:
    """Something that is noted as an event, and the payments that belong to it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def live(self, home: Household) -> None:
        if home.dice.permille(200):
            event_id = home.note(self.kind, home.checking, 900)
            for _ in range(2):
                home.book(home.checking, CAFE, -900, event=event_id)


@dataclass
class Lived:
    """What a household published, on which day, and what was true."""

    home: Household
    events: list[tuple[date, object]] = field(default_factory=list)
    payments: dict[str, TrueTransaction] = field(default_factory=dict)
    noted: list[TrueEvent] = field(default_factory=list)

    def said(self) -> Iterator[tuple[date, FeedbackGiven]]:
        for day, event in self.events:
            if isinstance(event, FeedbackGiven):
                yield day, event

    def posted(self) -> dict[str, date]:
        """Say when each transaction was first published as posted."""
        days: dict[str, date] = {}
        for day, event in self.events:
            if isinstance(event, TransactionImported) and event.status == "posted":
                days.setdefault(event.transaction_id, day)
        return days

    def changes(self) -> Iterator[tuple[date, SettingsChanged]]:
        for day, event in self.events:
            if isinstance(event, SettingsChanged):
                yield day, event


def lived(
    seed: int,
    concerns: Callable[[Household], Iterable[Concern]],
    *,
    filing: Filing = AS_BUILT_IN,
) -> Lived:
    home = born(1, Circumstances(seed, START, END, filing=filing))
    home.heard.clear()
    home.concerns = tuple(concerns(home))
    told = Lived(home)
    day = home.start
    while day < END:
        loaded_on = home.joins_on if day < home.joins_on else None
        told.events += [(max(day, home.joins_on), own) for own in home.live(day, loaded_on)]
        for row in home.truths():
            if isinstance(row, TrueTransaction):
                told.payments[row.transaction_id] = row
            elif isinstance(row, TrueEvent):
                told.noted.append(row)
        day += ONE_DAY
    return told


def people(home: Household) -> tuple[Concern, ...]:
    return (Swings(), Habits(home), Opinions(home), Refunds(), Wishes(home))


# How payments are filed.


@few
@given(seeds, st.sampled_from([AS_BUILT_IN, OWN]))
def test_people_file_what_the_feed_told_of_some_days_after_and_mostly_rightly(
    seed: int, filing: Filing
) -> None:
    told = lived(seed, people, filing=filing)
    opinions = next(own for own in told.home.concerns if isinstance(own, Opinions))
    first: dict[str, date] = {}
    posted = told.posted()
    for day, said in told.said():
        assert isinstance(said.about, AboutCategory)
        paid = told.payments[said.about.transaction_id]
        days = (first.setdefault(said.feedback_id, day) - posted[paid.transaction_id]).days
        assert 1 <= days <= 9
        assert (day - posted[paid.transaction_id]).days <= 12
        assert (said.user_id, said.about.account_id) == (paid.user_id, paid.account_id)
        assert not paid.is_backfill
        right = said.about.category == filing.wire_id(paid.category)
        assert right == (opinions.manner != "wrongly")


@few
@given(seeds)
def test_some_say_the_same_twice_and_nobody_says_two_things_of_one_payment(seed: int) -> None:
    told = lived(seed, people)
    by_id: defaultdict[str, list[FeedbackGiven]] = defaultdict(list)
    for _, said in told.said():
        by_id[said.feedback_id].append(said)

    assert all(len({one.to_json() for one in own}) == 1 for own in by_id.values())
    assert all(len(own) <= 2 for own in by_id.values())


def test_a_town_has_all_manners_and_few_file_everything() -> None:
    homes = [born(number, Circumstances(1, START, END)) for number in range(1, 601)]
    concerns = [concern for home in homes for concern in home.concerns]
    manners = Counter(own.manner for own in concerns if isinstance(own, Opinions))

    assert manners.most_common(1)[0][0] == "rarely"
    assert 15 <= manners["always"] <= 50
    assert 6 <= manners["wrongly"] <= 35
    assert manners["never"] > manners["often"] > 0


def test_a_mistaken_person_chooses_another_of_their_own_labels() -> None:
    def concerns(home: Household) -> list[Concern]:
        return [Opinions(home), Swings(), Habits(home)]

    towns = (Circumstances(seed, START, END, filing=OWN) for seed in count())
    town = next(own for own in towns if Opinions(born(1, own)).manner == "wrongly")
    told = lived(town.seed, concerns, filing=OWN)
    filed = [said.about for _, said in told.said()]
    spending = [own.id for own in LEAVES.values() if own.kind == "spending"]

    assert len(filed) > 5
    for about in filed:
        assert isinstance(about, AboutCategory)
        true = told.payments[about.transaction_id].category
        assert about.category != OWN.wire_id(true)
        spent = leaf(true).kind == "spending"
        assert not spent or about.category in {OWN.wire_id(own) for own in spending}


# Fraud.


@pytest.mark.parametrize("kind", sorted(CRIMES | SUSPICIONS))
def test_fraud_is_confirmed_and_what_only_looks_like_it_denied(kind: str) -> None:
    told = lived(3, lambda home: [Happening(kind), Opinions(home)])
    judged: defaultdict[str, set[str]] = defaultdict(set)
    for day, said in told.said():
        if isinstance(said.about, AboutFraud):
            paid = told.payments[said.about.transaction_id]
            assert said.about.verdict == ("confirmed" if kind in CRIMES else "denied")
            assert 1 <= (day - told.posted()[paid.transaction_id]).days <= 8
            assert paid.event_id is not None
            judged[paid.event_id].add(paid.transaction_id)

    assert 0.3 * len(told.noted) < len(judged) < 0.9 * len(told.noted)
    assert Counter(map(len, judged.values())).most_common(1)[0][0] == 2


def test_of_other_events_nobody_speaks_as_of_fraud() -> None:
    told = lived(3, lambda home: [Happening("fee"), Opinions(home)])

    assert told.noted
    assert not [said for _, said in told.said() if isinstance(said.about, AboutFraud)]


# Preferences.


@few
@given(seeds, st.sampled_from([AS_BUILT_IN, OWN]))
def test_preferences_are_set_on_joining_and_each_change_is_a_greater_revision(
    seed: int, filing: Filing
) -> None:
    told = lived(seed, people, filing=filing)
    changes = [*told.changes()]
    (joined, first), later = changes[0], changes[1:]

    assert joined == told.home.joins_on
    assert [change.revision for _, change in changes] == [*range(1, len(changes) + 1)]
    assert all(day.day == 1 for day, _ in later)
    market = told.home.market
    wished = first.preferences
    assert (wished.time_zone, wished.locale, wished.base_currency) == (
        (market.time_zone, market.locale, market.currency)
    )
    for _, change in later:
        assert len(change.preferences.model_fields_set) == 1
    for _, change in changes:
        assert isinstance(read(TOPIC_OF[SettingsChanged], change.to_json(), []), Accepted)


@few
@given(seeds)
def test_own_categories_and_budgets_stand_in_the_taxonomy_that_is_given(seed: int) -> None:
    told = lived(seed, people, filing=OWN)
    (_, first), *_ = told.changes()
    categories = {own.category: own.parent for own in first.preferences.categories or ()}

    assert categories == {f"own:our-{group}": group for group in GROUPS}
    for budget in first.preferences.budgets or ():
        assert budget.subject == "total" or budget.subject in categories
    for rule in first.preferences.filing_rules or ():
        assert rule.category in categories


@few
@given(seeds)
def test_an_own_rule_files_below_what_its_merchant_really_is(seed: int) -> None:
    told = lived(seed, people)
    (_, first), *_ = told.changes()
    parents = {own.category: own.parent for own in first.preferences.categories or ()}
    of_merchant = {
        payee.name: payee.category
        for payees in told.home.market.payees.values()
        for payee in payees
    }

    for rule in first.preferences.filing_rules or ():
        assert parents[rule.category] == of_merchant[str(rule.merchant)]


def test_a_label_below_another_keeps_its_parent_and_one_that_covers_nothing_is_left_out() -> None:
    groups = [OwnLabel(f"our-{group}", group, "all", (group,)) for group in GROUPS]
    filing = filing_of([*groups, OwnLabel("all", "All"), OwnLabel("empty", "Empty")])
    parents = {own.category: own.parent for own in own_categories(filing)}

    assert parents["own:our-food"] == "own:all"
    assert parents["own:all"] in GROUPS
    assert "own:empty" not in parents


def test_a_budgets_leaves_are_its_subjects_and_only_spending() -> None:
    found = subjects(AS_BUILT_IN)

    assert found["dining.coffee"] == ("dining.coffee",)
    assert set(found["food"]) == {own for own in LEAVES if own.startswith("food.")}
    assert set(found["total"]) == {own.id for own in LEAVES.values() if own.kind == "spending"}
    assert set(subjects(OWN)["own:our-food"]) == set(found["food"])


# What crosses limits, recounted from what was published.


def sums(told: Lived, pays: Callable[[TrueTransaction], bool]) -> list[tuple[date, date, int]]:
    """Give what really happened once each: when it was posted, told of, and how much it was."""
    renamed = {
        row.replaced_by
        for row in told.payments.values()
        if row.replaced_by is not None and not row.is_pending
    }
    return [
        (row.booked_on, row.published_on, row.amount_minor)
        for row in told.payments.values()
        if pays(row)
        and not row.is_pending
        and (row.gone_on is None or row.replaced_by is not None)
        and row.transaction_id not in renamed
    ]


def by_day(
    moved: Iterable[tuple[date, int]], since: date, already_minor: int = 0
) -> Iterator[tuple[date, int]]:
    """Give what has come together until each day."""
    on: defaultdict[date, int] = defaultdict(int)
    for day, minor in moved:
        on[max(day, since)] += minor
    day = since
    while day < END:
        already_minor += on[day]
        yield day, already_minor
        day += ONE_DAY


@few
@given(seeds)
def test_a_low_balance_is_noted_once_a_fall_as_soon_as_it_can_be_seen(seed: int) -> None:
    told = lived(seed, people)
    checking, joined = told.home.checking.account_id, told.home.joins_on
    opening_minor = next(
        own.balance_minor or 0
        for _, own in told.events
        if isinstance(own, AccountUpdated) and own.account_id == checking
    )
    paid = sums(told, lambda row: row.account_id == checking)
    known = by_day([(seen, minor) for _, seen, minor in paid], joined, opening_minor)
    wished = {
        day: rule.parameters["below_minor"]
        for day, change in told.changes()
        for rule in change.preferences.alert_rules or ()
    }
    expected, is_low, below_minor = [], False, WORRYING_MINOR
    for day, posted_minor in by_day([(on, minor) for on, _, minor in paid], joined, opening_minor):
        _, known_minor = next(known)
        below_minor = wished.get(day, below_minor)
        if posted_minor >= below_minor:
            is_low = False
        elif not is_low and known_minor < below_minor:
            is_low = True
            expected.append((day, posted_minor, checking))

    noted = [own for own in told.noted if own.kind == "low_balance"]
    found = [(own.known_on, own.amount_minor, own.account_id) for own in noted]
    assert [own for own in found if own[0] < SETTLED] == [
        own for own in expected if own[0] < SETTLED
    ]


@few
@given(seeds)
def test_a_budget_is_exceeded_once_a_month_as_soon_as_it_can_be_seen(seed: int) -> None:
    told = lived(seed, people)
    budgets = {
        (day, budget.budget_id): budget
        for day, change in told.changes()
        for budget in change.preferences.budgets or ()
    }
    expected = []
    for _, own in sorted({(one.budget_id, one.subject) for one in budgets.values()}):
        leaves = subjects(AS_BUILT_IN)[own]
        paid = sums(told, partial(is_in, leaves))
        for month in sorted({on.replace(day=1) for on, _, _ in paid}):
            since = max(month, told.home.joins_on)
            budget_id = f"{own}-a-month"
            limits = [budgets[key] for key in sorted(budgets) if key[0] <= since]
            limit = next((one for one in reversed(limits) if one.budget_id == budget_id), None)
            if limit is None:
                continue
            this = [one for one in paid if one[0].replace(day=1) == month]
            posted = by_day([(on, -minor) for on, _, minor in this], since)
            known = by_day([(seen, -minor) for _, seen, minor in this], since)
            has_passed = False
            for (day, posted_minor), (_, known_minor) in zip(posted, known, strict=True):
                in_month = day.replace(day=1) == month
                has_passed |= in_month and posted_minor > limit.limit_minor
                if has_passed and known_minor > limit.limit_minor:
                    expected.append((budget_id, day, known_minor))
                    break

    noted = [own for own in told.noted if own.kind == "budget_exceeded"]
    found = [(own.subject, own.known_on, own.amount_minor) for own in noted]
    assert sorted(own for own in found if own[1] < SETTLED) == sorted(
        own for own in expected if own[1] < SETTLED
    )


def is_in(leaves: tuple[str, ...], row: TrueTransaction) -> bool:
    return row.category in leaves


def test_limits_are_crossed_often_enough_to_measure_something() -> None:
    noted = Counter(own.kind for seed in range(12) for own in lived(seed, people).noted)

    assert noted["low_balance"] > 12
    assert noted["budget_exceeded"] > 12


def test_nobody_sets_a_limit_that_is_used_up_already() -> None:
    told = [lived(seed, people) for seed in range(12)]
    early = [
        own
        for one in told
        for own in one.noted
        if own.kind == "budget_exceeded" and own.known_on <= one.home.joins_on
    ]
    assert [one for one in told if next(one.changes())[1].preferences.budgets]
    assert early == []


# Alerts.


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), seeds, st.booleans())
def test_an_answer_is_decided_by_who_is_asked_and_what(
    user_id: str,
    alert_id: str,
    seed: int,
    was_right: bool,  # noqa: FBT001  Drawn.
) -> None:
    answer = Person.of(user_id, seed).answer(alert_id, was_right=was_right)

    assert answer == Person.of(user_id, seed).answer(alert_id, was_right=was_right)
    if answer is not None:
        assert answer.verdict in {"useful", "dismissed", "normal"}
        assert 0 <= answer.days <= 6


def test_people_say_more_often_of_right_alerts_that_they_were_useful() -> None:
    said: dict[bool, Counter[str | None]] = {True: Counter(), False: Counter()}
    for number in range(400):
        person = Person.of(f"household-{number:03}", 1)
        for alert in range(5):
            for was_right, counted in said.items():
                answer = person.answer(f"a-{number}-{alert}", was_right=was_right)
                counted[answer and answer.verdict] += 1

    assert said[True]["useful"] > said[True]["dismissed"] + said[True]["normal"]
    assert said[False]["dismissed"] + said[False]["normal"] > 5 * said[False]["useful"]
    assert said[True][None] == said[False][None] > 1_000


def test_people_differ_in_how_much_they_answer() -> None:
    answering = [Person.of(f"household-{number:03}", 1).answers_permille for number in range(200)]

    assert min(answering) < 60
    assert max(answering) > 600
