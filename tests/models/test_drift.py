"""The watch on answers: silent while they are as good as ever, and quick when they are not."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river.drift import ADWIN
from river.metrics import Accuracy
from river.utils import Rolling

from models.drift import LATEST, Answers, Shift, Some, Watch
from sample.dice import Dice

Judged = tuple[int, bool]

judged_answers = st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=80)
STEP_AFTER = (500, 1_000, 5_000)
NOTICED_WITHIN = 150


def steady(percent: int, dice: Dice) -> Iterator[Judged]:
    """Give answers that are right as often as they say, for ever."""
    while True:
        yield percent, dice.permille(10 * percent)


def stepping(at: int, before: int, since: int, dice: Dice) -> Iterator[Judged]:
    """Give answers that are as sure as before after they have changed."""
    yield from islice(steady(before, dice), at)
    yield from ((before, is_right) for _, is_right in steady(since, dice))


def trips(answers: Iterable[Judged]) -> list[int]:
    """Give the places at which a new watch says that answers became worse."""
    watch = Watch()
    return [
        place
        for place, (percent, is_right) in enumerate(answers)
        if watch.learn_one(percent, is_right=is_right)
    ]


def test_a_steady_stream_gives_at_most_one_false_alarm_in_100_000_answers() -> None:
    streams = [steady(percent, Dice(seed)) for percent in (60, 80, 90, 95) for seed in range(5)]
    false_alarms = sum(len(trips(islice(stream, 20_000))) for stream in streams)
    assert false_alarms <= len(streams) * 20_000 / 100_000


@pytest.mark.parametrize("at", STEP_AFTER)
def test_a_step_from_nine_right_of_ten_to_six_is_noticed_soon(at: int) -> None:
    for seed in range(40):
        found = trips(islice(stepping(at, 90, 60, Dice(seed)), at + NOTICED_WITHIN))
        assert any(place >= at for place in found), f"seed {seed}: {found}"


def test_whoever_becomes_better_trips_nothing() -> None:
    streams = [stepping(1_000, 60, 90, Dice(seed)) for seed in range(20)]
    assert [trips(islice(stream, 3_000)) for stream in streams] == [[]] * len(streams)


@given(judged_answers)
def test_the_same_answers_give_the_same(answers: list[Judged]) -> None:
    one, other = Watch(), Watch()
    for percent, is_right in answers:
        told = one.learn_one(percent, is_right=is_right)
        assert told == other.learn_one(percent, is_right=is_right)
    assert vars(one.latest) == vars(other.latest)


@given(forgotten=judged_answers, kept=judged_answers)
def test_what_is_taken_away_leaves_no_trace(forgotten: list[Judged], kept: list[Judged]) -> None:
    answers, never = Answers(), Answers()
    for percent, is_right in [*forgotten, *kept]:
        answers.update(percent, is_right)
    for percent, is_right in forgotten:
        answers.revert(percent, is_right)
    for percent, is_right in kept:
        never.update(percent, is_right)
    assert vars(answers) == vars(never)


def test_only_the_latest_answers_count() -> None:
    watch = Watch()
    for place in range(3 * LATEST):
        watch.learn_one(100, is_right=place >= 2 * LATEST)
    assert (watch.latest.accuracy, watch.latest.calibration_error) == (1.0, 0.0)


def test_there_is_no_accuracy_and_no_error_before_the_first_answer() -> None:
    assert (Answers().accuracy, Answers().calibration_error) == (0.0, 0.0)


def test_too_sure_and_too_modest_do_not_make_up_for_each_other() -> None:
    answers = Answers()
    for place in range(10):
        answers.update(90, place < 6)  # 0.3 too sure.
        answers.update(30, place < 6)  # 0.3 too modest.
    assert answers.calibration_error == pytest.approx(0.3)


def test_the_figures_are_rivers_own() -> None:
    """River's classes, which a worker does without for their weight, say the same."""
    untyped: Any = ADWIN
    watch, detector = Watch(), untyped(delta=0.02, clock=8)
    accuracy: Any = Rolling(Accuracy, window_size=LATEST)
    told, expected = [], []
    for place, (percent, is_right) in enumerate(islice(stepping(2_000, 90, 60, Dice(1)), 6_000)):
        before = detector.estimation
        if watch.learn_one(percent, is_right=is_right):
            told.append(place)
        detector.update(not is_right)
        if detector.drift_detected and detector.estimation > before:
            expected.append(place)
        accuracy.update(True, is_right)
        assert watch.latest.accuracy == pytest.approx(accuracy.get())
    assert told == expected != []


# Shares: how rare payments are.


def shares(seed: int, exponent: float = 1.0, steps: int = 10**6) -> Iterator[float]:
    """Give shares for ever: even ones, or with an exponent mostly small or large, in steps."""
    dice = Dice(seed)
    while True:
        yield (dice.below(steps) / steps) ** exponent


def shifts(stream: Iterable[float]) -> list[int]:
    """Give the places at which a new watch says that shares have become others."""
    watch = Shift()
    return [place for place, share in enumerate(stream) if watch.learn_one(share)]


@pytest.mark.parametrize("steps", [8, 10**6])
@pytest.mark.parametrize("exponent", [0.2, 1.0, 5.0])
def test_steady_shares_give_at_most_one_false_alarm_in_100_000(exponent: float, steps: int) -> None:
    streams = [shares(seed, exponent, steps) for seed in range(10)]
    assert sum(len(shifts(islice(stream, 20_000))) for stream in streams) <= 2


@pytest.mark.parametrize(("exponent", "within"), [(2.3, 250), (0.43, 250), (4.0, 120)])
def test_a_shift_to_either_side_is_noticed_soon_and_told_once(exponent: float, within: int) -> None:
    # The mean goes from 0.5 to 0.3, to 0.7 and to 0.2.
    for seed in range(20):
        before, since = islice(shares(seed), 1_000), islice(shares(seed, exponent), 3_000)
        (found,) = shifts([*before, *since])
        assert 1_000 <= found < 1_000 + within, f"seed {seed}"


def waves(seed: int, a_day: int) -> Iterator[tuple[int, float]]:
    """Give shares by day; of each week, two days have rarer ones than the others."""
    for day in range(1, 7 * 60):
        exponent = 2.0 if day % 7 in {5, 6} else 1.0
        yield from ((day, share) for share in islice(shares(1_000 * seed + day, exponent), a_day))


@pytest.mark.parametrize("a_day", [5, 16, 300, 2_000])
def test_who_draws_some_a_day_does_not_take_a_weekend_for_a_change(a_day: int) -> None:
    for seed in range(2):
        some, everyday = Some(16), list(waves(seed, a_day))
        assert shifts(share for day, share in everyday if some.draws(day)) == []
        if a_day >= 300:
            assert len(shifts(share for _, share in everyday)) > 30


@given(st.lists(st.integers(0, 3_000), min_size=2, max_size=6), st.integers(1, 20))
def test_of_a_day_some_are_drawn_and_never_many(days: list[int], a_day: int) -> None:
    some, before = Some(a_day), 0
    for day, number in enumerate(days, start=1):
        drawn = sum(some.draws(day) for _ in range(number))
        assert drawn >= min(number, 1)
        # As the day goes on, twice as many come for each further handful that is drawn.
        more = number // max(1, before)
        assert drawn <= a_day * (2 + more.bit_length())
        if before >= number:
            assert drawn <= 2 * a_day
        before = number
