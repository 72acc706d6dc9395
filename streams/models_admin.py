"""Artifacts in force: which one since when, activating another, trying one beside it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from processors.state.entry import Entry
from processors.state.shared import Challenger, Shared
from schemas.journal import ChallengerSet, ModelActivated
from streams.artifact_topic import ArtifactTopic
from streams.artifacts import Named
from streams.errors import MendableError
from streams.journal import entry_of
from streams.journal_admin import JournalAdmin
from streams.log import KafkaLog
from streams.looking import open_log
from streams.names import Names
from streams.protocols import Partition
from streams.settings import Settings

_SUBJECT = "models"


class ModelError(MendableError):
    """What is asked for cannot be done as things stand."""


@dataclass(frozen=True, slots=True)
class Active:
    """What is in force of a model in one partition."""

    partition: int
    model: str
    named: Named | None
    since_offset: int | None
    """Where in the journal it was activated; None where nothing is active."""
    former: Named | None
    challenger: Challenger | None


class ModelsAdmin:
    """Reads what is active from the state, and writes what is to be to the journal."""

    def __init__(self, settings: Settings, log: KafkaLog) -> None:
        self._names, self._log = Names(settings.topic_prefix), log
        self._journal = JournalAdmin(settings)
        self.topic = ArtifactTopic(settings, log)

    async def shared(self) -> list[Shared]:
        """Give what each partition's users share."""
        return await self._journal.shared()

    async def active(self) -> list[Active]:
        """List what is in force of each model, partition by partition."""
        return [
            await self._active(number, model, shared)
            for number, shared in enumerate(await self.shared())
            for model in sorted({*shared.activated.models, *shared.activated.challengers})
        ]

    async def in_force(self, model: str) -> Active:
        """Give what is in force of a model in every partition; ModelError if they do not agree."""
        shared = await self.shared()
        found = {_in_force(model, each): number for number, each in enumerate(shared)}
        if len(found) != 1:
            raise ModelError(
                "partitions are on their way from one artifact to another; ask again in a moment, "
                f"or name the one that is wanted: penstock models activate {model} VERSION"
            )
        return await self._active(0, model, shared[0])

    async def activate(self, named: Named) -> None:
        """Let an artifact take effect in all partitions, in one commit."""
        await self._journal.write(ModelActivated(**named._asdict()), _SUBJECT)

    async def challenge(self, named: Named, share_percent: int, days: int) -> None:
        """Let an artifact be tried beside the active one."""
        event = ChallengerSet(**named._asdict(), share_percent=share_percent, days=days)
        await self._journal.write(event, _SUBJECT)

    async def end_challenge(self, model: str) -> None:
        """Let none be tried any more."""
        await self._journal.write(ChallengerSet(model=model), _SUBJECT)

    async def _active(self, number: int, model: str, shared: Shared) -> Active:
        activated = shared.activated
        named, former = _in_force(model, shared)
        since = None
        if named is not None:
            since = await self._since(number, named, activated.since_ms[model])
        challenger = activated.challengers.get(model)
        return Active(number, model, named, since, former, challenger)

    async def _since(self, number: int, named: Named, recorded_ms: int) -> int | None:
        """Find the entry that activated an artifact: by its time, so that little is to be read."""
        place = Partition(self._names.journal, number)
        start, end = await self._log.at(place, recorded_ms), await self._log.end(place)
        async with aclosing(self._log.read(place, start, end)) as reading:
            async for records in reading:
                for record in records:
                    entry = entry_of(record) if record.key is None else None
                    if isinstance(entry, Entry) and _activates(entry, named, recorded_ms):
                        return record.offset
        return None


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncIterator[ModelsAdmin]:
    """Open the log for as long as artifacts are dealt with."""
    async with open_log(settings) as log:
        yield ModelsAdmin(settings, log)


def former_of(active: Active) -> Named:
    """Give the artifact to go back to; ModelError where there is none."""
    if active.former is None:
        raise ModelError(f"no other artifact of {active.model} was active before")
    return active.former


def _in_force(model: str, shared: Shared) -> tuple[Named | None, Named | None]:
    """Name the active artifact, and the one before it."""
    activated = shared.activated
    digest, former = activated.models.get(model), activated.former.get(model)
    return (
        None if digest is None else Named(model, activated.versions[model], digest),
        None if former is None else Named(model, former.version, former.sha256),
    )


def _activates(entry: Entry, named: Named, recorded_ms: int) -> bool:
    event = entry.event
    return (
        isinstance(event, ModelActivated)
        and Named(event.model, event.version, event.sha256) == named
        and entry.recorded_at_ms == recorded_ms
    )
