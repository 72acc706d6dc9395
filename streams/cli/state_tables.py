"""The tables of `penstock state show`: a user's summary, for people."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from processors.state.categories import name_of
from schemas.money import text_from_minor
from streams.summary import Json


def show_summary(console: Console, figures: Json) -> None:
    """Print what `streams.summary` tells, leaving out what there is nothing of."""
    day = figures["today"] or "no day has passed yet"
    console.print(f"[bold]{escape(figures['user_id'])}[/], as of {day}", highlight=False)
    _accounts(console, figures["accounts"])
    for month in figures["months"]:
        for own in month["currencies"]:
            _categories(console, month["month"], own)
            _month(console, month["month"], own)
    _rolling(console, figures["rolling"])
    _largest(console, figures["largest"])
    _budgets(console, figures["budgets"])
    _goals(console, figures["goals"])
    _alerts(console, figures["alerts"])
    _quieted(console, figures["quieted"])


def money(amount_minor: int | None, currency: str) -> str:
    """Word an amount; nothing where there is none.

    >>> money(-1299, "EUR"), money(None, "EUR")
    ('-12.99 EUR', '')
    """
    return "" if amount_minor is None else f"{text_from_minor(amount_minor, currency)} {currency}"


def percent(permille: int | None) -> str:
    """Word a share; nothing where there is none.

    >>> percent(125), percent(-5), percent(None)
    ('12.5 %', '-0.5 %', '')
    """
    return "" if permille is None else f"{Decimal(permille).scaleb(-1)} %"


def _text(value: object) -> str:
    """Word whatever it is, as it is: names of accounts may hold what is markup to a table."""
    return "" if value is None else escape(str(value))


def _print(console: Console, table: Table) -> None:
    if table.rows:
        console.print(table)


def _accounts(console: Console, accounts: list[Json]) -> None:
    described = Table("account", "type", "status", "limit", "rate", "least payment", "complete")
    described.title = "Accounts"
    held = Table("account", "balance", "reported", "as of", "moved since", "pending", "difference")
    held.title = "Balances: posted and pending; the difference is what no transaction explains"
    for own in accounts:
        account, currency = _text(own["account_id"]), own.get("currency", "")
        if currency:
            described.add_row(
                account,
                own["type"],
                own["status"],
                money(own["limit_minor"], currency),
                "" if own["rate"] is None else f"{own['rate']} %",
                money(own["minimum_payment_minor"], currency),
                _text(own["complete_until"]),
            )
        for balance in own["balances"]:
            _balance(held, account, balance)
    _print(console, described)
    _print(console, held)


def _balance(table: Table, account: str, own: Json) -> None:
    currency = own["currency"]
    table.add_row(
        account,
        money(own["now_minor"], currency),
        money(own["reported_minor"], currency) or "never",
        _text(own["as_of"]),
        money(own["moved_minor"], currency),
        money(own["pending_minor"], currency),
        money(own["difference_minor"], currency),
    )


def _categories(console: Console, month: str, own: Json) -> None:
    currency = own["currency"]
    table = Table("category", "in", "out", "refunded", "count", title=f"{month} in {currency}")
    for row in own["categories"]:
        table.add_row(
            _text(name_of(row["category"])),
            money(row["in_minor"], currency),
            money(row["out_minor"], currency),
            money(row["refunded_minor"], currency),
            f"{row['count']:,}",
        )
    _print(console, table)


def _month(console: Console, month: str, own: Json) -> None:
    currency = own["currency"]
    figures = {kind.removesuffix("_minor"): minor for kind, minor in own["kinds"].items()}
    figures["spent, less refunds"] = own["spent_minor"]
    figures |= {f"spent: {need}": minor for need, minor in own["spent_by_need"].items()}
    figures |= {"spent: fixed": own["fixed_minor"], "spent: variable": own["variable_minor"]}
    figures |= {f"income from {who}": minor for who, minor in own["income_by_source"].items()}
    figures["spent more than the month before"] = own["month_over_month_minor"]
    figures["spent more than a year before"] = own["year_over_year_minor"]
    table = Table("figure", "", title=f"{month} in {currency}, in sum")
    for what, amount_minor in figures.items():
        if amount_minor is not None:
            table.add_row(_text(what), money(amount_minor, currency))
    for what in ("savings", "debt_to_income"):
        if (share := percent(own[f"{what}_permille"])) != "":
            table.add_row(f"{what.replace('_', ' ')}, of income", share)
    _print(console, table)


def _rolling(console: Console, rolling: list[Json]) -> None:
    table = Table("days", "income", "spent", "count", title="The last days")
    for own in rolling:
        currency = own["currency"]
        table.add_row(
            str(own["days"]),
            money(own["income_minor"], currency),
            money(own["spent_minor"], currency),
            f"{own['count']:,}",
        )
    _print(console, table)


def _largest(console: Console, largest: list[Json]) -> None:
    table = Table("of the", "amount", "on", "to", "category", title="The largest payments")
    for own in largest:
        table.add_row(
            own["period"],
            money(own["amount_minor"], own["currency"]),
            own["booked_on"],
            _text(own["merchant"]),
            _text(name_of(own["category"])),
        )
    _print(console, table)


def _budgets(console: Console, budgets: list[Json]) -> None:
    table = Table("budget", "for", "until", "limit", "carried", "spent", "left", "at this rate")
    table.title = "Budgets"
    for own in budgets:
        currency = own["currency"]
        amounts = [own[f"{name}_minor"] for name in ("limit", "carried", "spent", "left", "pace")]
        names = _text(own["budget_id"]), _text(own["subject"]), own["last_day"]
        table.add_row(*names, *(money(minor, currency) for minor in amounts))
    _print(console, table)


def _goals(console: Console, goals: list[Json]) -> None:
    table = Table("goal", "kind", "by", "now", "target", "left", "a month", "needed", "done")
    table.title = "Goals"
    for own in goals:
        names = _text(own["goal_id"]), own["kind"].replace("_", " "), _text(own["by"])
        table.add_row(*names, *_toward(own["toward"] or {}, own["currency"]), _done(own))
    _print(console, table)


def _toward(toward: Json, currency: str) -> tuple[str, ...]:
    if "wished_permille" in toward:
        now, wished = toward["this_month_permille"], toward["wished_permille"]
        return percent(now), percent(wished), "", percent(toward["last_month_permille"]), ""
    names = ("now", "target", "left", "pace", "needed")
    return tuple(money(toward.get(f"{name}_minor"), currency) for name in names)


def _done(own: dict[str, Any]) -> str:
    if own["reached_on"]:
        return f"reached {own['reached_on']}"
    return f"missed {own['missed_on']}" if own["missed_on"] else ""


def _alerts(console: Console, alerts: list[Json]) -> None:
    table = Table("alert", "severity", "what", "until", title="Open alerts")
    for own in alerts:
        table.add_row(own["rule_id"], own["severity"], _text(own["title"]), own["expires_at"][:10])
    _print(console, table)


def _quieted(console: Console, quieted: list[Json]) -> None:
    table = Table("alert", "about", "up to", "until", title="Not raised, as the user wishes")
    for own in quieted:
        about = "everything" if own["scope"] == "rule" else _text(own["subject"])
        most = money(own["most_minor"], own["currency"] or "")
        table.add_row(own["rule_id"], about, most, own["until"] or "taken back")
    _print(console, table)
