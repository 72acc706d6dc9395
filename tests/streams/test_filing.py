"""Filing rules tried on a history: what they would move, what they leave, and what is said."""

import asyncio
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from rich.console import Console

from processors.state.filing_rules import LEVEL
from processors.state.transaction import Filing
from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, UserErased
from schemas.preferences import FilingRule, OwnCategory, Preferences, SettingsChanged
from schemas.topics import ENRICHED, JOURNAL, SETTINGS, TRANSACTIONS
from schemas.transactions import TransactionEnriched
from streams.cli.filing_tables import show_trial
from streams.errors import MendableError
from streams.explain.reading import read_into
from streams.filing.history import History
from streams.filing.reading_rules import RuleError, rules_from
from streams.filing.trial import LABEL, REFUND, TRANSFER, Filed, Trial, try_rules, with_rules
from streams.folding import failed
from streams.names import Names
from streams.protocols import Partition as Place
from streams.stack import Stack
from streams.worker_process import running_worker
from tests.end_to_end.chain import PAYMENT, Chain
from tests.histories import USERS, histories
from tests.partition import Partition, with_lessons
from tests.processors.household import CURRENT, NAME, paid
from tests.streams.test_cli import run
from tests.streams.written_log import JOURNAL as WRITTEN
from tests.streams.written_log import WrittenLog, journal_of
from tests.tiny_artifacts import BOTH

MARCH_14 = date(2025, 3, 14)
BOAT = OwnCategory(category="own:boat", name="Boat", parent="travel")


def rule(rule_id: str, category: str, **needs: object) -> FilingRule:
    return FilingRule.model_validate({"rule_id": rule_id, "category": category, **needs})


GROCER = rule("grocer", "dining.coffee", text_contains="corner grocer")
ALL = rule("all", "shopping.other", account_id=CURRENT)


def history_of(events: Sequence[Event], user_id: str = NAME) -> History:
    history = History(user_id, {})
    history.shared.artifacts = BOTH
    history.hear(journal_of(with_lessons(events)))
    return history


def trial_of(events: Sequence[Event], *rules: FilingRule) -> Trial:
    history = history_of(events)
    return try_rules(NAME, history.counting(), history.preferences, rules)


def by_name(trial: Trial) -> dict[str, Filed]:
    return {own.transaction_id: own for own in trial.filed}


def shown(trial: Trial) -> str:
    out = io.StringIO()
    show_trial(Console(file=out, width=200), trial)
    return out.getvalue()


def prefer(**preferences: Any) -> SettingsChanged:
    return SettingsChanged(
        change_id="c", user_id=NAME, revision=1, preferences=Preferences(**preferences)
    )


# Laws.


@given(events=histories)
@settings(max_examples=40)
def test_a_history_holds_what_was_published_to_count(events: list[Event]) -> None:
    partition, views = Partition(), dict[tuple[str, str], TransactionEnriched]()
    for event in events:
        told = partition.fold(event)
        if isinstance(event, UserErased) and event.user_id == USERS[0]:
            views.clear()
        views |= {
            (own.account_id, own.transaction_id): own
            for own in told
            if isinstance(own, TransactionEnriched) and own.user_id == USERS[0]
        }
    found = {
        (past.own.account_id, past.own.transaction_id): past.own.category
        for past in history_of(events, USERS[0]).counting()
    }
    assert found == {name: view.category for name, view in views.items() if view.gone is None}


@given(events=histories)
@settings(max_examples=40)
def test_what_would_move_adds_up_to_what_is_listed(events: list[Event]) -> None:
    history = history_of(events, USERS[0])
    coffee = rule("coffee", "dining.coffee", text_contains="coffee bar")
    all_else = rule("all", "shopping.other", account_id="checking")
    trial = try_rules(USERS[0], history.counting(), history.preferences, [coffee, all_else])
    told = json.loads(json.dumps(trial.as_json()))
    moving = [own for own in told["filed"] if own["moves"]]
    assert sum(move["count"] for move in told["moves"]) == len(moving)
    for currency in {own["currency"] for own in moving}:
        moved = [move for move in told["moves"] if move["currency"] == currency]
        assert sum(move["amount_minor"] for move in moved) == sum(
            own["amount_minor"] for own in moving if own["currency"] == currency
        )
    assert shown(trial)


@given(events=histories)
@settings(max_examples=40)
def test_rules_that_apply_to_nothing_move_nothing(events: list[Event]) -> None:
    history = history_of(events, USERS[0])
    nothing = [
        rule("a", "dining.coffee", text_contains="no such text"),
        rule("b", "x", merchant="y"),
    ]
    trial = try_rules(USERS[0], history.counting(), history.preferences, nothing)
    assert (trial.filed, trial.moves()) == ((), [])


# Stories.


def test_what_a_rule_would_move_is_told_by_transaction_and_by_month() -> None:
    events = [
        paid(1_000, MARCH_14, "new", description="CARD 12 CORNER  GROCER"),
        paid(2_000, MARCH_14 - timedelta(days=30), "old", description="Corner Grocer 77"),
        paid(500, MARCH_14, "else", description="Tailor", mcc="5651"),
    ]
    trial = trial_of(events, GROCER)
    assert [own.transaction_id for own in trial.filed] == ["old", "new"]
    new = by_name(trial)["new"]
    assert (new.before, new.after, new.rule_id) == ("food.groceries", "dining.coffee", "grocer")
    assert (new.text, new.booked_on, new.amount_minor) == (
        "CARD 12 CORNER GROCER",
        "2025-03-14",
        -1_000,
    )
    assert [(tuple(move), *figures) for move, *figures in trial.moves()] == [
        (("2025-02", "EUR", "food.groceries", "dining.coffee"), 1, -2_000),
        (("2025-03", "EUR", "food.groceries", "dining.coffee"), 1, -1_000),
    ]
    for text in ("-10.00 EUR", "2 of 3 transactions", "Nothing was written"):
        assert text in shown(trial)


def test_who_wins_and_who_is_beaten_is_named() -> None:
    events = [paid(1_000, MARCH_14, "g", description="corner grocer"), paid(500, MARCH_14, "other")]
    trial = trial_of(events, ALL, GROCER)
    filed = by_name(trial)
    assert (filed["g"].rule_id, filed["g"].beaten) == ("grocer", ("all",))
    assert (filed["other"].rule_id, filed["other"].beaten) == ("all", ())
    counts = {own.rule_id: (own.applied, own.won, own.moved) for own in trial.rules}
    assert counts == {"all": (2, 1, 1), "grocer": (1, 1, 1)}


def test_what_the_user_said_stays_and_so_does_a_transfer() -> None:
    label = FeedbackGiven(
        feedback_id="f",
        user_id=NAME,
        revision=1,
        about=AboutCategory(
            kind="category",
            verdict="set",
            account_id=CURRENT,
            transaction_id="mine",
            category="giving.charity",
        ),
    )
    accounts = [
        AccountUpdated(account_id=name, user_id=NAME, type="checking", currency="EUR", revision=1)
        for name in (CURRENT, "pot")
    ]
    events: list[Event] = [
        *accounts,
        paid(1_000, MARCH_14, "mine"),
        label,
        paid(9_000, MARCH_14, "out", kind="transfer", description="TO POT"),
        paid(-9_000, MARCH_14, "in", kind="transfer", account_id="pot", description="FROM"),
    ]
    trial = trial_of(events, ALL)
    filed = by_name(trial)
    assert (filed["mine"].after, filed["mine"].decided_by) == ("giving.charity", LABEL)
    assert (filed["out"].after, filed["out"].decided_by) == ("transfer.own_account", TRANSFER)
    assert not any(own.moves for own in trial.filed)
    assert (trial.rules[0].applied, trial.rules[0].won) == (2, 0)
    for text in ("own label stays", "transfer stays one", "0 of 3 transactions"):
        assert text in shown(trial)


def test_a_refund_goes_where_its_purchase_goes() -> None:
    events = [
        paid(3_000, MARCH_14, "shirt", mcc="5651", merchant_name="Tailor Line"),
        paid(
            -3_000,
            MARCH_14 + timedelta(days=2),
            "back",
            kind="refund",
            merchant_name="Tailor Line",
            description="MONEY BACK",
        ),
    ]
    only_purchase = rule("tailor", "shopping.other", merchant="Tailor Line", amount_minor_max=-1)
    back = by_name(trial_of(events, only_purchase))["back"]
    assert (back.after, back.decided_by, back.rule_id) == ("shopping.other", REFUND, None)
    only_refund = rule("tailor", "shopping.other", merchant="Tailor Line", amount_minor_min=1)
    (kept,) = trial_of(events, only_refund).filed
    assert (kept.after, kept.decided_by, kept.rule_id) == (kept.before, REFUND, "tailor")


def test_what_a_rule_filed_that_is_not_tried_would_be_decided_anew() -> None:
    (past,) = history_of([paid(1_000, MARCH_14, "t")]).counting()
    past.own = replace(
        past.own, filing=Filing("giving.charity", LEVEL, "gone", 100), category="giving.charity"
    )
    trial = try_rules(NAME, [past], Preferences(), [GROCER])
    assert [(own.before, own.after, own.moves) for own in trial.filed] == [
        ("giving.charity", None, True)
    ]
    assert shown(trial).count("decided anew") == 2


def test_all_of_a_history_is_asked_in_its_last_words() -> None:
    events = [
        paid(1_000, date(2024, 11, 2), "closed", description="corner grocer"),
        DayPassed(bucket=bucket_of(NAME), day=date(2024, 11, 3)),
        DayPassed(bucket=bucket_of(NAME), day=MARCH_14),
        paid(1_000, MARCH_14, "corrected", description="corner grocer"),
        paid(1_000, MARCH_14, "corrected", description="tailor", revision=2),
        paid(1_000, MARCH_14, "corrected", description="corner grocer", revision=1),
        paid(1_000, MARCH_14, "removed", description="corner grocer"),
        paid(1_000, MARCH_14, "removed", status="removed", revision=1),
    ]
    trial = trial_of(events, GROCER)
    assert [own.transaction_id for own in trial.filed] == ["closed"]
    assert trial.transactions == 2


def test_a_rule_that_never_applies_is_named_with_the_reason() -> None:
    car, boat = (
        rule("car", "own:car", account_id=CURRENT),
        rule("b", "own:boat", account_id=CURRENT),
    )
    trial = trial_of([prefer(categories=(BOAT,)), paid(1_000, MARCH_14, "t")], car, boat)
    (filed,) = trial.filed
    assert (filed.rule_id, filed.beaten, filed.after) == ("b", (), "own:boat")
    assert [own.code for own in trial.rules] == ["", "unknown_category"]
    assert "car never applies: unknown_category: own:car is neither" in shown(trial)


def test_who_is_erased_has_no_history_and_what_failed_is_skipped() -> None:
    payment = paid(1_000, MARCH_14, "t")
    history = history_of([payment, UserErased(user_id=NAME, request_id="r")])
    assert (history.counting(), history.knows_user) == ([], False)
    skipping = History(NAME, failed(0))
    skipping.hear(journal_of([payment]))
    assert skipping.counting() == []


def test_a_long_answer_shows_the_newest() -> None:
    events = [paid(number, MARCH_14, f"t{number}") for number in range(1, 61)]
    out = shown(trial_of(events, ALL))
    assert "The newest 50 of 60" in out


def test_an_added_rule_takes_the_place_of_its_namesake() -> None:
    other = GROCER.model_copy(update={"category": "food.groceries"})
    assert with_rules([GROCER, ALL], [other]) == [ALL, other]
    assert with_rules([GROCER], []) == [GROCER]


# Rules as people write them.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not_json: Write one rule"),
        ("[" * 100_000, "not_json: Write one rule"),
        ("[3]", "not_an_object: Write each rule"),
        ('{"rule_id": "r", "category": "c"}', "inconsistent: 0: the rule needs a text"),
        ('{"rule_id": "r", "merchant": "m"}', "missing_field: 0.category: Add the field"),
        ('{"rule_id": "r", "category": "c", "merchant": ""}', "unknown_value: 0.merchant"),
        (
            '{"rule_id": "r", "category": "c", "merchant": "m", "amount_minor_min": 1.5}',
            "float_amount: 0.amount_minor_min",
        ),
        (
            '{"rule_id": "r", "category": "c", "text_contain": "m"}',
            "unknown_member: A rule has no text_contain; did you mean text_contains?",
        ),
        ('{"rule_id": "r", "weather": "fine"}', "unknown_member: A rule has no weather; known are"),
        (
            f"[{GROCER.to_json().decode()}, {GROCER.to_json().decode()}]",
            "repeated_rule: Give each rule_id once; grocer stands twice",
        ),
        (
            json.dumps(
                [{"rule_id": f"r{n}", "category": "c", "merchant": "m"} for n in range(501)]
            ),
            "too_long: Shorten",
        ),
    ],
)
def test_rules_that_cannot_be_read_say_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        rules_from(text)
    assert str(caught.value).startswith(said)


def test_one_rule_and_a_list_of_rules_are_read() -> None:
    one = GROCER.to_json().decode()
    assert rules_from(one) == rules_from(f"[{one}]") == (GROCER,)
    assert rules_from("[]") == ()


# Out of a log, and from the command line.


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ({}, "nothing of a user nobody"),
        ({"begins_at": 7}, "begins at 7"),
        ({"is_committed": False}, "topics apply"),
    ],
)
def test_a_journal_that_cannot_be_read_is_one_line(log: dict[str, Any], said: str) -> None:
    written = WrittenLog({Place(WRITTEN, 0): journal_of([paid(1, MARCH_14, "t")])}, **log)
    with pytest.raises(MendableError, match=said):
        asyncio.run(
            read_into(
                lambda skipped: History("nobody", skipped),
                written,
                Names(),
                1,
                "nobody",
                lambda _heard, _until: None,
            )
        )


def test_rules_are_tried_from_the_command_line(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    in_force = {"rule_id": "all", "category": "shopping.other", "account_id": "a-1"}
    chain.publish_json(SETTINGS, settings_of("u-1", in_force))
    chain.flush()
    with running_worker(chain.settings), chain.reader(JOURNAL, ENRICHED) as reader:
        reader.until(lambda records: any(own.key == b"u-1" for own in records))
        chain.publish_json(TRANSACTIONS, PAYMENT)
        chain.publish_json(TRANSACTIONS, {**PAYMENT, "user_id": "u-2"})
        chain.flush()
        # Of one user, what was published last is folded last.
        reader.until(lambda records: sum("enriched" in own.topic for own in records) >= 2)
    told = json.loads(tried(chain, "u-1", "--json").stdout)
    (rules,), (filed,) = told["rules"], told["filed"]
    assert (rules["rule_id"], rules["applied"]) == ("all", 1)
    assert (filed["rule_id"], filed["after"]) == ("all", "shopping.other")

    grocer = json.dumps({"rule_id": "g", "category": "dining.coffee", "text_contains": "GROCER"})
    both = json.loads(tried(chain, "u-1", "--rule", grocer, "--json").stdout)
    assert (both["filed"][0]["rule_id"], both["filed"][0]["beaten"]) == ("g", ["all"])
    file = tmp_path / "mine.json"
    file.write_text(f"[{grocer}]", encoding="utf-8")
    alone = tried(chain, "u-2", "--rules", str(file))
    assert (alone.exit_code, "1 of 1 transactions" in alone.stdout) == (0, True)
    said_in_one_line(chain, file)


def said_in_one_line(chain: Chain, file: Path) -> None:
    none = tried(chain, "u-2")
    assert (none.exit_code, "no_rules" in none.stderr) == (1, True)
    nobody = tried(chain, "nobody")
    assert (nobody.exit_code, "nothing of a user nobody" in nobody.stderr) == (1, True)
    wrong = tried(chain, "u-1", "--rule", "{")
    assert (wrong.exit_code, "--rule: not_json" in wrong.stderr) == (2, True)
    file.write_bytes(b"\xff")
    unreadable = tried(chain, "u-1", "--rules", str(file))
    assert (unreadable.exit_code, "not_utf8" in unreadable.stderr) == (2, True)
    assert tried(chain, "u-1", "--rules", str(file.with_name("none.json"))).exit_code == 2


def tried(chain: Chain, *arguments: str) -> Any:
    return run(["filing", "try", *arguments], chain)


def settings_of(user_id: str, *rules: dict[str, str]) -> dict[str, object]:
    return {
        "change_id": "c",
        "user_id": user_id,
        "revision": 1,
        "preferences": {"filing_rules": list(rules)},
    }
