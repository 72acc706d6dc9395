"""Artifacts as a fold is given them: those that its entries need, or none of it is folded.

Which artifact is active at an offset is the journal's to say, by its SHA-256; where its bytes come
from is ours. So a fold may wait for an artifact, and never goes on without it.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple, Protocol

from models.artifact import Artifact
from processors.state.entry import Entry
from processors.state.shared import Activated
from schemas.journal import ChallengerSet, ModelActivated
from schemas.refusals import Refusal
from schemas.topics import MODELS
from streams.errors import MendableError
from streams.names import Names
from streams.protocols import HeaderList, Log, Message, Partition, Record

KEPT_MAX = 6
"""How many artifacts are kept decoded; a worker seldom needs more than two of a model."""

_SHOWN = 12


class Named(NamedTuple):
    """An artifact by what it does, its version, and the hash of its bytes."""

    model: str
    version: str
    sha256: str

    def __str__(self) -> str:
        """Word it for a person."""
        return f"artifact {self.model} {self.version} (sha256 {self.sha256[:_SHOWN]}...)"


class LackingError(MendableError):
    """An artifact is needed that is not there, or is not what it says."""

    def __init__(self, named: Named, why: str) -> None:
        super().__init__(f"{named}: {why}")
        self.named, self.why = named, why


class Artifacts(Protocol):
    """Where artifacts come from."""

    async def give(self, wanted: Iterable[Named]) -> Mapping[str, Artifact]:
        """Give artifacts by their SHA-256; LackingError for the first that cannot be had."""
        ...


class GivenArtifacts:
    """Artifacts in memory: for tests, benchmarks, and folds that know of none."""

    def __init__(self, given: Iterable[Artifact] = ()) -> None:
        self._given = {artifact.sha256: artifact for artifact in given}

    async def give(self, wanted: Iterable[Named]) -> Mapping[str, Artifact]:
        """Give artifacts; LackingError for the first that was not given."""
        for named in wanted:
            if named.sha256 not in self._given:
                raise LackingError(named, "it was not given")
        return self._given


def needed(activated: Activated, entries: Iterable[Entry | Refusal]) -> set[Named]:
    """Name all that a fold of entries may ask for: what is in force, and what they bring."""
    names = {
        Named(model, activated.versions[model], digest)
        for model, digest in activated.models.items()
    }
    names |= {
        Named(model, challenger.version, challenger.sha256)
        for model, challenger in activated.challengers.items()
    }
    for entry in entries:
        event = None if isinstance(entry, Refusal) else entry.event
        if (
            isinstance(event, ModelActivated | ChallengerSet)
            and event.version is not None
            and event.sha256 is not None
        ):
            names.add(Named(event.model, event.version, event.sha256))
    return names


def message_of(names: Names, named: Named, value: bytes) -> Message:
    """Write an artifact down as the topic holds it; the topic keeps one record of each key."""
    headers = [(member, text.encode()) for member, text in named._asdict().items()]
    key = f"{named.model}:{named.sha256}".encode()
    return Message(names.of(MODELS), key, value, headers, 0)


def named_by(headers: HeaderList) -> Named | None:
    """Read which artifact a record of the topic holds; None for what is no artifact."""
    found = dict(headers)
    texts = [(found.get(member) or b"").decode(errors="replace") for member in Named._fields]
    return Named(*texts) if all(texts) else None


class PublishedArtifacts:
    """Artifacts of the topic `models`, looked for when they are asked for, the newest record first.

    What is not there yet, or is damaged, is looked for again each time that it is asked for.
    """

    def __init__(self, log: Log, names: Names) -> None:
        self._log, self._place = log, Partition(names.of(MODELS), 0)
        self._kept: OrderedDict[str, Artifact] = OrderedDict()
        self._next = 0
        self._offsets: dict[str, int] = {}
        self._unusable: dict[str, tuple[int, str]] = {}

    async def give(self, wanted: Iterable[Named]) -> Mapping[str, Artifact]:
        """Give artifacts; LackingError for the first that is not published, or is damaged."""
        given = {named.sha256: await self._one(named) for named in sorted(wanted)}
        for digest in given:
            self._kept.move_to_end(digest)
        while len(self._kept) > max(KEPT_MAX, len(given)):
            self._kept.popitem(last=False)
        return given

    async def _one(self, named: Named) -> Artifact:
        if (kept := self._kept.get(named.sha256)) is not None:
            return kept
        await self._look()
        offset = self._offsets.get(named.sha256)
        if offset is None:
            raise LackingError(named, "it is not published; run: penstock models publish FILE")
        seen, why = self._unusable.get(named.sha256, (-1, ""))
        if seen == offset:
            raise LackingError(named, why)
        self._kept[named.sha256] = artifact = await self._read(named, offset)
        return artifact

    async def _look(self) -> None:
        """Find out what was published since the last look."""
        start = max(self._next, await self._log.start(self._place))
        end = await self._log.end(self._place)
        async for records in self._log.read(self._place, start, end):
            for record in records:
                if (named := named_by(record.headers)) is not None:
                    self._offsets[named.sha256] = record.offset
        self._next = end

    async def _read(self, named: Named, offset: int) -> Artifact:
        record = await self._record(offset)
        if record is None:
            self._next = 0  # Compacted meanwhile: a newer record holds it.
            raise LackingError(named, "it was published again just now, and is looked for anew")
        try:
            return decoded(record.value or b"", named)
        except LackingError as error:
            self._unusable[named.sha256] = (offset, error.why)
            raise

    async def _record(self, offset: int) -> Record | None:
        async for records in self._log.read(self._place, offset, offset + 1):
            for record in records:
                return record
        return None


def decoded(value: bytes, named: Named) -> Artifact:
    """Read an artifact's bytes; LackingError where they are not those that were named."""
    found = sha256(value).hexdigest()
    if found != named.sha256:
        raise LackingError(
            named,
            f"its record holds other bytes (sha256 {found[:_SHOWN]}...); "
            "run: penstock models publish FILE",
        )
    try:
        return Artifact.from_bytes(value)
    except ValueError as error:
        raise LackingError(named, f"this build cannot read it ({error})") from error
