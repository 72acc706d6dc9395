"""Telling Python's garbage collector how a worker lives."""

import gc

_YOUNG_OBJECTS_MAX = 500_000


def collect_rarely() -> None:
    """Look for cycles only when more has piled up than a slice of entries makes.

    What a slice makes is many objects that hold no cycles and live until it is committed. Python
    would look at all of them several times over, and every few slices at all users' states, too:
    a quarter of the fold's time.
    """
    # What was imported stays: nobody needs to look at it again.
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS_MAX, 10, 10)
