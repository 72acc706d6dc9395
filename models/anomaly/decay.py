"""What fades with time."""


def faded(value: float, seconds: int, half_life_s: int) -> float:
    """Give what is left of a value; time never runs backwards.

    >>> faded(8.0, 600, 300), faded(8.0, -600, 300)
    (2.0, 8.0)
    """
    if seconds <= 0:
        return value
    part: float = 0.5 ** (seconds / half_life_s)
    return value * part
