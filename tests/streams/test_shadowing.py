"""What is said of a shadow of the detector: counts that add up, and verdicts that need evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from processors.state.customary import Compared
from streams.cli.detection_tables import comparison_as_json, show_comparison
from streams.shadowing import COUNTS, sides, summed

counted = st.builds(
    Compared, st.sampled_from(("eager", "calm")), *(st.integers(0, 50) for _ in COUNTS)
)
AHEAD = Compared("eager", 9_000, 30, 5, 25, 12, 1, 14, 3)


def test_nothing_that_is_counted_is_left_out() -> None:
    assert set(asdict(Compared())) == {"name", *COUNTS}


@given(st.lists(counted, max_size=4), st.integers(0, 3))
def test_how_partitions_are_divided_does_not_matter(parts: list[Compared], cut: int) -> None:
    both = [summed(parts[:cut], "eager"), summed(parts[cut:], "eager")]
    whole = summed(parts, "eager")

    assert summed(both, "eager") == whole
    assert whole.payments == sum(own.payments for own in parts if own.name == "eager")


@given(counted)
def test_each_side_has_what_both_and_what_only_it_told_of(own: Compared) -> None:
    found = sides(own)
    frauds = sum(getattr(own, name) for name in COUNTS if name.startswith("frauds_"))

    assert found.active.told - found.shadow.told == own.only_active - own.only_shadow
    assert found.active.frauds == own.frauds_both + own.frauds_only_active
    assert found.shadow.frauds == own.frauds_both + own.frauds_only_shadow
    for side in (found.active, found.shadow):
        assert (side.caught is None) == (frauds == 0)
        if side.caught is not None:
            assert side.caught.low <= side.frauds / frauds + 1e-12
            assert side.frauds / frauds - 1e-12 <= side.caught.high


def test_a_verdict_needs_frauds_that_only_one_of_both_told_of() -> None:
    alike = Compared("eager", 9_000, 40, 90, 1, frauds_both=30)
    assert sides(alike).verdict == "nothing to compare yet"
    assert sides(Compared("eager", frauds_only_active=2, frauds_only_shadow=3)).verdict == (
        "no difference can be told yet"
    )
    assert sides(AHEAD).verdict == "the shadow is better"
    behind = Compared("eager", frauds_only_active=14, frauds_only_shadow=1)
    assert sides(behind).verdict == "the active one is better"


def test_people_and_programs_are_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = comparison_as_json("built-in", AHEAD)
    assert told["active"]["name"] == "built-in"
    assert (told["active"]["told"], told["shadow"]["told"]) == (35, 55)
    assert (told["active"]["frauds"], told["shadow"]["frauds"]) == (13, 26)
    assert told["shadow"]["caught"]["point"] == pytest.approx(26 / 30)
    assert told["counted"] == {name: getattr(AHEAD, name) for name in COUNTS}

    show_comparison("built-in", AHEAD)
    shown = capsys.readouterr().out
    for text in ("only built-in", "only eager", "about 8,940", "86.7 %", "the shadow is better"):
        assert text in shown
    show_comparison("built-in", Compared("eager"))
    assert "nothing to compare yet" in capsys.readouterr().out
