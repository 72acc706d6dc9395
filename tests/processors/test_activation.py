"""Which artifact decides, and which is tried beside it: as the journal says, at each entry."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.artifact import Artifact
from processors.state.shared import Challenger, Shared
from schemas.event import Event
from schemas.ids import BUCKETS, bucket_of
from schemas.journal import ChallengerSet, DayPassed, ModelActivated
from tests.histories import BASE, activations, histories
from tests.partition import FIRST_RECORDED_MS, SECOND_MS, Partition
from tests.tiny_artifacts import FIRST, SECOND, named

CATEGORIES = "categories"
ONE, OTHER = named(FIRST), named(SECOND)
USER, NEIGHBOUR = "household-1", "household-2"


def activate(artifact: Any) -> ModelActivated:
    return ModelActivated(**named(artifact)._asdict())


def challenge(share: int = 0, days: int = 14) -> ChallengerSet:
    return ChallengerSet(**OTHER._asdict(), share_percent=share, days=days)


def day(number: int, user: str = USER) -> DayPassed:
    return DayPassed(bucket=bucket_of(user), day=BASE + timedelta(days=number))


def _active(partition: Partition) -> Artifact | None:
    shared = partition.shared
    return shared.artifacts.get(shared.activated.models.get(CATEGORIES, ""))


def is_tried(shared: Shared, user: str = USER) -> bool:
    return shared.challenger(CATEGORIES, user) is not None


@given(history=histories, more=st.lists(activations, max_size=5), cut=st.integers(0, 40))
def test_the_last_activation_is_in_force_wherever_a_history_is_cut(
    history: list[Event], more: list[Event], cut: int
) -> None:
    events = [*history, *more]
    partition = Partition().fold_all(events[:cut])
    partition.forget()
    partition.fold_all(events[cut:])

    activated = [own for own in events if isinstance(own, ModelActivated)]
    last = activated[-1] if activated else None
    before = [own for own in activated if last is not None and own.sha256 != last.sha256]
    state = partition.shared.activated
    assert state.models == ({} if last is None else {last.model: last.sha256})
    assert state.versions == ({} if last is None else {last.model: last.version})
    assert {name: own.sha256 for name, own in state.former.items()} == (
        {before[-1].model: before[-1].sha256} if before else {}
    )


def test_from_its_entry_on_the_artifact_decides() -> None:
    partition = Partition()
    assert _active(partition) is None

    partition.fold_all([day(0), activate(FIRST)])
    assert _active(partition) is FIRST
    assert partition.shared.activated.since_ms == {CATEGORIES: FIRST_RECORDED_MS + SECOND_MS}

    partition.fold_all([activate(SECOND), activate(SECOND)])
    assert _active(partition) is SECOND
    assert partition.shared.activated.former[CATEGORIES].sha256 == ONE.sha256


def test_going_back_and_forth_remembers_where_it_came_from() -> None:
    partition = Partition().fold_all([activate(FIRST), activate(SECOND), activate(FIRST)])

    assert _active(partition) is FIRST
    assert partition.shared.activated.former[CATEGORIES].sha256 == OTHER.sha256


def test_an_experiment_ends_by_itself_for_each_bucket_on_its_own_day() -> None:
    #  days      0      1      2      3
    #  set at    x                            for three days
    #  user      x      x      x      over
    #  neighbour x      x                     behind, so it goes on
    assert bucket_of(USER) != bucket_of(NEIGHBOUR)
    partition = Partition().fold_all([day(0), day(0, NEIGHBOUR), activate(FIRST)])
    partition.fold_all([challenge(days=3), day(1), day(1, NEIGHBOUR), day(2)])
    assert is_tried(partition.shared)

    partition.fold_all([day(3)])

    assert not is_tried(partition.shared)
    assert is_tried(partition.shared, NEIGHBOUR)


def test_an_experiment_that_is_set_before_the_first_day_counts_from_that() -> None:
    partition = Partition().fold_all([challenge(days=3)])
    assert is_tried(partition.shared)

    partition.fold_all([day(100), day(102)])
    assert is_tried(partition.shared)

    partition.fold_all([day(103)])
    assert not is_tried(partition.shared)


def test_a_challenger_goes_when_none_is_wanted_or_when_it_has_won() -> None:
    for end in (ChallengerSet(model=CATEGORIES), activate(SECOND)):
        partition = Partition().fold_all([activate(FIRST), challenge()])
        assert is_tried(partition.shared)

        partition.fold_all([end])

        assert not is_tried(partition.shared)
        assert partition.shared.activated.challengers == {}


@pytest.mark.parametrize("share", [0, 10, 50])
def test_a_share_of_users_is_chosen_by_hash_and_anew_for_each_artifact(share: int) -> None:
    users = [f"user-{number}" for number in range(4_000)]
    one, other = (Challenger("1", own.sha256, share, 14, 0) for own in (ONE, OTHER))
    chosen = [{user for user in users if own.decides_for(user)} for own in (one, other)]

    for some in chosen:
        assert len(some) == pytest.approx(len(users) * share / 100, abs=100)
        # By days, users are dealt with bucket by bucket; no bucket is favoured.
        assert not some or len({bucket_of(user) for user in some}) == BUCKETS
    both = len(chosen[0] & chosen[1])
    assert both == pytest.approx(len(users) * (share / 100) ** 2, abs=100)


@pytest.mark.parametrize(
    "members",
    [
        {"version": "1"},
        {"sha256": ONE.sha256},
        {"share_percent": 10},
        {**ONE._asdict(), "share_percent": 51},
        {**ONE._asdict(), "days": 0},
        {**ONE._asdict(), "days": 366},
    ],
)
def test_half_a_challenger_is_none(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChallengerSet.model_validate({"model": CATEGORIES, **members})
