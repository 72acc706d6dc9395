"""Is the data fit to learn from? What looks wrong is named, by period where it has one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from statistics import median
from typing import NamedTuple

from models.training.examples import Example

_NEIGHBOURS = 3
_TIMES_NEIGHBOURS = 3
_MONTH_EXAMPLES_MIN = 100
_OTHER_MIX = 0.35
_DOMINATES = 0.9
_REPEATS_SHARE_MAX = 0.05
_LABEL_EXAMPLES_MIN = 10


class Warned(NamedTuple):
    """Something in the data that a person should look at before trusting what is learned."""

    code: str
    period: str
    """A month as in 2026-02, or empty where all of it is meant."""
    sentence: str


class Month(NamedTuple):
    """The labels of one month, counted."""

    name: str
    labels: Counter[str]


def warnings_about(examples: Sequence[Example], today: int | None) -> list[Warned]:
    """Look at examples in the order of their days; *today* tells what lies in the future."""
    months = months_of(examples)
    return [
        *_future(examples, today),
        *_counts(months),
        *_mixes(months),
        *_dominated(months),
        *_repeated(examples),
        *_rare(examples),
    ]


def months_of(examples: Sequence[Example]) -> list[Month]:
    """Count labels by calendar month; months without any are there, and empty."""
    found = {
        month: Counter(own.label for own in group)
        for month, group in groupby(examples, key=lambda own: _month_number(own.day))
    }
    return [
        Month(f"{number // 12:04}-{number % 12 + 1:02}", found.get(number, Counter()))
        for number in range(min(found), max(found) + 1)
    ]


def _month_number(day: int) -> int:
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


def _around(months: Sequence[Month], place: int) -> list[Month]:
    near = months[max(place - _NEIGHBOURS, 0) : place + _NEIGHBOURS + 1]
    return [month for month in near if month is not months[place]]


def _future(examples: Sequence[Example], today: int | None) -> Iterator[Warned]:
    later = sum(own.day > today for own in examples) if today is not None else 0
    if later:
        last = date.fromordinal(examples[-1].day)
        yield Warned("future_dates", "", f"{later:,} rows lie in the future, the last on {last}")


def _counts(months: Sequence[Month]) -> Iterator[Warned]:
    for place, (name, labels) in enumerate(months):
        around = _around(months, place)
        usual = median([own.labels.total() for own in around]) if around else 0
        count = labels.total()
        if max(count, usual) < _MONTH_EXAMPLES_MIN:
            continue
        # The first month and the last may be there in part only.
        is_whole = 0 < place < len(months) - 1
        if is_whole and count * _TIMES_NEIGHBOURS < usual:
            yield Warned("few_rows", name, f"{count:,} rows, where months around have {usual:,.0f}")
        elif around and count > usual * _TIMES_NEIGHBOURS:
            yield Warned(
                "many_rows", name, f"{count:,} rows, where months around have {usual:,.0f}"
            )


def _mixes(months: Sequence[Month]) -> Iterator[Warned]:
    for place, (name, labels) in enumerate(months):
        around: Counter[str] = Counter()
        for own in _around(months, place):
            around += own.labels
        if min(labels.total(), around.total()) < _MONTH_EXAMPLES_MIN:
            continue
        moved = {
            label: labels[label] / labels.total() - around[label] / around.total()
            for label in sorted(labels | around)
        }
        if (share := sum(map(abs, moved.values())) / 2) > _OTHER_MIX:
            most = max(moved, key=lambda label: abs(moved[label]))
            yield Warned(
                "other_mix", name, f"{share:.0%} are labelled otherwise than around it, most {most}"
            )


def _dominated(months: Sequence[Month]) -> Iterator[Warned]:
    for name, labels in months:
        if labels.total() >= _MONTH_EXAMPLES_MIN:
            ((label, count),) = labels.most_common(1)
            if (share := count / labels.total()) > _DOMINATES:
                yield Warned("one_label", name, f"{share:.0%} of its rows are {label}")


def _repeated(examples: Sequence[Example]) -> Iterator[Warned]:
    repeats = len(examples) - len(set(examples))
    if repeats > _REPEATS_SHARE_MAX * len(examples):
        share = repeats / len(examples)
        yield Warned("repeated_rows", "", f"{repeats:,} rows ({share:.0%}) repeat another in all")


def _rare(examples: Sequence[Example]) -> Iterator[Warned]:
    counted = Counter(own.label for own in examples)
    rare = sorted(label for label, count in counted.items() if count < _LABEL_EXAMPLES_MIN)
    if rare:
        named = ", ".join(rare[:5]) + (", …" if len(rare) > 5 else "")  # noqa: PLR2004 - a glance
        yield Warned("rare_labels", "", f"{len(rare)} labels have fewer than 10 rows: {named}")
