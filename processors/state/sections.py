"""What each processor remembers of one user: small things in `hot`, rarely changed ones in cold.

Every entry rewrites the hot part of the state, so what stands there is small. A cold part is
written only when its processor says that it changed. Structs that hold no containers are none of
the garbage collector's business (gc=False).
"""

import json
from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import Struct, field

from processors.state.quieted import ABOUT_NOTHING, Meaning, Quieted
from processors.state.weekly import Weekly, week_of
from schemas.preferences import Preferences, SettingsChanged

HotT = TypeVar("HotT")
ColdT = TypeVar("ColdT")


class Section(Generic[HotT, ColdT]):
    """A processor's own part of the state."""

    __slots__ = ("_cold", "cold_changed", "hot")

    def __init__(self, hot: HotT, cold: ColdT) -> None:
        self.hot = hot
        self._cold = cold
        self.cold_changed = False

    @property
    def cold(self) -> ColdT:
        """Read the cold part; change it only through `change_cold`."""
        return self._cold

    def change_cold(self) -> ColdT:
        """Hand out the cold part to be changed, and see to it that it is written."""
        self.cold_changed = True
        return self._cold


class Choice(Struct, frozen=True, array_like=True, gc=False):
    """What the user chose for one preference, as JSON, and the revision that chose it."""

    revision: int
    value: bytes


class Chosen(Struct, array_like=True):
    """The user's preferences, each with its own revision."""

    choices: dict[str, Choice] = field(default_factory=dict)

    def read(self) -> Preferences:
        """Give the preferences as a whole."""
        if not self.choices:
            return _DEFAULTS
        return _preferences(tuple(self.choices.items()))

    def newer(self, event: SettingsChanged) -> "dict[str, Choice]":
        """Give what a change names and no later change has set."""
        named = sorted(event.preferences.model_fields_set)
        known = {name: choice.revision for name, choice in self.choices.items()}
        if not (fresh := [name for name in named if known.get(name, -1) < event.revision]):
            return {}
        values = json.loads(event.preferences.model_dump_json())
        return {name: Choice(event.revision, _as_json(values[name])) for name in fresh}


_DEFAULTS = Preferences()


def _as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@lru_cache(maxsize=4096)
def _preferences(choices: tuple[tuple[str, Choice], ...]) -> Preferences:
    members = (f'"{name}":{choice.value.decode()}' for name, choice in choices)
    return Preferences.model_validate_json("{" + ",".join(members) + "}")


class Account(Struct, array_like=True, gc=False):
    """An account as the bank last described it; days count from year 1, 0 is unknown."""

    type: str
    currency: str
    status: str
    revision: int
    balance_minor: int | None = None
    as_of: int = 0
    complete_until: int = 0
    limit_minor: int | None = None
    rate: str = ""
    """Per cent a year, as decimal text."""
    minimum_payment_minor: int | None = None
    connection: int = 0
    """How often it has been disconnected so far."""
    disconnected_on: int = 0


class Accounts(Struct, array_like=True):
    """The user's accounts by id."""

    by_id: dict[str, Account] = field(default_factory=dict)


class Total(Struct, array_like=True, gc=False):
    """Money in, money out and money given back, all positive, and how many transactions."""

    in_minor: int = 0
    out_minor: int = 0
    refunded_minor: int = 0
    count: int = 0


class Month(Struct, array_like=True):
    """One currency's money in a month; what nothing is left of leaves no trace."""

    by_category: dict[str, Total] = field(default_factory=dict)
    by_source: dict[str, int] = field(default_factory=dict)
    """Income by payer, less what was taken back."""
    fixed_minor: int = 0
    """What of the spending is the same each month, less what was given back of it."""


Months = dict[int, dict[str, Month]]
"""By month, then by currency."""


class Day(Struct, array_like=True, gc=False):
    """One currency's money on a day: income, spending less refunds, and how many transactions."""

    income_minor: int = 0
    spent_minor: int = 0
    count: int = 0


WeekOfDays = dict[int, dict[str, Day]]
"""By day, then by currency."""


class Balance(Struct, array_like=True, gc=False):
    """One currency's money on an account, as reported and as it has moved.

    What is reported is posted money at the end of the day *as_of*; *since* is the day of the
    report before it.
    """

    reported_minor: int | None = None
    as_of: int = 0
    since: int = 0
    expected_minor: int | None = None
    """What the report before said, and what was posted since, up to this report."""
    moved_minor: int = 0
    """What was posted after the report."""
    pending_minor: int = 0
    total_minor: int = 0
    """All that was ever posted."""

    @property
    def now_minor(self) -> int:
        """Give the running balance; without a report, what has moved in all."""
        known = self.total_minor if self.reported_minor is None else self._posted_minor
        return known + self.pending_minor

    @property
    def _posted_minor(self) -> int:
        return (self.reported_minor or 0) + self.moved_minor

    @property
    def difference_minor(self) -> int | None:
        """Say how much more the last report told than was expected; None without two reports."""
        if self.reported_minor is None or self.expected_minor is None:
            return None
        return self.reported_minor - self.expected_minor


class RecentMoney(Struct, array_like=True):
    """This and last month by currency, and balances by account and currency."""

    months: Months = field(default_factory=dict)
    balances: dict[str, dict[str, Balance]] = field(default_factory=dict)


class ClosedMoney(Struct, array_like=True):
    """Months before last month; month 0 holds all that are older than those kept apart."""

    months: Months = field(default_factory=dict)


class DayTotals:
    """The window's days, by week, each stored as a part of its own."""

    __slots__ = ("weeks",)

    def __init__(self, weeks: "Weekly[WeekOfDays] | None" = None) -> None:
        self.weeks = weeks or Weekly(dict)

    def of(self, day: int) -> dict[str, Day]:
        """Give a day's totals by currency."""
        week = self.weeks.peek(week_of(day))
        return week.get(day, {}) if week is not None else {}


class Money(Section[RecentMoney, ClosedMoney]):
    """The section of `aggregate`: months and balances, and the window's days beside them."""

    __slots__ = ("days",)

    def __init__(self, hot: RecentMoney, cold: ClosedMoney, days: DayTotals | None = None) -> None:
        super().__init__(hot, cold)
        self.days = days or DayTotals()


class Pairings(Struct, array_like=True):
    """What the user said of pairs of transactions, by both identities."""

    answers: dict[str, "PairAnswer"] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Of which type each account was when its transactions were looked at."""


class PairAnswer(Struct, frozen=True, array_like=True, gc=False):
    """The user's last word on whether two transactions are one transfer."""

    revision: int
    is_transfer: bool


class MoneyBack(Struct, frozen=True, array_like=True, gc=False):
    """What is needed of a refund to see whether a purchase may be its own."""

    day: int
    stem: str
    amount_minor: int


class Returned(Struct, array_like=True):
    """The window's refunds, by account and currency, then by identity."""

    by_account: dict[str, dict[int, MoneyBack]] = field(default_factory=dict)


class Renumbered(Struct, array_like=True):
    """Accounts whose transactions got other ids, and after which of their disconnections."""

    by_account: dict[str, list[int]] = field(default_factory=dict)


class Errors(Struct, array_like=True):
    """How far off past forecasts were, by currency, oldest first."""

    by_currency: dict[str, list[int]] = field(default_factory=dict)


NOT_ANSWERED = -1


class OpenAlert(Struct, array_like=True, gc=False):
    """An alert that readers may still hold, as it was last published."""

    alert_id: str
    revision: int
    status: str
    severity: str
    forget_after: int | None
    published: bytes
    answered: int = NOT_ANSWERED
    """The revision of the user's last answer to it."""
    about: Meaning = ABOUT_NOTHING
    closed: bool = False
    """Whether the user ended it, by an answer to it or about its payments."""


class OpenAlerts(Struct, array_like=True):
    """Alerts by rule and key, and the answers that outlive them."""

    by_key: dict[str, OpenAlert] = field(default_factory=dict)
    quieted: dict[str, Quieted] = field(default_factory=dict)
    """What is not to be raised, by the alert that was answered so; the latest answer last."""
    said_of_fraud: dict[int, int] = field(default_factory=dict)
    """The revision of the last word on whether a transaction of the window was fraud."""


class OpenInsight(Struct, array_like=True, gc=False):
    """An insight that readers may still hold, as it was last published."""

    insight_id: str
    revision: int
    expires: int
    gist: str
    published: bytes


class OpenInsights(Struct, array_like=True):
    """Insights by kind and subject."""

    by_key: dict[str, OpenInsight] = field(default_factory=dict)
