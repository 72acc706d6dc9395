"""What every detector promises; a new one gets all of these by being listed."""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.anomaly.bursts import Bursts
from models.anomaly.customs import Customs
from models.anomaly.detector import Detector, seen
from models.anomaly.patterns import Patterns
from models.anomaly.rules import DAY_S
from models.anomaly.spread import Spread
from models.anomaly.suspicion import Suspicion
from models.anomaly.terms import AmountForCategory, CategoryShare, DaySum, HourOfDay, Size
from models.anomaly.weights import START, Weights
from processors.state.habits import Habits
from processors.state.judging import as_features
from schemas.money import AMOUNT_MINOR_MAX

Features = dict[Any, Any]
CATEGORIES = ("dining.coffee", "food.groceries", "shopping.books", "travel.hotel")


class Scorer(Protocol):
    """A detector in River's shape."""

    def score_one(self, x: Features) -> float:
        """Score, and change nothing."""
        ...

    def learn_one(self, x: Features) -> None:
        """Learn."""
        ...


class Kind(NamedTuple):
    """How a detector is made of what is remembered, and what has to be remembered of it."""

    name: str
    make: Callable[[Any], Scorer]
    """From None, a new one."""
    memory: Callable[[Any], Any]
    memory_type: Any


def _customs() -> Customs:
    """Give what is customary among others, which no detector of one user changes."""
    habits, customs = Habits(), Customs()
    detector = Detector(habits, customs, Patterns(), Weights())
    for day in range(60):
        category = CATEGORIES[day % 3]
        x = features((category, 900 + 331 * (day % 7), day % 24, day * DAY_S))
        customs.learn(seen(x, detector.judge_one(x), 1))
        detector.learn_one(x)
    return customs


def features(payment: tuple[str, int, int, int]) -> Features:
    return as_features(*payment)


CUSTOMS = _customs()
SIGNS = (0.5, 4.0, 0.0, 1.0, 2.0, 0.0, 0.3, 0.1)


class Answered(Suspicion):
    """The weights of all signs, taught by payments that are frauds where they are large."""

    def score_one(self, x: Features) -> float:
        return self.weights.scores(self._signs(x))[1]

    def learn_one(self, x: Features) -> None:  # type: ignore[override] # River's classifier needs to be told what it was.
        named: Features = dict(zip(START, self._signs(x), strict=True))
        super().learn_one(named, x["minor"] > 50_000)

    @staticmethod
    def _signs(x: Features) -> tuple[float, ...]:
        return tuple(sign * (1 + x["hour"]) / 24 for sign in SIGNS)


def _detector(habits: Habits | None) -> Detector:
    return Detector(habits or Habits(), CUSTOMS, Patterns(), Weights())


def _day(memory: tuple[float, Spread, int] | None) -> DaySum:
    sum_minor, usual, last = memory or (0.0, Spread(), 0)
    return DaySum(sum_minor, usual, last, CUSTOMS)


DAY = tuple[float, Spread, int]
BURSTS = tuple[float, float, int]
KINDS = (
    Kind("amount", lambda memory: AmountForCategory(memory or {}, CUSTOMS),
         lambda own: own.memory, dict[str, Spread]),
    Kind("size", lambda _: Size(CUSTOMS), lambda _: None, None),
    Kind("hour", lambda memory: HourOfDay(memory or [], CUSTOMS),
         lambda own: own.memory, list[int]),
    Kind("share", lambda memory: CategoryShare(memory or {}, CUSTOMS),
         lambda own: own.memory, dict[str, Spread]),
    Kind("day", _day,
         lambda own: (own.sum_minor, own.usual, own.last), DAY),
    Kind("bursts", lambda memory: Bursts(*(memory or ())), lambda own: own.memory, BURSTS),
    Kind("all", _detector, lambda own: own._habits, Habits),
    Kind("answered", lambda memory: Answered(Weights(*(memory or ()))),
         lambda own: (own.weights.known, own.weights.log_odds), tuple[dict[str, float], float]),
)  # fmt: skip

payments = st.tuples(
    st.sampled_from(CATEGORIES),
    st.integers(1, AMOUNT_MINOR_MAX) | st.integers(1, 100_000),
    st.integers(-1, 23),
    st.integers(0, 400 * DAY_S),
).map(features)
pasts = st.lists(payments, max_size=40)
MEMORY_BYTES_MAX = 500


def with_surprise(x: Features) -> Features:
    """Give what the memories of bursts are told beside it."""
    return {**x, "surprise": x["size"] * 2}


def taught(kind: Kind, past: Iterable[Features]) -> Scorer:
    model = kind.make(None)
    for x in past:
        model.learn_one(with_surprise(x))
    return model


def bytes_of(kind: Kind, model: Scorer) -> bytes:
    return msgspec.msgpack.encode(kind.memory(model))


def check_scoring_changes_nothing(kind: Kind, past: list[Features], x: Features) -> None:
    model = taught(kind, past)
    before = bytes_of(kind, model)
    assert model.score_one(with_surprise(x)) == model.score_one(with_surprise(x))
    assert bytes_of(kind, model) == before


def check_a_score_is_a_number_from_the_first_on(
    kind: Kind, past: list[Features], x: Features
) -> None:
    for model in (kind.make(None), taught(kind, past)):
        assert math.isfinite(model.score_one(with_surprise(x)))


def check_its_bytes_make_it_anew(kind: Kind, past: list[Features], x: Features) -> None:
    model = taught(kind, past)
    anew = kind.make(msgspec.msgpack.decode(bytes_of(kind, model), type=kind.memory_type))
    assert anew.score_one(with_surprise(x)) == model.score_one(with_surprise(x))
    for one in (model, anew):
        one.learn_one(with_surprise(x))
    assert bytes_of(kind, anew) == bytes_of(kind, model)


def check_its_memory_is_bounded(kind: Kind, past: list[Features], x: Features) -> None:
    model = taught(kind, past * 30)
    model.learn_one(with_surprise(x))
    assert len(bytes_of(kind, model)) <= MEMORY_BYTES_MAX


def check_the_same_past_gives_the_same_bits(kind: Kind, past: list[Features], x: Features) -> None:
    one, other = taught(kind, past), taught(kind, past)
    assert bytes_of(kind, one) == bytes_of(kind, other)
    assert one.score_one(with_surprise(x)) == other.score_one(with_surprise(x))


def check_it_leaves_what_it_is_given(kind: Kind, past: list[Features], x: Features) -> None:
    given_x = with_surprise(x)
    before, model = copy.deepcopy(given_x), taught(kind, past)
    model.score_one(given_x)
    model.learn_one(given_x)
    assert given_x == before


def check_what_comes_later_changes_no_score(kind: Kind, past: list[Features], x: Features) -> None:
    model, scores = kind.make(None), []
    for one in [*past, x]:
        scores.append(model.score_one(with_surprise(one)))
        model.learn_one(with_surprise(one))
    again = kind.make(None)
    for one, score in zip(past, scores, strict=False):
        assert again.score_one(with_surprise(one)) == score
        again.learn_one(with_surprise(one))


Check = Callable[[Kind, list[Features], Features], None]
CHECKS: tuple[Check, ...] = (
    check_scoring_changes_nothing,
    check_a_score_is_a_number_from_the_first_on,
    check_its_bytes_make_it_anew,
    check_its_memory_is_bounded,
    check_the_same_past_gives_the_same_bits,
    check_it_leaves_what_it_is_given,
    check_what_comes_later_changes_no_score,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(past=pasts, x=payments)
def test_detectors_keep_their_promises(
    kind: Kind, check: Check, past: list[Features], x: Features
) -> None:
    check(kind, past, x)


class Forgetful(AmountForCategory):
    """It breaks its promises: scoring teaches it, and a part of it is in no memory."""

    def __init__(self, memory: dict[str, Spread], customs: Customs) -> None:
        super().__init__(memory, customs)
        self.secret = 0.0

    def score_one(self, x: Features) -> float:
        self.learn_one(x)
        return super().score_one(x) + self.secret

    def learn_one(self, x: Features) -> None:
        self.secret += 1.0
        super().learn_one(x)


FORGETFUL = KINDS[0]._replace(
    name="forgetful", make=lambda memory: Forgetful(memory or {}, CUSTOMS)
)


@pytest.mark.parametrize(
    "check",
    [check_scoring_changes_nothing, check_its_bytes_make_it_anew],
    ids=lambda check: check.__name__,
)
def test_a_broken_promise_is_noticed(check: Check) -> None:
    past = [features(("dining.coffee", minor, 8, 0)) for minor in (100, 200)]
    with pytest.raises(AssertionError):
        check(FORGETFUL, past, features(("dining.coffee", 300, 8, 0)))
