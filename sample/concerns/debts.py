"""What is owed: credit cards paid in full, in part or barely, and loans that are paid down."""

from datetime import timedelta
from functools import partial

from sample.bookings import Account, Booking
from sample.concerns.agenda import Agenda, begun, passed_due
from sample.concerns.charges import banks_payee, charge, interest_minor
from sample.concerns.remarks import remark
from sample.concerns.transfers import make_room, pass_on, round_sum
from sample.days import working_day
from sample.household import Concern, Household

_NEAR_PERCENT = 90
_WAYS_TO_PAY = {"full": 620, "part": 230, "minimum": 150}
_PART_PERCENT = (25, 70)
_STATED_DAYS_BEFORE = (12, 20)
_FORGOTTEN_PERMILLE = 10
_LATE_FEE_CENTS = 1_200
_WHAT_CAN_BE_SPARED_PERCENT = 40

_LOAN_PERMILLE = 170
_LOAN_RATES = ("3.9", "5.9", "7.9", "9.9")
_REPAID_OF_INCOME_PERMILLE = (30, 80)
_LOAN_MONTHS = (8, 72)
_DAYS_A_MONTH = 30


class Debts:
    """What a household pays down month by month, on accounts that can be seen."""

    def __init__(self, home: Household) -> None:
        self._debts: list[Concern] = []
        if home.card is not None:
            self._debts.append(_Card(home, home.card))
        if home.dice.permille(_LOAN_PERMILLE):
            self._debts.append(_Loan(home))

    def live(self, home: Household) -> None:
        """Pay what is due today."""
        for debt in self._debts:
            debt.live(home)


class _Card:
    """A credit card that is stated and then paid once a month, each in its owner's way."""

    def __init__(self, home: Household, card: Account) -> None:
        dice = home.dice
        self._agenda = Agenda()
        self._card = card
        self._way = dice.weighted(_WAYS_TO_PAY)
        self._stated_minor = 0
        self._carried_minor = 0
        """What was not paid of the last statement, and bears interest."""
        self._stated_before = timedelta(days=dice.between(*_STATED_DAYS_BEFORE))
        payee = dice.one_of(home.market.payees["transfer.card_payment"])
        self._series = begun(home, home.checking, payee, "monthly", 0, dice.between(1, 28))
        self._await(home)
        home.heard.append(partial(self._look_at_limit, home))

    def live(self, home: Household) -> None:
        """State what is owed, or pay it."""
        self._agenda.live(home)

    def _await(self, home: Household) -> None:
        due_on = self._series.next_on
        # Of a first statement, the day may have been before all that is known.
        self._agenda.put(max(home.today, due_on - self._stated_before), self._state)
        self._agenda.put(working_day(due_on), self._pay)

    def _state(self, home: Household) -> None:
        """Charge for what is owed since long, and state what is to be paid."""
        card = self._card
        _bear_interest(home, card, self._carried_minor)
        self._stated_minor = max(0, -card.balance_minor)

    def _pay(self, home: Household) -> None:
        """Pay as much as is one's way, or can be spared; too little costs a late fee."""
        due_on = passed_due(self._series)
        self._await(home)
        owed_minor = min(self._stated_minor, max(0, -self._card.balance_minor))
        least_minor = min(owed_minor, self._card.minimum_payment_minor or 0)
        amount_minor = max(least_minor, self._wished_minor(home, owed_minor))
        if amount_minor and not make_room(home, amount_minor):
            spared_minor = home.checking.spare_minor * _WHAT_CAN_BE_SPARED_PERCENT // 100
            amount_minor = round_sum(home, max(0, spared_minor))
        if amount_minor < least_minor or home.dice.permille(_FORGOTTEN_PERMILLE):
            amount_minor = 0
        self._carried_minor = owed_minor - amount_minor
        if amount_minor:
            self._series.amount_minor = -amount_minor
            pass_on(
                home,
                self._series.payee,
                home.checking,
                self._card,
                amount_minor,
                series=self._series,
                due_on=due_on,
            )
        elif owed_minor:
            charge(home, self._card, "finance.overdraft", home.price(_LATE_FEE_CENTS))

    def _wished_minor(self, home: Household, owed_minor: int) -> int:
        match self._way:
            case "full":
                return owed_minor
            case "part":
                part_minor = owed_minor * home.dice.between(*_PART_PERCENT) // 100
                return round_sum(home, part_minor)
        return 0

    def _look_at_limit(self, home: Household, booking: Booking) -> None:
        """Note when a purchase takes the card past most of its limit."""
        card = self._card
        never_posts = booking.posted_on is None
        if booking.account is not card or booking.amount_minor >= 0 or never_posts:
            return
        near_minor = card.limit_minor * _NEAR_PERCENT // 100
        owed_minor = -card.balance_minor
        if owed_minor + booking.amount_minor < near_minor <= owed_minor:
            event_id = home.new_id("credit_limit_near")
            remark(home, "credit_limit_near", booking, owed_minor, event_id=event_id)


class _Loan:
    """A loan with an account of its own: interest is added, and what is paid takes it down."""

    def __init__(self, home: Household) -> None:
        dice = home.dice
        self._agenda = Agenda()
        paid_minor = home.income_minor * dice.between(*_REPAID_OF_INCOME_PERMILLE) // 1000
        self._loan = home.loan = Account(
            f"{home.user_id}-loan",
            "loan",
            home.market.currency,
            home.checking.bank,
            balance_minor=-paid_minor * dice.between(*_LOAN_MONTHS),
            rate=dice.one_of(_LOAN_RATES),
        )
        self._loan.booked_minor = self._loan.balance_minor
        home.feed.connect(self._loan, home.start, home.joins_on)
        payee = dice.one_of(home.market.payees["transfer.loan"])
        self._series = begun(home, home.checking, payee, "monthly", -paid_minor)
        self._await()

    def live(self, home: Household) -> None:
        """Pay what is due today."""
        self._agenda.live(home)

    def _await(self) -> None:
        self._agenda.put(working_day(self._series.next_on), self._pay)

    def _pay(self, home: Household) -> None:
        """Add a month's interest, then pay it down; the last payment closes it."""
        loan, series = self._loan, self._series
        due_on = passed_due(series)
        _bear_interest(home, loan, -loan.balance_minor)
        amount_minor = min(-series.amount_minor, -loan.balance_minor)
        if not make_room(home, amount_minor):
            charge(home, loan, "finance.overdraft", home.price(_LATE_FEE_CENTS))
            self._await()
            return
        is_last = amount_minor == -loan.balance_minor
        pass_on(home, series.payee, home.checking, loan, amount_minor, series=series, due_on=due_on)
        if is_last:
            series.ended_on = home.today
            loan.is_closed = True
        else:
            self._await()


def _bear_interest(home: Household, account: Account, owed_minor: int) -> None:
    """Charge a month's interest."""
    charged_minor = interest_minor(owed_minor, account.rate or "0", _DAYS_A_MONTH)
    if charged_minor:
        payee = banks_payee(home, account, "finance.interest")
        home.book(account, payee, -charged_minor, kind="interest")
