"""Reading the state beside its owner: as a summary, as rows, and from the command line."""

import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from rich.console import Console

from processors.state.shared import LONG_AGO
from processors.state.user import User
from schemas.event import Event
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.preferences import Budget, Goal, Preferences, SettingsChanged
from schemas.topics import ACCOUNTS, ENRICHED, JOURNAL, TRANSACTIONS
from streams.cli.state_tables import show_summary
from streams.codecs import LAYOUT
from streams.errors import MendableError
from streams.names import Names
from streams.placing import partition_of
from streams.protocols import Identity, Token, Writes
from streams.protocols import Partition as Place
from streams.stack import Stack
from streams.states import Standing, States
from streams.store import MemoryStore
from streams.summary import COLUMNS, monthly_rows, summary
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain
from tests.histories import USERS, histories
from tests.partition import Partition
from tests.processors.household import NAME, Household, answer, paid
from tests.streams.test_cli import run
from tests.streams.written_log import WrittenLog, journal_of

MARCH_14 = date(2025, 3, 14)
OURS = Token(0, 1, "ours")
MADE_BY_US = Identity("id", LAYOUT, 1)


def told(household: Household) -> dict[str, Any]:
    """Give a household's summary, as JSON has it."""
    standing = household.partition.shared.today(NAME)
    figures: dict[str, Any] = json.loads(json.dumps(summary(household.user, standing)))
    return figures


def lived() -> Household:
    """Let a household earn, spend, get money back and save, in two currencies."""
    household = Household()
    household.has(100_000, MARCH_14 - timedelta(days=20))
    household.gets(250_000, date(2025, 2, 28), "pay", kind="salary", merchant_name="Works")
    household.pays(80_000, date(2025, 3, 1), "rent", kind="standing_order", description="RENT MAIN")
    household.pays(3_000, date(2025, 3, 10), "shirt", mcc="5651", merchant_name="Tailor Line")
    household.gets(3_000, date(2025, 3, 12), "back", kind="refund", merchant_name="Tailor Line")
    household.pays(700, date(2025, 3, 13), "lunch", currency="USD", mcc="5812")
    household.pays(900, date(2025, 3, 14), "hold", status="pending", mcc="5411")
    household.sleeps(MARCH_14)
    return household


def show(figures: dict[str, Any]) -> str:
    """Print the tables of a summary."""
    out = io.StringIO()
    show_summary(Console(file=out, width=200), figures)
    return out.getvalue()


# A summary.


def test_a_summary_tells_each_currency_by_itself() -> None:
    figures = told(lived())
    assert figures["today"] == "2025-03-14"
    (account,) = figures["accounts"]
    euros, dollars = account["balances"]
    assert (account["type"], account["currency"]) == ("checking", "EUR")
    assert (euros["reported_minor"], euros["moved_minor"], euros["pending_minor"]) == (
        100_000,
        250_000 - 80_000 - 3_000 + 3_000,
        -900,
    )
    assert euros["now_minor"] == 100_000 + 170_000 - 900
    assert (dollars["currency"], dollars["now_minor"]) == ("USD", -700)

    march, february = figures["months"]
    assert (march["month"], february["month"]) == ("2025-03", "2025-02")
    in_euros, in_dollars = march["currencies"]
    assert [own["kinds"]["spending_minor"] for own in (in_euros, in_dollars)] == [-83_900, -700]
    assert in_euros["kinds"]["refund_minor"] == 3_000
    assert in_euros["spent_minor"] == 80_900
    assert in_euros["fixed_minor"] == 80_000
    clothing = next(own for own in in_euros["categories"] if own["refunded_minor"])
    assert (clothing["in_minor"], clothing["out_minor"], clothing["count"]) == (0, 3_000, 2)
    (paid_in,) = february["currencies"]
    assert sum(paid_in["income_by_source"].values()) == 250_000
    assert paid_in["savings_permille"] == 1_000


def test_a_summary_tells_the_last_days_and_the_largest_payments() -> None:
    figures = told(lived())
    spent = {(own["days"], own["currency"]): own["spent_minor"] for own in figures["rolling"]}
    assert spent[7, "EUR"] == 900
    assert spent[30, "EUR"] == 80_900
    largest = {
        (own["period"], own["currency"]): own["transaction_id"] for own in figures["largest"]
    }
    assert largest == {
        ("day", "EUR"): "hold",
        ("week", "EUR"): "shirt",
        ("week", "USD"): "lunch",
        ("month", "EUR"): "rent",
        ("month", "USD"): "lunch",
    }


def test_plans_and_open_alerts_are_told_until_they_end() -> None:
    household = Household()
    budget = Budget(budget_id="food", subject="food", limit_minor=10_000, currency="EUR")
    goal = Goal(goal_id="rainy-day", kind="emergency_fund", currency="EUR", months=3)
    household.hears(
        SettingsChanged(
            change_id="c",
            user_id=NAME,
            revision=1,
            preferences=Preferences(budgets=(budget,), goals=(goal,)),
        )
    )
    household.sleeps(MARCH_14 - timedelta(days=1))
    household.pays(2_500, MARCH_14, mcc="5411")
    household.has(500, MARCH_14)
    household.sleeps(MARCH_14)
    figures = told(household)
    (food,) = figures["budgets"]
    assert (food["spent_minor"], food["left_minor"]) == (2_500, 7_500)
    assert (food["first_day"], food["last_day"]) == ("2025-03-01", "2025-03-31")
    assert [own["goal_id"] for own in figures["goals"]] == ["rainy-day"]
    assert [own["rule_id"] for own in figures["alerts"]] == ["low_balance"]
    shown = show(figures)
    assert "75.00 EUR" in shown
    assert "rainy-day" in shown
    household.has(500_000, MARCH_14 + timedelta(days=1))
    assert told(household)["alerts"] == []


def test_what_the_user_does_not_want_to_hear_is_told() -> None:
    household = Household()
    household.has(5_000, MARCH_14)
    household.sleeps(MARCH_14)
    (alert,) = told(household)["alerts"]
    household.hears(answer(alert["alert_id"], "dismissed", scope="amount"))
    figures = told(household)
    assert figures["quieted"] == [
        {
            "rule_id": "low_balance",
            "scope": "amount",
            "subject": "current-account",
            "most_minor": 6_250,
            "currency": "EUR",
            "until": "2025-05-13",
        }
    ]
    assert "62.50 EUR" in show(figures)
    household.hears(answer(alert["alert_id"], "normal", scope="rule", revision=2))
    figures = told(household)
    (everything,) = figures["quieted"]
    assert {everything[name] for name in ("subject", "most_minor", "currency", "until")} == {None}
    assert "taken back" in show(figures)
    household.hears(answer(alert["alert_id"], "useful", revision=3))
    assert told(household)["quieted"] == []


def test_before_any_day_has_passed_the_newest_booking_says_which_month_it_is() -> None:
    household = Household()
    assert told(household)["months"] == []
    household.pays(1_000, MARCH_14)
    figures = told(household)
    assert figures["today"] is None
    assert [month["month"] for month in figures["months"]] == ["2025-03", "2025-02"]
    assert [own["period"] for own in figures["largest"]] == ["day", "week", "month"]


def test_tables_show_money_by_currency_and_names_as_they_are() -> None:
    household = lived()
    household.hears(paid(100, MARCH_14, "odd", account_id="[red]odd[/]"))
    shown = show(told(household))
    for text in ("2025-03 in EUR", "2025-03 in USD", "-7.00 USD", "[red]odd[/]", "100.0 %"):
        assert text in shown


# Rows.


@given(history=histories)
@settings(max_examples=60)
def test_every_cent_of_an_account_is_in_exactly_one_row(history: list[Event]) -> None:
    partition = Partition().fold_all(history)
    for user_id in USERS:
        user = partition.user(user_id)
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in monthly_rows(user)]
        keys = [tuple(row.values())[:4] for row in rows]
        assert len(keys) == len(set(keys))
        moved: Counter[str] = Counter()
        for row in rows:
            in_all = row["in_minor"] + row["refunded_minor"] - row["out_minor"]  # type: ignore[operator] # Whole numbers.
            moved[str(row["currency"])] += int(in_all)
        assert +moved == +held(user)
        assert -moved == -held(user)


def held(user: User) -> Counter[str]:
    """Add up what has moved on all accounts, by currency."""
    found: Counter[str] = Counter()
    for balances in user.aggregate.hot.balances.values():
        for currency, balance in balances.items():
            found[currency] += balance.total_minor + balance.pending_minor
    return found


def test_rows_come_in_order_and_what_is_older_than_all_kept_months_comes_first() -> None:
    household = lived()
    household.pays(1_000, date(2020, 5, 5), mcc="5411")
    rows = list(monthly_rows(household.user))
    assert [row[:3] for row in rows] == [
        (NAME, "earlier", "EUR"),
        (NAME, "2025-02", "EUR"),
        *[(NAME, "2025-03", "EUR")] * 3,
        (NAME, "2025-03", "USD"),
    ]
    assert [row[3] for row in rows[2:5]] == sorted(str(row[3]) for row in rows[2:5])


# Beside its owner.


async def stored(events: Sequence[Event], until: int = 100) -> MemoryStore:
    """Fold a history into a store of one partition."""
    partition, store = Partition().fold_all(events), MemoryStore()
    assert await store.own(0, OURS)
    await store.begin(0, OURS, 0, MADE_BY_US)
    await store.apply(0, OURS, 0, until, Writes(partition.stored, partition.rows))
    return store


def states(store: MemoryStore, **log: Any) -> States:
    journal = {Place("journal", 0): [replace_offset(99)]}
    return States(WrittenLog(journal, **log), store, Names(), 1)


def replace_offset(offset: int) -> Any:
    (record,) = journal_of([paid(1, MARCH_14)])
    return type(record)(offset, record.timestamp, record.key, record.value, record.headers)


def test_a_user_is_read_with_their_today_and_the_place_in_the_journal() -> None:
    async def story() -> Standing:
        passed = DayPassed(bucket=bucket_of(NAME), day=MARCH_14)
        store = await stored([paid(1_000, MARCH_14), passed])
        return await states(store).of(NAME)

    standing = asyncio.run(story())
    assert (standing.user.user_id, standing.partition, standing.watermark) == (NAME, 0, 100)
    assert standing.today == MARCH_14.toordinal()


def test_what_is_not_committed_is_not_shown() -> None:
    async def story() -> list[int]:
        store = await stored([paid(1_000, MARCH_14)])
        more = Partition().fold_all([paid(1_000, MARCH_14), paid(500, MARCH_14)])
        await store.apply(0, OURS, 100, 120, Writes(more.stored, more.rows))
        rows = monthly_rows((await states(store).of(NAME)).user)
        return [int(row[COLUMNS.index("out_minor")]) for row in rows]

    assert asyncio.run(story()) == [1_000]


def test_all_users_come_once_in_order_within_their_bucket() -> None:
    names = [f"user-{number}" for number in range(200)]

    async def story() -> list[list[str]]:
        store = await stored([paid(1, MARCH_14, user_id=name) for name in names])
        return [[own.user.user_id for own in bucket] async for bucket in states(store).all()]

    buckets = asyncio.run(story())
    assert sorted(name for bucket in buckets for name in bucket) == sorted(names)
    for number, bucket in enumerate(buckets):
        assert bucket == sorted(bucket)
        assert all(bucket_of(name) == number for name in bucket)


def test_what_cannot_be_read_is_one_line() -> None:
    async def story(identity: Identity | None = None, **log: Any) -> None:
        store = await stored([paid(1, MARCH_14)]) if identity is None else MemoryStore()
        if identity is not None and identity.topic_id:
            assert await store.own(0, OURS)
            await store.begin(0, OURS, 100, identity)
        await states(store, **log).of("nobody")

    newer, none = replace(MADE_BY_US, layout=LAYOUT + 1), Identity("", 0, 0)
    for arguments, said in (
        ({}, "nothing is known of a user nobody"),
        ({"identity": newer}, f"layout {LAYOUT + 1}, and this build reads {LAYOUT}"),
        ({"identity": none}, "start a worker"),
        ({"is_committed": False}, "topics apply"),
    ):
        with pytest.raises(MendableError, match=said):
            asyncio.run(story(**arguments))


def test_no_day_has_passed_for_whom_none_has() -> None:
    assert summary(User(NAME), LONG_AGO)["today"] is None


# The whole chain.


def test_a_user_is_shown_exported_and_explained_beside_a_worker(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path)
    hold = {**PAYMENT, "transaction_id": "hold", "status": "pending", "amount_minor": -1_200}
    chain.publish_json(ACCOUNTS, ACCOUNT)
    chain.publish_json(TRANSACTIONS, hold)
    chain.publish_json(TRANSACTIONS, {**PAYMENT, "pending_transaction_id": "hold"})
    chain.publish_json(TRANSACTIONS, {**PAYMENT, "user_id": "u-2"})
    chain.flush()
    with running_worker(chain.settings), chain.reader(ENRICHED, JOURNAL) as reader:
        reader.until(lambda records: sum("enriched" in own.topic for own in records) >= 4)
        records = reader.records

    partition = next(
        own.partition for own in records if own.key == b"u-1" and "journal" in own.topic
    )
    assert partition == partition_of("u-1", chain.settings.partitions)
    shown = json.loads(run(["state", "show", "u-1", "--json"], chain).stdout)
    assert (shown["user_id"], shown["partition"]) == ("u-1", partition)
    assert shown["accounts"][0]["balances"][0]["now_minor"] == -1_299
    assert "-12.99 EUR" in run(["state", "show", "u-1"], chain).stdout
    exported_and_explained(chain, tmp_path)
    for missing in (["state", "show", "nobody"], ["explain", "u-1", "a-1", "nothing"]):
        result = run(missing, chain)
        assert result.exit_code == 1
        assert missing[-1] in result.stderr


def test_servers_that_do_not_answer_and_topics_that_are_not_there_are_one_line(
    stack: Stack, tmp_path: Path
) -> None:
    chain = Chain(stack, tmp_path, make_topics=False)
    for command in (["state", "show", "u-1"], ["explain", "u-1", "a-1", "t-1"]):
        result = run(command, chain)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "penstock topics apply --execute" in result.stderr
    nowhere = Chain(stack, tmp_path, redis="redis://:secret@127.0.0.1:1/0")
    result = run(["state", "show", "u-1"], nowhere)
    assert result.exit_code == 1
    assert "PENSTOCK_REDIS" in result.stderr
    assert "secret" not in result.stderr


def exported_and_explained(chain: Chain, folder: Path) -> None:
    out = folder / "months.csv"
    assert run(["state", "export", "--monthly", "--out", str(out)], chain).exit_code == 0
    rows = list(csv.reader(out.read_text(encoding="utf-8").splitlines()))
    assert rows[0] == list(COLUMNS)
    groceries = ["2025-03", "EUR", "food.groceries", "0", "1299", "0", "1"]
    assert sorted(rows[1:]) == [["u-1", *groceries], ["u-2", *groceries]]
    assert not list(folder.glob("*.part"))
    only = run(["state", "export", "--monthly", "--user", "u-2"], chain).stdout
    assert list(csv.reader(only.splitlines())) == [rows[0], ["u-2", *groceries]]
    assert run(["state", "export"], chain).exit_code == 2

    told = json.loads(run(["explain", "u-1", "a-1", "hold", "--json"], chain).stdout)
    assert [moment["verdict"] for moment in told["moments"]] == ["new", "new"]
    assert told["standing"]["gone"] == "replaced"
    assert told["view"]["gone"] == "replaced"
    for_people = run(["explain", "u-1", "a-1", "t-1"], chain).stdout
    assert "replaces" in for_people
    assert "12.99 EUR" in for_people


ACCOUNT: dict[str, object] = {
    "account_id": "a-1",
    "user_id": "u-1",
    "type": "checking",
    "currency": "EUR",
    "revision": 1,
}
