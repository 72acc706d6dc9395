"""Expect of each new month what was spent in the last, and remember how far off that was."""

from datetime import timedelta

from processors.state.days import first_day, last_day, month_before, month_of
from processors.state.figures import spent_minor, totals_of
from processors.state.notes import MonthEnded, Note, SpendingExpected
from processors.state.sections import Errors, Section
from processors.state.view import View

ERRORS_KEPT = 24


def forecast(section: Section[None, Errors], view: View) -> list[Note]:
    """Forecast the month that begins, for each currency that was spent in the month that ended."""
    months_ended = view.noted(MonthEnded)
    if not (months_ended and _wanted(view)):
        return []
    notes: list[Note] = []
    for ended in months_ended:
        begun = month_of((last_day(ended.month) + timedelta(days=1)).toordinal())
        totals = totals_of(view.user, ended.month)
        before = totals_of(view.user, month_before(ended.month))
        for currency in sorted(totals):
            spent, expected = spent_minor(totals[currency].by_category), before.get(currency)
            errors = section.cold.by_currency.get(currency, [])
            if expected is not None:
                errors = [*errors, spent - spent_minor(expected.by_category)][-ERRORS_KEPT:]
                section.change_cold().by_currency[currency] = errors
            made_on = first_day(begun).toordinal()
            notes.append(SpendingExpected(begun, made_on, currency, spent, tuple(errors)))
    return notes


def _wanted(view: View) -> bool:
    features = view.user.preferences.cold.read().features
    return features is None or features.predictions
