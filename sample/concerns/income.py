"""What comes in: pay, pensions, benefits and gigs, and what becomes of them over the years."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from sample.concerns.agenda import TIMES_A_YEAR, Agenda, a_year_after, begun
from sample.concerns.paydays import Pay, Paydays
from sample.days import on_day
from sample.household import Household
from sample.payees import Payee

_LIVES = {"one earner": 360, "two earners": 430, "retired": 120, "gigs": 60, "supported": 30}
_ONE_EARNER_CENTS = 258_000
_TWO_EARNERS_CENTS = (175_000, 110_000)
_PENSION_CENTS = 235_000
_GIGS_CENTS = 255_000
_SUPPORT_CENTS = 195_000
_FAMILY_CENTS = (12_000, 21_900, 25_500)
_SIDELINE_CENTS = 24_000

_PAYDAYS = (1, 1, 5, 10, 15, 15, 20, 25, 25, 25, 26, 27, 28, 28, 29, 30, 31, 31, 31)
_MONTHLY = {"monthly": 950, "four_weekly": 30, "fortnightly": 20}
_CADENCES: Mapping[str, Mapping[str, int]] = {
    "US": {"fortnightly": 640, "monthly": 180, "weekly": 180},
    "CA": {"fortnightly": 700, "monthly": 200, "weekly": 100},
    "AU": {"fortnightly": 600, "monthly": 300, "weekly": 100},
    "GB": {"monthly": 830, "four_weekly": 130, "weekly": 40},
}

_COMMISSION_PERMILLE = 110
_COMMISSION_PERCENT = (20, 35)
_BY_HOURS_PERMILLE = 360
_BY_HOURS_PERCENT = (3, 16)
_BONUS_PERMILLE = 350
_BONUS_PERCENT = (40, 100)

_JOB_LASTS_DAYS_MAX = 8_000
"""Each day up to this one is as likely as the others: about one job in 22 is lost a year."""
_SHOCKED_PERMILLE = 200
_BENEFIT_PERCENT = 60
_BENEFIT_AFTER_DAYS = (18, 50)
_NEW_JOB_AFTER_DAYS = (70, 260)
_NEW_PAY_PERCENT = (85, 118)

_FAMILY_PERMILLE = 220
_SIDELINE_PERMILLE = 90
_GIG_GAP_DAYS = (2, 9)
_GIGS_A_YEAR = 66
_GIG_SPREAD_PERCENT = 55


class Income:
    """All that a household gets, and gets again and again, until it does not."""

    def __init__(self, home: Household) -> None:
        self._agenda = Agenda()
        self._paydays = Paydays()
        dice = home.dice
        match dice.weighted(_LIVES):
            case "one earner":
                self._employ(home, home.scaled(dice.about(_ONE_EARNER_CENTS, 12)))
            case "two earners":
                for cents in _TWO_EARNERS_CENTS:
                    self._employ(home, home.scaled(dice.about(cents, 15)))
            case "retired":
                self._grant(home, "income.pension", home.scaled(dice.about(_PENSION_CENTS, 15)))
            case "gigs":
                self._work_freely(home, home.scaled(dice.about(_GIGS_CENTS, 15)))
            case "supported":
                self._grant(home, "income.benefits", home.scaled(dice.about(_SUPPORT_CENTS, 10)))
        if dice.permille(_FAMILY_PERMILLE):
            self._grant(home, "income.benefits", home.price(dice.one_of(_FAMILY_CENTS)))
        if dice.permille(_SIDELINE_PERMILLE):
            self._work_freely(home, home.scaled(dice.about(_SIDELINE_CENTS, 40)))

    def live(self, home: Household) -> None:
        """Get what is paid today."""
        self._agenda.live(home)
        self._paydays.live(home)

    def _employ(self, home: Household, monthly_minor: int) -> None:
        """Let somebody work for an employer from now on, until the job is lost."""
        dice = home.dice
        cadence = dice.weighted(_CADENCES.get(home.market.country, _MONTHLY))
        pay = self._promise(home, "income.salary", cadence, monthly_minor)
        if dice.permille(_COMMISSION_PERMILLE):
            pay.varies_percent = dice.between(*_COMMISSION_PERCENT)
        elif dice.permille(_BY_HOURS_PERMILLE):
            pay.varies_percent = dice.between(*_BY_HOURS_PERCENT)
        if dice.permille(_BONUS_PERMILLE):
            pay.bonus_percent = dice.between(*_BONUS_PERCENT)
            bonus_on = on_day(home.today.year, dice.between(11, 12), 1)
            pay.bonus_on = bonus_on if bonus_on > home.today else a_year_after(bonus_on)
        self._agenda.put(self._ends_on(home), partial(self._lose, pay))

    def _ends_on(self, home: Household) -> date:
        """Draw the day on which a job that begins today will end; a shock ends some at once."""
        dice, shock = home.dice, home.shock
        ends_on = home.today + timedelta(days=dice.between(1, _JOB_LASTS_DAYS_MAX))
        if shock is None or shock.kind != "job-loss" or shock.on <= home.today:
            return ends_on
        return min(ends_on, shock.on) if dice.permille(_SHOCKED_PERMILLE) else ends_on

    def _lose(self, pay: Pay, home: Household) -> None:
        """End a job; a benefit comes weeks later, and a new job after months."""
        dice, monthly_minor = home.dice, pay.monthly_minor
        benefit_minor = monthly_minor * _BENEFIT_PERCENT // 100
        self._end(pay, home)
        # It is counted on already, weeks before it is granted.
        home.income_minor += benefit_minor
        benefit_on = home.today + timedelta(days=dice.between(*_BENEFIT_AFTER_DAYS))
        new_on = home.today + timedelta(days=dice.between(*_NEW_JOB_AFTER_DAYS))
        new_minor = monthly_minor * dice.between(*_NEW_PAY_PERCENT) // 100

        def help_out(home: Household) -> None:
            home.income_minor -= benefit_minor
            benefit = self._grant(home, "income.benefits", benefit_minor)
            self._agenda.put(new_on, partial(self._end, benefit))

        def begin_anew(home: Household) -> None:
            self._employ(home, new_minor)

        self._agenda.put(benefit_on, help_out)
        self._agenda.put(new_on, begin_anew)

    def _grant(self, home: Household, category: str, monthly_minor: int) -> Pay:
        """Let an office pay a pension or a benefit."""
        four_weekly = category == "income.benefits" and home.market.country == "GB"
        cadence = "four_weekly" if four_weekly else "monthly"
        return self._promise(home, category, cadence, monthly_minor)

    def _promise(self, home: Household, category: str, cadence: str, monthly_minor: int) -> Pay:
        dice = home.dice
        payee = dice.one_of(home.market.payees[category])
        amount_minor = monthly_minor * 12 // TIMES_A_YEAR[cadence]
        series = begun(home, home.checking, payee, cadence, amount_minor, dice.one_of(_PAYDAYS))
        pay = Pay(series, raises_on=home.today + timedelta(days=dice.between(30, 390)))
        self._paydays.add(pay)
        home.income_minor += pay.monthly_minor
        return pay

    def _end(self, pay: Pay, home: Household) -> None:
        pay.series.ended_on = home.today
        home.income_minor -= pay.monthly_minor

    def _work_freely(self, home: Household, monthly_minor: int) -> None:
        """Let somebody take small jobs, each paid when it is done."""
        dice = home.dice
        payers = home.market.payees["income.self_employment"]
        gig = partial(self._gig, dice.some_of(payers, min(3, len(payers))), monthly_minor)
        home.income_minor += monthly_minor
        self._agenda.put(home.today + timedelta(days=dice.between(*_GIG_GAP_DAYS)), gig)

    def _gig(self, payers: Sequence[Payee], monthly_minor: int, home: Household) -> None:
        dice = home.dice
        amount_minor = dice.about(monthly_minor * 12 // _GIGS_A_YEAR, _GIG_SPREAD_PERCENT)
        # As prices rise, so does what is asked for; the spread lifts the mean above the middle.
        amount_minor = amount_minor * home.price_permille // 1000 * 86 // 100
        home.book(home.checking, dice.one_of(payers), max(1, amount_minor))
        again = partial(self._gig, payers, monthly_minor)
        self._agenda.put(home.today + timedelta(days=dice.between(*_GIG_GAP_DAYS)), again)
