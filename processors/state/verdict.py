"""What became of an entry, in one word: for counters, and for `explain`."""

from enum import StrEnum

from schemas.refusals import Refusal


class Verdict(StrEnum):
    """The outcome of an entry that was not refused."""

    NEW = "new"
    REPEAT = "repeat"
    STALE = "stale"
    CORRECTED = "corrected"
    REMOVED = "removed"
    APPLIED = "applied"
    UNUSED = "unused"


Settled = Verdict | Refusal | None
"""What a settling processor says of an entry; None where it was not asked."""
