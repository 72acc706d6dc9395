"""Whether what is watched is still as it was: figures of the latest, and an alarm on a change.

Each answer was given before it was judged, so what is counted here is what users met.
"""

# River's detector as it is compiled. River's class around it brings pandas and scikit-learn into
# every worker: 110 MB and three seconds. A test holds the two against each other.
from river._river_rust.drift import AdaptiveWindowing
from river.utils import Rolling

LATEST = 1_000
"""The figures are about so many answers, those judged last."""

_BINS = 10
# By measurement on steady streams: at most one false alarm in 100,000 answers.
_DELTA = 0.02
# The same, and on simulated cards the smallest that does not take one week for another.
_DELTA_OF_SHARES = 0.0002
_CHECKED_EVERY = 8


class Answers:
    """Judged answers, counted by how sure they were; what was counted can be taken away again.

    >>> answers = Answers()
    >>> for is_right in (True, True, True, False):
    ...     answers.update(90, is_right)
    >>> answers.accuracy, round(answers.calibration_error, 2)
    (0.75, 0.15)
    """

    def __init__(self) -> None:
        self._number = [0] * _BINS
        self._right = [0] * _BINS
        self._percents = [0] * _BINS

    def update(self, percent: int, is_right: bool) -> None:  # noqa: FBT001 - As River calls it.
        """Count an answer that was so sure."""
        self._count(percent, 1, is_right=is_right)

    def revert(self, percent: int, is_right: bool) -> None:  # noqa: FBT001 - As River calls it.
        """Take an answer away that was counted."""
        self._count(percent, -1, is_right=is_right)

    def _count(self, percent: int, step: int, *, is_right: bool) -> None:
        place = min(percent * _BINS // 100, _BINS - 1)
        self._number[place] += step
        self._right[place] += step * is_right
        self._percents[place] += step * percent

    @property
    def accuracy(self) -> float:
        """Give the share that was right; 0 where there are no answers."""
        return sum(self._right) / max(sum(self._number), 1)

    @property
    def calibration_error(self) -> float:
        """Give how far what was said to be right is from what was, on average over answers."""
        apart = sum(
            abs(percents - 100 * right)
            for percents, right in zip(self._percents, self._right, strict=True)
        )
        return apart / 100 / max(sum(self._number), 1)


class Watch:
    """Follows one stream of judged answers, and notices when they become worse."""

    def __init__(self) -> None:
        self._latest = Rolling(Answers, LATEST)
        self._errors = _detector(_DELTA)

    @property
    def latest(self) -> Answers:
        """Give the answers judged last."""
        return self._latest.obj

    def learn_one(self, percent: int, *, is_right: bool) -> bool:
        """Take in an answer; say whether answers have become worse by now."""
        self._latest.update(percent, is_right)
        before = _error_rate(self._errors)
        if not self._errors.update(float(not is_right)):
            return False
        # It has let go of its oldest answers, which were better than the rest, or worse.
        is_worse = _error_rate(self._errors) > before
        self._errors = _detector(_DELTA)  # What changed once is not to be told again and again.
        return is_worse


class Shift:
    """Follows one stream of shares, each from 0 to 1, and notices when they become others."""

    def __init__(self) -> None:
        self._shares = _detector(_DELTA_OF_SHARES)

    def learn_one(self, share: float) -> bool:
        """Take in a share; say whether shares have become larger or smaller by now."""
        if not self._shares.update(share):
            return False
        self._shares = _detector(_DELTA_OF_SHARES)  # What changed once is told once.
        return True


class Some:
    """Draws about so many of each day's values, spread over the day as the day before went.

    Payments come in waves: by night, at weekends, many of one user. Who looks at all of them takes
    each wave for a change. So few a day do not show the waves, and show what lasts for days. A day
    that brings far more than the one before is thinned as it goes on.

    >>> some = Some(2)
    >>> [some.draws(day=1) for _ in range(4)], [some.draws(day=2) for _ in range(4)]
    ([True, True, True, True], [True, False, True, False])
    """

    def __init__(self, a_day: int) -> None:
        self._a_day = a_day
        self._day, self._number, self._drawn, self._every = 0, 0, 0, 1

    def draws(self, day: int) -> bool:
        """Say whether the next value of a day is one of them."""
        if day != self._day:
            self._every = max(1, self._number // self._a_day)
            self._day, self._number, self._drawn = day, 0, 0
        is_drawn = self._number % self._every == 0
        self._number += 1
        self._drawn += is_drawn
        if self._drawn == 2 * self._a_day:
            self._drawn, self._every = self._a_day, 2 * self._every
        return is_drawn


def _detector(delta: float) -> AdaptiveWindowing:
    return AdaptiveWindowing(delta=delta, clock=_CHECKED_EVERY)


def _error_rate(errors: AdaptiveWindowing) -> float:
    return errors.get_total() / max(errors.get_width(), 1)
