"""Which configuration of the detector decides, and which is tried: a name keeps what it means."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.journal import Detection, Policy, SignName, SignWeight
from streams.detection_admin import configured, promoted, with_detection, without_shadow
from streams.policy_admin import PolicyError

EAGER = Detection(name="eager", threshold_milli=11_000)
weights = st.dictionaries(st.sampled_from(get_args(SignName)), st.integers(0, 10_000), max_size=8)
detections = st.builds(
    Detection,
    name=st.sampled_from(("built-in", "eager", "calm")),
    threshold_milli=st.sampled_from((11_000, 13_000)),
    weights=weights.map(
        lambda own: tuple(SignWeight(sign=sign, milli=milli) for sign, milli in own.items())
    ),
)
policies = st.builds(
    Policy,
    detection=detections,
    shadow_detection=st.none() | detections,
    paused_providers=st.sampled_from(((), ("old-bank",))),
)


@given(detections, weights, st.none() | st.integers(2_000, 60_000))
def test_what_is_not_given_is_as_it_was(
    base: Detection, chosen: dict[SignName, int], threshold_milli: int | None
) -> None:
    made = configured(base, "new", chosen, threshold_milli=threshold_milli, history=None)

    assert made.name == "new"
    assert made.threshold_milli == (threshold_milli or base.threshold_milli)
    assert (made.history, made.alerts_a_month_milli) == (base.history, base.alerts_a_month_milli)
    before = {own.sign: own.milli for own in base.weights}
    assert {own.sign: own.milli for own in made.weights} == before | chosen
    assert configured(made, "new", chosen) == made


@given(policies, detections, st.booleans())
def test_nothing_else_changes_and_a_name_keeps_its_configuration(
    policy: Policy,
    wanted: Detection,
    as_shadow: bool,  # noqa: FBT001 - Hypothesis hands it over by name.
) -> None:
    try:
        changed = with_detection(policy, wanted, as_shadow=as_shadow)
    except PolicyError:
        names = {policy.detection.name, policy.shadow_detection and policy.shadow_detection.name}
        assert wanted.name in names
        return
    place = "shadow_detection" if as_shadow else "detection"
    assert changed == policy.model_copy(update={place: wanted})
    known = [own for own in (policy.detection, policy.shadow_detection) if own]
    assert all(own == wanted for own in known if own.name == wanted.name)


@given(policies)
def test_a_shadow_that_is_promoted_decides_and_none_is_tried(policy: Policy) -> None:
    if policy.shadow_detection is None:
        with pytest.raises(PolicyError, match="set --shadow --name NAME"):
            promoted(policy)
        assert without_shadow(policy) == policy
        return
    after = promoted(policy)
    expected = {"detection": policy.shadow_detection, "shadow_detection": None}
    assert after == policy.model_copy(update=expected)
    assert without_shadow(policy) == policy.model_copy(update={"shadow_detection": None})


def test_a_refusal_says_what_to_do_instead() -> None:
    tried = with_detection(Policy(), EAGER, as_shadow=True)
    assert with_detection(tried, EAGER, as_shadow=True) == tried

    for wanted, as_shadow, why in (
        (EAGER, False, "penstock policy detection promote"),
        (Detection(name="eager"), True, "give this one its own name"),
        (Detection(name="built-in", history=20), False, "give this one its own name"),
        (Detection(), True, "decides already"),
    ):
        with pytest.raises(PolicyError, match=why):
            with_detection(tried, wanted, as_shadow=as_shadow)


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(PolicyError, match="name: "):
        configured(Detection(), "", {})
