"""Two small artifacts that disagree about everything, for whatever only needs some artifact."""

from hashlib import sha256

import numpy as np

from models.artifact import Artifact
from models.features import Reading
from streams.artifacts import GivenArtifacts, Named

_READING = Reading(table_bits=8)


def tiny(version: str, first: str = "food.groceries", model: str = "categories") -> Artifact:
    """Make an artifact that always says *first*, and seldom another category."""
    labels = (first, "shopping.electronics")
    return Artifact(
        labels,
        _READING,
        np.zeros((_READING.table_rows, len(labels)), np.int8),
        np.array([9, 0], np.int32),
        np.array([100 - at for at in range(12)], np.int32),
        card={"model": model, "version": version},
    )


def named(artifact: Artifact) -> Named:
    """Name an artifact as its card and its bytes do."""
    card = artifact.card
    return Named(card["model"], card["version"], sha256(artifact.to_bytes()).hexdigest())


FIRST, SECOND = tiny("1"), tiny("2", "food.convenience")
BOTH = {named(one).sha256: one for one in (FIRST, SECOND)}
GIVEN = GivenArtifacts(BOTH.values())
