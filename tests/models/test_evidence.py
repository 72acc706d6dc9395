"""Evidence is counted in whole numbers that can be taken away again, and moves beliefs fairly."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.evidence import HALF_LIFE_DAYS, Chain, Counts, Everybody, count, weight_on

TODAY = 739_000
CATEGORIES = ("bar", "books", "coffee", "groceries")
LEVELS = ("people", "meant", "habit")

days = st.integers(TODAY - 4_000, TODAY + 4_000)
categories = st.sampled_from(CATEGORIES)
labels = st.tuples(categories, days.map(weight_on))
shares = st.floats(0.001, 1.0)
beliefs = st.dictionaries(categories, shares, min_size=1).map(
    lambda given: {name: share / sum(given.values()) for name, share in given.items()}
)
counts = st.dictionaries(categories, days.map(weight_on))
strengths = st.floats(0.5, 20.0)
steps = st.lists(st.tuples(st.sampled_from(LEVELS), counts, strengths), max_size=5)


def counted(given: list[tuple[str, int]]) -> Counts:
    counts: Counts = {}
    for category, weight in given:
        count(counts, category, weight)
    return counts


def everybody(**labels: int) -> Everybody:
    """Make what all users have said: so many labels of today by category."""
    weights = {category: times * weight_on(TODAY) for category, times in labels.items()}
    return Everybody(weights, sum(weights.values()), 100)


def chained(prior: dict[str, float], moves: list[tuple[str, Counts, float]]) -> Chain:
    chain = Chain(TODAY)
    chain.begin("texts", prior)
    for level, own, strength in moves:
        chain.lean(level, own, strength)
    return chain


# Counting.


@given(kept=st.lists(labels), gone=st.lists(labels), data=st.data())
def test_what_is_taken_away_again_leaves_nothing(
    kept: list[tuple[str, int]], gone: list[tuple[str, int]], data: st.DataObject
) -> None:
    counts = counted([*kept, *gone])
    for category, weight in data.draw(st.permutations(gone)):
        count(counts, category, -weight)

    assert counts == counted(kept)
    assert all(counts.values())


@given(given=st.lists(labels), data=st.data())
def test_the_order_of_labels_does_not_matter(
    given: list[tuple[str, int]], data: st.DataObject
) -> None:
    assert counted(data.draw(st.permutations(given))) == counted(given)


@given(day=days, half_lives=st.integers(0, 4))
def test_a_label_weighs_half_of_one_that_is_given_a_half_life_later(
    day: int, half_lives: int
) -> None:
    later = day + half_lives * HALF_LIFE_DAYS
    assert weight_on(later) == pytest.approx(weight_on(day) * 2**half_lives, rel=1e-3)


@given(day=st.integers(1, 4_000_000))
def test_a_weight_is_a_whole_number_that_never_falls_and_never_bursts(day: int) -> None:
    assert 0 < weight_on(day) <= weight_on(day + 1) < 2**53


# Leaning.


@given(prior=beliefs, own=counts, strength=strengths)
def test_a_belief_moves_towards_the_counts_and_keeps_its_total(
    prior: dict[str, float], own: Counts, strength: float
) -> None:
    assume(own)
    after = chained(prior, [("habit", own, strength)]).belief

    assert sum(after.values()) == pytest.approx(1.0)
    for category in CATEGORIES:
        before, now = prior.get(category, 0.0), after.get(category, 0.0)
        wanted = own.get(category, 0) / sum(own.values())
        # Between the two, and nowhere else.
        assert min(before, wanted) - 1e-9 <= now <= max(before, wanted) + 1e-9


@given(prior=beliefs, category=categories, strength=strengths, times=st.integers(1, 30))
def test_each_further_label_makes_its_category_likelier(
    prior: dict[str, float], category: str, strength: float, times: int
) -> None:
    unit = weight_on(TODAY)
    fewer, more = (
        chained(prior, [("habit", {category: unit * labels}, strength)]).belief[category]
        for labels in (times, times + 1)
    )
    assert more >= fewer


def test_as_many_labels_as_the_strength_weigh_as_much_as_all_that_was_believed() -> None:
    own = {"bar": 4 * weight_on(TODAY)}
    belief = chained({"coffee": 1.0}, [("habit", own, 4.0)]).belief
    assert belief == {"coffee": 0.5, "bar": 0.5}


@pytest.mark.parametrize("own", [None, {}], ids=["nobody asked", "nobody said anything"])
def test_without_labels_nothing_moves(own: Counts | None) -> None:
    chain = chained({"coffee": 0.7, "bar": 0.3}, [("people", own or {}, 1.5)])
    chain.lean("habit", own, 6.0)
    chain.tilt("usual", own or {}, everybody(bar=50), 10.0)

    assert chain.belief == {"coffee": 0.7, "bar": 0.3}
    assert chain.level_of("bar") == "texts"


def test_of_equals_the_first_by_name_is_first() -> None:
    assert chained({"coffee": 0.5, "bar": 0.5}, []).first() == "bar"


# Tilting.


@given(prior=beliefs, own=counts, totals=counts, strength=strengths)
def test_a_tilt_keeps_the_total_and_believes_nothing_new(
    prior: dict[str, float], own: Counts, totals: Counts, strength: float
) -> None:
    chain = chained(prior, [])
    chain.tilt("usual", own, Everybody(totals, sum(totals.values()), 100), strength)

    assert sum(chain.belief.values()) == pytest.approx(1.0)
    assert chain.belief.keys() == prior.keys()
    assert all(share >= 0.0 for share in chain.belief.values())


def test_what_a_user_has_more_often_than_others_is_likelier_for_them() -> None:
    chain = chained({"bar": 0.5, "coffee": 0.5}, [])
    own = {"bar": 20 * weight_on(TODAY)}
    chain.tilt("usual", own, everybody(bar=50, coffee=50), 10.0)

    assert chain.belief["bar"] > 0.5 > chain.belief["coffee"]


def test_who_has_things_as_often_as_everybody_tilts_nothing_much() -> None:
    chain = chained({"bar": 0.6, "coffee": 0.4}, [])
    own = {"bar": 10 * weight_on(TODAY), "coffee": 10 * weight_on(TODAY)}
    chain.tilt("usual", own, everybody(bar=500, coffee=500), 10.0)

    assert chain.belief["bar"] == pytest.approx(0.6)


# Who decided.


@given(prior=beliefs, moves=steps)
def test_the_level_named_gave_something(
    prior: dict[str, float], moves: list[tuple[str, Counts, float]]
) -> None:
    chain = chained(prior, moves)
    gave = {"texts": {*prior}}
    for level, own, _ in moves:
        gave[level] = gave.get(level, set()) | own.keys()

    for category, share in chain.belief.items():
        if share > 0.0:
            assert category in gave[chain.level_of(category)]


@pytest.mark.parametrize(
    ("labels", "level"), [(1, "texts"), (50, "habit")], ids=["few labels", "many labels"]
)
def test_many_labels_outweigh_the_texts(labels: int, level: str) -> None:
    own = {"coffee": labels * weight_on(TODAY)}
    chain = chained({"coffee": 0.6, "bar": 0.4}, [("habit", own, 6.0)])
    assert (chain.first(), chain.level_of("coffee")) == ("coffee", level)
