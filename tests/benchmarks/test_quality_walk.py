"""The walk through the days: who hears what, when, and how a look into the future is found out."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.calibration_picture import drawn
from benchmarks.quality.contender import Contender, Labelled, Row
from benchmarks.quality.contest import Contest, Entry, course_of
from benchmarks.quality.figures import figures_of, segments_of
from benchmarks.quality.frozen_twin import FrozenTwin
from benchmarks.quality.leaks import require_each_alone, require_no_leak
from benchmarks.quality.merchant_majority import MerchantMajority
from benchmarks.quality.policies import ALL, POLICIES, Policy
from benchmarks.quality.prequential import days_of, walk
from benchmarks.quality.refusals import LeakError, NoDataError, UnfitAnswerError
from benchmarks.quality.watching import watched

LABELS = ("food", "fuel", "books")
ERRORS = Policy("errors", "errors", is_errors_only=True)


def bought(day: int, key: str = "corner", label: str = "food", user: str = "ann") -> Labelled:
    return Labelled(Row(day, user, key, key, -100), label)


purchases = st.lists(
    st.builds(
        bought,
        day=st.integers(1, 40),
        key=st.sampled_from("abc"),
        label=st.sampled_from(LABELS),
        user=st.sampled_from(["ann", "ben"]),
    ),
    min_size=1,
    max_size=60,
).map(lambda rows: sorted(rows, key=lambda labelled: labelled.row.day))


class Diarist(Contender):
    """Always answers the same, and writes down what it is told on which day."""

    name = "diarist"

    def __init__(self, labels: Sequence[str], always: str = "food") -> None:
        self._answer = [float(label == always) for label in labels]
        self.today = 0
        self.heard: list[tuple[int, Row, str]] = []
        self.silent: list[tuple[int, Row, str]] = []
        self._pending: list[tuple[list[tuple[int, Row, str]], Row, str]] = []

    def answer(self, row: Row) -> Sequence[float]:
        self.today = row.day
        for book, of, label in self._pending:
            book.append((row.day, of, label))
        self._pending = []
        return self._answer

    def hear(self, row: Row, label: str) -> None:
        self._pending.append((self.heard, row, label))

    def quiet(self, row: Row, answered: str) -> None:
        self._pending.append((self.silent, row, answered))


class Obedient(MerchantMajority):
    """Repeats the last word about a user and merchant."""

    name = "obedient"

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(labels)
        self._said: dict[tuple[str, str], str] = {}

    def answer(self, row: Row) -> Sequence[float]:
        said = self._said.get((row.user, row.key))
        return [float(label == said) for label in LABELS] if said else super().answer(row)

    def hear(self, row: Row, label: str) -> None:
        self._said[row.user, row.key] = label


class Forgetful(Obedient):
    """Follows a word for one day, and then no more."""

    name = "forgetful"

    def seen(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._said.pop((row.user, row.key), None)


# Who hears what, and when.


def test_a_label_arrives_a_week_later_and_the_answers_of_that_day_know_it() -> None:
    #  day   1      2 .. 7      8          9
    #        bought             told, then answered
    diarist = Diarist(LABELS)
    rows = [bought(1, label="fuel"), bought(2), bought(7), bought(8), bought(9)]
    walk(diarist, rows, LABELS, ALL)

    assert [(day, row.day, label) for day, row, label in diarist.heard] == [
        (8, 1, "fuel"),
        (9, 2, "food"),
    ]


def test_who_corrects_errors_only_is_silent_about_the_rest() -> None:
    diarist = Diarist(LABELS)
    walk(diarist, [bought(1, label="fuel"), bought(1), bought(30)], LABELS, ERRORS)

    assert [label for _, _, label in diarist.heard] == ["fuel"]
    assert [(row.day, answered) for _, row, answered in diarist.silent] == [(1, "food")]


@given(rows=purchases)
def test_nobody_hears_a_label_before_its_time_or_out_of_order(rows: list[Labelled]) -> None:
    for policy in POLICIES:
        diarist = Diarist(LABELS)
        run = walk(diarist, rows, LABELS, policy)
        told = [*diarist.heard, *diarist.silent]

        assert all(row.day + policy.delay_days <= today for today, row, _ in told)
        assert all(a.day <= b.day for (_, a, _), (_, b, _) in pairwise(diarist.heard))
        assert run.labels_heard == len(diarist.heard)
        if policy.share == 1:
            last = rows[-1].row.day - policy.delay_days
            assert len(told) == sum(row.day <= last for row, _ in rows)


@given(rows=purchases)
def test_days_cut_the_rows_where_the_date_changes(rows: list[Labelled]) -> None:
    days = list(days_of(rows))

    assert [start for start, _ in days] == [0, *(end for _, end in days[:-1])]
    assert days[-1][1] == len(rows)
    assert len(days) == len({labelled.row.day for labelled in rows})


def test_a_tenth_of_the_labels_is_the_same_tenth_for_everybody() -> None:
    rows = [bought(1 + at // 10, label=LABELS[at % 3]) for at in range(1_000)]
    tenth = next(policy for policy in POLICIES if policy.share == 0.1)
    heard = []
    for always in ("food", "books"):
        diarist = Diarist(LABELS, always)
        walk(diarist, rows, LABELS, tenth)
        heard.append(diarist.heard)

    assert heard[0] == heard[1]
    assert 60 <= len(heard[0]) <= 130


# What a correction is worth.


def test_the_next_sight_after_a_correction_is_looked_at_once() -> None:
    #  day   1           9           10          20: what day 10 was is heard
    #        fuel, wrong heeded      not counted  right, so nothing is owed
    rows = [bought(1, label="fuel"), bought(9, label="fuel"), bought(10, label="fuel")]
    run = walk(Obedient(LABELS), [*rows, bought(20, label="fuel")], LABELS, ALL)

    assert (run.followed.seen, run.followed.heeded) == (1, 1)
    assert (run.kept.seen, run.kept.heeded) == (3, 3)


def test_who_follows_a_correction_once_only_does_not_keep_it() -> None:
    #  day   1            9         10         11: still nobody has said otherwise
    #        fuel, wrong  heeded    forgotten  forgotten
    rows = [bought(day, label="fuel") for day in (1, 9, 10, 11)]
    run = walk(Forgetful(LABELS), rows, LABELS, ERRORS)

    assert run.followed.share == 1
    assert (run.kept.seen, run.kept.heeded) == (3, 1)


def test_who_does_not_listen_is_found_out() -> None:
    rows = [bought(1, label="fuel"), bought(9, label="fuel"), bought(9, key="b", label="fuel")]
    run = walk(Diarist(LABELS), rows, LABELS, ERRORS)

    assert (run.followed.seen, run.followed.heeded) == (1, 0)


@given(rows=purchases)
def test_who_repeats_the_last_word_follows_every_correction(rows: list[Labelled]) -> None:
    for policy in POLICIES:
        run = walk(Obedient(LABELS), rows, LABELS, policy)

        assert run.followed.heeded == run.followed.seen <= run.kept.seen
        assert run.kept.heeded == run.kept.seen


# What may not be known.


class Sleepwalker(MerchantMajority):
    """Says that it never learns, and does."""

    name = "sleepwalker"
    learns = False


class Gossip(Contender):
    """Lets what else was bought on a day speak about each row."""

    name = "gossip"

    def answer(self, row: Row) -> Sequence[float]:
        return self.answer_many([row])[0]

    def answer_many(self, rows: Sequence[Row]) -> Sequence[Sequence[float]]:
        share = 1 / sum(len(row.key) for row in rows)
        return [[share, 1 - share, 0.0]] * len(rows)


def month() -> list[Labelled]:
    return [
        bought(1 + at // 4, "abc"[at * at % 3], LABELS[at * 7 % 3], f"u{at % 5}")
        for at in range(160)
    ]


@settings(max_examples=50)
@given(rows=purchases)
def test_honest_answers_do_not_change_with_the_future(rows: list[Labelled]) -> None:
    for policy in POLICIES:
        trained = Obedient(LABELS)
        run = walk(deepcopy(trained), rows, LABELS, policy)

        require_no_leak(trained, rows, LABELS, policy, run)
        require_each_alone(trained, rows, LABELS, run)


def test_answers_that_know_labels_before_their_time_are_refused() -> None:
    rows, trained = month(), MerchantMajority(LABELS)
    early = walk(deepcopy(trained), rows, LABELS, Policy("early", "", delay_days=6))

    with pytest.raises(LeakError, match="merchant"):
        require_no_leak(trained, rows, LABELS, ALL, early)


def test_who_learns_on_the_sly_is_refused() -> None:
    rows, trained = month(), Sleepwalker(LABELS)
    run = walk(trained, rows, LABELS, ALL)

    with pytest.raises(LeakError, match="sleepwalker"):
        require_no_leak(trained, rows, LABELS, ALL, run)


def test_answers_that_listen_to_the_rest_of_the_day_are_refused() -> None:
    rows, trained = month(), Gossip()
    run = walk(trained, rows, LABELS, ALL)

    with pytest.raises(LeakError, match="gossip"):
        require_no_leak(trained, rows, LABELS, ALL, run)
    with pytest.raises(LeakError, match="alone"):
        require_each_alone(trained, rows, LABELS, run)


@pytest.mark.parametrize(
    "answer", [[0.5, 0.5], [0.5, 0.4, 0.0], [1.5, -0.5, 0.0], [float("nan"), 0.5, 0.5]]
)
def test_what_is_no_probability_is_refused(answer: list[float]) -> None:
    class Wrong(Contender):
        name = "wrong"

        def answer(self, _: Row) -> Sequence[float]:
            return answer

    with pytest.raises(UnfitAnswerError, match="wrong gave"):
        walk(Wrong(), [bought(1)], LABELS, ALL)


# The contest.


def history(days: int) -> list[Labelled]:
    return [bought(day, f"shop {day % 7}", LABELS[day % 7 % 3]) for day in range(1, days + 1)]


def test_the_last_year_of_training_fixes_thresholds() -> None:
    begin, end = date(2001, 1, 1).toordinal(), date(2003, 12, 31)
    rows = [bought(day) for day in range(begin, begin + 1_200)]
    course = course_of(rows, LABELS, end, date.max, None)

    tuning = [labelled.row.day for labelled in course.training[course.tuning_from :]]
    assert (date.fromordinal(tuning[0]), date.fromordinal(tuning[-1])) == (date(2003, 1, 1), end)
    assert course.test[0].row.day == end.toordinal() + 1


def test_of_short_training_the_second_half_fixes_thresholds() -> None:
    course = course_of(history(30), LABELS, date.fromordinal(20), date.fromordinal(25), 3)

    assert course.training[course.tuning_from].row.day == 11
    assert [labelled.row.day for labelled in course.test] == [21, 22, 23]


@pytest.mark.parametrize(
    ("train_until", "says"),
    [(1, "too few rows to train"), (30, "nothing to be tested"), (99, "nothing to be tested")],
)
def test_without_rows_on_both_sides_there_is_no_contest(train_until: int, says: str) -> None:
    with pytest.raises(NoDataError, match=says):
        course_of(history(30), LABELS, date.fromordinal(train_until), date.max, None)


def test_a_frozen_twin_answers_the_same_until_the_end() -> None:
    trained = MerchantMajority(LABELS)
    trained.train(history(10))
    twin = FrozenTwin(trained)
    before = twin.answer(bought(1, "shop 1").row)
    walk(twin, [bought(day, "shop 1", "books") for day in range(11, 40)], LABELS, ALL)

    assert twin.answer(bought(1, "shop 1").row) == before
    assert twin.state_bytes() == trained.state_bytes()


def test_a_contest_tells_learners_under_each_policy_and_the_frozen_once() -> None:
    course = course_of(history(120), LABELS, date.fromordinal(60), date.max, None)
    contest = Contest(course, watched)
    learner = list(contest.outcomes("merchant", Entry(MerchantMajority), POLICIES))
    frozen = list(contest.outcomes("frozen", Entry(MerchantMajority, is_frozen=True), POLICIES))

    assert [outcome.policy for outcome in learner] == list(POLICIES)
    assert [outcome.policy for outcome in frozen] == [ALL]
    # Each shop sells one thing only, so a merchant's most frequent label is always right.
    told = figures_of(learner[0], segments_of(course), LABELS)
    assert told["accuracy"] == told["macro_f1"] == told["seen_accuracy"] == told["top3"] == 1
    assert told["unseen_accuracy"] is None
    assert told["labels_heard"] == 60 - ALL.delay_days
    assert np.array_equal(frozen[0].run.tops, learner[0].run.tops)


def test_the_picture_of_calibration_stays_within_its_frame() -> None:
    course = course_of(history(120), LABELS, date.fromordinal(60), date.max, None)
    outcomes = list(Contest(course, watched).outcomes("own", Entry(MerchantMajority), POLICIES))
    picture = drawn(outcomes, "a <small> town")

    root = ET.fromstring(picture)  # noqa: S314  Our own picture.
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    for mark in root.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(mark.get(name, 0)) <= most, ET.tostring(mark)
    assert [policy.name for policy in POLICIES if f">{policy.name}: off by" not in picture] == []


def test_rows_are_sorted_by_what_training_has_seen() -> None:
    known = [bought(1, "a"), bought(2, "b", user="ben"), bought(3, "a")]
    rows = [bought(4, "a"), bought(5, "b"), bought(6, "b"), bought(7, "c", user="cleo")]
    segments = segments_of(course_of([*known, *rows], LABELS, date.fromordinal(3), date.max, None))

    assert segments.seen_key.tolist() == [True, True, True, False]
    assert segments.seen_user.tolist() == [True, True, True, False]
    assert segments.uses.tolist() == [-1, 0, 1, 0]
    assert segments.last_year.all()
