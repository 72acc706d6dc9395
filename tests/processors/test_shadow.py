"""A configuration of the detector that is tried beside the one that decides, as users live."""

from datetime import date, timedelta

from processors.state.customary import Compared
from schemas.alerts import AlertRaised, AlertUpdated
from schemas.journal import Detection, Policy, PolicyActivated
from tests.processors.household import Household, none_of, of_fraud, only

FIRST = date(2025, 3, 1)
SAME, DEAF = Detection(name="same"), Detection(name="deaf", threshold_milli=60_000)


def tried(shadow: Detection) -> Household:
    """Make a household that is known well enough, beside whose detector another one is tried."""
    home = Household()
    home.hears(PolicyActivated(version="2", policy=Policy(shadow_detection=shadow)))
    home.pays_as_usual(until=FIRST)
    home.sleeps(FIRST)
    return home


def robbed(home: Household) -> None:
    """Pay unusually on two days, of which the second goes on with the first; both were fraud."""
    only(AlertRaised, home.pays(90_000, FIRST + timedelta(days=1), "first"))
    only(AlertUpdated, home.pays(95_000, FIRST + timedelta(days=2), "second"))
    home.hears(of_fraud("first", "confirmed"))
    home.hears(of_fraud("second", "confirmed"))


def compared(home: Household) -> Compared:
    return home.partition.shared.customary.frauds.compared


def test_a_shadow_that_is_the_same_does_as_well() -> None:
    home = tried(SAME)
    robbed(home)
    assert compared(home) == Compared("same", payments=22, both=1, frauds_both=2)


def test_a_shadow_that_hears_nothing_misses_what_began_and_not_what_went_on() -> None:
    home = tried(DEAF)
    robbed(home)
    expected = Compared("deaf", 22, only_active=1, frauds_both=1, frauds_only_active=1)
    assert compared(home) == expected


def test_nobody_hears_of_a_shadow_and_what_it_is_changes_nothing_for_users() -> None:
    eager = Detection(name="eager", threshold_milli=2_000)
    alone, beside = Household(), tried(eager)
    alone.pays_as_usual(until=FIRST)
    alone.sleeps(FIRST)
    for home in (alone, beside):
        assert none_of(AlertRaised, home.pays(1_500, FIRST + timedelta(days=1), "rather-much"))
        robbed(home)
    assert [event for event, _ in alone.partition.wire] == [
        event for event, _ in beside.partition.wire
    ]
    assert compared(beside).only_shadow >= 1


def test_a_promoted_shadow_decides_with_the_threshold_it_had_come_to() -> None:
    home = tried(DEAF)
    robbed(home)
    at = home.partition.shared.customary.offsets("EUR").shadow
    home.hears(PolicyActivated(version="3", policy=Policy(detection=DEAF)))
    assert home.partition.shared.customary.offsets("EUR").raised == at
    assert compared(home) == Compared()
    assert none_of(AlertRaised, home.pays(90_000, FIRST + timedelta(days=9), "not-heard"))
