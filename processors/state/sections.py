"""What each processor remembers of one user: small things in `hot`, rarely changed ones in cold.

Every entry rewrites the hot part of the state, so what stands there is small. A cold part is
written only when its processor says that it changed. Structs that hold no containers are none of
the garbage collector's business (gc=False).
"""

from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import Struct, field

from schemas.preferences import Preferences

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


_DEFAULTS = Preferences()


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


class Accounts(Struct, array_like=True):
    """The user's accounts by id."""

    by_id: dict[str, Account] = field(default_factory=dict)


class Label(Struct, frozen=True, array_like=True, gc=False):
    """A category that the user gave to a merchant, and the revision that gave it."""

    category: str
    revision: int


class Labels(Struct, array_like=True):
    """What the user taught us: categories by merchant, and the revision by transaction."""

    by_merchant: dict[str, Label] = field(default_factory=dict)
    revisions: dict[int, int] = field(default_factory=dict)


class Total(Struct, array_like=True, gc=False):
    """Money in and money out, both positive, and how many transactions."""

    in_minor: int = 0
    out_minor: int = 0
    count: int = 0


Totals = dict[str, dict[str, Total]]
"""By currency, then by category."""


class Balance(Struct, array_like=True, gc=False):
    """What the bank reported at a day's end, and what moved since in the same currency."""

    reported_minor: int
    currency: str
    as_of: int
    moved_minor: int = 0

    @property
    def now_minor(self) -> int:
        """Give the running balance."""
        return self.reported_minor + self.moved_minor


class RecentMoney(Struct, array_like=True):
    """This and last month by currency and category, and balances by account."""

    months: dict[int, Totals] = field(default_factory=dict)
    balances: dict[str, Balance] = field(default_factory=dict)


class ClosedMoney(Struct, array_like=True):
    """Months before last month; month 0 holds all that are older than those kept apart."""

    months: dict[int, Totals] = field(default_factory=dict)


class Baseline(Struct, array_like=True, gc=False):
    """The numbers of an amount model: how many, their mean, and their squared distances' sum."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0


class Baselines(Struct, array_like=True):
    """How large the user's payments usually are, by currency."""

    by_currency: dict[str, Baseline] = field(default_factory=dict)


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


class OpenAlerts(Struct, array_like=True):
    """Alerts by rule and key."""

    by_key: dict[str, OpenAlert] = field(default_factory=dict)


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
