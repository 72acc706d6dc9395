"""What is remembered of an artifact is what it says, however it was asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import prior
from models.artifact import WHOLE, Artifact
from models.features import Reading, Row
from models.prior import Prior

LABELS = ("bar", "books", "coffee")


def artifact() -> Artifact:
    """Make an artifact that has an opinion on every text, drawn once for all."""
    reading, drawn = Reading(table_bits=8), np.random.default_rng(7)
    return Artifact(
        LABELS,
        reading,
        drawn.integers(-100, 100, (reading.table_rows, len(LABELS)), np.int8),
        np.array([9, 0, 3], np.int32),
        np.array([100 - at for at in range(12)], np.int32),
        card={"model": "categories", "version": "1"},
    )


ARTIFACT = artifact()

texts = st.sampled_from(("corner coffee", "bookshop", "", "\N{SNOWMAN}", "x" * 300))
rows: st.SearchStrategy[Row] = st.tuples(
    texts, texts, st.integers(-100_000, 100_000) | st.sampled_from((0, -(10**13), 10**13))
)


def said(row: Row) -> dict[str, float]:
    """Give what the artifact says of one row, asked directly."""
    shares = zip(LABELS, ARTIFACT.weigh(*row), strict=True)
    return {label: share / WHOLE for label, share in shares if share > WHOLE // 500}


@given(asked=st.lists(rows), prepared=st.lists(st.lists(rows, max_size=5), max_size=3))
def test_it_says_what_the_artifact_says_alone_or_in_a_batch(
    asked: list[Row], prepared: list[list[Row]]
) -> None:
    kept = Prior(ARTIFACT, "sha")
    for batch in prepared:
        kept.prepare(batch)

    for row in asked:
        assert kept.belief(row) == said(row) == Prior(ARTIFACT, "sha").belief(row)


@given(batch=st.lists(rows))
def test_what_is_known_is_not_weighed_again(batch: list[Row]) -> None:
    kept = Prior(ARTIFACT, "sha")
    kept.prepare(batch)

    assert kept.prepare(batch) == {}


@pytest.mark.parametrize("batch", [1, 700])
def test_it_stays_bounded(batch: int) -> None:
    kept = Prior(ARTIFACT, "sha")
    names = [f"shop {number}" for number in range(prior.KEPT_MAX + 1_000)]
    for start in range(0, len(names), batch):
        kept.prepare([(name, name, -100) for name in names[start : start + batch]])

    assert len(kept._kept) <= prior.KEPT_MAX
    for name in names[::1_000]:
        assert kept.belief((name, name, -100)) == said((name, name, -100))


def test_shares_are_of_one_whole() -> None:
    belief = Prior(ARTIFACT, "sha").belief(("corner coffee", "corner coffee", -350))
    assert 0.99 <= sum(belief.values()) <= 1.0
