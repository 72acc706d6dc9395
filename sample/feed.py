"""What the banks' feeds make of what truly happens: late, twice, corrected, pending, renamed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from sample.bookings import Account, Booking
from sample.days import instant, working_day
from sample.dice import Dice
from sample.places.market import Market
from sample.truth import TrueTransaction
from sample.wording.texts import describe
from schemas.accounts import AccountStatus, AccountUpdated
from schemas.event import UserEvent
from schemas.transactions import TransactionImported

LATE_DAYS_MAX = 7
"""How late a feed is at most while its account is connected."""
EXPIRES_DAYS = 14
"""After so many days a pending payment that never posted counts for nothing."""
RENAMED_DAYS = 30
"""How far back transactions get other ids when a connection is made anew."""

_LATE_PERMILLE = 120
_LATE_DAYS = (1, 4)
_REVISED_PERMILLE = 4
_INVENTED_PERMILLE = 4
_FORGOTTEN_PERMILLE = 12
"""Of pending payments: how many never post."""
_SHUFFLED_PERMILLE = 300
_CONNECTED_DAYS = (60, 900)
_SILENT_DAYS = (8, 24)
_RENAMED_PERMILLE = 400
_TAKEN_BACK_PERMILLE = 300
_POSTS_AFTER_DAYS = {1: 420, 2: 330, 3: 170, 4: 80}
_FUEL_HOLD_CENTS = 10_000


@dataclass(slots=True)
class _Line:
    """One account's connection, and when it will break next."""

    account: Account
    silent_from: date
    silent_until: date
    renames: bool
    """Whether what was known gets other ids when it is back."""
    takes_back: bool
    """Whether the old ids are removed then, as they should be."""
    epoch: int = 0
    numbered: int = 0


class Feed:
    """All of a household's accounts, as its banks report them."""

    def __init__(self, user_id: str, market: Market, dice: Dice, end: date) -> None:
        self._user_id = user_id
        self._market = market
        self._dice = dice
        self._end = end
        self._lines: dict[str, _Line] = {}
        self._due: defaultdict[date, list[UserEvent]] = defaultdict(list)
        self._posting: defaultdict[date, list[tuple[Account, int]]] = defaultdict(list)
        self._loaded_on: date | None = None
        self._today = date.min
        self._truths: list[TrueTransaction] = []

    def connect(self, account: Account, since: date, sent: date) -> None:
        """Report an account from a day on, beginning with its balance before that day."""
        self._lines[account.account_id] = self._line(account, sent)
        self._state(account, sent, since - timedelta(days=1), "active")

    def begin(self, today: date, loaded_on: date | None = None) -> None:
        """Begin a day; with *loaded_on*, one of the past that is all sent on that day."""
        self._today, self._loaded_on = today, loaded_on
        if loaded_on is None:
            yesterday = today - timedelta(days=1)
            for name, line in self._lines.items():
                if line.silent_from == today:
                    self._state(line.account, today, yesterday, "disconnected")
                elif line.silent_until == today:
                    self._state(line.account, today, yesterday, "active")
                    self._lines[name] = renewed = self._line(line.account, today)
                    renewed.epoch, renewed.numbered = line.epoch + line.renames, line.numbered
        for account, amount_minor in self._posting.pop(today, ()):
            account.booked_minor += amount_minor

    def expect(self, day: date, event: UserEvent) -> None:
        """Let an event that is no transaction wait for its day."""
        self._due[max(day, self._loaded_on or day)].append(event)

    def take(self, booking: Booking) -> None:
        """Report what has happened, in the bank's own way."""
        line = self._lines[booking.account.account_id]
        holds = booking.kind == "card" and not booking.is_settled and self._loaded_on is None
        if holds and self._dice.permille(line.account.bank.pending_permille):
            self._hold(line, booking)
        else:
            booking.transaction_id = self._new_id(line)
            self._post(line, booking, self._event(booking), self._sent_on(line, booking.on))

    def end_day(self, *, statements: bool) -> list[UserEvent]:
        """Give what is published today, sometimes in another order than it came to be known in."""
        if self._loaded_on is not None:
            return self._due.pop(self._loaded_on, [])
        if statements:
            for line in self._lines.values():
                if _awake(line, self._today) == self._today:
                    self._state(line.account, self._today, self._today, "active")
        events = self._due.pop(self._today, [])
        if len(events) > 1 and self._dice.permille(_SHUFFLED_PERMILLE):
            events = self._dice.some_of(events, len(events))
        return events

    def truths(self) -> list[TrueTransaction]:
        """Give what has come to be known since the last call; the end of all days is looked at."""
        told, self._truths = self._truths, []
        return told

    # Pending, then posted, or never.

    def _hold(self, line: _Line, booking: Booking) -> None:
        bank, dice = line.account.bank, self._dice
        pending_id, held_minor = self._new_id(line), self._held_minor(booking)
        booking.transaction_id = pending_id
        held = self._event(booking).model_copy(
            update={"status": "pending", "amount_minor": held_minor}
        )
        sent = self._sent_on(line, booking.on)
        booking.seen_on = sent
        self._send(line, sent, held)
        if dice.permille(_FORGOTTEN_PERMILLE):
            self._forget(line, booking, held, sent)
            return
        posted_on = booking.on + timedelta(days=dice.weighted(_POSTS_AFTER_DAYS))
        if bank.batches_weekends:
            posted_on = working_day(posted_on)
        posted_sent = self._sent_on(line, posted_on)
        changes: dict[str, object] = {"booked_on": posted_on}
        if not bank.keeps_pending_id:
            booking.transaction_id = self._new_id(line)
            changes["transaction_id"] = booking.transaction_id
            changes["pending_transaction_id"] = pending_id if bank.links_pending else None
        if not bank.keeps_pending_id or posted_sent >= self._end:
            self._tell(
                booking, held, sent, gone_on=max(sent, posted_sent), by=booking.transaction_id
            )
        posted = held.model_copy(
            update={"status": "posted", "amount_minor": booking.amount_minor, **changes}
        )
        self._post(line, booking, posted, posted_sent)

    def _held_minor(self, booking: Booking) -> int:
        """Give what is held at first: without the tip, a round sum at a pump, more at a hotel."""
        dice, amount_minor = self._dice, booking.amount_minor
        match booking.payee.category:
            case "dining.restaurant" | "dining.bar" if dice.permille(500):
                return amount_minor * 100 // (100 + dice.between(5, 20))
            case "transport.fuel" if dice.permille(500):
                return -self._market.price(_FUEL_HOLD_CENTS)
            case "travel.lodging" if dice.permille(500):
                return amount_minor * (100 + dice.between(5, 25)) // 100
        return amount_minor

    def _forget(self, line: _Line, booking: Booking, held: TransactionImported, sent: date) -> None:
        """Let a pending payment never post; some banks take it back, others just fall silent."""
        line.account.balance_minor -= booking.amount_minor
        gone_on = booking.on + timedelta(days=EXPIRES_DAYS)
        if line.account.bank.removes_pending:
            gone_on = max(sent, self._sent_on(line, booking.on + timedelta(days=3)))
            self._send(line, gone_on, held.model_copy(update={"status": "removed"}))
        self._tell(booking, held, sent, gone_on=gone_on)

    def _post(self, line: _Line, booking: Booking, event: TransactionImported, sent: date) -> None:
        """Book for good, and send it, perhaps with a mistake that is mended later."""
        booking.posted_on, booking.published_on = event.booked_on, sent
        booking.seen_on = min(booking.seen_on or sent, sent)
        if event.booked_on <= self._today:
            line.account.booked_minor += booking.amount_minor
            if line.account.bank.tells_balance:
                event = event.model_copy(update={"balance_after_minor": line.account.booked_minor})
        else:
            self._posting[event.booked_on].append((line.account, booking.amount_minor))
        if self._loaded_on is None and self._dice.permille(_REVISED_PERMILLE):
            event = self._revise(line, event, sent)
        else:
            self._send(line, sent, event)
        if self._loaded_on is None and self._dice.permille(_INVENTED_PERMILLE):
            self._invent(line, booking, event, sent)
        back = line.silent_until
        # An id that was pending before has been published since then.
        is_known = line.account.bank.keeps_pending_id and sent < self._end
        first_sent = booking.seen_on if is_known else sent
        if line.renames and sent < back and event.booked_on >= back - timedelta(RENAMED_DAYS):
            self._rename(line, booking, event, first_sent)
        else:
            self._tell(booking, event, first_sent)

    def _revise(self, line: _Line, event: TransactionImported, sent: date) -> TransactionImported:
        """Send a mistake first: another amount, or a text that says nothing yet."""
        mended = sent + timedelta(days=self._dice.between(1, 4))
        # No mistake is left at the end, nor when what is known gets other ids.
        if mended >= min(self._end, line.silent_from):
            self._send(line, sent, event)
            return event
        wrong: dict[str, object] = {"description": "PROCESSING", "merchant_name": None}
        if self._dice.permille(500):
            wrong = {"amount_minor": event.amount_minor + self._dice.between(1, 500)}
        self._send(line, sent, event.model_copy(update={**wrong, "revision": 1}))
        right = event.model_copy(update={"revision": 2})
        self._send(line, mended, right)
        return right

    def _invent(
        self, line: _Line, booking: Booking, event: TransactionImported, sent: date
    ) -> None:
        """Send something that never happened, and take it back: it moves no balance."""
        invented = event.model_copy(
            update={
                "transaction_id": self._new_id(line),
                "pending_transaction_id": None,
                "balance_after_minor": None,
            }
        )
        gone_on = _awake(line, sent + timedelta(days=self._dice.between(1, 3)))
        # Of the payment that it looks like, nothing is true of it but what it looks like.
        alike = Booking(
            booking.account, booking.payee, booking.amount_minor, booking.on, booking.kind
        )
        self._tell(alike, invented, sent, gone_on=gone_on)
        self._send(line, sent, invented)
        self._send(line, gone_on, invented.model_copy(update={"status": "removed"}))

    def _rename(
        self, line: _Line, booking: Booking, event: TransactionImported, sent: date
    ) -> None:
        """Give it another id when the connection is back, with or without taking the old back."""
        line.numbered += 1
        new_id = _id(line.account, line.epoch + 1, line.numbered)
        renamed = event.model_copy(
            update={"transaction_id": new_id, "pending_transaction_id": None}
        )
        if line.takes_back:
            self._due[line.silent_until].append(event.model_copy(update={"status": "removed"}))
        self._due[line.silent_until].append(renamed)
        self._tell(booking, event, sent, gone_on=line.silent_until, by=new_id)
        self._tell(booking, renamed, line.silent_until)

    # When it is sent, and how often.

    def _line(self, account: Account, since: date) -> _Line:
        dice = self._dice
        silent_from = since + timedelta(days=dice.between(*_CONNECTED_DAYS))
        silent_until = silent_from + timedelta(days=dice.between(*_SILENT_DAYS))
        renames, takes_back = dice.permille(_RENAMED_PERMILLE), dice.permille(_TAKEN_BACK_PERMILLE)
        return _Line(account, silent_from, silent_until, renames, takes_back)

    def _send(self, line: _Line, day: date, event: TransactionImported) -> None:
        self._due[day].append(event)
        if self._loaded_on is None and self._dice.permille(line.account.bank.repeat_permille):
            again = day + timedelta(days=self._dice.between(0, LATE_DAYS_MAX))
            self._due[_awake(line, again)].append(event)

    def _sent_on(self, line: _Line, day: date) -> date:
        """Say when a feed tells of something that the bank knows since a day."""
        if self._loaded_on is not None:
            return self._loaded_on
        if self._dice.permille(_LATE_PERMILLE):
            day += timedelta(days=self._dice.between(*_LATE_DAYS))
        if line.account.bank.batches_weekends:
            day = working_day(day)
        return _awake(line, day)

    # What is told.

    def _state(self, account: Account, sent: date, evening: date, status: AccountStatus) -> None:
        """Tell how an account stood of an evening, and until when nothing is missing."""
        account.revision += 1
        update = AccountUpdated(
            account_id=account.account_id,
            user_id=self._user_id,
            type=account.type,
            currency=account.currency,
            balance_minor=account.booked_minor,
            as_of=instant(evening, 23 * 60 + 50, self._market.time_zone),
            credit_limit_minor=account.limit_minor or None,
            interest_rate=account.rate,
            minimum_payment_minor=account.minimum_payment_minor,
            status="closed" if account.is_closed else status,
            complete_until=evening - timedelta(days=LATE_DAYS_MAX),
            provider=account.bank.provider,
            revision=account.revision,
        )
        self._due[sent].append(update)

    def _event(self, booking: Booking) -> TransactionImported:
        """Word what the bank books, as its provider sends it."""
        account, payee, dice = booking.account, booking.payee, self._dice
        bank = account.bank
        mcc = payee.mcc if bank.tells_mcc else None
        if mcc is not None and dice.permille(bank.wrong_mcc_permille):
            mcc = dice.one_of(_CATCH_ALL_MCCS)
        occurred_at = None
        if bank.tells_minute and booking.minute is not None:
            occurred_at = instant(booking.on, booking.minute, self._market.time_zone)
        return TransactionImported(
            transaction_id=booking.transaction_id,
            user_id=self._user_id,
            account_id=account.account_id,
            amount_minor=booking.amount_minor,
            currency=account.currency,
            booked_on=booking.on,
            description=describe(bank.style, booking, self._market, dice.raw()),
            status="posted",
            occurred_at=occurred_at,
            kind=booking.kind,
            merchant_name=payee.name if bank.names_merchants and booking.kind == "card" else None,
            counterparty_account=booking.other.account_id if booking.other else None,
            mcc=mcc,
            country=(payee.country or self._market.country) if bank.tells_mcc else None,
            city=(payee.city or None) if bank.tells_mcc else None,
            provider=bank.provider,
            backfill=self._loaded_on is not None,
        )

    def _tell(
        self,
        booking: Booking,
        event: TransactionImported,
        sent: date,
        *,
        gone_on: date | None = None,
        by: str | None = None,
    ) -> None:
        """Note what a published transaction really is, as it stands after the last day."""
        if sent >= self._end:
            return
        if gone_on is not None and gone_on >= self._end:
            gone_on = by = None
        series, refunded = booking.series, booking.refund_of
        self._truths.append(
            TrueTransaction(
                user_id=self._user_id,
                account_id=event.account_id,
                transaction_id=event.transaction_id,
                booked_on=event.booked_on,
                amount_minor=event.amount_minor,
                currency=event.currency,
                category=booking.payee.category,
                merchant=booking.payee.name,
                published_on=sent,
                gone_on=gone_on,
                replaced_by=by,
                series_id=series.series_id if series else None,
                cadence=series.cadence if series else None,
                next_due_on=series.next_on if series and not series.ended_on else None,
                transfer_id=booking.transfer_id,
                other_account_id=booking.other.account_id if booking.other else None,
                refund_of=refunded.transaction_id if refunded else None,
                event_id=booking.event,
                is_pending=event.status == "pending",
                is_backfill=event.backfill,
            )
        )

    def _new_id(self, line: _Line) -> str:
        line.numbered += 1
        return _id(line.account, line.epoch, line.numbered)


def _awake(line: _Line, day: date) -> date:
    """Give the day itself, or the one on which the connection is back."""
    return line.silent_until if line.silent_from <= day < line.silent_until else day


def _id(account: Account, epoch: int, number: int) -> str:
    return f"{account.account_id}-{epoch}{number:05}"


# What terminals are registered under when nobody looked for the right code.
_CATCH_ALL_MCCS = ("5999", "7399", "5399")
