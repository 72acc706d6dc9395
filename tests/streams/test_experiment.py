"""What is said of two artifacts: intervals that keep their promise, and verdicts that follow."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.state.population import Arm, Arms
from streams.experiment import Interval, beside, compared, difference, summed, wilson

counts = st.integers(0, 2_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
arms = st.builds(
    Arms,
    st.sampled_from(("a" * 64, "b" * 64)),
    *(st.builds(Arm, *(st.integers(0, 50) for _ in range(4))) for _ in range(2)),
    *(st.integers(0, 50) for _ in range(4)),
)
NO_DIFFERENCE = "no difference can be told yet"


@given(counts)
def test_an_interval_holds_its_share_and_is_one(counted: tuple[int, int]) -> None:
    found, of = counted
    interval = wilson(found, of)
    if of == 0:
        assert interval is None
        return
    assert interval is not None
    assert 0 <= interval.low <= interval.point + 1e-12
    assert interval.point - 1e-12 <= interval.high <= 1
    opposite = wilson(of - found, of)
    assert opposite is not None
    assert interval.low == pytest.approx(1 - opposite.high, abs=1e-9)


def test_intervals_are_those_of_the_textbook() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998: 81 of 263; and
    # "Interval estimation for the difference", the same year: 56 of 70 less 48 of 80.
    single, apart = wilson(81, 263), difference((48, 80), (56, 70))
    assert single is not None
    assert [round(bound, 4) for bound in single] == [0.2553, 0.3080, 0.3662]
    assert apart is not None
    assert [round(bound, 4) for bound in apart] == [0.0524, 0.2000, 0.3339]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("of", [30, 200])
def test_nineteen_of_twenty_intervals_hold_the_true_share(share: float, of: int) -> None:
    covered = 0.0
    for found in range(of + 1):
        interval = wilson(found, of)
        assert interval is not None
        if interval.low <= share <= interval.high:
            covered += comb(of, found) * share**found * (1 - share) ** (of - found)
    assert covered == pytest.approx(0.95, abs=0.03)


@given(counts, counts)
def test_a_difference_is_the_other_way_round_when_asked_so(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    there, back = difference(one, other), difference(other, one)
    if there is None or back is None:
        assert there is back
        assert 0 in (one[1], other[1])
        return
    assert there == pytest.approx(Interval(-back.high, -back.point, -back.low), abs=1e-9)


@given(st.lists(arms, max_size=4), st.integers(0, 3))
def test_how_partitions_are_divided_does_not_matter(parts: list[Arms], cut: int) -> None:
    digest = "a" * 64
    both = [summed(parts[:cut], digest), summed(parts[cut:], digest)]

    assert summed(both, digest) == summed(parts, digest)
    assert summed(parts, digest).agreed == sum(own.agreed for own in parts if own.sha256 == digest)


def test_a_verdict_needs_evidence() -> None:
    good = Arm(decided=1_000, filed=800, accepted=600, corrected=20)
    bad = Arm(decided=1_000, filed=700, accepted=500, corrected=90)

    assert {line.verdict for line in compared(Arm(), good)} == {"nothing to compare yet"}
    assert {line.verdict for line in compared(good, good)} == {NO_DIFFERENCE}
    assert {line.verdict for line in compared(bad, good)} == {"the challenger is better"}
    assert {line.verdict for line in compared(good, bad)} == {"the active one is better"}


def test_a_shadow_is_judged_by_the_labels_that_tell_both_apart() -> None:
    even = Arms(agreed=90, differed=10, only_active_right=5, only_challenger_right=5)
    ahead = Arms(agreed=90, differed=90, only_active_right=10, only_challenger_right=60)

    assert beside(Arms()).verdict == "nothing to compare yet"
    assert beside(even).verdict == NO_DIFFERENCE
    assert beside(ahead).verdict == "the challenger is better"
    behind = Arms(only_active_right=60, only_challenger_right=10)
    assert beside(behind).verdict == "the active one is better"
