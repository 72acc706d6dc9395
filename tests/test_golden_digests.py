"""Same log, same bytes: in every process, with every hash seed, however the log was cut."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from schemas.topics import OUTPUTS
from schemas.transactions import LinkKind, TransactionEnriched
from tests.golden_history import history
from tests.partition import Partition

# Everything that the fold of one year publishes and keeps. It may change when a rule, a text, an
# id, a schema or the state's layout changes on purpose, or with a pinned version of what the fold
# is made of (River, Babel, msgspec, Pydantic); then it is a new build, and what it says of old
# journals is new as well. It never changes by itself. If it differs on one machine alone, look at
# that machine's C library first: the fold takes log, exp and erfc from there.
GOLDEN = "bc1e3c4ac6f5ed41bed4a1cad98a193f3d5151b8d5be0e178a230e829e46a488"


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


def test_the_golden_year_has_something_of_everything() -> None:
    published = {type(one.event) for one in Partition().fold_all(history()).published}

    assert published == {event for topic in OUTPUTS for event in topic.events}
