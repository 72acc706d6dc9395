"""A picture of how far confidence can be trusted: sure as often as right lies on the diagonal."""

from collections.abc import Sequence

from benchmarks.quality.contest import Outcome
from benchmarks.quality.measures import Bin, calibration_error, reliability
from benchmarks.svg import Drawing

_SIDE = 260
_LEFT, _TOP, _GAP = 60, 90, 70
_HISTOGRAM = 60
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def drawn(outcomes: Sequence[Outcome], title: str) -> str:
    """Draw the first contender's walks side by side, with how many answers each bin has."""
    own = [outcome for outcome in outcomes if outcome.entry == outcomes[0].entry]
    width = _LEFT + len(own) * (_SIDE + _GAP)
    picture = Drawing(width, _TOP + _SIDE + _HISTOGRAM + 80, title)
    picture.words(20, 34, title, "title")
    picture.words(20, 54, "Confidence from left to right, share that was right upwards", "soft")
    for number, outcome in enumerate(own):
        _one(picture, outcome, _LEFT + number * (_SIDE + _GAP))
    return picture.as_text()


def _one(picture: Drawing, outcome: Outcome, left: float) -> None:
    confidence, right = outcome.run.confidence, outcome.run.right
    error = calibration_error(confidence, right)
    picture.words(left, _TOP - 10, f"{outcome.policy.name}: off by {error:.3f}", "head")
    foot = _TOP + _SIDE
    for tick in _TICKS:
        at = tick * _SIDE
        picture.line(left, foot - at, left + _SIDE, foot - at, "track")
        picture.words(left - 6, foot - at + 4, f"{tick:.2f}", "soft small", "end")
        picture.words(left + at, foot + _HISTOGRAM + 34, f"{tick:.2f}", "soft small", "middle")
    picture.line(left, foot, left + _SIDE, _TOP, "axis")
    bins = reliability(confidence, right)
    points = [(left + one.confidence * _SIDE, foot - one.accuracy * _SIDE) for one in bins]
    picture.path(points, "law")
    for x, y in points:
        picture.dot(x, y, "hit")
    _counts(picture, bins, left, foot + 20)


def _counts(picture: Drawing, bins: Sequence[Bin], left: float, top: float) -> None:
    most = max(one.rows for one in bins)
    for one in bins:
        height = one.rows / most * _HISTOGRAM
        x = left + one.confidence * (_SIDE - 8)
        picture.box(x, top + _HISTOGRAM - height, 8, height, "bar")
