"""What `watch` remembers of one user, and what it looks at: a payment at first sight."""

from typing import NamedTuple
from zlib import crc32

from msgspec import Struct, field

from processors.state.notes import Pattern
from processors.state.sections import Section
from processors.state.transaction import Transaction

MOMENTS_MAX = 24
"""More card payments in a day are a burst already, whatever came before them."""
ACCOUNTS_MAX = 32
FINDINGS_MAX = 24
"""Of more patterns than this in three months the oldest are not taken back any more."""
MEMBERS_MAX = 16
"""Who is shown so many payments needs no more of them to see the pattern."""


class Moment(Struct, frozen=True, array_like=True, gc=False):
    """When a card was used, for banks that tell; minutes count from 1970."""

    minute: int
    identity: int


class Presence(Struct, frozen=True, array_like=True, gc=False):
    """Where the user was seen last: a payment that nobody makes from afar."""

    minute: int
    country: str
    identity: int


class Pace(Struct, array_like=True, gc=False):
    """How many card payments the newest day has, and the most that is usual."""

    day: int = 0
    count: int = 0
    in_an_hour: int = 0
    count_most: int = 0
    in_an_hour_most: int = 0
    known: int = 0
    """How many there have been in all, counted until that is enough."""


class Checked(Struct, array_like=True, gc=False):
    """How much more a bank says an account holds than its transactions add up to.

    That never changes where nothing is missing; *other* is what it was lately, if it differs.
    """

    agreed_minor: int
    agreed_since: int
    agreed_seen: int = 1
    """How often, counted until that is enough; before, it may be what was late that agreed."""
    other_minor: int = 0
    since: int = 0
    """The day that *other* was seen first; 0 while the two agree."""
    seen: int = 0
    is_told: bool = False


class Watched(Struct, array_like=True):
    """What nearly every payment changes."""

    moments: list[Moment] = field(default_factory=list)
    """The card payments of the day before the newest one, in order of time."""
    pace: Pace = field(default_factory=Pace)
    seen_in: Presence | None = None
    moved: dict[int, int] = field(default_factory=dict)
    """The last day on which each account moved, by its digest."""
    checked: dict[int, Checked] = field(default_factory=dict)
    """By digest of account and currency."""


class Finding(Struct, array_like=True):
    """A pattern that was found, for as long as the payments that make it may still go."""

    rule_id: str
    key: int
    """The payment that it was found with; it names the alert whatever becomes of the payment."""
    members: list[int]
    """The payments that make it, those that still stand."""
    day: int
    least: int = 1
    """With fewer members it is no pattern."""
    low_minor: int = 0
    high_minor: int = 0
    """Between these a member's amount must stay; 0 is no bound."""
    due: int = 0
    """The day on which it is told, if it still stands then; 0 for what has been told."""


class Remembered(Struct, array_like=True):
    """What few payments change."""

    countries: dict[str, int] = field(default_factory=dict)
    """About when somebody of the household was last in a country."""
    placed: int = 0
    """How many payments told their country, counted until that is enough."""
    payees: list[int] = field(default_factory=list)
    """Digests of whom money was sent to, the latest last."""
    sent_most: dict[str, int] = field(default_factory=dict)
    """The largest transfer to a person that is usual, by currency."""
    withdrawn: dict[str, list[int]] = field(default_factory=dict)
    """The last withdrawals, by currency; what may be a theft stands there as less than it was."""
    findings: list[Finding] = field(default_factory=list)

    def of_rule(self, rule_id: str) -> list[Finding]:
        """List the findings of one rule."""
        return [finding for finding in self.findings if finding.rule_id == rule_id]


Watching = Section[Watched, Remembered]


class Sight(NamedTuple):
    """A payment when it is first seen, with what the book does not keep of it."""

    payment: Transaction
    minute: int | None
    mcc: str
    city: str
    speaks: bool
    """Whether it is news: history that is imported is learned from, and never told of."""
    today: int
    """The user's today; the day of the booking, before any day has passed."""


class Found(NamedTuple):
    """A pattern, and what is kept of it."""

    note: Pattern
    finding: Finding


def digest_of(*texts: str) -> int:
    """Shorten what something is about to four bytes; what meets by accident does little harm."""
    return crc32("\n".join(texts).encode())
