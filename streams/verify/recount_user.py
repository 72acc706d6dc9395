"""One user's journal entries, taken in one by one: what each import is, and what is in the window.

Ties are never kept up to date here. They are settled from scratch over the whole window: when
something is about to leave it, and in the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from schemas.accounts import AccountUpdated
from schemas.feedback import AboutTransfer, FeedbackGiven
from schemas.preferences import SettingsChanged
from schemas.transactions import TransactionImported
from streams.verify import recount_refunds, recount_replacements, recount_transfers
from streams.verify.recount_rows import Filed, Imported, Row
from streams.verify.recount_transfers import Known

WINDOW_DAYS = 92
DAYS_A_WEEK = 7
EXPIRES_DAYS = 14
RENUMBERED_DAYS = 30
RENUMBERED_AT_LEAST = 2
REMEMBERED_DAYS = 25 * 31
"""Identities are known for so long after they left the window, and then to the year's end."""

Filings = Mapping[tuple[str, str], Filed]
"""What each transaction of the window is filed as, by account and transaction id."""


@dataclass(slots=True)
class Report:
    """What a bank last reported of an account's money, and what it had reported before."""

    account: str
    currency: str
    reported_minor: int
    as_of: int
    before_minor: int | None = None
    since: int = 0


@dataclass(slots=True)
class Account:
    """An account as its bank last described it."""

    type: str
    currency: str
    status: str
    revision: int
    balance_minor: int | None = None
    as_of: int = 0
    disconnections: int = 0
    disconnected_on: int = 0


@dataclass(slots=True)
class UserRecount:
    """What one user's entries come to; *today* is the last day that passed for the user."""

    today: int = 0
    window: dict[tuple[str, str], Row] = field(default_factory=dict)
    left: list[Row] = field(default_factory=list)
    left_in_year: dict[tuple[str, str], int] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    answers: dict[frozenset[tuple[str, str]], tuple[int, bool]] = field(default_factory=dict)
    renumbered: dict[str, set[int]] = field(default_factory=dict)
    """By account, the disconnections since which its ids are others."""
    time_zone: tuple[int, str | None] = (-1, None)

    @property
    def oldest_week(self) -> int:
        """Give the oldest week of the window; before any day has passed, all are in it."""
        return (self.today - WINDOW_DAYS) // DAYS_A_WEEK if self.today else 0

    # What an import is.

    def imported(self, event: TransactionImported) -> str:
        """Take an import in; gives what it is, by the table of docs/money.md."""
        identity = event.account_id, event.transaction_id
        row, now = self.window.get(identity), Imported.of(event)
        if row is not None:
            return self._seen_again(row, now, event.revision)
        if identity in self.left_in_year:
            return "too_late" if event.status == "removed" or event.revision else "repeat"
        row = self.window[identity] = self._first_seen(identity, now, event.revision or 0)
        self._look_at_ids(row)
        return "new"

    def _seen_again(self, row: Row, now: Imported, given: int | None) -> str:
        revision = row.revision if given is None else given
        is_greater = revision > row.revision
        withdraws = now.status == "pending" and row.now.status == "posted"
        stays_away = row.is_removed and now.status != "removed"
        if revision < row.revision or ((withdraws or stays_away) and not is_greater):
            return "stale"
        if now.status == "removed":
            is_news = is_greater or not row.is_removed
            row.is_removed, row.revision, row.pair, row.refund_of = True, revision, None, None
            self._look_at_ids(row)
            return "removed" if is_news else "repeat"
        if (row.now, row.revision, row.is_removed) == (now, revision, False):
            return "repeat"
        _let_go(row, now)
        row.now, row.revision, row.is_removed = now, revision, False
        self._look_at_ids(row)
        return "corrected"

    def _first_seen(self, identity: tuple[str, str], now: Imported, revision: int) -> Row:
        row = Row(*identity, now, revision, is_removed=now.status == "removed")
        account = self.accounts.get(row.account)
        if account is not None and account.disconnections:
            row.connection = account.disconnections
            row.is_resent = now.day <= account.disconnected_on
        return row

    def _look_at_ids(self, row: Row) -> None:
        """See whether an account's ids are others since it was disconnected; once so, for good."""
        if not row.is_resent:
            return
        near = [
            one
            for one in self.window.values()
            if one.account == row.account
            and one.now.status == "posted"
            and abs(one.now.day - row.now.day) <= RENUMBERED_DAYS
        ]
        again = {one.now.looks for one in near if _is_like(one, row)}
        before = {one.now.looks for one in near if one.connection < row.connection}
        if len(again & before) >= RENUMBERED_AT_LEAST:
            self.renumbered.setdefault(row.account, set()).add(row.connection)

    # What else matters to money.

    def account_updated(self, event: AccountUpdated) -> None:
        """Take over what a bank says of an account, unless something later is known."""
        before = self.accounts.get(event.account_id)
        if before is not None and event.revision <= before.revision:
            return
        after = Account(event.type, event.currency, event.status, event.revision)
        if event.balance_minor is not None and event.as_of is not None:
            after.balance_minor = event.balance_minor
            after.as_of = _local_day(event.as_of, self.time_zone[1])
        if before is not None:
            after.disconnections = before.disconnections
            after.disconnected_on = before.disconnected_on
            if before.currency == after.currency and before.as_of > after.as_of:
                after.balance_minor, after.as_of = before.balance_minor, before.as_of
        is_disconnected = before is not None and before.status == "disconnected"
        if event.status == "disconnected" and not is_disconnected:
            after.disconnections += 1
            after.disconnected_on = 1 + (self.today or after.as_of)
        self.accounts[event.account_id] = after
        self._report(event.account_id, after)

    def _report(self, name: str, account: Account) -> None:
        known = self.reports.get(name)
        if known is not None and known.currency != account.currency:
            del self.reports[name]
            known = None
        # What moved since a report that is older than the window could not be told.
        if account.balance_minor is None or account.as_of < self.today - WINDOW_DAYS:
            return
        report = Report(name, account.currency, account.balance_minor, account.as_of)
        if known is not None and known.as_of < report.as_of:
            report.before_minor, report.since = known.reported_minor, known.as_of
        elif known is not None:
            report.before_minor, report.since = known.before_minor, known.since
        self.reports[name] = report

    def answered(self, event: FeedbackGiven) -> None:
        """Remember what the user says of a pair; the greatest revision counts."""
        about = event.about
        if not isinstance(about, AboutTransfer):
            return
        one = about.account_id, about.transaction_id
        other = about.other_account_id, about.other_transaction_id
        both = frozenset({one, other})
        if event.revision > self.answers.get(both, (-1, False))[0]:
            self.answers[both] = event.revision, about.verdict == "confirmed"

    def settings_changed(self, event: SettingsChanged) -> None:
        """Take over the time zone: it says on which day a balance was so."""
        named = "time_zone" in event.preferences.model_fields_set
        if named and event.revision > self.time_zone[0]:
            self.time_zone = event.revision, event.preferences.time_zone

    # How time passes.

    def will_leave(self, day: int) -> bool:
        """Say whether something leaves the window when a day passes."""
        oldest = (day - WINDOW_DAYS) // DAYS_A_WEEK
        return any(row.now.day // DAYS_A_WEEK < oldest for row in self.window.values())

    def day_passed(self, day: int) -> None:
        """Let a day pass; what leaves the window was settled just before."""
        self.today = day
        oldest, year = self.oldest_week, date.fromordinal(day).year
        for identity, row in list(self.window.items()):
            if row.now.day // DAYS_A_WEEK < oldest:
                row.has_left = True
                self.left.append(self.window.pop(identity))
                self.left_in_year[identity] = year
        horizon = date.fromordinal(max(1, day - REMEMBERED_DAYS)).year
        if min(self.left_in_year.values(), default=horizon) < horizon:
            kept = {own: year for own, year in self.left_in_year.items() if year >= horizon}
            self.left_in_year = kept

    def settle(self, filings: Filings) -> None:
        """Settle all ties of the window from scratch, and what each transaction counts as."""
        rows = list(self.window.values())
        for row in rows:
            filed = filings.get((row.account, row.name), row.filed)
            if filed != row.filed and row.refund_of is not None:
                row.refund_of = None
            row.filed = filed
        recount_replacements.settle(rows, self.renumbered)
        for row in rows:
            row.gone = self._gone(row)
        known = Known(
            {name: account.type for name, account in self.accounts.items()},
            {both: is_transfer for both, (_, is_transfer) in self.answers.items()},
        )
        recount_transfers.settle(rows, known)
        recount_refunds.settle(rows)

    def _gone(self, row: Row) -> str:
        if row.is_removed:
            return "removed"
        if row.replaced_by is not None:
            return "replaced"
        is_old = bool(self.today) and self.today - row.now.day > EXPIRES_DAYS
        return "expired" if row.now.status == "pending" and is_old else ""


def _is_like(one: Row, row: Row) -> bool:
    return one.is_resent and one.connection == row.connection


def _let_go(row: Row, now: Imported) -> None:
    """End ties to what has left the window where a correction changes what they rest on."""
    if row.now.amount_minor != now.amount_minor:
        row.replaces = row.replaced_by = row.pair = row.refund_of = None
    if row.now.source != now.source:
        row.refund_of = None


def _local_day(instant: datetime, time_zone: str | None) -> int:
    return (instant.astimezone(_zone(time_zone)) if time_zone else instant).toordinal()


@cache
def _zone(name: str) -> ZoneInfo:
    rules = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    return ZoneInfo.from_file(BytesIO(rules), key=name)
