"""What the figures are held against with --floors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks.reporting import Figures


class Floor(NamedTuple):
    """A bound for one figure."""

    figure: str
    bound: float
    is_upper: bool = False

    def is_kept_by(self, figures: Mapping[str, float | None]) -> bool:
        """Say whether a figure is there and keeps its bound."""
        found = figures.get(self.figure)
        if found is None:
            return False
        return found <= self.bound if self.is_upper else found >= self.bound

    @property
    def shown(self) -> str:
        """Write it for people."""
        return f"{'at most' if self.is_upper else 'at least'} {self.bound:g}"


CATEGORIES = (
    Floor("accuracy", 0.80),
    Floor("macro_f1", 0.70),
    Floor("top3", 0.955),
    Floor("coverage_at_90", 0.68),
    Floor("precision_at_90", 0.90),
    Floor("ece", 0.02, is_upper=True),
    Floor("ece_errors", 0.04, is_upper=True),
    Floor("gain_over_frozen", 0.08),
    Floor("gain_over_forest", 0.18),
    Floor("unseen_accuracy", 0.73),
    Floor("corrections_followed", 1.0),
    Floor("us_predict", 25, is_upper=True),
    Floor("us_learn", 40, is_upper=True),
    Floor("state_mb", 12, is_upper=True),
)
DESCRIPTORS = (Floor("accuracy", 0.60),)


def missed(figures: Figures, floors: Sequence[Floor]) -> list[str]:
    """Name the figures that are absent or beyond their bound."""
    return [floor.figure for floor in floors if not floor.is_kept_by(figures)]
