"""From examples to an artifact of categories, with a card that says what is known of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from models.artifact import Artifact, Thresholds
from models.training.examples import Example, TrainingError, in_order
from models.training.fitting import Plan, at_rest, temperature_of
from models.training.gates import months_of, warnings_about
from models.training.importance import importance
from models.training.measures import (
    Answered,
    accuracy,
    by_group,
    by_label,
    calibration,
    overall,
    share_of_outcomes,
    thresholds,
)
from models.training.searching import PLANS_TRIED, SPLITS, Material, Told, search
from models.training.segments import rankings, segments

MODEL = "categories"
STEPS = PLANS_TRIED + SPLITS + 1
"""How often the listener is told of progress, at most."""
SEARCHED_MAX = 30_000


def train(
    examples: Iterable[Example],
    *,
    today: int | None = None,
    version: str | None = None,
    told: Told = lambda _: None,
) -> Artifact:
    """Choose a plan by time, judge it by what came after, and fit all; equal input, equal bytes."""
    ordered = in_order(examples)
    labels = tuple(sorted({own.label for own in ordered}))
    if len(labels) < 2:  # noqa: PLR2004 - one label is no choice
        raise TrainingError(f"all rows are labelled {labels[0]}; at least two labels are needed")
    material = Material(ordered, labels)
    tried = search(Material(_thinned(ordered), labels), told)
    plan = tried[0].plan
    judged = _judge(material, plan, told)
    made = at_rest(material.fitted(plan, slice(None)), labels, plan.reading, judged.temperature)
    told("all examples")
    card = {
        "model": MODEL,
        "version": version or _version(ordered),
        "data": _data(ordered),
        "warnings": [own._asdict() for own in warnings_about(ordered, today)],
        "plan": plan._asdict() | {"temperature": judged.temperature},
        "tried": [own.plan._asdict() | {"log_loss": own.log_loss} for own in tried],
        "out_of_time": judged.figures,
    }
    return replace(made, thresholds=judged.thresholds, card=card)


class _Judged(NamedTuple):
    temperature: float
    thresholds: Thresholds
    figures: dict[str, Any]


def _judge(material: Material, plan: Plan, told: Told) -> _Judged:
    """Fit what was before and weigh what came after, as a worker would have done."""
    accuracies = []
    for fold in material.folds(plan):
        scores = fold.linear.scores(material.rows(plan)[fold.after])
        truth = material.truth[fold.after]
        accuracies.append(round(float((scores.argmax(axis=1) == truth).mean()), 4))
        told(f"judged by {fold.after.stop - fold.after.start:,} examples that came after")
    # The last is what comes nearest to how it will be used, and has the most to learn from.
    temperature = temperature_of(scores, truth)
    later = material.examples[fold.after]
    made = at_rest(fold.linear, material.labels, plan.reading, temperature)
    weighed = made.weigh_many([(own.key, own.text, own.amount_minor) for own in later])
    answered = Answered(np.array(weighed, np.int64), truth)
    chosen = thresholds(answered)
    leaning = importance(fold.linear, material.sheet(plan).of(fold.after), truth, temperature)
    figures = {
        "accuracy_by_split": accuracies,
        "from": _day(later[0]),
        "until": _day(later[-1]),
        "overall": overall(answered),
        "by_label": [own._asdict() for own in by_label(answered, material.labels)],
        "by_group": [own._asdict() for own in by_group(answered, material.labels)],
        "calibration": [own._asdict() for own in calibration(answered)],
        "thresholds": chosen._asdict() | share_of_outcomes(answered, chosen),
        "importance": leaning,
        "novelty": _novelty(material.examples[fold.before], later, answered),
        "segments": {
            own.name: segments(own, later, answered, chosen.file)
            for own in rankings(material.examples)
        },
    }
    return _Judged(temperature, chosen, figures)


def _novelty(
    before: Sequence[Example], later: Sequence[Example], answered: Answered
) -> dict[str, dict[str, float]]:
    """Give accuracy for merchants and users that were met before, and for new ones."""
    keys, users = {own.key for own in before}, {own.user for own in before}
    known = {
        "merchant": np.array([own.key in keys for own in later]),
        "user": np.array([own.user in users for own in later]),
    }
    return {
        f"{met}_{name}": {"examples": int(own.sum()), "accuracy": accuracy(answered.of(own))}
        for name, is_known in known.items()
        for met, own in (("known", is_known), ("new", ~is_known))
    }


def _thinned(ordered: Sequence[Example]) -> Sequence[Example]:
    """Keep every so many-th example, so that the search sees all of the time."""
    return ordered[:: -(-len(ordered) // SEARCHED_MAX)]


def _data(ordered: Sequence[Example]) -> dict[str, Any]:
    return {
        "from": _day(ordered[0]),
        "until": _day(ordered[-1]),
        "examples": len(ordered),
        "users": len({own.user for own in ordered}),
        "merchants": len({own.key for own in ordered}),
        "labels": dict(sorted(Counter(own.label for own in ordered).items())),
        "months": {name: labels.total() for name, labels in months_of(ordered)},
        "sha256": _digest(ordered),
    }


def _version(ordered: Sequence[Example]) -> str:
    return f"{_day(ordered[-1])}-{_digest(ordered)[:8]}"


def _digest(ordered: Sequence[Example]) -> str:
    lines = (json.dumps(own, ensure_ascii=True) for own in ordered)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _day(example: Example) -> str:
    return date.fromordinal(example.day).isoformat()
