"""What every detector of unusual payments promises, alone and all together."""

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river.compose import Select

from models.anomaly.bursts import Bursts
from models.anomaly.customs import MEASURES, SHAPES, Customs
from models.anomaly.decay import faded
from models.anomaly.detector import Detector, seen
from models.anomaly.fraud_rate import FraudRate
from models.anomaly.patterns import Patterns, pattern_of
from models.anomaly.rarity import BINS, Rarity
from models.anomaly.rules import DAY_S
from models.anomaly.spread import REACH, Spread
from models.anomaly.suspicion import Suspicion
from models.anomaly.terms import (
    AmountForCategory,
    CategoryShare,
    DaySum,
    HourOfDay,
    Size,
    Term,
)
from models.anomaly.threshold import Leniency, moved
from models.anomaly.weights import BURSTS, CONTEXT_FROM, MOST, START, Weights
from processors.state.habits import Habits
from processors.state.judging import as_features
from schemas.money import AMOUNT_MINOR_MAX

Payment = tuple[str, int, int, int]
CATEGORIES = ("dining", "food", "shopping", "travel")
NOON = 12 * 3600

payments = st.tuples(
    st.sampled_from(CATEGORIES),
    st.integers(1, AMOUNT_MINOR_MAX) | st.integers(1, 100_000),
    st.integers(-1, 23),
    st.integers(0, 400 * DAY_S),
)
pasts = st.lists(payments, max_size=40)


def features(payment: Payment) -> dict[Any, Any]:
    return as_features(*payment)


@dataclass(slots=True)
class Partition:
    """One user among all, who learn everything."""

    habits: Habits = field(default_factory=Habits)
    customs: Customs = field(default_factory=Customs)
    patterns: Patterns = field(default_factory=Patterns)
    weights: Weights = field(default_factory=Weights)

    @property
    def detector(self) -> Detector:
        """Make the detector anew from what is remembered, as the fold does for each payment."""
        return Detector(self.habits, self.customs, self.patterns, self.weights)

    def live(self, past: Iterable[Payment]) -> "Partition":
        """Score first, learn later."""
        for payment in past:
            x, detector = features(payment), self.detector
            judged = detector.judge_one(x)
            detector.learn_one(x)
            detector.feel_one(x, judged.surprise)
            self.customs.learn(seen(x, judged, 1))
        return self

    def memory(self) -> str:
        """Give all that is remembered."""
        customs = self.customs
        return repr((self.habits, customs.amounts, customs.hours, customs.counts))


def usual_life(days: int, minor: int = 2_000) -> list[Payment]:
    """Buy food at noon, a little more or less each day, and dine on every third evening."""
    food = [("food", minor + 37 * (day % 7), 12, day * DAY_S + NOON) for day in range(days)]
    dining = [("dining", 2 * minor, 19, day * DAY_S + 19 * 3600) for day in range(0, days, 3)]
    return sorted([*food, *dining], key=lambda one: one[3])


@given(past=pasts, payment=payments)
def test_scoring_changes_nothing_and_is_always_a_number(
    past: list[Payment], payment: Payment
) -> None:
    partition = Partition().live(past)
    before = partition.memory()
    score = partition.detector.score_one(features(payment))

    assert math.isfinite(score)
    assert score >= 0.0
    assert partition.detector.score_one(features(payment)) == score
    assert partition.memory() == before


@given(past=pasts, payment=payments)
def test_what_the_signs_add_is_the_score(past: list[Payment], payment: Payment) -> None:
    judged = Partition().live(past).detector.judge_one(features(payment))

    assert set(judged.addends) == set(START)
    assert judged.episode == sum(judged.addends.values())
    alone = sum(nats for name, nats in judged.addends.items() if name not in BURSTS)
    assert judged.surprise == alone <= judged.episode


@given(past=pasts, payment=payments)
def test_more_is_never_less_surprising(past: list[Payment], payment: Payment) -> None:
    detector = Partition().live(past).detector
    category, minor, hour, instant = payment
    amounts = sorted({minor, minor + 1, 2 * minor, 100 * minor})
    scores = [detector.score_one(features((category, one, hour, instant))) for one in amounts]
    assert all(less <= more + 1e-12 for less, more in pairwise(scores))


@given(past=pasts, cut=st.integers(0, 40), payment=payments)
def test_what_comes_later_changes_no_earlier_score(
    past: list[Payment], cut: int, payment: Payment
) -> None:
    def scores(history: list[Payment]) -> list[float]:
        partition, found = Partition(), []
        for one in history:
            found.append(partition.detector.score_one(features(one)))
            partition.live([one])
        return found

    assert scores([*past[:cut], payment])[: len(past[:cut])] == scores(past[:cut])


@given(past=pasts, payment=payments)
def test_it_answers_the_same_when_made_anew_from_its_memory(
    past: list[Payment], payment: Payment
) -> None:
    lived = Partition().live(past)
    customs = lived.customs
    anew = Partition(
        copy.deepcopy(lived.habits),
        Customs(*copy.deepcopy((customs.amounts, customs.hours, customs.counts))),
        Patterns(copy.deepcopy(lived.patterns.cells)),
        Weights(lived.weights.known, lived.weights.log_odds),
    )
    x = features(payment)
    assert anew.detector.judge_one(x) == lived.detector.judge_one(x)
    assert anew.live([payment]).memory() == lived.live([payment]).memory()


@given(past=st.lists(payments, min_size=1, max_size=40))
def test_memory_is_bounded_by_the_categories(past: list[Payment]) -> None:
    partition = Partition().live(past)
    habits, customs = partition.habits, partition.customs

    assert len(habits.amounts) <= len(CATEGORIES) + 1
    assert len(habits.hours) in {0, 24}
    assert len(customs.counts) <= len(MEASURES) + len(CATEGORIES)
    assert all(len(counts) == BINS for counts in customs.counts.values())


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=60))
def test_one_wild_value_moves_a_spread_by_no_more_than_its_reach(values: list[float]) -> None:
    spread = Spread(0, 0.0, 1.0)
    for value in values:
        learned = spread.learned(value)
        assert abs(learned.middle - spread.middle) <= REACH * spread.scatter / 2 + 1e-9
        spread = learned


def test_a_thousand_times_the_usual_is_told_apart_from_the_usual() -> None:
    lived = Partition().live(usual_life(90))
    ordinary = lived.detector.judge_one(features(("food", 2_050, 12, 91 * DAY_S)))
    night = lived.detector.judge_one(features(("food", 2_050, 3, 91 * DAY_S)))
    wild = lived.detector.judge_one(features(("food", 2_000_000, 12, 91 * DAY_S)))

    assert ordinary.surprise < night.surprise < wild.surprise
    assert night.addends["hour"] > ordinary.addends["hour"] == 0.0
    assert wild.addends["amount"] > ordinary.addends["amount"] + 4.0


def test_who_has_done_nothing_yet_is_judged_by_what_is_customary() -> None:
    among_others = Partition().live(usual_life(200))
    new = Partition(customs=among_others.customs)
    usual, wild = (("food", minor, 12, 201 * DAY_S) for minor in (2_000, 400_000))

    assert Partition().detector.score_one(features(usual)) < 2.0
    assert new.detector.score_one(features(wild)) > new.detector.score_one(features(usual)) + 4.0


def test_a_burst_that_is_not_learned_leaves_the_habits_alone() -> None:
    lived = Partition().live(usual_life(90))
    amounts, hours = copy.deepcopy(lived.habits.amounts), list(lived.habits.hours)
    for minute in range(20):
        x = features(("shopping", 90_000, 3, 91 * DAY_S + minute * 60))
        detector = lived.detector
        detector.feel_one(x, detector.score_one(x))

    assert (lived.habits.amounts, lived.habits.hours) == (amounts, hours)
    assert lived.habits.bursts[0] > 0.0


def test_twenty_thefts_that_are_learned_move_the_baseline_only_so_far() -> None:
    lived = Partition().live(usual_life(120))
    before = lived.detector.amount.usual("food", 0.0)
    lived.live([("food", 500_000, 3, 121 * DAY_S + number * 600) for number in range(20)])
    after = lived.detector.amount.usual("food", 0.0)

    # The thefts are 5.5 nats above what is usual; a mean would have moved by 0.8 of them.
    assert after.middle - before.middle < 0.35
    assert after.scatter < 4 * before.scatter


def test_a_burst_raises_the_episode_and_not_the_surprise_and_passes() -> None:
    lived = Partition().live(usual_life(90))
    x = features(("food", 2_000, 12, 91 * DAY_S))
    calm = lived.detector.judge_one(x)
    lived.detector.feel_one(features(("travel", 900_000, 3, 91 * DAY_S - 600)), 30.0)
    bursting = lived.detector.judge_one(x)
    later = lived.detector.judge_one({**x, "instant": 121 * DAY_S})

    assert bursting.episode > calm.episode + 5.0
    assert bursting.signs["amount"] == calm.signs["amount"]
    assert later.episode - later.surprise < 0.1


@given(counts=st.lists(st.integers(0, 50), min_size=BINS, max_size=BINS), value=st.floats(-9, 30))
def test_rarity_rises_with_the_value_and_never_says_never(counts: list[int], value: float) -> None:
    shape = SHAPES["amount"]
    rarity = Rarity(counts, shape)
    assert 0.0 <= rarity.surprise(value) <= rarity.surprise(value + 0.5) < 80.0


@given(lessons=st.lists(st.tuples(st.floats(-9, 30), st.integers(0, 20)), max_size=20))
def test_rarity_answers_the_same_however_often_it_is_asked(
    lessons: list[tuple[float, int]],
) -> None:
    asked, fresh = Rarity([0] * BINS, SHAPES["amount"]), Rarity([0] * BINS, SHAPES["amount"])
    for value, often in lessons:
        asked.learn(value)
        answers = [asked.surprise(value / 2) for _ in range(often)]
        fresh.learn(value)
        anew = Rarity(list(fresh.counts), SHAPES["amount"]).surprise(value / 2)
        assert answers == [anew] * often


def test_a_full_histogram_fades_and_keeps_its_shape() -> None:
    rarity = Rarity([2**13] * BINS, SHAPES["amount"])
    before = rarity.surprise(10.0)
    for _ in range(70):
        rarity.learn(3.0, 1_024)
    assert sum(rarity.counts) <= 2**20
    assert abs(rarity.surprise(10.0) - before) < 0.2


@pytest.mark.parametrize("is_fraud", [True, False])
def test_feedback_moves_the_weights_towards_what_turned_out(*, is_fraud: bool) -> None:
    suspicion = Suspicion()
    signs: dict[Any, Any] = {**dict.fromkeys(START, 0.0), "hour": 5.0, "amount": 9.0}
    for _ in range(50):
        suspicion.learn_one(signs, is_fraud)

    moves = {name: suspicion.weights.known[name] - START[name] for name in START}
    assert (moves["hour"] > 0.0) is is_fraud
    assert all(moves[name] == 0.0 for name in START if not signs[name])
    assert all(weight >= 0.0 for weight in suspicion.weights.known.values())


def test_a_pattern_of_frauds_is_known_again_and_others_stay_as_they_were() -> None:
    patterns = Patterns()
    stolen = pattern_of("shopping", math.log(90_000), 3)
    bought = pattern_of("shopping", math.log(2_000), 14)
    for number in range(2_000):
        patterns.learn(bought if number % 100 else stolen, 1, is_fraud=number % 100 == 0)

    assert patterns.surprise(stolen) > 2.0
    assert patterns.surprise(bought) == patterns.surprise("never|seen|0") == 0.0


@pytest.mark.parametrize(("hour", "part"), [(21, "3"), (22, "0"), (3, "0"), (4, "1"), (-1, "-")])
def test_a_night_begins_before_midnight(hour: int, part: str) -> None:
    assert pattern_of("food", 2.6, hour) == f"food|5|{part}"


def test_one_report_says_nothing_of_a_merchant_and_five_do_until_they_fade() -> None:
    one = FraudRate().learned(100, is_fraud=True)
    five = one
    for _ in range(4):
        five = five.learned(100, is_fraud=True)

    assert one.joined(-5.0, 100) == 0.0
    assert five.joined(-5.0, 100) > 3.0
    assert five.joined(-5.0, 160) == 0.0
    assert five.joined(30.0, 100) < five.joined(5.0, 100) < five.joined(-5.0, 100)


@given(
    nats=st.floats(-40, 40), frauds=st.integers(0, 50), normal=st.integers(0, 50),
    day=st.integers(0, 400),
)  # fmt: skip
def test_a_merchant_never_lowers_suspicion(nats: float, frauds: int, normal: int, day: int) -> None:
    rate = FraudRate()
    for number in range(frauds + normal):
        rate = rate.learned(number, is_fraud=number < frauds)
    more = rate.joined(nats, day)
    assert math.isfinite(more)
    assert more >= 0.0


def test_the_threshold_settles_where_alerts_are_as_many_as_is_bearable() -> None:
    threshold, alerts = 13.0, 0
    for day in range(60_000):
        # Scores are spread so that a nat more is e times rarer, and all users pay once a day.
        rank = (day * 0.618_033_988_75) % 1.0
        is_alert = -math.log(max(rank, 1e-9)) * 2.0 >= threshold
        threshold = moved(threshold, int(is_alert), 1.0, 1.0)
        alerts += is_alert and day >= 15_000
    assert alerts == pytest.approx(1_500, rel=0.05)


def test_who_was_told_is_told_less_easily_for_a_month() -> None:
    told = Leniency().told(10 * DAY_S, 1.0, is_alert=True)

    assert told.at(10 * DAY_S, 1.0) == 0.4
    assert told.at(40 * DAY_S, 1.0) == pytest.approx(0.0)
    assert told.at(4_000 * DAY_S, 1.0) == -0.5
    assert told.at(0, 1.0) == 0.4


@given(value=st.floats(0, 1e9), seconds=st.integers(-DAY_S, 400 * DAY_S))
def test_what_fades_never_grows(value: float, seconds: int) -> None:
    assert 0.0 <= faded(value, seconds, NOON) <= value


def test_bursts_answer_when_new_and_are_made_anew_from_their_memory() -> None:
    bursts = Bursts()
    assert bursts.score_one({"instant": DAY_S}) == 0.0
    bursts.learn_one({"instant": DAY_S, "surprise": 20.0})
    assert Bursts(*bursts.memory).score_one({"instant": DAY_S}) == bursts.score_one(
        {"instant": DAY_S}
    )


@given(past=pasts, payment=payments)
def test_each_term_by_itself_measures_and_learns_as_the_detector_does(
    past: list[Payment], payment: Payment
) -> None:
    lived, x = Partition().live(past), features(payment)
    own, customs = copy.deepcopy(lived.habits), lived.customs
    day = DaySum(own.day_sum, own.day_usual, own.day_last, customs)
    terms: list[Term] = [
        AmountForCategory(own.amounts, customs),
        Size(customs),
        HourOfDay(own.hours, customs),
        CategoryShare(own.amounts, customs),
        day,
    ]
    burst = Bursts(*own.bursts)
    judged = lived.detector.judge_one(x)

    assert tuple(term.name for term in terms) == MEASURES
    assert judged.measured == tuple(term.measure_one(x) for term in terms)
    for term in terms:
        context = CONTEXT_FROM if term.name in {"hour", "share", "day"} else 0.0
        assert judged.signs[term.name] == min(max(0.0, term.score_one(x) - context), MOST)
    for term in terms:  # Some read what others learn.
        term.learn_one(x)
    day.feel_one(x)
    burst.learn_one({"instant": x["instant"], "surprise": judged.surprise})
    lived.detector.learn_one(x)
    lived.detector.feel_one(x, judged.surprise)
    own.day_sum, own.day_usual, own.day_last = day.sum_minor, day.usual, day.last
    own.bursts = burst.memory
    assert own == lived.habits


def test_a_term_is_a_part_of_a_river_pipeline() -> None:
    partition = Partition().live(usual_life(60))
    x = features(("food", 400_000, 12, 61 * DAY_S))
    pipeline = Select("category", "size") | partition.detector.amount

    assert pipeline.score_one(x) == partition.detector.amount.score_one(x) > 4.0
