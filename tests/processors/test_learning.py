"""What users say of categories is learned, followed, and taken back as if never said."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import process_time
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.evidence import FAINTNESS, weight_on
from processors.state.labels import GIVEN_MAX, MERCHANTS_MAX, PLACES_MAX, Labels
from processors.state.sections import Total
from processors.state.verdict import Verdict
from schemas.event import Event, UserEvent
from schemas.feedback import FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, LessonsTaught, ModelActivated, Policy, PolicyActivated
from schemas.preferences import (
    Features,
    FilingRule,
    OwnCategory,
    Preferences,
    SettingsChanged,
)
from schemas.refusals import Code, Refusal
from schemas.transactions import TransactionEnriched
from tests.partition import Partition
from tests.processors.household import CURRENT, NAME, Household, of_fraud, paid, said
from tests.tiny_artifacts import FIRST, named

FEBRUARY, MARCH = 202502, 202503
OTHER, NEWCOMER = "household-2", "household-18"
# Names that say nothing, and names that say something.
MERCHANTS = ("MARLOW 12", "VENTO", "TRATTORIA ROMA", "CITY RAILWAY")
BAR, BOOKS, COFFEE, GROCERIES = "dining.bar", "shopping.books", "dining.coffee", "food.groceries"
CATEGORIES = (BAR, BOOKS, COFFEE, "dining.restaurant")
NAMES = tuple(f"t{number}" for number in range(8))


def march(day: int) -> date:
    return date(2025, 3, 1) + timedelta(days=day - 1)


@pytest.fixture
def home() -> Household:
    return Household()


@dataclass
class Listening(Partition):
    """A partition that remembers what was taught, too."""

    taught: list[LessonsTaught] = field(default_factory=list)

    def fold(self, event: Event) -> list[UserEvent]:
        if isinstance(event, LessonsTaught):
            self.taught.append(event)
        return super().fold(event)

    @property
    def lessons(self) -> dict[tuple[str, str], int]:
        """Sum what was taught of each merchant and category; nothing where it is undone."""
        sums: Counter[tuple[str, str]] = Counter()
        for one in self.taught:
            for lesson in one.lessons:
                sums[lesson.merchant_key, lesson.category] += lesson.weight
        return {name: weight for name, weight in sums.items() if weight}

    def view(self, name: str, user_id: str = NAME) -> TransactionEnriched:
        """Give what was last published of a transaction."""
        return next(
            one.event
            for one in reversed(self.published)
            if isinstance(one.event, TransactionEnriched)
            if (one.event.user_id, one.event.transaction_id) == (user_id, name)
        )


def chosen(revision: int, **members: Any) -> SettingsChanged:
    return SettingsChanged(
        change_id=f"c{revision}",
        user_id=NAME,
        revision=revision,
        preferences=Preferences(**members),
    )


def a_day(day: date, user_id: str = NAME) -> DayPassed:
    return DayPassed(bucket=bucket_of(user_id), day=day)


def labels_of(partition: Partition, user_id: str = NAME) -> Labels:
    return partition.user(user_id).labels.cold


# Strategies: a few transactions at a few merchants, and what is said of them.

texts = st.sampled_from(MERCHANTS)
names = st.sampled_from(NAMES)
categories = st.sampled_from(CATEGORIES)
private_kinds = st.sampled_from((None, "card", "transfer"))
imports = st.tuples(*(st.tuples(texts, private_kinds, st.integers(1, 4)) for _ in NAMES))
answers = st.tuples(names, st.sampled_from(("set", "set", "accepted", "rejected")), categories)
payments = st.tuples(st.just("pay"), texts, st.integers(5, 12))
passing = st.tuples(st.just("day"), st.integers(0, 30), st.none())


def imported(seen: Iterable[tuple[str, str | None, int]]) -> list[Event]:
    """Import all transactions, before anything is said of them."""
    return [
        paid(1_000 + number, march(day), name, description=text, kind=kind)
        for number, (name, (text, kind, day)) in enumerate(zip(NAMES, seen, strict=True))
    ]


def lived(steps: Iterable[tuple[Any, Any, Any]]) -> list[Event]:
    """Tell steps as entries: payments, days, and answers with a revision each."""
    entries: list[Event] = []
    for number, (one, other, last) in enumerate(steps):
        if one == "pay":
            entries.append(paid(500, march(last), f"p{number}", description=other))
        elif one == "day":
            entries.append(a_day(march(1) + timedelta(days=other)))
        else:
            category = last if other == "set" else None
            entries.append(said(one, other, category, revision=number + 1))
    return entries


# A correction wins at once, and for good.


@given(
    seen=imports,
    steps=st.lists(answers | answers | payments | passing, max_size=12),
    name=names,
    category=categories,
    on=st.integers(5, 40),
)
def test_the_next_sight_of_a_corrected_merchant_follows_the_correction(
    seen: Any, steps: list[Any], name: str, category: str, on: int
) -> None:
    partition = Listening().fold_all([*imported(seen), *lived(steps)])
    assume(partition.view(name).category != category)  # Else it is no correction.
    partition.fold(said(name, "set", category, revision=100))
    text = seen[NAMES.index(name)][0]

    (next_sight,) = partition.fold(paid(700, march(on), "next", description=text))[:1]

    assert isinstance(next_sight, TransactionEnriched)
    assert (next_sight.category, next_sight.outcome) == (category, "file")
    assert next_sight.reason.level == "merchant"
    # So do all of that day.
    partition.fold(paid(800, march(on), "same-day", description=text))
    assert partition.view("same-day").category == category


@given(
    seen=imports,
    steps=st.lists(answers | payments | passing, max_size=12),
    others=st.lists(st.tuples(names, categories), max_size=8),
    category=categories,
)
def test_it_is_followed_for_good_while_no_label_of_the_users_disagrees(
    seen: Any, steps: list[Any], others: list[tuple[str, str]], category: str
) -> None:
    text = MERCHANTS[0]
    elsewhere = [step for step in steps if step[0] not in NAMES or seen_at(seen, step[0]) != text]
    partition = Listening().fold_all(
        [*imported(seen), paid(900, march(4), "own", description=text)]
    )
    partition.fold(said("own", "set", category))
    # Others may call it what they like.
    for number, (name, of_others) in enumerate(others):
        theirs = paid(950, march(4), name, user_id=OTHER, description=text)
        partition.fold_all([theirs, said(name, "set", of_others, number + 1, OTHER)])
    partition.fold_all(lived(elsewhere))

    for month in range(6):
        partition.fold(a_day(march(31) + timedelta(days=40 * month)))
        on = march(31) + timedelta(days=40 * month)
        partition.fold(paid(700, on, f"next-{month}", description=text))
        found = partition.view(f"next-{month}")
        assert (found.category, found.reason.level) == (category, "merchant")


def seen_at(seen: Any, name: str) -> str:
    text: str = seen[NAMES.index(name)][0]
    return text


def test_a_correction_waits_for_the_next_sight_longer_than_the_window() -> None:
    #  March 1: five payments              July 29: the next
    #  four bars, then "no, books"          books
    partition = Listening()
    partition.fold_all([paid(900, march(1), name, description="MARLOW") for name in "abcde"])
    partition.fold_all([said(name, "set", BAR) for name in "abcd"])
    partition.fold(said("e", "set", BOOKS))
    for days in (30, 60, 90, 120, 150):
        partition.fold(a_day(march(1) + timedelta(days=days)))

    partition.fold(paid(900, march(1) + timedelta(days=150), "next", description="MARLOW"))

    assert partition.view("next").category == BOOKS


def test_what_is_undecided_is_asked_of_the_counts_once_it_was_followed(home: Household) -> None:
    #  March 1 ..  4: bar, bar, bar, books         5         6
    #                              └ corrects     books     mostly bar
    for day, category in enumerate((BAR, BAR, BAR, BOOKS), start=1):
        home.pays(900, march(day), f"t{day}", description="MARLOW")
        home.files(f"t{day}", category)
    home.pays(900, march(5), "five", description="MARLOW")
    home.pays(900, march(6), "six", description="MARLOW")

    assert (home.view("five").category, home.view("five").reason.level) == (BOOKS, "merchant")
    six = home.view("six")
    assert six.reason.level != "merchant"
    assert BAR in {six.category, *(other.category for other in six.alternatives)}


def test_who_goes_back_to_what_we_had_said_corrects_as_well(home: Household) -> None:
    #  March 1 .. 4: filed as meals      "bars, all four"    "the first was a meal after all"
    #                                         5: a bar                6: a meal
    for day in (1, 2, 3, 4):
        home.pays(900, march(day), f"t{day}", description="TRATTORIA ROMA")
    for day in (1, 2, 3, 4):
        home.files(f"t{day}", BAR)
    home.pays(900, march(5), "five", description="TRATTORIA ROMA")
    home.files("t1", "dining.restaurant")
    home.pays(900, march(6), "six", description="TRATTORIA ROMA")

    assert home.view("five").category == BAR
    assert home.view("six").category == "dining.restaurant"


def test_what_was_switched_off_has_followed_nothing(home: Household) -> None:
    #  bar, bar, bar, then "no, books"     switched off: a payment     on again: books
    for day, category in enumerate((BAR, BAR, BAR, BOOKS), start=1):
        home.pays(900, march(day), f"t{day}", description="MARLOW")
        home.files(f"t{day}", category)
    home.hears(chosen(10, features=Features(categorization=False)))
    home.pays(900, march(5), "off", description="MARLOW")
    home.hears(chosen(11, features=Features()))
    home.pays(900, march(6), "on", description="MARLOW")

    assert home.view("off").outcome == "ask"
    assert home.view("on").category == BOOKS


# Taking back.


def whatever_it_showed(steps: Iterable[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
    """Let only first answers reject: what a later one is about depends on what was said before."""
    heard, told = set(), []
    for one, other, last in steps:
        verdict = other
        if one in NAMES:
            verdict = "rejected" if other == "rejected" and one not in heard else "set"
        heard.add(one)
        told.append((one, verdict, last))
    return told


def without_tombstones(labels: Labels) -> Labels:
    given = {identity: own for identity, own in labels.given.items() if own.says_something}
    return msgspec.structs.replace(labels, given=given)


def without_what_others_call_it(labels: Labels) -> Labels:
    """Leave out what others would call it: the user is one of those of whom it is learned."""
    given = {
        identity: msgspec.structs.replace(own, likely="")
        for identity, own in labels.given.items()
        if own.says_something
    }
    return msgspec.structs.replace(labels, given=given, meant={})


@settings(max_examples=300)
@given(
    seen=imports,
    steps=st.lists(answers | answers | payments, max_size=14),
    gone=st.sets(names, min_size=1),
    data=st.data(),
)
def test_a_label_that_is_withdrawn_might_as_well_never_have_been_given(
    seen: Any, steps: list[Any], gone: set[str], data: st.DataObject
) -> None:
    entries = lived(whatever_it_showed(steps))
    never = Listening().fold_all(
        [*imported(seen), *(one for one in entries if not is_about(one, gone))]
    )
    for name in sorted(gone):
        # At any time after the last answer.
        spoken = [at for at, one in enumerate(entries) if is_about(one, {name})]
        at = data.draw(st.integers(max(spoken, default=-1) + 1, len(entries)))
        entries.insert(at, said(name, "withdrawn", revision=1_000))
    told = Listening().fold_all([*imported(seen), *entries])

    assert without_what_others_call_it(labels_of(told)) == (
        without_what_others_call_it(labels_of(never))
    )
    assert told.lessons == never.lessons
    assert told.shared.population.common.totals == never.shared.population.common.totals
    if all(kind == "transfer" for _, kind, _ in seen):
        assert without_tombstones(labels_of(told)) == without_tombstones(labels_of(never))
    for name in gone:
        assert told.view(name).category == never.view(name).category


@given(
    seen=imports.map(lambda seen: tuple((text, "transfer", day) for text, _, day in seen)),
    steps=st.lists(answers, max_size=12),
    gone=st.sets(names, min_size=1),
)
def test_what_stays_with_the_user_is_taken_back_to_the_byte(
    seen: Any, steps: list[Any], gone: set[str]
) -> None:
    steps = whatever_it_showed(steps)
    told = Partition().fold_all(
        [*imported(seen), *lived(steps), *(said(name, "withdrawn", None, 1_000) for name in gone)]
    )
    never = Partition().fold_all(
        [*imported(seen), *(one for one in lived(steps) if not is_about(one, gone))]
    )

    assert without_tombstones(labels_of(told)) == without_tombstones(labels_of(never))


def is_about(event: Event, gone: set[str]) -> bool:
    return isinstance(event, FeedbackGiven) and event.about.transaction_id in gone  # type: ignore[union-attr] # All are about categories.


@given(seen=imports, steps=st.lists(answers | answers | payments, max_size=14))
def test_when_everything_is_withdrawn_nothing_was_taught(seen: Any, steps: list[Any]) -> None:
    partition = Listening().fold_all([*imported(seen), *lived(steps)])
    partition.fold_all([said(name, "withdrawn", revision=1_000) for name in NAMES])

    assert partition.lessons == {}
    assert partition.shared.population.common.totals == {}
    assert without_tombstones(labels_of(partition)) == without_tombstones(Labels())
    # All that is left is that it has been said.
    assert {own.revision for own in labels_of(partition).given.values()} == {1_000}


def test_withdrawing_puts_back_what_was_before(home: Household) -> None:
    (before,) = home.pays(900, march(1), "a", description="TRATTORIA ROMA")
    home.files("a", BOOKS)
    (after,) = home.says("a", "withdrawn")

    assert isinstance(before, TransactionEnriched)
    assert isinstance(after, TransactionEnriched)
    assert (after.category, after.reason, after.revision) == (before.category, before.reason, 3)
    assert home.spent(MARCH, BOOKS) == Total()


@pytest.mark.parametrize("known_as", ["hold", "posted"])
def test_what_was_said_of_a_hold_is_withdrawn_from_its_posting(
    home: Household, known_as: str
) -> None:
    #  March 1          2             3             4
    #  hold      "that is books"    posted    "no, forget that"
    home.pays(900, march(1), "hold", status="pending", merchant_name="Marlow", kind="card")
    home.files("hold", BOOKS)
    home.pays(900, march(3), "posted", merchant_name="Marlow", kind="card")
    assert home.view("posted").category == BOOKS

    home.says(known_as, "withdrawn")

    assert without_tombstones(home.user.labels.cold) == Labels()
    assert home.view("posted").category == "unknown.unknown"
    home.pays(900, march(5), "next", merchant_name="Marlow", kind="card")
    assert home.view("next").category == "unknown.unknown"


def test_one_payment_has_one_label_under_all_its_names(home: Household) -> None:
    #  March 1          2             3                5
    #  hold      "that is books"    posted, "a bar"   a bar again, and ever after
    home.pays(900, march(1), "hold", status="pending", merchant_name="Marlow", kind="card")
    home.files("hold", BOOKS)
    home.pays(900, march(3), "posted", merchant_name="Marlow", kind="card")
    home.says("posted", "set", BAR, revision=1)
    for day in (5, 6):
        home.pays(900, march(day), f"t{day}", merchant_name="Marlow", kind="card")
        assert home.view(f"t{day}").category == BAR
    assert home.view("t6").reason.evidence == {"merchant": "1/1"}


# Silence.

FUEL = {"description": "SHELL FUEL", "mcc": "5541", "kind": "card"}


def sleeps_until(home: Household, first: int, last: int) -> None:
    for day in range(first, last + 1):
        home.sleeps(march(day))


@pytest.mark.parametrize("step", [1, 5, 40], ids=["day by day", "in jumps", "at once"])
def test_what_was_let_stand_is_counted_once(home: Household, step: int) -> None:
    #  March 1                  15..21                  June
    #  books: labelled         a faint yes to fuel     and never again
    home.pays(900, march(1), "a", description="MARLOW")
    home.files("a", BOOKS)
    home.sleeps(march(1))
    home.pays(5_000, march(1), "fuel", **FUEL)
    assert home.view("fuel").outcome == "file"
    for day in range(1 + step, 90, step):
        home.sleeps(march(day))

    (counts,) = (
        at.counts
        for at in home.user.labels.cold.merchants.values()
        if "transport.fuel" in at.counts
    )
    assert counts["transport.fuel"] in {
        weight_on(march(day).toordinal()) // FAINTNESS for day in range(15, 22)
    }
    assert (
        home.partition.shared.population.common.totals["transport.fuel"]
        == (counts["transport.fuel"])
    )


def test_who_never_answers_is_not_taken_to_agree(home: Household) -> None:
    home.sleeps(march(1))
    home.pays(5_000, march(1), "fuel", **FUEL)
    sleeps_until(home, 2, 40)

    assert home.user.labels.cold == Labels()
    assert home.partition.shared.population.common.totals == {}


@pytest.mark.parametrize("what", ["removed", "labelled", "withdrawn", "asked"])
def test_what_is_gone_or_answered_or_was_never_filed_is_not_let_stand(
    home: Household, what: str
) -> None:
    home.pays(900, march(1), "a", description="MARLOW")
    home.files("a", BOOKS)
    home.sleeps(march(1))
    fuel = {"description": "VENTO"} if what == "asked" else FUEL
    home.pays(5_000, march(1), "fuel", **fuel)
    if what == "removed":
        home.pays(5_000, march(1), "fuel", status="removed", **fuel)
    elif what != "asked":
        home.files("fuel", BOOKS)
    if what == "withdrawn":
        home.says("fuel", "withdrawn")
    taught = dict(home.partition.shared.population.common.totals)
    sleeps_until(home, 2, 40)

    assert home.partition.shared.population.common.totals == taught


# Switched off.


@pytest.mark.parametrize("by", ["the user", "the policy"])
def test_without_learning_it_files_by_rules_hints_and_the_dictionary(
    home: Household, by: str
) -> None:
    home.hears(ModelActivated(**named(FIRST)._asdict()))
    home.pays(900, march(1), "a", description="MARLOW")
    home.files("a", BOOKS)

    def switch(*, learns: bool) -> None:
        if by == "the user":
            home.revision += 1
            features = Features(categorization=learns)
            home.hears(chosen(home.revision, features=features))
        else:
            policy = Policy(learned_categories=learns)
            home.hears(PolicyActivated(version=f"p{learns}", policy=policy))

    switch(learns=False)
    home.pays(900, march(2), "off", description="MARLOW")
    home.pays(900, march(2), "fuel", **FUEL)
    rule = FilingRule(rule_id="r", category=BAR, text_contains="vento")
    home.hears(chosen(50, filing_rules=(rule,)))
    home.pays(900, march(2), "ruled", description="VENTO")
    switch(learns=True)
    home.pays(900, march(3), "on", description="MARLOW")

    off = home.view("off")
    assert (off.category, off.outcome, off.models) == ("unknown.unknown", "ask", {})
    assert home.view("fuel").category == "transport.fuel"
    assert (home.view("ruled").category, home.view("ruled").reason.level) == (BAR, "rule")
    assert (home.view("on").category, home.view("on").models) == (BOOKS, {"categories": "1"})


# Rejecting.


@given(
    text=texts,
    others=st.lists(st.tuples(names, st.just("set"), categories), max_size=6),
    days=st.lists(st.integers(5, 60), min_size=1, max_size=5),
    told=st.booleans(),
)
def test_what_is_rejected_is_never_filed_so_again_until_the_user_says_so(
    text: str, others: list[tuple[str, str, str]], days: list[int], *, told: bool
) -> None:
    partition = Listening()
    for number, (name, _, category) in enumerate(others):
        theirs = paid(950, march(4), name, user_id=OTHER, description=text)
        partition.fold_all([theirs, said(name, "set", category, number + 1, OTHER)])
    partition.fold(paid(900, march(4), "a", description=text))
    if told:
        # They said so themselves of another one.
        partition.fold_all([paid(900, march(3), "b", description=text), said("b", "set", BAR)])
        partition.fold(paid(900, march(4), "a2", description=text))
    name = "a2" if told else "a"
    rejected = partition.view(name).category
    partition.fold(said(name, "rejected", revision=2))
    if rejected == "unknown.unknown":
        assert partition.verdicts[-1] is Verdict.UNUSED
        return

    assert partition.view(name).category != rejected
    for number, day in enumerate(days):
        partition.fold(paid(700, march(day), f"next-{number}", description=text))
        found = partition.view(f"next-{number}")
        assert rejected not in {found.category, *(other.category for other in found.alternatives)}

    partition.fold(said(name, "set", rejected, revision=3))
    partition.fold(paid(700, march(70), "again", description=text))
    assert partition.view("again").category == rejected


def test_the_next_best_is_said_with_its_own_reason(home: Household) -> None:
    (first,) = home.pays(250, march(1), "a", description="COFFEE BAR")
    (second,) = home.says("a", "rejected")

    assert isinstance(first, TransactionEnriched)
    assert isinstance(second, TransactionEnriched)
    assert (first.category, first.reason.level) == (BAR, "keyword")
    assert (second.outcome, second.alternatives[0].category) == ("ask", COFFEE)
    assert second.reason.evidence != first.reason.evidence


# What cannot be learned.


@pytest.mark.parametrize(
    ("name", "category", "code"),
    [
        ("unheard-of", BOOKS, Code.UNKNOWN_TRANSACTION),
        ("removed", BOOKS, Code.UNKNOWN_TRANSACTION),
        ("a", "no.such", Code.UNKNOWN_CATEGORY),
        ("a", "own:boat", Code.UNKNOWN_CATEGORY),
        ("a", "food", Code.UNKNOWN_CATEGORY),
    ],
)
def test_what_is_said_of_nothing_known_is_refused(
    home: Household, name: str, category: str, code: Code
) -> None:
    home.pays(900, march(1), "a", description="MARLOW")
    home.pays(900, march(1), "removed", description="MARLOW")
    home.pays(900, march(1), "removed", description="MARLOW", status="removed")
    state, rows = home.partition.state, home.partition.rows

    assert home.files(name, category) == []

    assert isinstance(home.verdict, Refusal)
    assert home.verdict.code is code
    assert (home.partition.state, home.partition.rows) == (state, rows)


@pytest.mark.parametrize(
    ("revision", "verdict"), [(5, Verdict.REPEAT), (4, Verdict.STALE), (0, Verdict.STALE)]
)
@pytest.mark.parametrize("answer", ["set", "rejected", "withdrawn"])
def test_what_was_said_before_or_again_changes_nothing(
    home: Household, answer: str, revision: int, verdict: Verdict
) -> None:
    home.pays(900, march(1), "a", description="TRATTORIA ROMA")
    home.says("a", answer, BOOKS if answer == "set" else None, revision=5)
    state, rows = home.partition.state, home.partition.rows

    assert home.says("a", "set", BAR, revision=revision) == []

    assert home.verdict is verdict
    assert (home.partition.state, home.partition.rows) == (state, rows)


@pytest.mark.parametrize("answer", ["accepted", "rejected"])
def test_who_answers_a_transfer_has_not_said_what_its_text_means(
    home: Household, answer: str
) -> None:
    home.opens(CURRENT, "checking")
    home.opens("savings", "savings")
    home.pays(50_000, march(3), "out", kind="transfer", description="TRATTORIA ROMA")
    home.files("out", BOOKS)
    home.gets(50_000, march(4), "in", account_id="savings", kind="transfer")
    home.says_of_pair((CURRENT, "out"), ("savings", "in"), "confirmed")
    taught = without_tombstones(home.user.labels.cold)

    home.says("out", answer)

    assert without_tombstones(home.user.labels.cold) == taught


# Whatever comes.


def a_shop(number: int) -> str:
    """Name a shop in letters alone, since numbers are read as references."""
    return "SHOP " + "".join("BCDFGHJKLM"[int(digit)] for digit in f"{number:05}")


def test_ten_thousand_merchants_of_one_user_stay_bounded() -> None:
    partition, spent_s = Partition(), []
    for number in range(10_000):
        on = march(1) + timedelta(days=number // 120)
        # Of different amounts: what looks for twins and pairs looks at all of the same amount.
        shop = paid(100 + number, on, f"t{number}", description=a_shop(number))
        partition.fold(shop)
        start = process_time()
        partition.fold(said(f"t{number}", "set", CATEGORIES[number % 4]))
        spent_s.append(process_time() - start)
        if number % 5 == 0:
            # One of them is a favourite.
            partition.fold(paid(50_000 + number, on, f"f{number}", description="MARLOW"))
            partition.fold(said(f"f{number}", "set", BOOKS))
    labels = labels_of(partition)

    assert len(labels.merchants) <= MERCHANTS_MAX
    assert len(labels.given) <= GIVEN_MAX
    assert {identity for at in labels.merchants.values() for identity in at.given} == (
        labels.given.keys()
    )
    assert max(sum(at.counts.values()) for at in labels.merchants.values()) == sum(
        labels.merchants["marlow"].counts.values()
    )
    # Once all bounds are reached, a label costs as much as any other; the slowest tell of noise.
    early, late = (
        sorted(part)[len(part) // 2] for part in (spent_s[1_000:2_000], spent_s[-1_000:])
    )
    assert late < 3 * early


def test_what_is_withdrawn_without_having_been_said_stays_bounded() -> None:
    partition = Partition()
    for number in range(2 * GIVEN_MAX):
        partition.fold(paid(900, march(1), f"t{number}", description="MARLOW"))
        partition.fold(said(f"t{number}", "withdrawn"))

    assert len(labels_of(partition).given) <= GIVEN_MAX


def test_the_places_of_one_merchant_stay_bounded() -> None:
    partition = Partition()
    for number in range(3 * PLACES_MAX):
        text = f"MARLOW {number:06}"
        partition.fold_all([paid(900, march(1), f"t{number}", description=text)])
        partition.fold(said(f"t{number}", "set", BOOKS))
    labels = labels_of(partition)

    assert max(len(at.places) for at in labels.merchants.values()) <= PLACES_MAX


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t ",
        "?",
        "x" * 10_000,
        "a b" * 3_333,
        "1" * 10_000,
        "*" * 10_000,
        "\N{SNOWMAN}" * 10_000,
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}" * 3_000,
        "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET} " * 3_000,
        "\N{RIGHT-TO-LEFT OVERRIDE}RAB\N{POP DIRECTIONAL FORMATTING} 12",
        "P\N{CYRILLIC SMALL LETTER A}yp\N{CYRILLIC SMALL LETTER A}l *shop",
        "".join(map(chr, range(32))) * 300,
        "e\N{COMBINING ACUTE ACCENT}" * 5_000,
        "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 10_000,
    ],
    ids=range(15),
)
def test_strange_texts_are_filed_and_learned_as_fast_as_any(text: str) -> None:
    partition = Listening()
    partition.fold(ModelActivated(**named(FIRST)._asdict()))
    start = process_time()
    partition.fold_all([paid(900, march(1), "a", description=text), said("a", "set", BOOKS)])
    partition.fold_all([paid(900, march(2), "b", description=text), said("b", "rejected")])
    partition.fold_all(
        [paid(900, march(3), "c", description=text, merchant_name=text[:200] or None)]
    )

    assert process_time() - start < 0.5
    assert partition.view("a").category == BOOKS
    assert all(len(key) <= 64 for key in labels_of(partition).merchants)


# What it does to money, rules and others.


def test_a_late_label_moves_the_money_of_last_month(home: Household) -> None:
    #  February 10        March 20
    #  unknown -9.00    "that was books": February's books, and no payment of March's
    home.pays(900, date(2025, 2, 10), "a", description="MARLOW")
    home.sleeps(march(19))
    assert home.spent(FEBRUARY) == Total(0, 900, 0, 1)

    home.files("a", BOOKS)

    assert home.spent(FEBRUARY, BOOKS) == Total(0, 900, 0, 1)
    assert home.spent(FEBRUARY) == Total()
    assert home.spent(MARCH, BOOKS) == Total()
    home.says("a", "withdrawn")
    assert home.spent(FEBRUARY) == Total(0, 900, 0, 1)


BOAT = OwnCategory(category="own:boat", name="Boat", parent="travel")


def test_own_categories_and_rules_file_what_is_there_and_let_go_of_it(home: Household) -> None:
    #  two rules: all of Marlow's is books; on Sundays' account, with "DECK", it is the boat
    home.pays(900, march(1), "plain", merchant_name="Marlow")
    home.pays(900, march(1), "deck", merchant_name="Marlow Deck")
    home.pays(900, march(1), "own", merchant_name="Marlow")
    home.files("own", COFFEE)
    wide = FilingRule(rule_id="wide", category=BOOKS, text_contains="marlow")
    narrow = FilingRule(rule_id="narrow", category="own:boat", text_contains="marlow deck")

    home.hears(chosen(20, categories=(BOAT,), filing_rules=(wide, narrow)))
    assert (home.view("plain").category, home.view("deck").category) == (BOOKS, "own:boat")
    assert home.view("own").category == COFFEE
    home.pays(900, march(2), "later", merchant_name="Marlow Deck 7")
    assert home.view("later").reason.evidence == {"rule": "narrow"}

    home.hears(chosen(21, categories=()))
    assert home.view("deck").category == BOOKS
    home.hears(chosen(22, filing_rules=()))
    # Without rules, what was said of Marlow's holds.
    assert (home.view("plain").category, home.view("plain").reason.level) == (COFFEE, "merchant")
    assert home.view("deck").category == "unknown.unknown"


def test_an_own_category_is_learned_by_its_user_alone(home: Household) -> None:
    home.hears(chosen(20, categories=(BOAT,)))
    home.pays(900, march(1), "a", description="MARLOW")
    home.files("a", "own:boat")
    home.pays(900, march(2), "b", description="MARLOW")

    assert home.view("b").category == "own:boat"
    # Its parent is a whole group: others would not know which leaf of it.
    assert home.partition.shared.population.common.totals == {}


def teaching(text: str, category: str, users: int, **fields: Any) -> list[Event]:
    """Let so many users call a merchant's payments so."""
    events: list[Event] = []
    for number in range(users):
        user_id = f"teacher-{number}"
        payment = paid(900, march(1), "a", user_id=user_id, description=text, **fields)
        events += [payment, said("a", "set", category, user_id=user_id)]
    return events


def test_what_many_taught_files_a_newcomers_payment() -> None:
    partition = Listening().fold_all(teaching("MARLOW", BOOKS, users=30))
    partition.fold(paid(900, march(2), "a", user_id=NEWCOMER, description="MARLOW"))

    found = partition.view("a", NEWCOMER)
    assert (found.category, found.outcome, found.reason.level) == (BOOKS, "file", "people")
    assert found.reason.evidence == {"people": "30/30"}


def test_the_word_of_one_is_not_enough_to_file_anothers_payment() -> None:
    partition = Listening().fold_all(teaching("MARLOW", BOOKS, users=1))
    partition.fold(paid(900, march(2), "a", user_id=NEWCOMER, description="MARLOW"))

    assert partition.view("a", NEWCOMER).outcome != "file"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "transfer"},
        {"kind": "standing_order"},
        {"kind": "salary"},
        {"counterparty_account": "somebody"},
    ],
    ids=str,
)
def test_what_passes_between_people_is_never_shared(fields: dict[str, Any]) -> None:
    partition = Listening().fold_all(teaching("MARLOW", BOOKS, users=5, **fields))

    assert partition.lessons == {}
    assert partition.shared.population.common.totals == {}
    # The user's own next payment follows nevertheless.
    again = paid(900, march(2), "b", user_id="teacher-0", description="MARLOW", **fields)
    partition.fold(again)
    assert partition.view("b", "teacher-0").category == BOOKS


def test_lessons_name_nobody() -> None:
    partition = Listening().fold_all(teaching("MARLOW", BOOKS, users=3))

    assert partition.taught
    for lessons in partition.taught:
        assert b"teacher" not in lessons.to_json()


def test_what_payments_and_frauds_teach_names_nobody_either() -> None:
    #  the user's own category for Annabell, to whom 40.00 go each day, and who is then a fraud
    anna = OwnCategory(category="own:annabell", name="Annabell", parent="family")
    rule = FilingRule(rule_id="anna", category="own:annabell", text_contains="annabell")
    partition = Listening().fold_all([chosen(1, categories=(anna,), filing_rules=(rule,))])
    for number in range(12):
        fields = {"kind": "transfer"} if number % 2 else {"counterparty_account": "annabell-1"}
        text = "ANNABELL HOLM"
        partition.fold(paid(4_000, march(1), f"t{number}", description=text, **fields))
        partition.fold(of_fraud(f"t{number}", "confirmed"))

    assert partition.view("t1").category == "own:annabell"
    assert len([one for lessons in partition.taught for one in lessons.seen]) == 12
    known = [one for lessons in partition.taught for one in lessons.known]
    assert [one.merchant_key for one in known] == [""] * 12
    for lessons in partition.taught:
        for name in (NAME, CURRENT, "annabell"):
            assert name not in lessons.to_json().decode().casefold()
    assert not partition.shared.customary.frauds.merchants
