"""A picture of precision against alerts: how often an alert is right, for as many as one likes."""

from collections.abc import Sequence
from math import log10

import numpy as np

from benchmarks.quality.anomalies.contest import Outcome
from benchmarks.quality.anomalies.course import Course
from benchmarks.quality.anomalies.measures import found_by, ranked, rate_of
from benchmarks.svg import Drawing

_WIDTH, _HEIGHT = 560, 340
_LEFT, _TOP = 60, 90
_LEGEND = 210
_RATES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_POINTS = 120
_HUES = 7


def drawn(outcomes: Sequence[Outcome], course: Course, title: str) -> str:
    """Draw a line for each contender, and a dot where its own alerts lie if it decides itself."""
    picture = Drawing(_LEFT + _WIDTH + _LEGEND, _TOP + _HEIGHT + 60, title)
    picture.words(20, 34, title, "title")
    picture.words(
        20, 54, "Alerts a user in 30 days from left to right, share that was right upwards", "soft"
    )
    _frame(picture)
    below = _TOP + 12 + len(outcomes) * 22
    picture.words(_LEFT + _WIDTH + 20, below, "a dot: when it decides by itself", "soft small")
    for number, outcome in enumerate(outcomes):
        hue = f"hue-{number % _HUES + 1}"
        picture.path(_line(outcome, course), f"trace {hue}")
        _legend(picture, number, outcome.entry, hue)
        if outcome.decides:
            _dot(picture, outcome, course, hue)
    return picture.as_text()


def _frame(picture: Drawing) -> None:
    foot = _TOP + _HEIGHT
    for share in _SHARES:
        picture.line(_LEFT, _y(share), _LEFT + _WIDTH, _y(share), "track")
        picture.words(_LEFT - 6, _y(share) + 4, f"{share:.2f}", "soft small", "end")
    for rate in _RATES:
        picture.line(_x(rate), foot, _x(rate), foot + 4, "axis")
        picture.words(_x(rate), foot + 20, f"{rate:g}", "soft small", "middle")
    picture.line(_x(1), _TOP, _x(1), foot, "axis")
    picture.words(_x(1) + 5, _TOP + 10, "the budget", "soft small")


def _legend(picture: Drawing, number: int, name: str, hue: str) -> None:
    left, y = _LEFT + _WIDTH + 20, _TOP + 12 + number * 22
    picture.path([(left, y - 4), (left + 24, y - 4)], f"trace {hue}")
    picture.words(left + 32, y, name.replace("_", " "))


def _line(outcome: Outcome, course: Course) -> list[tuple[float, float]]:
    """Alert the highest scores, one more at a time, and look how many of them are right."""
    found = np.cumsum(course.frauds[ranked(outcome.run.episode[course.measured])])
    one_each = course.user_count * course.months
    wanted = np.geomspace(_RATES[0], _RATES[-1], _POINTS) * one_each
    counts = np.unique(np.clip(np.rint(wanted), 1, len(found)).astype(np.int64))
    return [
        (_x(count / one_each), _y(float(found[count - 1]) / count)) for count in counts.tolist()
    ]


def _dot(picture: Drawing, outcome: Outcome, course: Course, hue: str) -> None:
    alerts = outcome.run.alerts[course.measured]
    precision = found_by(alerts, course.frauds).precision
    if precision is not None:
        rate = rate_of(alerts, course.users, course.months).mean
        picture.dot(_x(rate), _y(precision), f"spot {hue}")


def _x(rate: float) -> float:
    """Place a rate by its logarithm; what is beyond the frame stands at its edge."""
    low, high = log10(_RATES[0]), log10(_RATES[-1])
    return _LEFT + _WIDTH * min(1.0, max(0.0, (log10(rate) - low) / (high - low)))


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)
