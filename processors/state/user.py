"""One user's state, and how it divides into parts that are written apart."""

from msgspec import Struct, field

from processors.state.book import Book
from processors.state.habits import Detections
from processors.state.labels import Labels
from processors.state.planning import Plans
from processors.state.sections import (
    Accounts,
    Chosen,
    ClosedMoney,
    DayTotals,
    Errors,
    Money,
    OpenAlerts,
    OpenInsights,
    Pairings,
    RecentMoney,
    Renumbered,
    Returned,
    Section,
)
from processors.state.watching import Remembered, Watched


class Hot(Struct, array_like=True):
    """The part that nearly every entry rewrites."""

    accounts: Accounts = field(default_factory=Accounts)
    aggregate: RecentMoney = field(default_factory=RecentMoney)
    detect: Detections = field(default_factory=Detections)
    watch: Watched = field(default_factory=Watched)


class History(Struct, array_like=True):
    """The part that few entries rewrite."""

    preferences: Chosen = field(default_factory=Chosen)
    twins: Renumbered = field(default_factory=Renumbered)
    transfers: Pairings = field(default_factory=Pairings)
    refunds: Returned = field(default_factory=Returned)
    aggregate: ClosedMoney = field(default_factory=ClosedMoney)
    plan: Plans = field(default_factory=Plans)
    forecast: Errors = field(default_factory=Errors)
    alerts: OpenAlerts = field(default_factory=OpenAlerts)
    insights: OpenInsights = field(default_factory=OpenInsights)
    watch: Remembered = field(default_factory=Remembered)


SECTIONS = (
    "accounts",
    "preferences",
    "labels",
    "twins",
    "transfers",
    "refunds",
    "aggregate",
    "detect",
    "plan",
    "forecast",
    "watch",
    "alerts",
    "insights",
)


class User:
    """One user's state: the book, and a section for each processor that remembers something."""

    __slots__ = ("book", "erased", "history", "hot", "sections", "user_id", *SECTIONS)

    def __init__(
        self,
        user_id: str,
        hot: Hot | None = None,
        history: History | None = None,
        book: Book | None = None,
        days: DayTotals | None = None,
        labels: Labels | None = None,
    ) -> None:
        self.user_id = user_id
        self.erased = False
        self._hold(
            hot or Hot(),
            history or History(),
            book or Book(),
            days or DayTotals(),
            labels or Labels(),
        )

    def _hold(
        self, hot: Hot, history: History, book: Book, days: DayTotals, labels: Labels
    ) -> None:
        self.hot, self.history, self.book = hot, history, book
        self.accounts = Section(hot.accounts, None)
        self.preferences = Section(None, history.preferences)
        self.labels = Section(None, labels)
        self.twins = Section(None, history.twins)
        self.transfers = Section(None, history.transfers)
        self.refunds = Section(None, history.refunds)
        self.aggregate = Money(hot.aggregate, history.aggregate, days)
        self.detect = Section(hot.detect, None)
        self.plan = Section(None, history.plan)
        self.forecast = Section(None, history.forecast)
        self.watch = Section(hot.watch, history.watch)
        self.alerts = Section(None, history.alerts)
        self.insights = Section(None, history.insights)
        self.sections = [getattr(self, name) for name in SECTIONS]

    @property
    def history_changed(self) -> bool:
        """Say whether the history part must be written."""
        return any(section.cold_changed for section in self.sections if section is not self.labels)

    def erase(self) -> None:
        """Forget everything; what the store holds of the user is to go."""
        self.erased = True
        self._hold(Hot(), History(), Book(), DayTotals(), Labels())

    def saved(self) -> None:
        """Take note that everything that changed has been written."""
        for section in self.sections:
            section.cold_changed = False
        self.book.weeks.changed.clear()
        self.aggregate.days.weeks.changed.clear()
        self.book.years_changed.clear()
        self.erased = False
