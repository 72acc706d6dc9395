"""How often answers of a confidence were right, so that a confidence can be believed."""

from bisect import bisect_right

BINS = 25
SURE = 0.95
"""Of what is filed without asking, so much shall be right."""
ASSUMED = 20.0
"""Until so many labels of a confidence are known, the confidence itself is believed as well."""
LABELS_MIN = 100
"""So many labels are needed before a threshold is taken from them."""
FILED_FROM = 0.92
"""The threshold before there are labels."""


class Reliability:
    """Right and wrong answers by confidence, in weights of labels; whole numbers only."""

    __slots__ = ("_curves", "_thresholds", "right", "wrong")

    def __init__(self, right: list[int] | None = None, wrong: list[int] | None = None) -> None:
        self.right = right or [0] * BINS
        self.wrong = wrong or [0] * BINS
        # By a label's weight, since answers must not depend on when they were first asked for.
        self._curves: dict[int, list[float]] = {}
        self._thresholds: dict[int, float] = {}

    def learn_one(self, confidence: float, weight: int, *, is_right: bool) -> None:
        """Take in whether an answer was right."""
        (self.right if is_right else self.wrong)[_bin(confidence)] += weight
        self._curves.clear()
        self._thresholds.clear()

    def predict_one(self, confidence: float, unit: int) -> float:
        """Give how often answers of this confidence are right; *unit* is a label's weight today."""
        curve = self._curves.get(unit)
        if curve is None:
            curve = self._curves[unit] = self._measured(unit)
        at = min(max(confidence, 0.0), 1.0) * BINS - 0.5
        left = min(max(int(at), 0), BINS - 2)
        part = min(max(at - left, 0.0), 1.0)
        return curve[left] * (1.0 - part) + curve[left + 1] * part

    def _measured(self, unit: int) -> list[float]:
        """Give each bin's share of right answers, never falling as confidence grows."""
        held = ASSUMED * unit
        blocks: list[list[float]] = []
        for number in range(BINS):
            right = self.right[number] + held * (number + 0.5) / BINS
            blocks.append([right, self.right[number] + self.wrong[number] + held, 1])
            while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
                last = blocks.pop()
                blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
        return [right / whole for right, whole, bins in blocks for _ in range(int(bins))]

    def threshold(self, unit: int) -> float:
        """Give the raw confidence from which on answers have been right often enough."""
        if unit not in self._thresholds:
            self._thresholds[unit] = self._lowest(unit)
        return self._thresholds[unit]

    def _lowest(self, unit: int) -> float:
        if sum(self.right) + sum(self.wrong) < LABELS_MIN * unit:
            return FILED_FROM
        right = wrong = 0
        lowest = BINS
        for number in reversed(range(BINS)):
            right, wrong = right + self.right[number], wrong + self.wrong[number]
            if right + wrong and right >= SURE * (right + wrong):
                lowest = number
        return lowest / BINS


_EDGES = [number / BINS for number in range(1, BINS)]


def _bin(confidence: float) -> int:
    return bisect_right(_EDGES, confidence)
