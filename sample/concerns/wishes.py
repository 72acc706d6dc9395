"""What people set in their app when they join, and change now and then: their preferences."""

from datetime import timedelta
from typing import Any

from sample.concerns.habits import DRIVES, HABITS, RIDES
from sample.concerns.limits import Limits
from sample.days import on_day
from sample.filing import Filing
from sample.household import Household
from schemas.preferences import (
    AlertRuleChoice,
    Budget,
    FilingRule,
    Goal,
    OwnCategory,
    Preferences,
    SettingsChanged,
)
from schemas.taxonomy import LEAVES

_WATCHERS_PERMILLE = 600
_LOW_CENTS = (5_000, 30_000)
_BUDGETERS_PERMILLE = 550
_BUDGETS = (1, 4)
_LIMIT_PERCENT = (110, 240)
"""Of what habits alone typically take from a household of such means."""
_TOTAL_PERCENT = (75, 115)
"""Of what comes in."""
_SPARE_PERCENT = 120
"""Nobody sets a limit that is used up already."""
_SAVERS_PERMILLE = 300
_FILERS_PERMILLE = 250
_CHANGES_AFTER_MONTHS = (4, 14)
_CHANGED_PERCENT = (85, 125)

TOTAL = "total"
_HABITUAL = {
    habit.category: habit.daily_permille * habit.typical_cents * 365 // 12_000
    for habit in (*HABITS, DRIVES, RIDES)
}
"""What a household of middling means spends in a month, in cents, by what habits are about."""
_BUDGETABLE = (
    *("food.groceries", "dining.restaurant", "dining.coffee", "dining.delivery"),
    *("shopping.online", "shopping.clothing", "food", "dining", "shopping", "transport"),
)
_SPENDING = tuple(leaf.id for leaf in LEAVES.values() if leaf.kind == "spending")


class Wishes:
    """The preferences of a household's people, and their notice of what crosses their limits.

    Of all concerns it comes last, since it looks at what a day has brought.
    """

    def __init__(self, home: Household) -> None:
        dice = home.dice
        self._subjects: dict[str, tuple[str, ...]] = {}
        if dice.permille(_BUDGETERS_PERMILLE):
            found = subjects(home.filing)
            count = min(len(found), dice.between(*_BUDGETS))
            self._subjects = {subject: found[subject] for subject in dice.some_of([*found], count)}
        self._limits = Limits(home, self._subjects)
        self._watches = dice.permille(_WATCHERS_PERMILLE)
        self._revision = 0
        self._next_on = home.joins_on

    def live(self, home: Household) -> None:
        """Set what is to be set today, and look at what the day has brought."""
        if home.today == self._next_on:
            self._publish(home, self._change(home) if self._revision else self._first(home))
            months = home.dice.between(*_CHANGES_AFTER_MONTHS)
            # From a month's first day on, so that a budget is one and the same for all of it.
            self._next_on = on_day(home.today.year, home.today.month + months, 1)
        self._limits.look()

    def _publish(self, home: Household, preferences: Preferences) -> None:
        self._revision += 1
        home.publish(
            SettingsChanged(
                change_id=f"{home.user_id}-wishes-{self._revision}",
                user_id=home.user_id,
                revision=self._revision,
                preferences=preferences,
            )
        )

    def _first(self, home: Household) -> Preferences:
        """Set all that is set on joining."""
        wishes: dict[str, Any] = {
            "time_zone": home.market.time_zone,
            "locale": home.market.locale,
            "base_currency": home.market.currency,
        }
        if categories := own_categories(home.filing):
            wishes["categories"] = categories
        if self._subjects:
            wishes["budgets"] = self._budgets(home)
        if self._watches:
            wishes["alert_rules"] = self._low_balance(home)
        if home.dice.permille(_SAVERS_PERMILLE):
            wishes["goals"] = (_goal(home),)
        if home.dice.permille(_FILERS_PERMILLE):
            wishes |= _own_filing(home)
        return Preferences(**wishes)

    def _change(self, home: Household) -> Preferences:
        """Change one thing, and say nothing of the others."""
        match home.dice.below(3):
            case 0 if self._subjects:
                return Preferences(budgets=self._budgets(home))
            case 1:
                return Preferences(goals=(_goal(home),))
            case _:
                return Preferences(alert_rules=self._low_balance(home))

    def _low_balance(self, home: Household) -> tuple[AlertRuleChoice, ...]:
        below_minor = self._limits.below_minor = _neat(home.price(home.dice.between(*_LOW_CENTS)))
        parameters = {"below_minor": below_minor}
        return (AlertRuleChoice(rule_id="low_balance", parameters=parameters),)

    def _budgets(self, home: Household) -> tuple[Budget, ...]:
        for subject in self._subjects:
            used_minor = self._limits.spent_minor(subject) * _SPARE_PERCENT // 100
            self._limits.budgets[subject] = Budget(
                budget_id=f"{subject}-a-month",
                subject=subject,
                limit_minor=max(_neat(self._limit_minor(home, subject)), used_minor),
                currency=home.market.currency,
            )
        return tuple(self._limits.budgets.values())

    def _limit_minor(self, home: Household, subject: str) -> int:
        dice, known = home.dice, self._limits.budgets.get(subject)
        if known is not None:
            return known.limit_minor * dice.between(*_CHANGED_PERCENT) // 100
        if subject == TOTAL and home.income_minor:
            return home.income_minor * dice.between(*_TOTAL_PERCENT) // 100
        typical_cents = sum(_HABITUAL.get(leaf, 0) for leaf in self._subjects[subject])
        return home.scaled(typical_cents) * dice.between(*_LIMIT_PERCENT) // 100


def subjects(filing: Filing) -> dict[str, tuple[str, ...]]:
    """Give what a budget may be about, each with the built-in leaves of which it bounds the sum."""
    found = {TOTAL: _SPENDING}
    if filing.labels:
        for label_id, leaves in filing.below().items():
            if _HABITUAL.keys() & leaves and set(leaves) <= set(_SPENDING):
                found[f"own:{label_id}"] = leaves
        return found
    for subject in _BUDGETABLE:
        found[subject] = tuple(
            leaf for leaf in _SPENDING if subject in {leaf, LEAVES[leaf].group.id}
        )
    return found


def own_categories(filing: Filing) -> tuple[OwnCategory, ...]:
    """Give a taxonomy's labels as a user's own categories; one that covers nothing is left out."""
    below = filing.below()
    return tuple(
        OwnCategory(
            category=f"own:{label.id}",
            name=label.name,
            parent=f"own:{label.parent}" if label.parent else LEAVES[below[label.id][0]].group.id,
        )
        for label in filing.labels
        if label.id in below
    )


def _own_filing(home: Household) -> dict[str, Any]:
    """File what a favourite merchant takes under a category of one's own, below the true one."""
    leaf = home.dice.one_of(tuple(_HABITUAL))
    payee = home.dice.one_of(home.market.payees[leaf])
    wishes: dict[str, Any] = {}
    category = home.filing.wire_id(leaf)
    if not home.filing.labels:
        own = OwnCategory(category=f"own:{leaf}", name=f"My {LEAVES[leaf].name}", parent=leaf)
        wishes["categories"], category = (own,), own.category
    rule = FilingRule(rule_id="favourite", category=category, merchant=payee.name)
    return wishes | {"filing_rules": (rule,)}


def _goal(home: Household) -> Goal:
    """Set a goal: out of debt for some who have any, a reserve, or a sum by a day."""
    dice, currency = home.dice, home.market.currency
    debt = home.loan or home.card
    if debt is not None and dice.permille(400):
        account_id = debt.account_id
        return Goal(
            goal_id="out-of-debt", kind="debt_paid", currency=currency, account_id=account_id
        )
    if dice.permille(400):
        months = dice.between(2, 6)
        return Goal(goal_id="reserve", kind="emergency_fund", currency=currency, months=months)
    return Goal(
        goal_id="saved",
        kind="amount_by_date",
        currency=currency,
        amount_minor=_neat(home.scaled(dice.between(5, 60) * 10_000)),
        by=home.today + timedelta(days=dice.between(180, 900)),
    )


def _neat(amount_minor: int) -> int:
    """Give the round sum just below, of two digits and noughts.

    >>> _neat(123_456), _neat(7)
    (120000, 7)
    """
    step = int("1".ljust(len(str(amount_minor)) - 1, "0"))
    return max(1, amount_minor // step * step)
