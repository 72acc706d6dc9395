"""Same log, same bytes: in every process, with every hash seed, however the log was cut."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

from processors.state.verdict import Verdict
from schemas.event import Event, UserEvent
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.journal import DayPassed, Lesson, LessonsTaught
from schemas.topics import OUTPUTS
from schemas.transactions import LinkKind, Outcome, TransactionEnriched
from tests.golden_history import history
from tests.partition import Partition

# Everything that the fold of one year publishes and keeps. It may change when a rule, a text, an
# id, a schema or the state's layout changes on purpose, or with a pinned version of what the fold
# is made of (River, Babel, msgspec, Pydantic); then it is a new build, and what it says of old
# journals is new as well. It never changes by itself. If it differs on one machine alone, look at
# that machine's C library first: the fold takes log, exp and erfc from there.
GOLDEN = "26db9d974a2b907570734757df40f06a86484fa45fa7b3c65c5f4d3ff10711d3"


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
@pytest.mark.parametrize("cut", ["whole", "forgetful"])
def test_the_same_log_gives_the_same_bytes(hash_seed: str, cut: str) -> None:
    folded = subprocess.run(
        [sys.executable, "-m", "tests.golden_history", cut],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert folded.stdout.strip() == GOLDEN


def test_the_golden_year_ties_in_every_way() -> None:
    published = [one.event for one in Partition().fold_all(history()).published]
    views = [view for view in published if isinstance(view, TransactionEnriched)]

    assert {link.kind for view in views for link in view.links} == {*get_args(LinkKind)}
    flags = {flag.kind for view in views for flag in view.flags}
    assert flags >= {"income", "refund", "transfer", "unclear_transfer", "backfill"}
    assert {view.gone for view in views} == {None, "removed", "replaced"}


def test_the_golden_year_is_filed_and_taught_in_every_way() -> None:
    taught = Taught().fold_all(history())
    views = [one.event for one in taught.published if isinstance(one.event, TransactionEnriched)]

    assert {view.outcome for view in views} == {*get_args(Outcome)}
    assert {view.reason.level for view in views} >= {
        *("user", "rule", "merchant", "habit", "usual", "people", "artifact", "keyword", "kind"),
    }
    assert taught.heard >= {"set", "accepted", "rejected", "withdrawn"}
    # Lessons of labels, of labels that were taken back, and of silence.
    weights = {lesson.weight for lesson in taught.lessons}
    assert min(weights) < 0 < max(weights)
    assert {lesson.weight for lesson in taught.let_stand if lesson.weight > 0}
    assert taught.shared.population.common.arms.agreed


@dataclass
class Taught(Partition):
    """A partition that remembers what was taught, and because of what."""

    lessons: list[Lesson] = field(default_factory=list)
    let_stand: list[Lesson] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    cause: Event | None = None

    def fold(self, event: Event) -> list[UserEvent]:
        if isinstance(event, LessonsTaught):
            self.lessons += event.lessons
            self.let_stand += event.lessons if isinstance(self.cause, DayPassed) else ()
        self.cause = event
        told = super().fold(event)
        if isinstance(event, FeedbackGiven) and isinstance(event.about, AboutCategory):
            heard = Verdict.APPLIED in self.verdicts[-1:]
            self.heard |= {event.about.verdict} if heard else set()
        return told


def test_the_golden_year_has_something_of_everything() -> None:
    published = {type(one.event) for one in Partition().fold_all(history()).published}

    assert published == {event for topic in OUTPUTS for event in topic.events}
