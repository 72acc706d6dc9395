"""A walk through card payments: in order, and with labels not before their time."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quality.anomalies.contender import UNSCORED, Contender, Scored
from benchmarks.quality.anomalies.entries import ENTRIES
from benchmarks.quality.anomalies.features import hour_of, log_spent, spent, weekday_of
from benchmarks.quality.anomalies.isolation_forest import UserForests
from benchmarks.quality.anomalies.leaks import require_no_leak, with_other_future
from benchmarks.quality.anomalies.payments import Labelled, Payment
from benchmarks.quality.anomalies.rare_category import RareCategory
from benchmarks.quality.anomalies.river_contender import Detector, Features, RiverContender
from benchmarks.quality.anomalies.walk import DELAY_DAYS, periods_of, walk
from benchmarks.quality.refusals import LeakError, UnfitAnswerError
from tests.benchmarks.card_stream import paid, stream

streams = st.lists(
    st.builds(
        paid,
        st.integers(0, 200).map(lambda tenths: tenths / 10),
        st.sampled_from(["ann", "ben"]),
        st.integers(-9_999, 500),
        is_fraud=st.booleans(),
    ),
    min_size=1,
    max_size=50,
).map(lambda rows: sorted(rows, key=lambda labelled: labelled.payment.at_s))


class Quiet(Contender):
    """Scores by the amount alone, and writes down what it is told on which day."""

    def __init__(self, period_days: int = 1) -> None:
        self.period_days = period_days
        self.taken: list[list[Payment]] = []
        self.heard: list[tuple[int, Payment, bool]] = []
        self._pending: list[tuple[Payment, bool]] = []

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        self.heard += [(payments[0].day, *told) for told in self._pending]
        self._pending = []
        self.taken.append(list(payments))
        return [Scored(-payment.amount_minor, 0.0) for payment in payments]

    def hear(self, payment: Payment, *, is_fraud: bool) -> None:
        self._pending.append((payment, is_fraud))

    def state_bytes(self) -> float:
        return 0


class Mean(Quiet):
    """Compares each payment with those before it; and with labels, with the frauds heard of."""

    def __init__(self, period_days: int = 1) -> None:
        super().__init__(period_days)
        self._sum = self._count = self._frauds = 0

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        return [self._score(payment) for payment in payments]

    def hear(self, _: Payment, *, is_fraud: bool) -> None:
        self._frauds += is_fraud

    def _score(self, payment: Payment) -> Scored:
        surprise = -payment.amount_minor - self._sum / max(1, self._count)
        self._sum, self._count = self._sum - payment.amount_minor, self._count + 1
        return Scored(surprise, surprise + self._frauds, surprise > 5_000)


# In order, and in time.


@given(rows=streams, days=st.integers(1, 40))
def test_periods_follow_each_other_and_begin_with_the_first_day(
    rows: list[Labelled], days: int
) -> None:
    first, periods = rows[0].payment.day, list(periods_of(rows, days))

    assert [start for start, _ in periods] == [0, *(end for _, end in periods[:-1])]
    assert periods[-1][1] == len(rows)
    numbers = [
        {(row.payment.day - first) // days for row in rows[start:end]} for start, end in periods
    ]
    assert all(len(own) == 1 for own in numbers)
    assert all(max(a) < min(b) for a, b in pairwise(numbers))


@given(rows=streams, days=st.integers(1, 9), delay=st.integers(1, 9))
def test_nobody_hears_a_label_before_its_time_or_twice(
    rows: list[Labelled], days: int, delay: int
) -> None:
    quiet = Quiet(days)
    run = walk(quiet, rows, delay)

    assert [one for period in quiet.taken for one in period] == [row.payment for row in rows]
    assert all(payment.day + delay <= today for today, payment, _ in quiet.heard)
    heard = [Labelled(payment, is_fraud) for _, payment, is_fraud in quiet.heard]
    assert heard == rows[: len(heard)]
    assert run.hearing.count == len(heard)
    assert run.taking.count == len(rows)
    last_period = quiet.taken[-1][0].day
    assert len(heard) == sum(row.payment.day + delay <= last_period for row in rows)


def test_a_label_arrives_a_week_later() -> None:
    #  day   1      2 .. 7   8                    9
    #        fraud           told, then scored
    quiet = Quiet()
    rows = [paid(1, is_fraud=True), paid(2), paid(7), paid(8), paid(9)]
    walk(quiet, rows, DELAY_DAYS)

    assert [(day, payment.day, is_fraud) for day, payment, is_fraud in quiet.heard] == [
        (8, 1, True),
        (9, 2, False),
    ]


def test_without_a_delay_no_label_is_heard() -> None:
    quiet = Quiet()
    walk(quiet, [paid(day, is_fraud=True) for day in range(50)], None)

    assert not quiet.heard


def test_scores_stand_where_their_payments_do() -> None:
    rows = [paid(day, amount_minor=-day) for day in range(20)]
    run = walk(Quiet(period_days=6), rows, None)

    assert run.surprise.tolist() == list(range(20))
    assert not run.episode.any()
    assert not run.alerts.any()


class Short(Quiet):
    """Forgets a payment."""

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        return [Scored(0, 0)] * (len(payments) - 1)


class Vague(Quiet):
    """Says what is no number."""

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        return [Scored(0, float("nan"))] * len(payments)


@pytest.mark.parametrize("unfit", [Short, Vague])
def test_what_is_no_score_is_refused(unfit: type[Contender]) -> None:
    with pytest.raises(UnfitAnswerError, match=unfit.__name__):
        walk(unfit(), [paid(1), paid(1)], None)


# What may not be known.


class Foresighted(Mean):
    """Looks at the largest of the whole period."""

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        most = max(-payment.amount_minor for payment in payments)
        return [Scored(-payment.amount_minor / most, 0.0) for payment in payments]


class Warned(Quiet):
    """Alerts about who pays often in the whole period; its scores are honest."""

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        users = [payment.user for payment in payments]
        return [Scored(0.0, 0.0, users.count(user) > 20) for user in users]


class Moody(Quiet):
    """Is never twice the same."""

    moods = 0

    def take(self, payments: Sequence[Payment]) -> Sequence[Scored]:
        Moody.moods += 1
        return [Scored(0.0, Moody.moods)] * len(payments)


@settings(max_examples=60)
@given(rows=streams, days=st.integers(1, 9), delay=st.none() | st.integers(1, 9))
def test_honest_scores_do_not_change_with_the_future(
    rows: list[Labelled], days: int, delay: int | None
) -> None:
    run = walk(Mean(days), rows, delay)

    require_no_leak("mean", partial(Mean, days), rows, delay, run)


@pytest.mark.parametrize("leaky", [partial(Foresighted, 30), partial(Warned, 30), Moody], ids=str)
def test_scores_that_change_with_what_comes_later_are_refused(
    leaky: Callable[[], Contender],
) -> None:
    rows = stream()
    run = walk(leaky(), rows, None)

    with pytest.raises(LeakError, match=r"leaky: score [\d,]+ of [\d,]+ changes"):
        require_no_leak("leaky", leaky, rows, None, run)


@given(rows=streams, cut=st.integers(1, 50), delay=st.none() | st.integers(1, 9))
def test_another_future_leaves_the_past_and_turns_every_label_on_its_way(
    rows: list[Labelled], cut: int, delay: int | None
) -> None:
    cut = min(cut, len(rows))
    altered = with_other_future(rows, cut, delay)
    last = rows[cut - 1].payment.day

    assert altered[0].payment == rows[0].payment
    for at, (before, after) in enumerate(zip(rows, altered, strict=True)):
        assert before.payment.at_s == after.payment.at_s
        is_same = [a == b for a, b in zip(before.payment[2:], after.payment[2:], strict=True)]
        assert all(is_same) if at < cut else not any(is_same)
        has_arrived = delay is not None and before.payment.day + delay <= last
        assert (before.is_fraud == after.is_fraud) == has_arrived


def frequent_frauds() -> list[Labelled]:
    return [paid(at / 2, is_fraud=at % 3 == 0, number=at) for at in range(400)]


@pytest.mark.parametrize("early_days", [1, DELAY_DAYS - 1])
def test_labels_that_come_before_their_time_are_noticed(early_days: int) -> None:
    rows = frequent_frauds()
    early = walk(Mean(), rows, early_days)

    with pytest.raises(LeakError, match="mean"):
        require_no_leak("mean", Mean, rows, DELAY_DAYS, early)
    require_no_leak("mean", Mean, rows, DELAY_DAYS, walk(Mean(), rows, DELAY_DAYS))


def test_labels_that_should_not_come_at_all_are_noticed() -> None:
    rows = frequent_frauds()

    with pytest.raises(LeakError, match="mean"):
        require_no_leak("mean", Mean, rows, None, walk(Mean(), rows, DELAY_DAYS))


# Those who enter.


@pytest.mark.parametrize("name", ENTRIES)
def test_who_enters_is_honest_and_frauds_stand_out(name: str) -> None:
    rows, entry = stream(users=4), ENTRIES[name]
    contender = entry.build()
    run = walk(contender, rows, entry.delay_days)

    require_no_leak(name, entry.build, rows, entry.delay_days, run)
    frauds = np.array([row.is_fraud for row in rows])
    assert run.episode[frauds].mean() > np.median(run.episode[~frauds])
    assert contender.state_bytes() > 0
    assert contender.decides or not run.alerts.any()


@pytest.mark.parametrize("name", ENTRIES)
def test_who_enters_scores_the_same_every_time(name: str) -> None:
    rows, entry = stream(users=3, days=100), ENTRIES[name]

    again = [walk(entry.build(), rows, entry.delay_days) for _ in range(2)]
    assert np.array_equal(again[0].episode, again[1].episode)
    assert np.array_equal(again[0].alerts, again[1].alerts)


class Counting(RiverContender):
    """Scores by how much was learned."""

    class Learned:
        """How much that is."""

        def __init__(self) -> None:
            self.count = 0

        def score_one(self, _: Features) -> float:
            return self.count

        def learn_one(self, _: Features) -> None:
            self.count += 1

    def build(self) -> Detector:
        return self.Learned()

    def features(self, payment: Payment) -> Features:
        return {"amount": payment.amount_minor}


def test_a_detector_of_river_scores_first_and_learns_its_own_user_alone() -> None:
    rows = [paid(1), paid(1, "ben"), paid(2), paid(2), paid(3, "ben")]

    assert walk(Counting(), rows, None).surprise.tolist() == [0, 0, 1, 2, 1]


def test_a_category_is_rare_if_nobody_paid_for_it_lately() -> None:
    def spending(category: str) -> Labelled:
        return Labelled(paid().payment._replace(category=category), is_fraud=False)

    rows = [spending(category) for category in ("home", "home", "fuel", *["fuel"] * 999, "home")]
    scores = walk(RareCategory(), rows, None).surprise.tolist()

    assert scores[:4] == [0, -1, 0, -1]
    assert scores[-1] == 0  # Of a thousand payments, none was for it any more.


def test_a_forest_waits_for_its_first_fit_and_alerts_about_a_tenth() -> None:
    rows = [row for row in stream(users=2) if not row.is_fraud]
    run = walk(UserForests(), rows, None)
    days = np.array([row.payment.day - rows[0].payment.day for row in rows])

    assert (run.surprise[days < 30] == UNSCORED).all()
    assert (run.surprise[days >= 30] > UNSCORED).all()
    assert 0.03 < run.alerts[days >= 30].mean() < 0.25


def test_features_are_told_as_people_would_tell_them() -> None:
    #  1970-01-01 was a Thursday; 3.5 days later it is Sunday noon.
    payment = paid(3.5, amount_minor=-1_250).payment

    assert (spent(payment), hour_of(payment), weekday_of(payment)) == (12.5, 12, 6)
    assert weekday_of(paid(4).payment) == 0
    assert log_spent(paid(0, amount_minor=500).payment) == 0
