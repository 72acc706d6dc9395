"""Who may enter the contest of anomalies."""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.quality.anomalies.contender import Contender
from benchmarks.quality.anomalies.gaussian import Gaussian
from benchmarks.quality.anomalies.half_space_trees import HalfSpaceTrees
from benchmarks.quality.anomalies.isolation_forest import UserForests
from benchmarks.quality.anomalies.one_class_svm import OneClassSvm
from benchmarks.quality.anomalies.penstock import PenstockAnomalies
from benchmarks.quality.anomalies.rare_category import RareCategory
from benchmarks.quality.anomalies.walk import DELAY_DAYS

OWN = "penstock"
OWN_TAUGHT = "penstock_feedback"
FOREST = "isolation_forest"
TREES = "half_space_trees"


class Entry(NamedTuple):
    """How a contender enters: how it is made, and how late it hears labels, if at all."""

    build: Callable[[], Contender]
    delay_days: int | None = None


ENTRIES = {
    OWN: Entry(PenstockAnomalies),
    OWN_TAUGHT: Entry(PenstockAnomalies, DELAY_DAYS),
    FOREST: Entry(UserForests),
    TREES: Entry(HalfSpaceTrees),
    "gaussian": Entry(Gaussian),
    "one_class_svm": Entry(OneClassSvm),
    "rare_category": Entry(RareCategory),
}
