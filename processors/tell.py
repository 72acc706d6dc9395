"""Tell what is worth knowing: a summary of each month, kept true while its figures still move."""

from datetime import timedelta

from processors.state.categories import name_of
from processors.state.days import first_day, last_day, month_before, month_of
from processors.state.figures import (
    booked_in_month,
    received_minor,
    spent_in,
    spent_minor,
    totals_of,
)
from processors.state.natures import spends
from processors.state.notes import MonthEnded
from processors.state.sections import OpenInsight, OpenInsights, Section, Total
from processors.state.view import View
from processors.state.wording import money
from processors.state.wording import month as month_words
from schemas.arguments import (
    Argument,
    CategoryArgument,
    DateArgument,
    MoneyArgument,
    TransactionRef,
)
from schemas.event import UserEvent
from schemas.ids import deterministic_id
from schemas.insights import Insight, InsightExpired, InsightPublished, InsightUpdated
from schemas.journal import DayPassed
from schemas.money import exponent

Insights = Section[None, OpenInsights]

KIND = "month_summary"
_DAYS_OF_USE = 31
_EVIDENCE_MAX = 3


def tell(section: Insights, view: View) -> list[UserEvent]:
    """Publish a month's summary when it ends, update it when its gist changes, expire it later."""
    months_ended = view.noted(MonthEnded)
    if not (months_ended or section.cold.by_key) or not _wanted(view):
        return []
    events: list[UserEvent] = []
    for note in months_ended:
        for currency in sorted(totals_of(view.user, note.month)):
            events += _summarise(section, view, note.month, currency)
    if isinstance(view.entry.event, DayPassed):
        events += _expire(section, view.today)
    else:
        for month, currency in sorted(_touched(view)):
            if _key(month, currency) in section.cold.by_key:
                events += _summarise(section, view, month, currency)
    return events


def _wanted(view: View) -> bool:
    features = view.user.preferences.cold.read().features
    return features is None or features.insights


def _touched(view: View) -> set[tuple[int, str]]:
    return {
        (month_of(transaction.booked_on), transaction.currency)
        for change in view.changes
        for _, transaction in change.moves()
    }


def _key(month: int, currency: str) -> str:
    return f"{KIND}:{month}:{currency}"


def _summarise(section: Insights, view: View, month: int, currency: str) -> list[UserEvent]:
    """Tell a month's figures, unless what was told of them still holds."""
    key = _key(month, currency)
    figures = totals_of(view.user, month).get(currency)
    if figures is None:
        return [_expired(section, key)]  # All that it told of was taken back.
    facts = _facts(view, month, currency, figures.by_category)
    gist = _gist(facts, currency)
    known = section.cold.by_key.get(key)
    if known is not None and known.gist == gist:
        return []
    status = InsightPublished if known is None else InsightUpdated
    told = status(
        insight_id=deterministic_id("insight", [view.user.user_id, key]),
        revision=1 if known is None else known.revision + 1,
        user_id=view.user.user_id,
        kind=KIND,
        title=f"Your {month_words(month)}",
        text=_text(facts),
        facts=facts,
        evidence=_largest(view, month, currency),
        expires_on=last_day(month) + timedelta(days=_DAYS_OF_USE),
    )
    _keep(section, key, told, gist)
    return [told]


def _facts(
    view: View, month: int, currency: str, by_category: dict[str, Total]
) -> dict[str, Argument]:
    def amount(amount_minor: int) -> MoneyArgument:
        return MoneyArgument(amount_minor=amount_minor, currency=currency)

    spent = {category: spent_in(category, total) for category, total in by_category.items()}
    top = max(spent, key=lambda category: (spent[category], category))
    facts: dict[str, Argument] = {
        "month": DateArgument(date=first_day(month)),
        "spent": amount(spent_minor(by_category)),
        "received": amount(received_minor(by_category)),
    }
    if spent[top] > 0:
        facts |= {"top_category": CategoryArgument(category=top), "top_spent": amount(spent[top])}
    before = totals_of(view.user, month_before(month)).get(currency)
    if before is not None:
        facts["spent_before"] = amount(spent_minor(before.by_category))
    return facts


def _gist(facts: dict[str, Argument], currency: str) -> str:
    """Shorten the facts to what is worth a new revision: a unit of the currency, not a cent."""
    unit = 10 ** exponent(currency)
    spent, received, top = facts["spent"], facts["received"], facts.get("top_category")
    assert isinstance(spent, MoneyArgument)
    assert isinstance(received, MoneyArgument)
    category = top.category if isinstance(top, CategoryArgument) else ""
    return f"{spent.amount_minor // unit}:{received.amount_minor // unit}:{category}"


def _text(facts: dict[str, Argument]) -> str:
    def worded(name: str) -> str:
        fact = facts[name]
        assert isinstance(fact, MoneyArgument)
        return money(fact.amount_minor, fact.currency)

    text = f"You spent {worded('spent')} and received {worded('received')}."
    top = facts.get("top_category")
    if isinstance(top, CategoryArgument):
        text += f" Most went to {name_of(top.category)}: {worded('top_spent')}."
    if "spent_before" in facts:
        text += f" The month before you spent {worded('spent_before')}."
    return text


def _largest(view: View, month: int, currency: str) -> tuple[TransactionRef, ...]:
    payments = [own for own in booked_in_month(view.user, month) if own.currency == currency]
    spent = [own for own in payments if own.counts and spends(own)]
    spent.sort(key=lambda own: (own.amount_minor, own.identity))
    return tuple(
        TransactionRef(account_id=own.account_id, transaction_id=own.transaction_id)
        for own in spent[:_EVIDENCE_MAX]
    )


def _keep(section: Insights, key: str, told: Insight, gist: str) -> None:
    fields = {name: getattr(told, name) for name in Insight.model_fields}
    section.change_cold().by_key[key] = OpenInsight(
        told.insight_id,
        told.revision,
        told.expires_on.toordinal(),
        gist,
        InsightPublished(**fields).to_json(),
    )


def _expire(section: Insights, today: int) -> list[UserEvent]:
    over = sorted(key for key, known in section.cold.by_key.items() if known.expires < today)
    return [_expired(section, key) for key in over]


def _expired(section: Insights, key: str) -> InsightExpired:
    known = section.change_cold().by_key.pop(key)
    before = InsightPublished.from_json(known.published)
    fields = {name: getattr(before, name) for name in Insight.model_fields}
    return InsightExpired(**{**fields, "revision": known.revision + 1})
