"""Descriptors: what the shipped dictionary makes of bank lines before anybody has taught it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import options
from benchmarks.quality.floors import DESCRIPTORS, missed
from benchmarks.quality.labelled_lines import Line, read_lines
from benchmarks.quality.line_classes import Scheme, scheme_of
from benchmarks.quality.refusals import NoDataError
from benchmarks.reporting import Figures, Meaning, Report
from models.descriptor import read_descriptor
from models.dictionary import guess, hints

_DIGITS = 4
MEANINGS = {
    "lines": Meaning("labelled bank lines"),
    "hit_share": Meaning("lines for which there was an answer at all"),
    "precision": Meaning("answers that were right"),
    "accuracy": Meaning("lines that were answered rightly", DESCRIPTORS[0].shown),
    "top3": Meaning("lines whose class was among the first three"),
    "largest_class": Meaning("what always answering the most frequent class would give"),
}


class Answer(NamedTuple):
    """What was made of a line: classes, best first, and what each source would have said."""

    classes: tuple[str, ...]
    by_source: tuple[tuple[str, str | None], ...]


@click.command()
@click.option(
    "--data",
    "path",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV or JSON file of texts and classes.",
)
@options.as_json
@options.floors
def descriptors(path: Path, *, as_json: bool, floors: bool) -> None:
    """Ask the shipped dictionary about labelled bank lines; nothing is learned on the way.

    \b
    Example:  python -m benchmarks.quality descriptors --data lines.csv
    """
    report = Report(f"Descriptors, {path.name}", as_json)
    lines = read_lines(path)
    scheme = scheme_of(line.label for line in lines)
    if scheme is None:
        raise NoDataError(f"{path.name} has classes that no table of ours knows")
    with report.doing(f"asking about {len(lines):,} lines"):
        answers = [answered(line, scheme) for line in lines]
    report.figures |= figures_of(lines, answers)
    report.figures["missed"] = missed(report.figures, DESCRIPTORS)
    report.tell(MEANINGS)
    if floors and report.figures["missed"]:
        raise SystemExit(1)


def answered(line: Line, scheme: Scheme) -> Answer:
    """Ask about one line; leaves that mean the same class speak together."""
    found = hints(
        read_descriptor(line.text),
        mcc=line.mcc,
        kind=None,
        provider_hint=None,
        comes_in=line.comes_in,
    )
    weights: Counter[str] = Counter()
    for leaf_id, per_mille in guess(found):
        if (name := scheme.class_of(leaf_id)) is not None:
            weights[name] += per_mille
    sources = {hint.source: scheme.class_of(hint.category) for hint in reversed(found)}
    return Answer(tuple(name for name, _ in weights.most_common()), tuple(sorted(sources.items())))


def figures_of(lines: Sequence[Line], answers: Sequence[Answer]) -> Figures:
    """Give how many were answered, how many of those rightly, and by whom."""
    labels = [line.label for line in lines]
    firsts = [answer.classes[:1] for answer in answers]
    right = [label in first for label, first in zip(labels, firsts, strict=True)]
    hit = [bool(first) for first in firsts]
    among = [label in answer.classes[:3] for label, answer in zip(labels, answers, strict=True)]
    return {
        "lines": len(lines),
        "classes": len(set(labels)),
        "hit_share": _share(hit),
        "precision": _share([ok for ok, answered in zip(right, hit, strict=True) if answered]),
        "accuracy": _share(right),
        "top3": _share(among),
        "largest_class": round(Counter(labels).most_common(1)[0][1] / len(labels), _DIGITS),
        "by_source": _by_source(labels, answers),
        "by_agreement": _by_agreement(answers, right),
    }


def _by_source(labels: Sequence[str], answers: Sequence[Answer]) -> Figures:
    """Tell of each source how often it spoke, and how often that was right."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for label, answer in zip(labels, answers, strict=True):
        for source, said in answer.by_source:
            found[source].append(said == label)
    return _shares(found.items())


def _by_agreement(answers: Sequence[Answer], right: Sequence[bool]) -> Figures:
    """Tell how often the answer is right by how many sources say the same."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for answer, is_right in zip(answers, right, strict=True):
        if answer.classes:
            agreeing = sum(said == answer.classes[0] for _, said in answer.by_source)
            found[str(agreeing)].append(is_right)
    return _shares(sorted(found.items()))


def _shares(found: Iterable[tuple[str, list[bool]]]) -> Figures:
    return {name: {"lines": len(flags), "precision": _share(flags)} for name, flags in found}


def _share(flags: Sequence[bool]) -> float | None:
    return round(sum(flags) / len(flags), _DIGITS) if flags else None
