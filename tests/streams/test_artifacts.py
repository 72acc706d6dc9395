"""Artifacts as a fold is given them: whole ones, those it needs, or a word on what is lacking."""

import asyncio
from collections.abc import Coroutine
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.state.entry import Entry
from processors.state.shared import Activated, Challenger
from schemas.event import Event
from schemas.journal import ChallengerSet, ModelActivated
from schemas.refusals import Code, Refusal
from schemas.topics import MODELS
from streams.artifact_topic import PublishError, name_of
from streams.artifacts import (
    KEPT_MAX,
    LackingError,
    Named,
    PublishedArtifacts,
    message_of,
    needed,
)
from streams.log import LogRecord
from streams.names import Names
from streams.protocols import Partition
from tests.streams.written_log import WrittenLog
from tests.tiny_artifacts import FIRST, SECOND, named, tiny

PLACE = Partition(MODELS.name, 0)
ONE, OTHER = named(FIRST), named(SECOND)
NOT_PUBLISHED = "it is not published; run: penstock models publish FILE"


class Topic(WrittenLog):
    """The topic `models`, to which somebody adds."""

    reads = 0

    def add(self, own: Named, value: bytes | None) -> None:
        message = message_of(Names(), own, value or b"")
        records = self.records.setdefault(PLACE, [])
        offset = records[-1].offset + 1 if records else 0
        records.append(LogRecord(offset, 0, message.key, value, message.headers))

    def compact(self) -> None:
        """Keep the newest record of each key, as the broker does in its own time."""
        newest = {own.key: own for own in self.records[PLACE]}
        self.records[PLACE] = [own for own in self.records[PLACE] if newest[own.key] is own]

    def read(self, *place: Any) -> Any:
        self.reads += 1
        return super().read(*place)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def entry(event: Event) -> Entry:
    return Entry(event, "e", 0)


def test_a_fold_needs_what_is_in_force_and_what_its_entries_bring() -> None:
    activated = Activated(
        models={"categories": ONE.sha256},
        versions={"categories": ONE.version},
        challengers={"categories": Challenger(OTHER.version, OTHER.sha256, 10, 14, 0)},
    )
    third, fourth = named(tiny("3")), named(tiny("4"))

    assert needed(Activated(), []) == set()
    assert needed(activated, []) == {ONE, OTHER}
    entries: list[Entry | Refusal] = [
        entry(ModelActivated(**third._asdict())),
        Refusal(Code.FOLD_FAILED),
        entry(ChallengerSet(**fourth._asdict())),
        entry(ChallengerSet(model="categories")),
    ]
    assert needed(activated, entries) == {ONE, OTHER, third, fourth}


def test_an_artifact_comes_as_it_was_published() -> None:
    async def story() -> None:
        topic = Topic()
        topic.add(ONE, FIRST.to_bytes())
        topic.add(OTHER, SECOND.to_bytes())
        given_ = await PublishedArtifacts(topic, Names()).give({ONE, OTHER})

        assert {digest: own.to_bytes() for digest, own in given_.items()} == {
            ONE.sha256: FIRST.to_bytes(),
            OTHER.sha256: SECOND.to_bytes(),
        }

    run(story())


def test_what_is_not_published_is_named_and_found_once_it_is() -> None:
    async def story() -> None:
        topic = Topic()
        artifacts = PublishedArtifacts(topic, Names())
        with pytest.raises(LackingError) as lacking:
            await artifacts.give([ONE])
        assert str(lacking.value) == (
            f"artifact categories 1 (sha256 {ONE.sha256[:12]}...): {NOT_PUBLISHED}"
        )
        assert lacking.value.named == ONE

        topic.add(ONE, FIRST.to_bytes())

        assert list(await artifacts.give([ONE])) == [ONE.sha256]

    run(story())


@given(at=st.integers(0, len(FIRST.to_bytes()) - 1), bit=st.integers(0, 7))
def test_no_damaged_byte_ever_reaches_a_fold(at: int, bit: int) -> None:
    async def story() -> None:
        damaged = bytearray(FIRST.to_bytes())
        damaged[at] ^= 1 << bit
        topic = Topic()
        topic.add(ONE, bytes(damaged))
        artifacts = PublishedArtifacts(topic, Names())
        for _ in range(2):
            with pytest.raises(LackingError, match="its record holds other bytes"):
                await artifacts.give([ONE])
        before = topic.reads
        with pytest.raises(LackingError):
            await artifacts.give([ONE])
        assert topic.reads == before + 1  # It is not fetched again; only what is new is looked for.

        topic.add(ONE, FIRST.to_bytes())
        assert list(await artifacts.give([ONE])) == [ONE.sha256]

    run(story())


def test_bytes_that_this_build_cannot_read_are_refused_by_name() -> None:
    async def story() -> None:
        topic, value = Topic(), b"of another program"
        foreign = Named("categories", "9", sha256(value).hexdigest())
        topic.add(foreign, value)
        with pytest.raises(LackingError, match=r"this build cannot read it .*no artifact of Pen"):
            await PublishedArtifacts(topic, Names()).give([foreign])

    run(story())


def test_a_record_that_was_compacted_away_is_found_where_it_is_now() -> None:
    async def story() -> None:
        topic = Topic()
        topic.add(ONE, FIRST.to_bytes())
        artifacts = PublishedArtifacts(topic, Names())
        with pytest.raises(LackingError):
            await artifacts.give([OTHER])  # So that it knows where the first one is.
        topic.add(ONE, FIRST.to_bytes())
        topic.compact()

        assert list(await artifacts.give([ONE])) == [ONE.sha256]

    run(story())


def test_few_are_kept_and_never_fewer_than_are_needed_at_once() -> None:
    async def story() -> None:
        topic = Topic()
        all_ = [named(own) for own in map(tiny, map(str, range(KEPT_MAX + 3)))]
        for own in all_:
            topic.add(own, tiny(own.version).to_bytes())
        artifacts = PublishedArtifacts(topic, Names())
        assert len(await artifacts.give(all_)) == len(all_)
        for own in all_:
            await artifacts.give([own])
        reads = topic.reads
        await artifacts.give(all_[-KEPT_MAX:])
        assert topic.reads == reads
        await artifacts.give(all_[:1])
        assert topic.reads > reads

    run(story())


def test_an_artifact_is_called_what_its_card_says() -> None:
    assert name_of(FIRST.to_bytes()) == ONE
    with pytest.raises(PublishError, match="lacks its model or its version"):
        name_of(tiny("").to_bytes())
    with pytest.raises(PublishError, match="no artifact of Penstock's"):
        name_of(b"{}")
