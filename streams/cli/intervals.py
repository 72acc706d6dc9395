"""How a share and its interval are shown to people."""

from streams.experiment import Interval

_PERCENT = 100


def shown(interval: Interval | None) -> str:
    """Write a share in per cent, and its bounds behind it; nothing where there is none.

    >>> shown(Interval(0.018, 0.1, 0.404))
    '10.0 % (1.8 to 40.4)'
    """
    if interval is None:
        return ""
    low, point, high = (_PERCENT * bound for bound in interval)
    return f"{point:.1f} % ({low:.1f} to {high:.1f})"
