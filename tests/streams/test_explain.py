"""The story of one transaction: held against what the whole partition's fold says of it."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from processors.state.transaction import identity_of
from processors.state.user import User
from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.ids import BUCKETS, bucket_of
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    ModelActivated,
    Policy,
    PolicyActivated,
    UserErased,
)
from schemas.refusals import Refusal
from schemas.transactions import TransactionEnriched, TransactionImported
from streams.codecs import every_part
from streams.errors import MendableError
from streams.explain.differences import Difference, Name, told_of
from streams.explain.moved import Figure, moved
from streams.explain.reading import read_story
from streams.explain.sandbox import Sandbox
from streams.explain.story import Moment, Story
from streams.folding import failed
from streams.journal import entry_of
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Partition as Place
from tests.histories import ACCOUNTS, BASE, TRANSACTIONS, USERS, histories
from tests.partition import Partition, with_lessons
from tests.processors.household import CURRENT, NAME, answer, paid
from tests.streams.written_log import JOURNAL, WrittenLog, journal_of
from tests.tiny_artifacts import BOTH, FIRST, SECOND, named

MARCH_14 = date(2025, 3, 14)
NAMES = [Name(account, transaction) for account in ACCOUNTS for transaction in TRANSACTIONS]


def story_of(events: Sequence[Event], name: Name | str, user_id: str = NAME) -> Story:
    """Tell of one transaction; without an account, of the household's only one."""
    story = Story(user_id, Name(CURRENT, name) if isinstance(name, str) else name, {})
    story.shared.artifacts = BOTH
    story.hear(journal_of(with_lessons(events)))
    return story


def day(passed: date, user_id: str = NAME) -> DayPassed:
    return DayPassed(bucket=bucket_of(user_id), day=passed)


def account(account_id: str, **fields: Any) -> AccountUpdated:
    usual = {"account_id": account_id, "user_id": NAME, "type": "checking", "currency": "EUR"}
    return AccountUpdated(**{**usual, "revision": 1, **fields})


def change(moment: Moment, member: str) -> tuple[Any, Any]:
    """Give a member before and after."""
    (own,) = (own for own in moment.differences if own.member == member)
    return own.before, own.after


def figures(moment: Moment) -> dict[Figure, tuple[int, int]]:
    return {own.figure: (own.before, own.after) for own in moment.moved}


# Laws.


@given(history=histories)
@settings(max_examples=60)
def test_one_user_folded_alone_comes_out_as_among_all_others(history: list[Event]) -> None:
    together = Partition().fold_all(history).state
    for user_id in USERS:
        sandbox = Sandbox(user_id)
        sandbox.shared.artifacts = BOTH
        for record in journal_of(with_lessons(history)):
            entry = entry_of(record)
            assert not isinstance(entry, Refusal)
            if sandbox.concerns(entry):
                for step in sandbox.steps(entry):
                    sandbox.fold(step)
                    sandbox.save()
        assert every_part(sandbox.user) == together.get(user_id, {})
        assert every_part(sandbox.before()) == together.get(user_id, {})


@given(history=histories)
@settings(max_examples=40)
def test_a_story_ends_with_how_the_transaction_stands_and_was_published(
    history: list[Event],
) -> None:
    partition = Partition().fold_all(history)
    user = partition.user(USERS[0])
    views = last_views(history)
    for name in NAMES:
        story = story_of(history, name, USERS[0])
        own = user.book.find(identity_of(*name))
        assert story.standing == (None if own is None else {"counts": own.counts, **told_of(own)})
        assert story.view == views.get(name)
        assert json.loads(json.dumps(story.as_json()))["moments"] is not None


@given(history=histories)
@settings(max_examples=40)
def test_what_a_storys_moments_changed_makes_what_it_is_now(history: list[Event]) -> None:
    for name in NAMES:
        story = story_of(history, name, USERS[0])
        told: dict[str, Any] = {}
        for moment in story.moments:
            for own in moment.differences:
                assert told.get(own.member) == own.before
                told[own.member] = own.after
        kept = {member: value for member, value in told.items() if value is not None}
        if story.standing is not None:
            assert kept == {key: own for key, own in story.standing.items() if key != "counts"}


@given(history=histories)
@settings(max_examples=40)
def test_figures_move_from_nothing_to_what_they_are(history: list[Event]) -> None:
    """Whatever is told of each entry, taken together, is all of a user's figures."""
    sandbox, sums = Sandbox(USERS[0]), dict[Figure, int]()
    sandbox.shared.artifacts = BOTH
    for record in journal_of(with_lessons(history)):
        entry = entry_of(record)
        assert not isinstance(entry, Refusal)
        for step in sandbox.steps(entry) if sandbox.concerns(entry) else ():
            sandbox.fold(step)
            for own in moved(sandbox.before(), sandbox.user):
                assert sums.get(own.figure, 0) == own.before
                sums[own.figure] = own.after
            sandbox.save()
    at_once = {own.figure: own.after for own in moved(User(USERS[0]), sandbox.user)}
    assert {figure: value for figure, value in sums.items() if value} == at_once


def last_views(history: list[Event]) -> dict[Name, Any]:
    """Give what was last published of each transaction since the user was last erased."""
    partition, views = Partition(), dict[Name, Any]()
    for event in history:
        told = partition.fold(event)
        if isinstance(event, UserErased) and event.user_id == USERS[0]:
            views.clear()
        views |= {
            Name(own.account_id, own.transaction_id): json.loads(own.to_json())
            for own in told
            if isinstance(own, TransactionEnriched) and own.user_id == USERS[0]
        }
    return views


# Stories.


def test_a_hold_becomes_a_payment_and_both_say_so() -> None:
    events = [
        paid(2_000, MARCH_14, "hold", status="pending", description="CORNER GROCER"),
        paid(900, MARCH_14, "another"),
        paid(
            2_150,
            MARCH_14 + timedelta(days=1),
            "payment",
            description="CORNER GROCER",
            pending_transaction_id="hold",
        ),
    ]
    hold = story_of(events, "hold")
    first, last = hold.moments
    assert (first.verdict, first.offset, first.recorded_at) == (
        "new",
        0,
        "2025-01-01T00:00:00.000Z",
    )
    assert change(first, "filing")[1]["because"] == "grocer"
    # What each of the others teaches all users stands between them.
    assert (last.verdict, last.offset) == ("new", 4)
    assert change(last, "gone") == (None, "replaced")
    tie = {"account_id": CURRENT, "transaction_id": "payment"}
    assert change(last, "replaced_by") == (None, tie)
    assert [other.name.transaction_id for other in last.others] == ["payment"]
    out = Figure("month", "2025-03", "EUR", "food.groceries", "out_minor")
    assert figures(first)[out] == (0, 2_000)
    assert figures(last)[out] == (2_000, 2_150)
    assert figures(last)[Figure("balance", CURRENT, "EUR", "", "pending_minor")] == (-2_000, 0)
    assert hold.standing is not None
    assert not hold.standing["counts"]
    assert hold.view is not None
    assert hold.view["gone"] == "replaced"

    (payment,) = story_of(events, "payment").moments
    assert [other.name.transaction_id for other in payment.others] == ["hold"]
    assert Difference("gone", None, "replaced") in payment.others[0].differences


def test_repeats_and_stale_messages_are_told_and_change_nothing() -> None:
    sent = paid(500, MARCH_14, "t", revision=2)
    older = paid(700, MARCH_14, "t", revision=1)
    removed = paid(500, MARCH_14, "t", status="removed", revision=3)
    story = story_of([sent, sent, older, removed, removed], "t")
    verdicts = [moment.verdict for moment in story.moments]
    assert verdicts == ["new", "repeat", "stale", "removed", "repeat"]
    assert [bool(moment.moved) for moment in story.moments] == [True, False, False, True, False]
    assert story.moments[2].came["revision"] == 1


def test_a_transfer_names_its_other_leg() -> None:
    out = paid(9_000, MARCH_14, "out", kind="transfer", description="TO POT")
    into = paid(-9_000, MARCH_14, "in", kind="transfer", account_id="pot", description="FROM")
    events: list[Event] = [account(CURRENT), account("pot", type="savings")]
    alone, paired = story_of([*events, out, into], "out").moments
    # That a bank calls it a transfer does not say yet that it stays in the family.
    assert change(alone, "category")[1] == "transfer.other"
    assert change(paired, "category") == ("transfer.other", "transfer.savings")
    assert change(paired, "pair")[1] == {"account_id": "pot", "transaction_id": "in"}
    assert [other.name for other in paired.others] == [Name("pot", "in")]


def test_what_could_be_either_is_told_with_what_it_could_be() -> None:
    events: list[Event] = [account(CURRENT), account("second"), account("third")]
    legs = [
        paid(9_000, MARCH_14, "out", kind="transfer"),
        paid(-9_000, MARCH_14, "in-2", kind="transfer", account_id="second"),
        paid(-9_000, MARCH_14, "in-3", kind="transfer", account_id="third"),
    ]
    story = story_of([*events, *legs], "out")
    last = story.moments[-1]
    assert change(last, "pair") == ({"account_id": "second", "transaction_id": "in-2"}, None)
    assert change(last, "unclear") == (None, ["pair"])
    assert last.unclear_with == [Name("second", "in-2"), Name("third", "in-3")]


def test_each_day_of_a_jump_is_told_by_itself_and_what_it_forgets_is_no_movement() -> None:
    events = [
        paid(1_000, date(2024, 12, 2), "long-ago"),
        paid(2_000, MARCH_14, "hold", status="pending"),
        day(MARCH_14),
        day(MARCH_14 + timedelta(days=120)),
    ]
    came, expired, closed = story_of(events, "hold").moments
    assert came.verdict == "new"
    assert expired.came["day"] == "2025-03-29"
    assert change(expired, "gone") == (None, "expired")
    out = Figure("month", "2025-03", "EUR", "unknown.unknown", "out_minor")
    assert figures(expired)[out] == (2_000, 0)
    assert (closed.left_window, closed.differences, closed.moved) == (True, [], [])


def test_an_artifact_is_tried_as_long_as_the_days_of_others_say() -> None:
    """Since when it is tried tells the newest day of anybody, whatever the user's own is."""
    ahead = MARCH_14 + timedelta(days=9)
    events: list[Event] = [
        DayPassed(bucket=bucket_of(NAME), day=MARCH_14),
        DayPassed(bucket=(bucket_of(NAME) + 1) % BUCKETS, day=ahead),
        ModelActivated(**named(FIRST)._asdict()),
        ChallengerSet(**named(SECOND)._asdict(), share_percent=50, days=3),
    ]
    story = story_of([*events, paid(1_000, MARCH_14, "t")], "t")
    challenger = story.shared.activated.challengers["categories"]
    assert challenger.since == ahead.toordinal()


def test_a_correction_that_comes_too_late_is_told_as_refused() -> None:
    events = [
        paid(1_000, MARCH_14, "t"),
        day(MARCH_14),
        day(MARCH_14 + timedelta(days=120)),
        paid(1_100, MARCH_14, "t", revision=1),
    ]
    last = story_of(events, "t").moments[-1]
    assert (last.verdict, last.code, last.moved) == ("refused", "too_late", [])


def test_a_paused_provider_and_a_fold_that_failed_are_told_as_refused() -> None:
    pause = PolicyActivated(version="p", policy=Policy(paused_providers=("old-bank",)))
    sent = paid(1_000, MARCH_14, "t", provider="old-bank")
    paused = story_of([pause, sent], "t")
    assert [moment.code for moment in paused.moments] == ["provider_paused"]
    skipping = Story(NAME, Name(CURRENT, "t"), failed(0))
    skipping.hear(journal_of([sent, paid(1_000, MARCH_14, "t", revision=1)]))
    assert [moment.code or moment.verdict for moment in skipping.moments] == ["fold_failed", "new"]


def test_an_answer_about_it_belongs_to_its_story_and_one_about_an_alert_does_not() -> None:
    story = story_of([paid(1_000, MARCH_14, "t"), answer("an-alert", "normal")], "t")
    assert len(story.moments) == 1


def test_who_is_erased_has_no_story() -> None:
    erased = UserErased(user_id=NAME, request_id="r")
    story = story_of([paid(1_000, MARCH_14, "t"), erased], "t")
    assert (story.moments, story.view, story.standing, story.knows_user) == ([], None, None, False)


class Sealed:
    """A record that is to be told apart by its key alone."""

    offset, timestamp, headers = 0, 0, ()

    def __init__(self, key: bytes) -> None:
        self.key = key

    @property
    def value(self) -> bytes:
        raise AssertionError("it was looked into")


def test_records_of_others_are_not_even_decoded_and_what_nobody_can_read_is_passed_over() -> None:
    story = Story(NAME, Name(CURRENT, "t"), {})
    unreadable = LogRecord(1, 0, NAME.encode(), b"\xff", ())
    story.hear([Sealed(b"somebody-else"), unreadable, *journal_of([paid(1, MARCH_14, "t")])])
    assert [moment.verdict for moment in story.moments] == ["new"]
    with pytest.raises(AssertionError, match="looked into"):
        story.hear([Sealed(NAME.encode())])


# Out of a log.


def read(log: WrittenLog, user_id: str = NAME, transaction: str = "t") -> Story:
    heard: list[tuple[int, int]] = []

    async def reading() -> Story:
        return await read_story(
            log,
            Names(),
            1,
            user_id,
            Name(CURRENT, transaction),
            lambda at, until: heard.append((at, until)),
        )

    story = asyncio.run(reading())
    assert heard[-1] == (story_end := log.records[Place(JOURNAL, 0)][-1].offset + 1, story_end)
    return story


def written(*events: TransactionImported, **fields: Any) -> WrittenLog:
    return WrittenLog({Place(JOURNAL, 0): journal_of(events)}, **fields)


def test_a_story_is_read_from_the_users_partition() -> None:
    payments = [paid(number, BASE, f"t{number}") for number in range(1, 6)]
    assert len(read(written(*payments), transaction="t3").moments) == 1


@pytest.mark.parametrize(
    ("log", "user_id", "transaction", "said"),
    [
        (written(paid(1, BASE, "t")), "nobody", "t", "nothing of a user nobody"),
        (written(paid(1, BASE, "t")), NAME, "x", "no transaction x of household-1 on the account"),
        (written(paid(1, BASE, "t"), begins_at=7), NAME, "t", "begins at 7"),
        (written(is_committed=False), NAME, "t", "topics apply"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    log: WrittenLog, user_id: str, transaction: str, said: str
) -> None:
    with pytest.raises(MendableError, match=said):
        read(log, user_id, transaction)
