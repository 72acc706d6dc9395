"""Training: the same bytes for the same data, judged by what came after, and open about both."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import WHOLE, Artifact
from models.training.card import markdown
from models.training.categories import STEPS, train
from models.training.examples import Example, TrainingError, numbered, sheet_of
from models.training.fitting import Plan, at_rest, fit, temperature_of
from models.training.gates import months_of, warnings_about
from models.training.importance import importance
from models.training.measures import NEVER, Answered, by_group, calibration_error, overall, surest
from models.training.searching import splits
from models.training.segments import rankings, segments

ROOT = Path(__file__).parents[2]
START = date(2025, 1, 1).toordinal()
SHOPS = {
    "food.groceries": ("corner grocer", "green market", "daily bread"),
    "transport.fuel": ("north fuel", "petrol point", "highway fuel"),
    "dining.coffee": ("tea house", "bean bar", "blue cup"),
}


def town(days: int = 240, a_day: int = 3) -> list[Example]:
    """Make up days on which people pay in shops, each shop for one thing."""
    chance = np.random.default_rng(3)
    made = []
    for day in range(days):
        for _ in range(a_day):
            label = sorted(SHOPS)[chance.integers(len(SHOPS))]
            shop = SHOPS[label][chance.integers(3)]
            user, amount = f"u-{chance.integers(12)}", -int(chance.integers(200, 9_000))
            made.append(Example(START + day, user, shop, f"{shop} card", amount, label))
    return made


TOWN = town()
TRAINED = train(TOWN)


# What comes out.


def test_shops_that_were_learned_are_known_also_when_they_are_written_otherwise() -> None:
    def filed(key: str) -> str:
        return TRAINED.labels[int(np.argmax(TRAINED.weigh(key, key, -1_500)))]

    assert TRAINED.labels == tuple(sorted(SHOPS))
    assert filed("corner grocer") == "food.groceries"
    assert filed("corner grocers ltd") == "food.groceries"
    assert filed("south fuel") == "transport.fuel"


def test_equal_data_gives_equal_bytes_under_any_hash_seed_and_number_of_threads() -> None:
    program = "from tests.models.test_training import TRAINED; print(TRAINED.sha256, end='')"
    for seed, threads in (("1", "1"), ("2", "2")):
        own = {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        ran = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ran.stdout == TRAINED.sha256


def test_the_order_of_rows_does_not_matter() -> None:
    assert train(reversed(TOWN)).to_bytes() == TRAINED.to_bytes()


def test_other_data_gives_another_version() -> None:
    other = train([*TOWN[:-1], TOWN[-1]._replace(amount_minor=-1)])

    assert other.card["version"] != TRAINED.card["version"]
    assert TRAINED.card["version"].startswith(date.fromordinal(START + 239).isoformat())
    assert train(TOWN, version="mine").card["version"] == "mine"


def test_the_card_tells_what_was_learned_from_and_how_it_did() -> None:
    card = TRAINED.card
    judged = card["out_of_time"]

    assert card["model"] == "categories"
    assert card["data"]["examples"] == 720
    assert card["data"]["users"] == 12
    assert sum(card["data"]["labels"].values()) == sum(card["data"]["months"].values()) == 720
    assert judged["overall"]["accuracy"] == 1.0
    assert judged["overall"]["examples"] == 180
    assert judged["thresholds"]["filed_right"] >= 0.95
    assert [own["label"] for own in judged["by_label"]] == sorted(SHOPS)
    assert set(judged["importance"]) == {"grams", "words", "key", "amount"}
    assert set(judged["segments"]) == {"activity", "income"}
    assert sum(own["examples"] for own in judged["calibration"]) == 180
    assert "u-1" not in str(card)


def test_the_card_is_written_as_a_page() -> None:
    page = markdown(TRAINED.card, TRAINED.sha256)

    assert page.startswith(f"# categories {TRAINED.card['version']}\n\nSHA-256 `{TRAINED.sha256}`")
    for heading in ("How good it is", "By label", "Calibration", "Users by income", "Choices"):
        assert f"\n## {heading}\n" in page
    assert "| accuracy | 1.0 |" in page


def test_each_step_is_told() -> None:
    told: list[str] = []
    train(TOWN, told=told.append)

    assert len(told) == STEPS


@pytest.mark.parametrize(
    ("examples", "why"),
    [
        ([], "no labelled transactions"),
        ([own._replace(label="dining.coffee") for own in TOWN], "labelled dining.coffee"),
        ([own._replace(day=START) for own in TOWN], "too few days"),
        (TOWN[:2], "only 2 examples"),
        (
            [own._replace(label="a" if own.day < START + 200 else "b") for own in TOWN],
            "at least two are needed",
        ),
    ],
    ids=["none", "one label", "one day", "two", "another label only later"],
)
def test_what_cannot_be_learned_from_is_refused_with_the_reason(
    examples: list[Example], why: str
) -> None:
    with pytest.raises(TrainingError, match=why):
        train(examples)


# Time.


@given(gaps=st.lists(st.integers(0, 3), min_size=8, max_size=80))
def test_nothing_is_judged_by_what_came_before_it(gaps: list[int]) -> None:
    days = np.cumsum(gaps)
    if days[-1] == days[0]:
        with pytest.raises(TrainingError):
            splits(days)
        return
    cut = splits(days)

    assert cut[-1][1].stop == len(days)
    for before, after in cut:
        assert days[before].max() < days[after].min()
    for (_, after), (_, following) in pairwise(cut):
        assert after.stop == following.start


def test_rare_labels_that_come_late_do_not_disturb_what_was_learned() -> None:
    late = [own._replace(label="own.late") if own.day == START + 239 else own for own in TOWN]

    assert "own.late" in train(late).labels


# Fits and rest.


def test_weights_at_rest_answer_as_the_floats_they_stand_for() -> None:
    labels = tuple(sorted(SHOPS))
    plan, days = Plan(), np.array([own.day for own in TOWN])
    rows, truth = sheet_of(TOWN, plan.reading).whole, numbered(TOWN, labels)
    linear = fit(plan, rows, days, truth, len(labels))
    scores = linear.scores(rows) / 1.5
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    made = at_rest(linear, labels, plan.reading, 1.5)
    weighed = made.weigh_many([(own.key, own.text, own.amount_minor) for own in TOWN])

    assert (
        np.abs(np.array(weighed) / WHOLE - likely / likely.sum(axis=1, keepdims=True)).max() < 0.02
    )


def test_two_labels_are_a_choice_as_any() -> None:
    two = [own for own in TOWN if own.label != "dining.coffee"]
    made = train(two)

    assert made.card["out_of_time"]["overall"]["accuracy"] == 1.0


def test_the_temperature_brings_confidence_back_to_how_often_it_is_right() -> None:
    chance = np.random.default_rng(5)
    scores = chance.normal(0, 2, (20_000, 3))
    likely = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truth = (chance.random((20_000, 1)) > likely.cumsum(axis=1)).sum(axis=1)

    assert temperature_of(scores * 4, truth) == pytest.approx(4, rel=0.05)


def test_old_examples_fade_when_they_may() -> None:
    #  old: the shop is a grocer's       new: it sells coffee
    turned = [
        own._replace(
            key="corner", text="corner", label="food" if own.day < START + 160 else "dining"
        )
        if own.label == "dining.coffee"
        else own
        for own in TOWN
    ]
    labels = tuple(sorted({own.label for own in turned}))

    def share_of_new(half_life_days: int | None) -> int:
        plan = Plan(half_life_days=half_life_days)
        days = np.array([own.day for own in turned])
        rows = sheet_of(turned, plan.reading).whole
        linear = fit(plan, rows, days, numbered(turned, labels), len(labels))
        shares = at_rest(linear, labels, plan.reading, 1.0).weigh("corner", "corner", -1_000)
        return shares[labels.index("dining")]

    assert share_of_new(20) > WHOLE // 2 > share_of_new(None)


def test_importance_finds_what_decides() -> None:
    labels = ("large", "small")
    by_amount = [
        own._replace(key="shop", text="shop", label=labels[own.amount_minor > -4_000])
        for own in TOWN
    ]
    plan, days = Plan(), np.array([own.day for own in TOWN])
    sheet, truth = sheet_of(by_amount, plan.reading), numbered(by_amount, labels)
    linear = fit(plan, sheet.whole, days, truth, 2)
    lost = importance(linear, sheet, truth, 1.0)

    assert lost["amount"]["accuracy_lost"] > 0.3
    assert lost["grams"]["accuracy_lost"] == lost["words"]["accuracy_lost"] == 0


# Figures.


def answered(*rows: tuple[tuple[int, ...], int]) -> Answered:
    return Answered(
        np.array([shares for shares, _ in rows], np.int64), np.array([truth for _, truth in rows])
    )


@given(
    said=st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=30),
    precision=st.sampled_from([0.5, 0.8, 0.95, 1.0]),
)
def test_a_threshold_is_the_smallest_that_is_precise_enough(
    said: list[tuple[int, bool]], precision: float
) -> None:
    def fits(threshold: int) -> bool:
        taken = [right for confidence, right in said if confidence >= threshold]
        return bool(taken) and sum(taken) >= precision * len(taken)

    confidence = np.array([own for own, _ in said])
    right = np.array([own for _, own in said])
    fitting = [own for own in sorted(set(confidence.tolist())) if fits(own)]

    assert surest(confidence, right, precision, 1) == (fitting[0] if fitting else NEVER)


def test_figures_of_a_few_answers() -> None:
    some = answered(
        ((800_000, 150_000, 40_000, 10_000), 0),
        ((100_000, 600_000, 200_000, 100_000), 1),
        ((100_000, 600_000, 200_000, 100_000), 2),
        ((400_000, 300_000, 200_000, 100_000), 3),
    )
    figures = overall(some)

    assert figures["accuracy"] == 0.5
    assert figures["top3"] == 0.75
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4, abs=1e-4)
    assert figures["coverage_at_90"] == 0.25
    assert calibration_error(some) == pytest.approx((0.2 + 2 * 0.1 + 0.4) / 4, abs=1e-4)


def test_within_a_group_a_wrong_leaf_is_right() -> None:
    labels = ("food.bakery", "food.groceries", "travel.hotel")
    own = answered(((300_000, 500_000, 200_000), 0), ((350_000, 200_000, 450_000), 1))
    groups = {figures.label: figures for figures in by_group(own, labels)}

    assert groups["food"].recall == 1.0
    assert by_group(own, ("a", "b", "c")) == []


# The data's own faults.


def codes(examples: Sequence[Example], today: int | None = None) -> set[tuple[str, str]]:
    return {(own.code, own.period) for own in warnings_about(examples, today)}


BUSY = town(days=360, a_day=12)


def test_good_data_is_warned_of_in_nothing() -> None:
    assert codes(BUSY, today=START + 400) == set()


def test_months_without_examples_are_months() -> None:
    months = months_of([BUSY[0], BUSY[0]._replace(day=START + 60)])

    assert months == [("2025-01", Counter([BUSY[0].label])), ("2025-02", Counter()),
                      ("2025-03", Counter([BUSY[0].label]))]  # fmt: skip


def in_month(own: Example, month: int) -> bool:
    return date.fromordinal(own.day).month == month


def test_each_fault_is_named_with_its_month() -> None:
    gap = [own for own in BUSY if not in_month(own, 6)]
    flood = [own for own in BUSY for _ in range(4 if in_month(own, 6) else 1)]
    flood = [own._replace(amount_minor=-number) for number, own in enumerate(flood)]
    moved = [own._replace(label="misc.other") if in_month(own, 6) else own for own in BUSY]
    doubled = [own for own in BUSY for _ in range(2)]

    assert codes(gap) == {("few_rows", "2025-06")}
    assert ("many_rows", "2025-06") in codes(flood)
    assert codes(moved) == {("other_mix", "2025-06"), ("one_label", "2025-06")}
    assert codes(doubled) == {("repeated_rows", "")}
    assert codes(BUSY, today=START + 100) == {("future_dates", "")}
    assert codes([*BUSY, BUSY[-1]._replace(label="rare.one")]) == {("rare_labels", "")}


def test_the_last_month_may_be_there_in_part() -> None:
    assert codes([own for own in BUSY if own.day < START + 340]) == set()


def test_warnings_stand_in_the_card() -> None:
    card = train(TOWN, today=START + 100).card

    assert [own["code"] for own in card["warnings"]] == ["future_dates"]


# Users side by side.


def test_users_are_ranked_by_what_comes_in_or_else_by_what_they_spend() -> None:
    activity, income = rankings(TOWN)
    paid = [own._replace(amount_minor=-own.amount_minor) for own in TOWN]

    assert (activity.meaning, income.meaning) == ("rows", "sum spent")
    assert rankings(paid)[1].meaning == "sum of amounts in"
    assert Counter(activity.third_of.values()) == {0: 4, 1: 4, 2: 4}
    most = Counter(own.user for own in TOWN).most_common()
    assert activity.third_of[most[0][0]] == 2
    assert activity.third_of[most[-1][0]] == 0


def test_thirds_that_fare_alike_are_not_apart_and_others_are() -> None:
    ranking = rankings(TOWN)[0]
    truth = np.array([number % 2 for number in range(len(TOWN))])
    low = np.array([ranking.third_of[own.user] == 0 for own in TOWN])
    right = np.where(truth[:, None] == np.arange(2), 900_000, 100_000)
    wrong_for_low = np.where(low[:, None], right[:, ::-1], right)

    fair = segments(ranking, TOWN, Answered(right, truth), 800_000)
    unfair = segments(ranking, TOWN, Answered(wrong_for_low, truth), 800_000)

    assert fair["equalised_odds_difference"] == fair["demographic_parity_difference"] == 0
    assert unfair["equalised_odds_difference"] == 1.0
    assert unfair["thirds"]["low"]["accuracy"] == 0.0
    assert unfair["thirds"]["high"]["accuracy"] == 1.0


def test_an_artifact_that_was_trained_survives_the_wire() -> None:
    assert Artifact.from_bytes(TRAINED.to_bytes()).to_bytes() == TRAINED.to_bytes()
    assert hashlib.sha256(TRAINED.to_bytes()).hexdigest() == TRAINED.sha256
    assert replace(TRAINED, card={}).sha256 != TRAINED.sha256
