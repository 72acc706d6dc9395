"""The comparison as a picture: every figure in or beside its range, and what is spread how."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.plausible.comparison import Comparison, Row
from benchmarks.plausible.known import KNOWN, PAYMENTS, SPENDING, STEADINESS, Known
from benchmarks.plausible.measures import BENFORD, DIGITS, histogram
from benchmarks.plausible.purchases import WEEKDAYS
from benchmarks.svg import Drawing

_WIDTH, _HEIGHT = 1180, 990
_LEFT, _RIGHT, _TOP = 32, 622, 118
_ROW, _TRACK = 24, 210
_SMALL_Y = 786
_CV_STEP, _CV_BINS = 0.05, 24
_PAYMENTS_STEP, _PAYMENTS_BINS = 10, 20


@dataclass(frozen=True, slots=True)
class _Panel:
    """A small chart's place: its upper left corner, below its heading, and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def foot(self) -> float:
        """Give the line on which columns stand."""
        return self.y + self.height


def drawn(comparison: Comparison, title: str) -> str:
    """Draw everything; the same figures make the same file."""
    drawing = Drawing(_WIDTH, _HEIGHT, f"Plausibility: {title}")
    _heading(drawing, comparison, title)
    _spending(drawing, [comparison.named(name) for name in SPENDING])
    _others(drawing, [comparison.named(name) for name in (*STEADINESS, *PAYMENTS)])
    _week(drawing, [comparison.named(f"weekday_share_{day}") for day in WEEKDAYS])
    _digits(drawing, comparison)
    measured = comparison.measured
    _spread(
        drawing,
        _Panel(420, _SMALL_Y, 345, 158),
        "Users, by how much their months vary",
        KNOWN["cv_spending"],
        histogram(measured.spending_cvs, _CV_STEP, _CV_BINS),
        _CV_STEP,
    )
    _spread(
        drawing,
        _Panel(805, _SMALL_Y, 345, 158),
        "Users, by transactions a month",
        KNOWN["transactions_per_month"],
        histogram(measured.payments_a_month, _PAYMENTS_STEP, _PAYMENTS_BINS),
        _PAYMENTS_STEP,
    )
    return drawing.as_text()


def _heading(drawing: Drawing, comparison: Comparison, title: str) -> None:
    rows = comparison.rows
    drawing.words(_LEFT, 38, "Generated lives beside what is known of real ones", "title")
    found = f"{title}: {comparison.hits} of {len(rows)} figures in range"
    drawing.words(_LEFT, 60, found, "soft")
    drawing.box(_RIGHT, 28, 34, 14, "range")
    drawing.words(_RIGHT + 42, 39, "known range", "soft")
    drawing.dot(_RIGHT + 142, 35, "hit")
    drawing.words(_RIGHT + 152, 39, "generated, in range", "soft")
    drawing.dot(_RIGHT + 292, 35, "miss")
    drawing.words(_RIGHT + 302, 39, "generated, out of range", "soft")


# Figures, each on a line of its own.


def _spending(drawing: Drawing, rows: Sequence[Row]) -> None:
    """Draw shares of spending, all on one scale that begins with nothing."""
    top = max(max(row.known.high, row.figure or 0) for row in rows)
    drawing.words(_LEFT, _TOP - 22, "What money is spent on", "head")
    for number, row in enumerate(rows):
        label = row.name.removeprefix("spending_share_").replace("outflow_share_", "(of all) ")
        places = row.known.low / top, row.known.high / top, (row.figure or 0) / top
        _strip(drawing, _LEFT, _TOP + number * _ROW, label, row, places)


def _others(drawing: Drawing, rows: Sequence[Row]) -> None:
    """Draw figures of every kind, each on a scale of which its range is the middle half."""
    drawing.words(_RIGHT, _TOP - 22, "Other figures, each on the scale of its own range", "head")
    for number, row in enumerate(rows):
        known, figure = row.known, row.figure or 0
        place = 0.25 + 0.5 * (figure - known.low) / (known.high - known.low)
        places = 0.25, 0.75, place
        label = row.name.replace("_", " ")
        _strip(drawing, _RIGHT, _TOP + number * _ROW, label, row, places)


def _strip(
    drawing: Drawing, x: float, y: float, label: str, row: Row, places: tuple[float, float, float]
) -> None:
    """Draw a label, a track with the range and the figure on it, and both as numbers.

    What lies beyond an end of the track is drawn at the end.
    """
    low, high, at = places
    start = x + 160
    drawing.words(start - 12, y + 4, label, anchor="end")
    drawing.line(start, y, start + _TRACK, y, "track")
    drawing.box(start + low * _TRACK, y - 7, (high - low) * _TRACK, 14, "range")
    if row.figure is not None:
        drawing.dot(
            start + min(1.0, max(0.0, at)) * _TRACK, y, "hit" if row.is_in_range else "miss"
        )
    value = start + _TRACK + 66
    drawing.words(value, y + 4, row.shown, _weight(row), "end")
    drawing.words(value + 12, y + 4, row.known.shown_range(), "soft small")


def _weight(row: Row) -> str:
    """Give the style of a figure's number."""
    return {True: "", False: "far", None: "soft"}[row.is_in_range]


# Columns.


def _week(drawing: Drawing, rows: Sequence[Row]) -> None:
    """Draw the share of each weekday, with the range beside the column's top."""
    panel = _Panel(_LEFT, 566, 520, 122)
    drawing.words(panel.x, panel.y - 22, "Card purchases by weekday", "head")
    top = max(max(row.known.high, row.figure or 0) for row in rows) * 1.08
    _columns(drawing, panel, [row.figure or 0 for row in rows], top)
    step = panel.width / len(rows)
    for number, row in enumerate(rows):
        left, middle = panel.x + number * step, panel.x + (number + 0.5) * step
        for edge in (row.known.low, row.known.high):
            y = panel.foot - edge / top * panel.height
            drawing.line(left + 6, y, left + step - 6, y, "edge")
        drawing.words(middle, panel.foot + 16, WEEKDAYS[number][:3].title(), "soft", "middle")
        drawing.words(middle, panel.foot + 33, row.shown, _weight(row), "middle")


def _digits(drawing: Drawing, comparison: Comparison) -> None:
    """Draw how often each digit leads, and the line of Benford's law."""
    panel = _Panel(_LEFT, _SMALL_Y, 345, 158)
    drawing.words(panel.x, panel.y - 22, "First digits by card, and Benford's law", "head")
    found = comparison.measured.digits
    top = max(*BENFORD.values(), *found.values(), 0) * 1.08
    _columns(drawing, panel, [found.get(digit, 0) for digit in DIGITS], top)
    step = panel.width / len(DIGITS)
    middles = [panel.x + (number + 0.5) * step for number in range(len(DIGITS))]
    heights = [panel.foot - BENFORD[digit] / top * panel.height for digit in DIGITS]
    drawing.path(list(zip(middles, heights, strict=True)), "law")
    _labels(drawing, panel, ((x, str(digit)) for x, digit in zip(middles, DIGITS, strict=True)))


def _spread(
    drawing: Drawing, panel: _Panel, heading: str, known: Known, counts: list[int], step: float
) -> None:
    """Draw how many users have how much; the range, which is the median's, lies behind."""
    per_unit = panel.width / (len(counts) * step)
    drawing.words(panel.x, panel.y - 22, heading, "head")
    low, high = panel.x + known.low * per_unit, panel.x + known.high * per_unit
    drawing.box(low, panel.y, high - low, panel.height, "range")
    drawing.words((low + high) / 2, panel.y + 14, "median", "soft small", "middle")
    _columns(drawing, panel, counts, max(*counts, 1) * 1.2)
    ticks = [step * number for number in range(0, len(counts) + 1, 4)]
    places = ((panel.x + tick * per_unit, f"{tick:g}") for tick in ticks[:-1])
    _labels(drawing, panel, places)
    drawing.words(panel.x + panel.width, panel.foot + 16, f"{ticks[-1]:g}+", "soft", "middle")


def _columns(drawing: Drawing, panel: _Panel, heights: Sequence[float], top: float) -> None:
    step = panel.width / len(heights)
    gap = min(6.0, step * 0.12)
    for number, height in enumerate(heights):
        tall = height / top * panel.height
        x = panel.x + number * step + gap
        drawing.box(x, panel.foot - tall, step - 2 * gap, tall, "bar")
    drawing.line(panel.x, panel.foot, panel.x + panel.width, panel.foot, "axis")


def _labels(drawing: Drawing, panel: _Panel, places: Iterable[tuple[float, str]]) -> None:
    for x, label in places:
        drawing.words(x, panel.foot + 16, label, "soft", "middle")
