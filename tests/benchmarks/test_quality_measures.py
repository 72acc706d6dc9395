"""The figures of quality: what is counted by hand must come out, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.floors import CATEGORIES, Floor, missed
from benchmarks.quality.groups import GROUPS, OTHER, group_of
from benchmarks.quality.measures import (
    Bin,
    Filed,
    Flags,
    Floats,
    among_first,
    calibration_error,
    f1_of_labels,
    filed_at,
    macro_f1,
    reliability,
    share_of,
    threshold_for,
)

answered = st.lists(
    st.tuples(st.integers(0, 20).map(lambda part: part / 20), st.booleans()),
    min_size=1,
    max_size=60,
)


def split(rows: list[tuple[float, bool]]) -> tuple[Floats, Flags]:
    return np.array([sure for sure, _ in rows]), np.array([right for _, right in rows])


# Counted by hand.


def test_f1_is_counted_by_label_and_averaged_over_labels_that_occur() -> None:
    truth = np.array([0, 0, 0, 1, 1])
    tops = np.array([0, 0, 1, 1, 2])
    # Label 0: 2 right of 3 and 2. Label 1: 1 right of 2 and 2. Labels 2 and 3 never occur.

    assert f1_of_labels(truth, tops, 4).tolist() == pytest.approx([0.8, 0.5, 0, 0])
    assert macro_f1(truth, tops, 4) == pytest.approx(0.65)


def test_of_equally_probable_labels_the_first_ones_are_the_first() -> None:
    answers = np.array([[0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])

    assert among_first(answers, np.array([2, 2])) == 1
    assert among_first(answers, np.array([3, 3])) == 0
    assert among_first(answers, np.array([1, 0]), places=1) == 0.5


def test_a_threshold_is_as_low_as_precision_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    # From the top, right of so many: 1/1, 2/2, 2/3, 3/4, 3/5.

    assert threshold_for(confidence, right, 0.9) == 0.8
    assert threshold_for(confidence, right, 0.75) == 0.6
    assert threshold_for(confidence, right, 0.6) == 0.5
    assert filed_at(confidence, right, 0.6) == Filed(0.8, 0.75)


def test_of_equally_sure_answers_all_are_filed_or_none() -> None:
    confidence = np.array([0.9, 0.9, 0.9, 0.2])
    right = np.array([True, True, False, False])

    assert threshold_for(confidence, right, 0.9) is None
    assert threshold_for(confidence, right, 0.66) == 0.9


def test_without_a_threshold_nothing_is_filed() -> None:
    assert filed_at(np.array([1.0]), np.array([True]), None) == Filed(0, None)


def test_calibration_is_the_distance_of_each_bin_weighed_by_its_rows() -> None:
    confidence = np.array([0.95, 0.97, 0.5, 0.5, 0.5, 0.5, 1.0])
    right = np.array([True, False, True, True, True, False, True])
    # The last of 15 bins: .95, .97 and 1, of which 2 are right; the middle one: .5, 3 of 4 right.
    last, middle = abs(2.92 / 3 - 2 / 3), 0.25

    assert calibration_error(confidence, right) == pytest.approx((3 * last + 4 * middle) / 7)
    assert reliability(confidence, right)[0] == Bin(0.5, 0.75, 4)
    assert reliability(confidence, right)[1] == pytest.approx((2.92 / 3, 2 / 3, 3))


def test_nothing_has_no_share() -> None:
    assert share_of(np.array([], dtype=np.bool_)) is None


# What holds for any answers.


@given(rows=answered, precision=st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_hindsight_keeps_its_precision_and_files_all_it_can(
    rows: list[tuple[float, bool]], precision: float
) -> None:
    confidence, right = split(rows)
    found = threshold_for(confidence, right, precision)

    def is_enough(threshold: float) -> bool:
        filed = filed_at(confidence, right, threshold).precision
        return filed is not None and filed >= precision

    enough = [sure for sure in set(confidence.tolist()) if is_enough(sure)]
    assert found == min(enough, default=None)


@given(rows=answered)
def test_who_is_always_as_sure_as_right_is_calibrated(rows: list[tuple[float, bool]]) -> None:
    _, right = split(rows)
    everywhere = np.full(len(right), right.mean())

    assert calibration_error(everywhere, right) == pytest.approx(0)


@given(rows=answered)
def test_calibration_is_a_share_and_its_bins_hold_every_row(
    rows: list[tuple[float, bool]],
) -> None:
    confidence, right = split(rows)

    assert 0 <= calibration_error(confidence, right) <= 1
    assert sum(found.rows for found in reliability(confidence, right)) == len(rows)


@given(labels=st.lists(st.integers(0, 4), min_size=1))
def test_who_is_always_right_scores_one(labels: list[int]) -> None:
    truth = np.array(labels)

    assert macro_f1(truth, truth, 5) == 1
    assert among_first(np.eye(5)[truth], truth) == 1


# Groups and floors.


@pytest.mark.parametrize(
    ("expense_type", "group"),
    [
        ("Purchases Food", "groceries_food"),
        ("Vehicle Fuel", "fuel"),
        ("Oil", "fuel"),
        ("Vehicle Tyres", "vehicle_other"),
        ("Gas", "utilities"),
        ("Gas Repairs", "home_repairs"),
        ("Phon NonCentrx Lines", "telecom"),
        ("Printing BulkCopying", "office_post"),
        ("Training Travel&Subs", "travel"),  # The first pattern decides.
        ("Equip Operational", "equipment_supplies"),
        ("SoR LIGHTING OTHER", "equipment_supplies"),
        ("HRM Emer Lighting", "home_repairs"),
        ("Exam Fees", "training_fees_subs"),
        ("Legal Fee Other", "services_fees"),
        ("Burials & Cremations", OTHER),
        ("", OTHER),
    ],
)
def test_expense_types_fall_into_groups(expense_type: str, group: str) -> None:
    assert group_of(expense_type) == group


@given(expense_type=st.text())
def test_every_expense_type_has_a_group(expense_type: str) -> None:
    assert group_of(expense_type) in GROUPS
    assert len(GROUPS) == len(set(GROUPS)) == 17


def test_a_floor_is_kept_from_its_bound_on_and_never_by_an_absent_figure() -> None:
    floors = [Floor("accuracy", 0.8), Floor("ece", 0.02, is_upper=True), Floor("gain", 0.1)]

    assert missed({"accuracy": 0.8, "ece": 0.02, "gain": 0.1}, floors) == []
    assert missed({"accuracy": 0.79, "ece": 0.03, "gain": None}, floors) == [
        "accuracy",
        "ece",
        "gain",
    ]
    assert missed({}, CATEGORIES) == [floor.figure for floor in CATEGORIES]
