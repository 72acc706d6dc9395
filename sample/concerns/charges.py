"""What banks charge and pay: account fees, overdrafts, money changed abroad, and interest."""

from datetime import timedelta
from functools import partial

from sample.bookings import Account, Booking, Series
from sample.concerns.agenda import Agenda, begun, passed_due
from sample.concerns.remarks import remark
from sample.days import month_ends, working_day
from sample.household import Household
from sample.payees import Payee

_ACCOUNT_FEE_PERMILLE = 380
_ACCOUNT_FEE_CENTS = (290, 390, 490, 590, 690)
_FOREIGN_FEE_PERMILLE = 650
_FOREIGN_FEE_OF_AMOUNT_PERMILLE = (10, 15, 18, 30)
_OVERDRAFT_PERCENT = (8, 15)
_QUARTERS_END_IN = (3, 6, 9, 12)
_DAYS_A_YEAR = 365
_TRIP = timedelta(days=30)


def banks_payee(home: Household, account: Account, category: str) -> Payee:
    """Give what an account's bank calls itself where it takes or pays something itself."""
    payees = home.market.payees[category]
    return payees[home.market.banks.index(account.bank) % len(payees)]


def charge(
    home: Household, account: Account, category: str, amount_minor: int, *, expected: bool = True
) -> None:
    """Take a fee that a person would want to hear of, or, not *expected*, knows of already."""
    payee, event = banks_payee(home, account, category), home.new_id("fee")
    booking = home.book(account, payee, -amount_minor, kind="fee", event=event)
    remark(home, "fee", booking, amount_minor, expected=expected)


def interest_minor(balance_minor: int, rate: str, days: int) -> int:
    """Give what a balance bears in some days, at per cent a year.

    >>> interest_minor(100_000, "1.5", 365)
    1500
    """
    whole, _, decimals = rate.partition(".")
    hundredths = int(whole) * 100 + int(decimals.ljust(2, "0")[:2])
    return balance_minor * hundredths * days // (_DAYS_A_YEAR * 10_000)


class Charges:
    """What a household's banks take and give when months end, and take for payments abroad."""

    def __init__(self, home: Household) -> None:
        dice = home.dice
        self._agenda = Agenda()
        self._overdraft_rate = str(dice.between(*_OVERDRAFT_PERCENT))
        self._overdrawn_minor_days = 0
        self._saved_minor_days = 0
        self._is_news_from = home.start
        if dice.permille(_ACCOUNT_FEE_PERMILLE):
            payee = banks_payee(home, home.checking, "finance.fee")
            amount_minor = -home.price(dice.one_of(_ACCOUNT_FEE_CENTS))
            series = begun(
                home, home.checking, payee, "monthly", amount_minor, dice.one_of((1, 15, 31))
            )
            self._await(series)
        if dice.permille(_FOREIGN_FEE_PERMILLE):
            permille = dice.one_of(_FOREIGN_FEE_OF_AMOUNT_PERMILLE)
            home.heard.append(partial(self._change_money, home, permille))

    def live(self, home: Household) -> None:
        """Count what is owed and saved today, and settle it when the month ends."""
        self._agenda.live(home)
        if home.checking.balance_minor < 0:
            self._overdrawn_minor_days -= home.checking.balance_minor
        if home.savings is not None:
            self._saved_minor_days += home.savings.balance_minor
        if month_ends(home.today):
            self._settle(home)

    def _settle(self, home: Household) -> None:
        """Charge for the month's overdrafts, and pay for the quarter's savings."""
        charged_minor = interest_minor(self._overdrawn_minor_days, self._overdraft_rate, 1)
        self._overdrawn_minor_days = 0
        if charged_minor:
            charge(home, home.checking, "finance.overdraft", charged_minor)
        savings = home.savings
        if savings is None or savings.rate is None or home.today.month not in _QUARTERS_END_IN:
            return
        earned_minor = interest_minor(self._saved_minor_days, savings.rate, 1)
        self._saved_minor_days = 0
        if earned_minor:
            payee = banks_payee(home, savings, "income.investments")
            home.book(savings, payee, earned_minor, kind="interest")

    def _await(self, series: Series) -> None:
        self._agenda.put(working_day(series.next_on), partial(self._charge_monthly, series))

    def _charge_monthly(self, series: Series, home: Household) -> None:
        due_on = passed_due(series)
        self._await(series)
        home.book(
            series.account,
            series.payee,
            series.amount_minor,
            kind="fee",
            series=series,
            due_on=due_on,
        )

    def _change_money(self, home: Household, permille: int, booking: Booking) -> None:
        """Charge for a purchase in another currency; of a trip's fees only the first is news."""
        never_posts = booking.posted_on is None
        if booking.foreign is None or booking.amount_minor >= 0 or never_posts:
            return
        fee_minor = max(1, -booking.amount_minor * permille // 1000)
        is_news = home.today >= self._is_news_from
        self._is_news_from = home.today + _TRIP
        charge(home, booking.account, "finance.fee", fee_minor, expected=is_news)
