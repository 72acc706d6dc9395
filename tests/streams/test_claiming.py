"""What a claim finds: a state that agrees, one that is made again, or a line that says what to do.

Told to the claim itself, with the simulator's broker, the store in memory, and time of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, MutableMapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from sample.dice import Dice
from schemas.event import Event
from schemas.journal import ModelActivated, UserErased
from schemas.refusals import Code, Refusal
from schemas.topics import JOURNAL, TOPICS, TRANSACTIONS
from schemas.transactions import TransactionImported
from streams.artifacts import Artifacts, GivenArtifacts, LackingError
from streams.claiming import FOLD, Claiming, Owned
from streams.codecs import LAYOUT, UnreadableError
from streams.journal import own_message
from streams.names import Names
from streams.protocols import (
    ConflictError,
    Identity,
    Message,
    Partition,
    Parts,
    Slice,
    Token,
    Writes,
)
from streams.refolding import RefusedError
from streams.store import MemoryStore
from streams.store.pieces import Span
from tests.histories import USERS, histories
from tests.simulator.broker import Broker, ConcurrentError
from tests.simulator.checker import LETTERS, Folded
from tests.simulator.clients import Member, WiredLog
from tests.simulator.disk import at_once
from tests.simulator.faults import AtStep, nothing
from tests.simulator.trap import MARK, trapped
from tests.simulator.world import Fate, Outcome, VirtualLoop, Wire, World
from tests.tiny_artifacts import FIRST, GIVEN, named

PLACE = Partition(JOURNAL.name, 0)
INPUT = Partition(TRANSACTIONS.name, 0)
OURS = Identity(f"id-of-{JOURNAL.name}", LAYOUT, FOLD)
FIRST_DAY = date(2025, 1, 20)
READ_S = 2.0
SETTLED_S = 0.1

State = tuple[Mapping[str, Parts], Parts]


class ExpiringLog(WiredLog):
    """The log, of which retention may take the beginning."""

    begin = 0

    async def start(self, partition: Partition) -> int:
        return self.begin if partition == PLACE else await super().start(partition)

    def expire(self, before: int) -> None:
        self.begin = before
        log = self._broker.logs[PLACE]
        log.records = [record for record in log.records if record.offset >= before]


class SlowReads(AtStep):
    """Nothing goes wrong, but each read takes its time."""

    def of(self, step: str, *, fallible: bool) -> Fate:
        quick = super().of(step, fallible=fallible)
        return Fate(Outcome.DONE, READ_S, 0.0) if step == "log.read" else quick


class SlowStore(MemoryStore):
    """The store, for which the first write takes longer than a read of the log."""

    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        await asyncio.sleep(0 if span.watermark else SETTLED_S)
        await super().apply_chunk(partition, token, span, chunk)


class ContestedStore(MemoryStore):
    """The store, in which another takes over whatever somebody has just taken."""

    async def own(self, partition: int, token: Token) -> bool:
        return await super().own(partition, token) and await super().own(
            partition, token._replace(nonce="another")
        )


class Scene:
    """A journal of one partition, a store, and a worker that is a member of the group."""

    def __init__(self, fates: AtStep, told: list[MutableMapping[str, Any]]) -> None:
        dice, wire = Dice(1, 0), Wire(World(fates), "worker", nothing)
        self.broker = Broker(dice, {topic.name: 1 for topic in TOPICS}, gaps_permille=0)
        self.log = ExpiringLog(wire, self.broker, dice)
        self.member = Member(wire, self.broker, dice, "worker", records_least=1)
        self.store = MemoryStore()
        self.artifacts: Artifacts = GIVEN
        self.beats = 0
        self.on_beat: Callable[[], object] = nothing
        self._told = told

    async def join(self) -> None:
        """Become a member, and stay one in the background until the story is over."""
        joined: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._stay = asyncio.ensure_future(self.member.stay(joined.set_result, nothing_of))
        await joined

    def write(self, *events: Event) -> None:
        """Write entries to the journal."""
        for event in events:
            identity = (self.broker.logs[PLACE].end,)
            self.broker.append(own_message(PLACE.topic, event, 0, identity, "/test"), None)

    def commit(self, offset: int, partition: Partition = PLACE) -> None:
        self.broker.group.committed[partition] = offset

    async def claim(self, partition: Partition = PLACE) -> Owned:
        claiming = Claiming(
            self.member, self.log, self.store, Names(), 100, self._beat, self.artifacts
        )
        return await claiming.claim(partition)

    def _beat(self) -> None:
        self.beats += 1
        self.on_beat()

    async def take(self, generation: int = 0) -> Token:
        """Own the state as somebody else."""
        token = Token(0, generation, "another")
        assert await self.store.own(0, token)
        return token

    async def begin(self, watermark: int, identity: Identity = OURS) -> Token:
        """Let somebody else have begun the state."""
        token = await self.take()
        await self.store.begin(0, token, watermark, identity)
        return token

    @property
    def watermark(self) -> int | None:
        return self.store.snapshot(0).watermark

    @property
    def state(self) -> State:
        held = self.store.snapshot(0)
        return held.users, held.shared

    def folded(self, until: int = 1 << 60) -> State:
        """Fold the journal as it is, entry by entry and without any fault."""
        records = self.broker.logs[PLACE].read(0, until, 1 << 60)
        folded = Folded.of(PLACE, records)
        return folded.states, folded.memory.rows

    def lines(self, event: str) -> list[MutableMapping[str, Any]]:
        """Give the log lines about one thing."""
        return [line for line in self._told if line["event"] == event]


Story = Callable[[Scene], Coroutine[None, None, None]]


def nothing_of(_revoked: list[Partition]) -> None:
    """Let go of nothing."""


def tell(story: Story, fates: AtStep | None = None) -> None:
    """Tell a story about a scene of its own, in time that passes at once."""
    structlog.reset_defaults()  # Another test may have asked for silence.

    async def begin() -> None:
        scene = Scene(fates or AtStep(), told)
        scene.broker.group.subscribed = [PLACE]
        await scene.join()
        await story(scene)

    with capture_logs() as told, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(begin())


def payments(count: int, marked: int = -1) -> list[Event]:
    """Make payments of a few households, of which one may be *marked* as a trap."""
    return [
        TransactionImported(
            transaction_id=f"t{number}",
            user_id=USERS[number % len(USERS)],
            account_id="checking",
            amount_minor=-1_000 - number,
            currency="EUR",
            booked_on=FIRST_DAY + timedelta(days=number // 3),
            description=MARK if number == marked else "CARD PAYMENT",
            status="posted",
        )
        for number in range(count)
    ]


# Made again.


@given(history=histories, cut=st.integers(0, 40))
def test_from_wherever_a_state_is_made_again_it_is_the_same_and_nothing_is_said_twice(
    history: list[Event], cut: int
) -> None:
    async def story(scene: Scene) -> None:
        scene.write(*history)
        for committed in (min(cut, len(history)), len(history)):
            scene.commit(committed)  # First the state is missing, then it is behind.

            assert (await scene.claim()).next == committed

            assert (scene.watermark, scene.state) == (committed, scene.folded(committed))
        assert not any(log.end for place, log in scene.broker.logs.items() if place != PLACE)

    tell(story)


def test_what_comes_next_is_read_from_where_the_state_stands() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(4)
        fetched: asyncio.Queue[Slice] = asyncio.Queue()
        reading = asyncio.ensure_future(scene.member.read(fetched))

        owned = await scene.claim()

        async with asyncio.timeout(1):
            first = await fetched.get()
        assert (first.first, first.session, first.index) == (4, owned.session, owned.index + 1)
        assert owned.held is not None
        assert owned.held.newest_ms == scene.broker.logs[PLACE].newest_ms
        reading.cancel()

    tell(story)


def test_a_state_that_agrees_is_left_as_it_is() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        await scene.claim()
        before = scene.store.snapshot(0)

        owned = await scene.claim()

        assert owned.held is not None
        assert scene.store.snapshot(0) == replace(before, token=owned.held.token)
        assert [line["found"] for line in scene.lines("claimed")] == ["missing", "equal"]
        assert len(scene.lines("refolded")) == 1

    tell(story)


def test_what_was_aborted_is_not_folded_and_markers_are_passed_over() -> None:
    #  offset   0       1    2       3
    #           entry   |    entry   |     the first is committed, the second is aborted
    async def story(scene: Scene) -> None:
        coordinator = scene.broker.coordinator
        epoch = coordinator.init("intake")
        kept, aborted = (own_message(PLACE.topic, event, 0, (), "/test") for event in payments(2))
        coordinator.end("intake", epoch, coordinator.produce("intake", epoch, [kept]))
        await asyncio.sleep(SETTLED_S)
        coordinator.produce("intake", epoch, [aborted])
        with pytest.raises(ConcurrentError):
            coordinator.init("intake")  # It is aborted first.
        await asyncio.sleep(SETTLED_S)
        scene.commit(4)

        await scene.claim()

        assert (scene.watermark, scene.state) == (4, scene.folded())
        assert list(scene.state[0]) == [USERS[0]]

    tell(story)


def test_a_state_of_an_older_fold_is_made_again_from_the_start() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        wrong = Writes({USERS[0]: {"hot": b"by old rules"}, "gone": {"hot": b"."}}, {"days": b"."})
        token = await scene.begin(0, replace(OURS, fold=FOLD - 1))
        await scene.store.apply(0, token, 0, 9, wrong)

        await scene.claim()

        assert (scene.watermark, scene.state) == (9, scene.folded())
        assert scene.store.snapshot(0).identity == OURS

    tell(story)


def test_a_state_that_is_behind_needs_no_more_of_the_journal_than_what_it_lacks() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(4)
        await scene.claim()
        scene.commit(9)
        whole = scene.folded()
        scene.log.expire(before=4)

        await scene.claim()

        assert (scene.watermark, scene.state) == (9, whole)
        assert [line["offsets"] for line in scene.lines("refolded")] == [4, 5]

    tell(story)


def test_whoever_is_erased_pieces_later_leaves_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(40), UserErased(user_id=USERS[0], request_id="r1"))
        scene.commit(41)

        await scene.claim()

        assert sorted(scene.state[0]) == sorted(USERS[1:])
        assert scene.state == scene.folded()

    tell(story)


def test_nothing_is_folded_upon_what_is_not_written_yet() -> None:
    async def story(scene: Scene) -> None:
        scene.store = SlowStore()
        scene.write(*payments(40))
        scene.commit(40)

        await scene.claim()

        assert (scene.watermark, scene.state) == (40, scene.folded())

    tell(story)


def test_entries_that_were_set_aside_are_skipped_and_no_others() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(15, marked=11))
        scene.broker.append(Message(PLACE.topic, None, b"{", [], 0), None)
        scene.commit(16)
        for message in Folded.of(PLACE, scene.broker.logs[PLACE].all()).messages:
            if message.topic == LETTERS:
                scene.broker.append(message, None)

        owned = await scene.claim()

        assert scene.broker.logs[Partition(LETTERS, 0)].end == 2  # The other tells of bad JSON.
        assert owned.held is not None
        assert owned.held.skipped == {11: Refusal(Code.FOLD_FAILED)}
        assert scene.state == scene.folded()

    with trapped():
        tell(story)


def test_a_long_refold_tells_how_far_it_is_and_that_it_gets_on() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(120))
        scene.commit(120)

        await scene.claim()

        reads = scene.beats
        (done,) = scene.lines("refolded")
        assert (done["offsets"], done["seconds"]) == (120, reads * READ_S)
        lines = scene.lines("refolding")
        assert len(lines) == reads // 3  # A line every five seconds at most, and a read takes two.
        for number, line in enumerate(lines, start=1):
            seconds = number * 3 * READ_S
            assert line["per_second"] == round(line["at"] / seconds)
            left = (line["until"] - line["at"]) / line["at"] * seconds
            assert line["seconds_left"] == pytest.approx(left, abs=0.6)

    tell(story, SlowReads())


def test_a_short_refold_says_only_that_it_is_over() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(120))
        scene.commit(120)

        await scene.claim()

        assert scene.lines("refolding") == []
        assert [line["offsets"] for line in scene.lines("refolded")] == [120]

    tell(story)


def test_a_refold_waits_where_an_artifact_is_lacking_and_goes_on_from_there() -> None:
    async def story(scene: Scene) -> None:
        activation = ModelActivated(**named(FIRST)._asdict())
        scene.write(*payments(40), activation, *payments(20))
        scene.commit(61)
        scene.artifacts = GivenArtifacts()
        with pytest.raises(LackingError, match="artifact categories 1"):
            await scene.claim()
        reached = scene.watermark
        assert reached is not None
        assert 0 < reached <= 40

        scene.artifacts = GIVEN
        await scene.claim()

        assert (scene.watermark, scene.state) == (61, scene.folded())
        assert [line["offsets"] for line in scene.lines("refolded")] == [61 - reached]

    tell(story)


# Refused, which leaves the state as it is.


@pytest.mark.parametrize("partition", [PLACE, INPUT], ids=lambda place: place.topic)
def test_without_a_committed_offset_nobody_guesses_where_to_begin(partition: Partition) -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        await scene.claim()
        before = scene.store.snapshot(0)
        scene.broker.group.committed.clear()

        with pytest.raises(RefusedError, match="run: penstock topics apply --execute"):
            await scene.claim(partition)

        assert scene.store.snapshot(0) == before
        scene.commit(9, partition)
        assert (await scene.claim(partition)).next == 9

    tell(story)


def test_a_log_that_begins_beyond_the_committed_offset_has_lost_what_was_not_read() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(4)
        await scene.claim()
        before = scene.store.snapshot(0)
        scene.log.expire(before=5)

        told = r"begins at 5, and 4 comes next: .* commit an offset on purpose with .*tool$"
        with pytest.raises(RefusedError, match=told):
            await scene.claim()

        assert scene.store.snapshot(0) == before

    tell(story)


@pytest.mark.parametrize("found", ["missing", "behind", "older_fold"])
def test_of_a_journal_that_begins_too_late_no_state_is_made(found: str) -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        if found == "behind":
            await scene.begin(4)
        elif found == "older_fold":
            await scene.begin(9, replace(OURS, fold=FOLD - 1))
        before = scene.store.snapshot(0)
        scene.log.expire(before=5)

        told = r"begins at 5, .* restore a copy of Redis, or of the journal$"
        with pytest.raises(RefusedError, match=told):
            await scene.claim()

        after = scene.store.snapshot(0)
        assert (after.watermark, scene.state) == (before.watermark, (before.users, before.shared))

    tell(story)


def test_a_state_that_is_ahead_of_offsets_moved_back_is_refused() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        for committed in (5, 9):
            scene.commit(committed)
            await scene.claim()
        before = scene.state
        scene.commit(2)

        told = r"is at \d, ahead of the committed offset 2, .* delete the group's keys"
        with pytest.raises(RefusedError, match=told):
            await scene.claim()

        assert scene.state == before
        scene.store = MemoryStore()  # As a new group has it.
        await scene.claim()
        assert (scene.watermark, scene.state) == (2, scene.folded(2))

    tell(story)


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (replace(OURS, topic_id="id-of-a-namesake"), "same name; delete the group's keys"),
        (replace(OURS, layout=LAYOUT + 1), "run that build, or delete the group's keys"),
        (replace(OURS, fold=FOLD + 1), "run that build, or delete the group's keys"),
    ],
    ids=["of another topic", "of a newer layout", "of a newer fold"],
)
def test_a_state_that_this_build_cannot_use_is_refused(theirs: Identity, told: str) -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        token = await scene.begin(0, theirs)
        await scene.store.apply(0, token, 0, 9, Writes({USERS[0]: {"hot": b"theirs"}}, {}))

        with pytest.raises(RefusedError, match=told):
            await scene.claim()

        assert scene.state == ({USERS[0]: {"hot": b"theirs"}}, {})
        assert scene.store.snapshot(0).identity == theirs

    tell(story)


@pytest.mark.parametrize("row", [bytes([LAYOUT + 1]), bytes([LAYOUT]) + b"torn"])
def test_a_state_whose_bytes_cannot_be_read_says_so(row: bytes) -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(9))
        scene.commit(9)
        token = await scene.begin(0)
        await scene.store.apply(0, token, 0, 9, Writes({}, {"days": row}))

        with pytest.raises(UnreadableError, match=r"run the build .* delete the group's keys"):
            await scene.claim()

        assert scene.state == ({}, {"days": row})

    tell(story)


def test_an_entry_that_can_be_folded_no_more_asks_for_the_build_that_did() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(40, marked=30))
        scene.commit(40)

        told = r"entry 30 .* run the build that did$"
        with trapped(), pytest.raises(RefusedError, match=told):
            await scene.claim()

        stopped_at = scene.watermark
        assert stopped_at is not None
        assert 0 < stopped_at <= 30
        assert scene.state == scene.folded(stopped_at)
        await scene.claim()  # That build has no trap, and goes on from there.
        assert (scene.watermark, scene.state) == (40, scene.folded())
        assert [line["offsets"] for line in scene.lines("refolded")] == [40 - stopped_at]

    tell(story)


# Taken over.


def test_a_later_generation_keeps_what_it_owns() -> None:
    async def story(scene: Scene) -> None:
        scene.commit(0)
        token = await scene.take(scene.member.membership().generation + 1)

        with pytest.raises(ConflictError, match="a later generation owns"):
            await scene.claim()

        assert scene.store.snapshot(0).token == token

    tell(story)


def test_whoever_is_overtaken_before_it_looks_makes_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.store = ContestedStore()
        scene.write(*payments(9))
        scene.commit(9)

        with pytest.raises(ConflictError, match="was taken over while it was claimed"):
            await scene.claim()

        assert (scene.watermark, scene.state) == (None, ({}, {}))

    tell(story)


def test_whoever_is_overtaken_in_a_refold_stops_and_the_next_goes_on() -> None:
    async def story(scene: Scene) -> None:
        scene.write(*payments(40))
        scene.commit(40)
        same = scene.member.membership().generation
        scene.on_beat = lambda: at_once(scene.take(same)) if scene.beats == 3 else None

        with pytest.raises(ConflictError):
            await scene.claim()

        stopped_at = scene.watermark
        assert stopped_at is not None
        assert 0 < stopped_at < 40
        assert scene.state == scene.folded(stopped_at)
        await scene.claim()
        assert (scene.watermark, scene.state) == (40, scene.folded())
        assert [line["offsets"] for line in scene.lines("refolded")] == [40 - stopped_at]

    tell(story)


def test_an_input_has_no_state_to_claim() -> None:
    async def story(scene: Scene) -> None:
        scene.commit(7, INPUT)

        owned = await scene.claim(INPUT)

        assert (owned.next, owned.held) == (7, None)
        assert owned.membership == scene.member.membership()
        assert scene.store.snapshot(0).token is None

    tell(story)
