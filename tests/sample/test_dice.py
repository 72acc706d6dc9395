from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sample.dice import Dice

seeds = st.integers(0, 2**64)
bounds = st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**9))


@given(seed=seeds, number=st.integers(0, 2**32 - 1), bound=bounds)
def test_draws_stay_within_their_bounds(seed: int, number: int, bound: tuple[int, int]) -> None:
    least, most = bound[0], bound[0] + bound[1]
    dice = Dice(seed, number)

    for _ in range(100):
        assert least <= dice.between(least, most) <= most
        assert least <= dice.mostly_low(least, most) <= most


@given(seed=seeds, weights=st.dictionaries(st.text(), st.integers(0, 9), min_size=1))
def test_what_weighs_nothing_is_never_chosen(seed: int, weights: dict[str, int]) -> None:
    weights["surely"] = 1
    dice = Dice(seed, 1)

    assert all(weights[dice.weighted(weights)] > 0 for _ in range(50))


@given(seed=seeds, choices=st.sets(st.integers(), min_size=1), data=st.data())
def test_some_are_all_different(seed: int, choices: set[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(choices)))

    chosen = Dice(seed, 1).some_of(sorted(choices), count)

    assert len(chosen) == len(set(chosen)) == count
    assert set(chosen) <= choices


def test_chances_come_true_about_as_often_as_they_say() -> None:
    dice = Dice(1, 1)

    drawn = Counter(dice.weighted({"often": 900, "rarely": 100}) for _ in range(10_000))

    assert 800 < drawn["rarely"] < 1_200
    assert 2_800 < sum(dice.permille(300) for _ in range(10_000)) < 3_200


def test_a_neighbour_throws_dice_of_its_own() -> None:
    first, second = Dice(1, 1), Dice(1, 2)

    assert [first.below(2**32) for _ in range(4)] != [second.below(2**32) for _ in range(4)]
