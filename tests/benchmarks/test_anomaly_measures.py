"""The figures of anomalies: what is counted by hand must come out, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from benchmarks.quality.anomalies.course import Course, course_of
from benchmarks.quality.anomalies.halves import half_of, is_among
from benchmarks.quality.anomalies.measures import (
    Caught,
    Found,
    average_precision,
    caught_by,
    found_by,
    highest,
    low_average_precision,
    ranked,
    rate_of,
)
from benchmarks.quality.measures import Flags, Floats
from benchmarks.quality.refusals import NoDataError
from tests.benchmarks.card_stream import paid, stream

scored = st.lists(
    st.tuples(st.integers(-5, 15).map(float), st.booleans()), min_size=1, max_size=60
).filter(lambda rows: any(is_fraud for _, is_fraud in rows))


def split(rows: list[tuple[float, bool]]) -> tuple[Floats, Flags]:
    return np.array([score for score, _ in rows]), np.array([fraud for _, fraud in rows])


# Average precision.


def test_average_precision_is_precision_at_each_fraud() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    frauds = np.array([True, False, True, False, True])
    # Right of so many, at each fraud: 1/1, 2/3, 3/5.

    assert average_precision(scores, frauds) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_equal_scores_have_the_precision_of_all_of_them() -> None:
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.5])
    frauds = np.array([False, True, False, False, True])
    # The two frauds come with three others: 2 of 5, whatever their order.

    assert average_precision(scores, frauds) == pytest.approx(0.4)


def test_without_a_fraud_there_is_no_average_precision() -> None:
    assert average_precision(np.array([1.0, 2.0]), np.array([False, False])) is None


@given(rows=scored)
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    scores, frauds = split(rows)

    assert average_precision(scores, frauds) == pytest.approx(
        average_precision_score(frauds, scores)
    )


@given(rows=scored)
def test_a_score_that_says_nothing_has_the_base_rate(rows: list[tuple[float, bool]]) -> None:
    _, frauds = split(rows)

    nothing = np.full(len(frauds), -np.inf)
    assert average_precision(nothing, frauds) == pytest.approx(frauds.mean())


@given(rows=scored, times=st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_a_weight_is_as_good_as_so_many_rows(
    rows: list[tuple[float, bool]], times: list[int]
) -> None:
    scores, frauds = split(rows)
    weights = np.array(times[: len(rows)])
    repeated = average_precision(np.repeat(scores, weights), np.repeat(frauds, weights))

    assert average_precision(scores, frauds, weights) == pytest.approx(repeated)


@given(rows=scored)
def test_only_the_order_of_scores_matters(rows: list[tuple[float, bool]]) -> None:
    scores, frauds = split(rows)

    assert average_precision(np.exp(scores), frauds) == average_precision(scores, frauds)
    assert ranked(np.exp(scores)).tolist() == ranked(scores).tolist()


def test_if_all_users_are_alike_drawing_them_changes_nothing() -> None:
    users = np.repeat(np.arange(8), 4)
    scores, frauds = np.tile([4.0, 3.0, 2.0, 1.0], 8), np.tile([True, False, True, False], 8)

    whole = average_precision(scores, frauds)
    assert low_average_precision(scores, frauds, users) == pytest.approx(whole)


def test_if_one_user_of_many_is_found_nearly_always_less_is_reached() -> None:
    users = np.repeat(np.arange(10), 3)
    frauds = np.tile([True, False, False], 10)
    scores = np.where(frauds & (users == 0), 9.0, np.where(frauds, 0.0, 1.0))
    whole, low = average_precision(scores, frauds), low_average_precision(scores, frauds, users)

    assert low is not None
    assert whole is not None
    assert low < whole
    assert low == low_average_precision(scores, frauds, users)  # The draws are fixed.


def test_draws_without_a_fraud_do_not_count() -> None:
    users, frauds = np.arange(6), np.arange(6) == 0

    assert low_average_precision(np.ones(6), frauds, users) is not None
    assert low_average_precision(np.ones(6), np.zeros(6, dtype=bool), users) is None


# Alerts within the budget.


@given(rows=scored, places=st.integers(0, 80))
def test_no_row_that_is_left_out_scores_higher_than_one_chosen(
    rows: list[tuple[float, bool]], places: int
) -> None:
    scores, _ = split(rows)
    chosen = highest(scores, places)

    assert chosen.sum() == min(places, len(rows))
    if chosen.any() and not chosen.all():
        assert scores[chosen].min() >= scores[~chosen].max()


def test_of_equals_neither_the_first_nor_the_last_are_always_chosen() -> None:
    places = np.flatnonzero(highest(np.zeros(100), 20))

    assert places[0] < 50 <= places[-1]
    assert places.tolist() != list(range(20))


def test_alerts_are_counted_from_both_sides() -> None:
    alerts = np.array([True, True, True, False, False])
    frauds = np.array([True, False, False, True, False])

    assert found_by(alerts, frauds) == Found(recall=0.5, precision=1 / 3)
    assert found_by(np.zeros(5, dtype=bool), frauds) == Found(0, None)


def test_an_episode_is_caught_by_its_first_row_or_later() -> None:
    #  rows      0  1  2  3  4  5  6  7  8  9
    #  alerts    x     x                 x
    #  episodes  a  a  b  c  c  c  d  d  d  d
    #            ^     ^ at once         ^ a little later; never: c
    alerts = np.isin(np.arange(10), [0, 2, 8])
    episodes = [np.array(own) for own in ([0, 1], [2], [3, 4, 5], [6, 7, 8, 9])]

    assert caught_by(alerts, episodes) == Caught(first=0.5, within_3=0.75, at_all=0.75)
    late = np.isin(np.arange(10), [9])
    assert caught_by(late, episodes) == Caught(first=0, within_3=0, at_all=0.25)
    assert caught_by(alerts, []) == Caught(None, None, None)


def test_users_without_alerts_count_in_the_rate() -> None:
    users = np.array([0, 0, 0, 0, 1, 2, 3])
    alerts = np.array([True, True, True, True, False, False, False])
    rate = rate_of(alerts, users, months=2)

    assert rate.mean == 0.5  # Two a month for one of four.
    assert rate.p90 == pytest.approx(1.4)  # Between none and two, at 2.7 of 3.


# What is measured.


def test_a_card_stays_in_its_half() -> None:
    test = [card for card in range(4_001, 4_013) if half_of(str(card)) == "test"]

    # Written down, because figures of other halves could not be compared.
    assert test == [4_002, 4_003, 4_004, 4_006, 4_012]
    assert 400 < sum(half_of(str(card)) == "test" for card in range(1_000)) < 600


@given(user=st.text())
def test_every_card_is_of_one_half(user: str) -> None:
    assert is_among(user, "dev") != is_among(user, "test")
    assert is_among(user, "all")


def whole(course: Course) -> list[int]:
    return np.flatnonzero(course.measured).tolist()


def test_both_halves_are_measured_apart_and_make_up_the_whole() -> None:
    rows = stream(users=30)
    dev, test, all_ = (course_of(rows, whose) for whose in ("dev", "test", "all"))

    assert sorted([*whole(dev), *whole(test)]) == whole(all_)
    assert dev.user_count + test.user_count == all_.user_count == 30


def test_the_warm_up_of_stream_and_user_is_not_measured() -> None:
    course = course_of(stream(), "all")
    rows = course.rows
    begin = rows[0].payment.at_s + 60 * 86_400

    assert rows[whole(course)[0]].payment.at_s >= begin
    early = [at for at in range(len(rows)) if not course.measured[at]]
    assert all(rows[at].payment.at_s < begin for at in early)  # All have ten payments by then.
    late = [paid(150 + day, "late", number=day, is_fraud=day > 9) for day in range(12)]
    joined = course_of([*rows, *late], "all")
    assert [at - len(rows) for at in whole(joined)[-2:]] == [10, 11]
    assert joined.user_count == course.user_count + 1


def test_a_budget_is_one_alert_a_user_and_month_after_the_warm_up() -> None:
    course = course_of(stream(users=12, days=150), "all")

    assert course.months == pytest.approx(3, abs=0.1)
    assert course.budget in (35, 36)


def test_frauds_of_a_user_belong_together_if_less_than_three_days_lie_between() -> None:
    #  day         100  102.9  105.9      and 103 of somebody else
    #  episode     a    a      b          c
    quiet = stream(users=8, days=120)
    rows = [row for row in quiet if not row.is_fraud]
    frauds = [(100, "card-0"), (102.9, "card-0"), (103, "card-1"), (105.9, "card-0")]
    rows += [paid(day, user, is_fraud=True) for day, user in frauds]
    rows.sort(key=lambda labelled: labelled.payment.at_s)
    course = course_of(rows, "all")

    assert [len(episode) for episode in course.episodes] == [2, 1, 1]
    assert all(course.frauds[episode].all() for episode in course.episodes)
    assert sum(map(len, course.episodes)) == course.frauds.sum()


def test_an_episode_that_begins_in_the_warm_up_is_left_out() -> None:
    rows = [row for row in stream(users=8, days=120) if not row.is_fraud]
    rows += [paid(day, "card-0", is_fraud=True) for day in (59, 60.99, 90)]
    rows.sort(key=lambda labelled: labelled.payment.at_s)
    course = course_of(rows, "all")

    assert [len(episode) for episode in course.episodes] == [1]
    assert course.frauds.sum() == 2


def test_a_stream_without_fraud_or_with_few_users_is_refused() -> None:
    rows = stream()
    with pytest.raises(NoDataError, match=r"none of the measured payments \(all\) is a fraud"):
        course_of([row for row in rows if not row.is_fraud], "all")
    with pytest.raises(NoDataError, match="all of the measured payments"):
        course_of([row._replace(is_fraud=True) for row in rows], "all")
    with pytest.raises(NoDataError, match=r"4 users \(all\) .* at least 5 are needed"):
        course_of(stream(users=4), "all")
    with pytest.raises(NoDataError, match="0 users"):
        course_of(stream(days=50 + 31)[:300], "all")
