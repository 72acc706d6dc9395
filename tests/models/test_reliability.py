"""How sure we say we are is how often we were right, and filing waits until that is enough."""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evidence import weight_on
from models.reliability import BINS, FILED_FROM, LABELS_MIN, SURE, Reliability

TODAY = 739_000
UNIT = weight_on(TODAY)


class Judged(NamedTuple):
    confidence: float
    is_right: bool
    weight: int = UNIT


confidences = st.floats(0.0, 1.0) | st.integers(0, BINS).map(lambda number: number / BINS)
weights = st.integers(TODAY - 800, TODAY).map(weight_on)
pasts = st.lists(st.builds(Judged, confidences, st.booleans(), weights), max_size=40)
units = st.integers(TODAY - 800, TODAY + 800).map(weight_on)


def learned(past: list[Judged]) -> Reliability:
    reliability = Reliability()
    for one in past:
        reliability.learn_one(one.confidence, one.weight, is_right=one.is_right)
    return reliability


@given(past=pasts, unit=units, one=confidences, other=confidences)
def test_who_is_surer_is_right_at_least_as_often(
    past: list[Judged], unit: int, one: float, other: float
) -> None:
    reliability = learned(past)
    less, more = (reliability.predict_one(own, unit) for own in sorted((one, other)))
    assert 0.0 <= less <= more + 1e-12
    assert more <= 1.0


@given(past=pasts, asked=st.lists(st.tuples(st.integers(0, 40), confidences, units)))
def test_what_it_answers_does_not_depend_on_when_it_was_asked(
    past: list[Judged], asked: list[tuple[int, float, int]]
) -> None:
    reliability = Reliability()
    for number, one in enumerate(past):
        for at, confidence, unit in asked:
            if at == number:
                reliability.predict_one(confidence, unit)
                reliability.threshold(unit)
        reliability.learn_one(one.confidence, one.weight, is_right=one.is_right)

    fresh = learned(past)
    for _, confidence, unit in asked:
        assert reliability.predict_one(confidence, unit) == fresh.predict_one(confidence, unit)
        assert reliability.threshold(unit) == fresh.threshold(unit)


@given(past=pasts, confidence=confidences, unit=units)
def test_it_survives_its_bytes(past: list[Judged], confidence: float, unit: int) -> None:
    reliability = learned(past)
    stored = msgspec.msgpack.encode([reliability.right, reliability.wrong])
    again = Reliability(*msgspec.msgpack.decode(stored))

    assert again.predict_one(confidence, unit) == reliability.predict_one(confidence, unit)
    assert again.threshold(unit) == reliability.threshold(unit)


@given(past=pasts, data=st.data())
def test_the_order_of_the_past_does_not_matter(past: list[Judged], data: st.DataObject) -> None:
    shuffled = learned(data.draw(st.permutations(past)))
    assert (shuffled.right, shuffled.wrong) == (learned(past).right, learned(past).wrong)


# The threshold.


@given(
    past=st.lists(st.builds(Judged, confidences, st.booleans(), st.just(UNIT)), max_size=12),
    data=st.data(),
)
def test_from_the_threshold_on_enough_of_the_past_was_right(
    past: list[Judged], data: st.DataObject
) -> None:
    # Each label many times, so that there are enough of them.
    past = [one for one in past for _ in range(data.draw(st.integers(1, 60)))]
    threshold = learned(past).threshold(UNIT)

    if len(past) < LABELS_MIN:
        assert threshold == FILED_FROM
    elif threshold < 1.0:
        answered = [one.is_right for one in past if one.confidence >= threshold]
        assert sum(answered) >= SURE * len(answered) > 0
    else:
        last = [one.is_right for one in past if one.confidence >= 1.0 - 1 / BINS]
        assert sum(last) < SURE * len(last) or not last


def test_the_threshold_is_the_lowest_that_is_good_enough() -> None:
    #  confidence   0.50   0.70   0.90
    #  right          30     60     60
    #  wrong          30      2      1
    past = [Judged(0.5, is_right=True), Judged(0.5, is_right=False)] * 30
    past += [Judged(0.7, is_right=True)] * 60 + [Judged(0.7, is_right=False)] * 2
    past += [Judged(0.9, is_right=True)] * 60 + [Judged(0.9, is_right=False)]

    threshold = learned(past).threshold(UNIT)

    assert 0.5 < threshold <= 0.7


def test_few_labels_tell_no_threshold() -> None:
    assert learned([Judged(0.3, is_right=True)] * (LABELS_MIN - 1)).threshold(UNIT) == FILED_FROM


def test_old_labels_tell_less_and_less() -> None:
    past = [Judged(0.3, is_right=True, weight=weight_on(TODAY))] * LABELS_MIN
    assert learned(past).threshold(weight_on(TODAY)) < FILED_FROM
    assert learned(past).threshold(weight_on(TODAY + 365)) == FILED_FROM


# What it says.


@pytest.mark.parametrize("confidence", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_without_labels_a_confidence_is_believed(confidence: float) -> None:
    assert Reliability().predict_one(confidence, UNIT) == pytest.approx(confidence, abs=0.5 / BINS)


def test_with_labels_it_says_how_often_such_answers_were_right() -> None:
    past = ([Judged(0.9, is_right=True)] * 6 + [Judged(0.9, is_right=False)] * 4) * 200
    assert learned(past).predict_one(0.9, UNIT) == pytest.approx(0.6, abs=0.02)


def test_what_is_out_of_bounds_is_taken_as_the_nearest() -> None:
    reliability = learned([Judged(1.0, is_right=True), Judged(0.0, is_right=False)])
    assert reliability.predict_one(1.000001, UNIT) == reliability.predict_one(1.0, UNIT)
    assert reliability.predict_one(-0.000001, UNIT) == reliability.predict_one(0.0, UNIT)
