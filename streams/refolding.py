"""Making a partition's state from its journal again, with every output muted."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from schemas.dead_letters import PREFIX
from schemas.refusals import Code, Refusal
from schemas.topics import JOURNAL
from streams.codecs import MADE_AGAIN
from streams.decision import Decision
from streams.folding import FoldFailedError, Memory, failed
from streams.loading import Loading
from streams.names import Names
from streams.protocols import (
    Claimed,
    Identity,
    Log,
    Ownership,
    Partition,
    Record,
    Writes,
)

_USERS_MAX = 20_000
_TELL_S = 5.0
_TOO_SHORT = (
    "the journal begins at {start}, so the state cannot be made from it; restore a copy of Redis, "
    "or of the journal"
)

_log = structlog.get_logger("penstock.refold")

_REFUSALS = {
    Ownership.AHEAD: "the state is at {watermark}, ahead of the committed offset {committed}, and "
    "holds no record to undo; if offsets were moved on purpose, " + MADE_AGAIN,
    Ownership.FOREIGN_TOPIC: "the state belongs to another journal of the same name; " + MADE_AGAIN,
    Ownership.NEWER_LAYOUT: "the state was written by a newer build; run that build, or "
    + MADE_AGAIN,
}


class RefusedError(Exception):
    """A partition's state cannot be used, nor made again without a person."""

    @classmethod
    def of(cls, found: Claimed, committed: int) -> "RefusedError":
        """Word what a claim found."""
        worded = _REFUSALS[found.ownership]
        return cls(worded.format(watermark=found.watermark, committed=committed))


async def skip_list(log: Log, names: Names, partition: Partition) -> dict[int, Refusal]:
    """Find the entries whose fold raised before: they are never folded again.

    A letter may be committed and yet not be readable for a moment; so we wait for all there are.
    """
    letters = Partition(names.dead_letters(JOURNAL), partition.number)
    start, end = await log.start(letters), await log.end(letters)
    skipped: dict[int, Refusal] = {}
    async for records in log.read(letters, start, end):
        for record in records:
            headers = dict(record.headers)
            if headers.get(f"{PREFIX}code") == Code.FOLD_FAILED.encode():
                skipped |= failed(int(headers.get(f"{PREFIX}offset") or b"-1"))
    return skipped


class Progress:
    """Tells now and then how far a refold is, and how long it will take."""

    def __init__(self, partition: int, first: int, until: int) -> None:
        self._partition, self._first, self._until = partition, first, until
        self._began = self._told = self._now()

    def reached(self, at: int) -> None:
        """Say where the refold is, every few seconds."""
        now = self._now()
        if now - self._told < _TELL_S:
            return
        self._told = now
        rate = (at - self._first) / (now - self._began)
        _log.info(
            "refolding",
            partition=self._partition,
            at=at,
            until=self._until,
            per_second=round(rate),
            seconds_left=round((self._until - at) / rate),
        )

    def done(self) -> None:
        """Say that it is over."""
        seconds = round(self._now() - self._began, 2)
        offsets = self._until - self._first
        _log.info("refolded", partition=self._partition, offsets=offsets, seconds=seconds)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Refolding:
    """One partition's refold; killed anywhere, it goes on from the watermark."""

    log: Log
    loading: Loading
    beat: Callable[[], None]

    async def run(
        self, identity: Identity, found: Claimed, committed: int, skipped: Mapping[int, Refusal]
    ) -> None:
        """Fold from the state's watermark, or from nothing, up to the committed offset."""
        at = await self._begin(identity, found)
        if at == committed:
            return
        progress = Progress(self._number, at, committed)
        memory = await self.loading.memory(at, _USERS_MAX)
        # What is folded is applied while the next is read, and before that is folded.
        applying = asyncio.ensure_future(asyncio.sleep(0))
        try:
            async for records in self.log.read(self.loading.partition, at, committed):
                await applying
                decision = await self._fold(memory, at, records, skipped)
                until = records[-1].offset + 1
                applying = asyncio.ensure_future(self._apply(memory, at, until, decision.writes))
                at = until
                progress.reached(at)
                self.beat()
            await applying
        finally:
            applying.cancel()
        if at < committed:  # The log ends in control records, which are no entries.
            await self._apply(memory, at, committed, None)
        progress.done()

    @property
    def _number(self) -> int:
        return self.loading.partition.number

    async def _begin(self, identity: Identity, found: Claimed) -> int:
        start = await self.log.start(self.loading.partition)
        if found.ownership is Ownership.BEHIND and found.watermark is not None:
            if found.watermark < start:
                raise RefusedError(_TOO_SHORT.format(start=start))
            return found.watermark
        if start > 0:
            raise RefusedError(_TOO_SHORT.format(start=start))
        await self.loading.store.begin(self._number, self.loading.token, start, identity)
        return start

    async def _fold(
        self,
        memory: Memory,
        at: int,
        records: Sequence[Record],
        skipped: Mapping[int, Refusal],
    ) -> Decision:
        try:
            return await self.loading.fold(at, memory, records, skipped)
        except FoldFailedError as error:
            raise RefusedError(
                f"entry {error.offset} was folded before and cannot be now; run the build that did"
            ) from error

    async def _apply(self, memory: Memory, at: int, until: int, writes: Writes | None) -> None:
        writes = writes or Writes({}, {})
        await self.loading.store.apply(self._number, self.loading.token, at, until, writes)
        memory.written(writes)
