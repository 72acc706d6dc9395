"""What every model promises; a new model gets all of these by being listed."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.amount_surprise import AmountSurprise
from schemas.money import AMOUNT_MINOR_MAX

Features = dict[Any, Any]


class Scorer(Protocol):
    """A model as the fold uses it: it scores, it learns, and its memory makes it anew."""

    @property
    def memory(self) -> tuple[Any, ...]:
        """Everything learned."""
        ...

    def score_one(self, x: Features) -> float:
        """Score, and change nothing."""
        ...

    def learn_one(self, x: Features) -> None:
        """Learn."""
        ...


Build = Callable[..., Scorer]

amounts = st.integers(1, AMOUNT_MINOR_MAX) | st.integers(1, 100_000)
pasts = st.lists(amounts, max_size=40)
MEMORY_NUMBERS_MAX = 8


def taught(build: Build, past: Iterable[int]) -> Scorer:
    model = build()
    for amount in past:
        model.learn_one({"amount": amount})
    return model


def check_scoring_changes_nothing(build: Build, past: list[int], amount: int) -> None:
    model = taught(build, past)
    before = model.memory
    model.score_one({"amount": amount})
    assert model.memory == before


def check_it_answers_before_it_has_learned(build: Build, past: list[int], amount: int) -> None:
    scores = {build().score_one({"amount": one}) for one in [amount, *past]}
    assert scores == {0.0}


def check_a_score_is_a_number_for_any_amount(build: Build, past: list[int], amount: int) -> None:
    assert math.isfinite(taught(build, past).score_one({"amount": amount}))


def check_more_is_never_less_surprising(build: Build, past: list[int], amount: int) -> None:
    model = taught(build, past)
    scores = [model.score_one({"amount": one}) for one in sorted([amount, amount + 1, *past])]
    assert all(less <= more for less, more in pairwise(scores))


def check_its_memory_makes_it_anew(build: Build, past: list[int], amount: int) -> None:
    model = taught(build, past)
    anew = build(*model.memory)
    assert anew.score_one({"amount": amount}) == model.score_one({"amount": amount})
    for one in (model, anew):
        one.learn_one({"amount": amount})
    assert anew.memory == model.memory


def check_its_memory_does_not_grow(build: Build, past: list[int], amount: int) -> None:
    memory = taught(build, [*past, amount]).memory
    assert len(memory) == len(build().memory) <= MEMORY_NUMBERS_MAX
    assert all(isinstance(number, int | float) and math.isfinite(number) for number in memory)


def check_the_same_past_gives_the_same_bits(build: Build, past: list[int], amount: int) -> None:
    one, other = taught(build, past), taught(build, past)
    assert one.memory == other.memory
    assert one.score_one({"amount": amount}) == other.score_one({"amount": amount})


def check_it_leaves_what_it_is_given(build: Build, past: list[int], amount: int) -> None:
    x: Features = {"amount": amount}
    model = taught(build, past)
    model.score_one(x)
    model.learn_one(x)
    assert x == {"amount": amount}


CHECKS = [
    check_scoring_changes_nothing,
    check_it_answers_before_it_has_learned,
    check_a_score_is_a_number_for_any_amount,
    check_more_is_never_less_surprising,
    check_its_memory_makes_it_anew,
    check_its_memory_does_not_grow,
    check_the_same_past_gives_the_same_bits,
    check_it_leaves_what_it_is_given,
]
MODELS: list[Build] = [AmountSurprise]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__)
@given(past=pasts, amount=amounts)
def test_models_keep_their_promises(
    build: Build, check: Callable[[Build, list[int], int], None], past: list[int], amount: int
) -> None:
    check(build, past, amount)


class Forgetful(AmountSurprise):
    """It breaks its promises: scoring teaches it, and a part of it is in no memory."""

    def __init__(self, *memory: Any) -> None:
        super().__init__(*memory)
        self.secret = 0.0

    def score_one(self, x: Features) -> float:
        self.learn_one(x)
        return super().score_one(x) + self.secret

    def learn_one(self, x: Features) -> None:
        self.secret += 1.0
        super().learn_one(x)


@pytest.mark.parametrize(
    "check",
    [
        check_scoring_changes_nothing,
        check_it_answers_before_it_has_learned,
        check_its_memory_makes_it_anew,
    ],
    ids=lambda check: check.__name__,
)
def test_a_broken_promise_is_noticed(check: Callable[[Build, list[int], int], None]) -> None:
    with pytest.raises(AssertionError):
        check(Forgetful, [100, 200], 300)
