"""The topic `models` as operators deal with it: what is published, and publishing one more."""

from dataclasses import dataclass
from hashlib import sha256

from confluent_kafka import KafkaError, KafkaException, Producer
from pydantic import ValidationError

from models.artifact import Artifact, ArtifactError
from schemas.journal import ModelActivated
from schemas.topics import MODELS
from streams.artifacts import Named, PublishedArtifacts, message_of, named_by
from streams.errors import MendableError
from streams.kafka_clients import client_settings, error_of, worded
from streams.names import Names
from streams.protocols import Log, Partition
from streams.settings import Settings

_FLUSH_S = 30.0
_HEAD_BYTES = 4_096
"""Room for a record's key and headers, and for the head of its batch."""

_PREFIX_LEAST = 8


class PublishError(MendableError):
    """An artifact cannot be published, or was not found."""


@dataclass(frozen=True, slots=True)
class Published:
    """An artifact in the topic; damaged if its bytes are not those that it is named by."""

    named: Named
    size_bytes: int
    published_ms: int
    is_whole: bool


class ArtifactTopic:
    """Lists artifacts and adds to them; nothing is ever taken away, for replays need it all."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings, self._log = settings, log
        self._names = Names(settings.topic_prefix)

    async def published(self) -> list[Published]:
        """List the artifacts as they were first published, by the newest record of each."""
        place = Partition(self._names.of(MODELS), 0)
        start, end = await self._log.start(place), await self._log.end(place)
        found: dict[str, Published] = {}
        async for records in self._log.read(place, start, end):
            for record in records:
                if (named := named_by(record.headers)) is not None:
                    value = record.value or b""
                    is_whole = sha256(value).hexdigest() == named.sha256
                    found[named.sha256] = Published(named, len(value), record.timestamp, is_whole)
        return list(found.values())

    async def find(self, model: str, wanted: str) -> Named:
        """Find a whole artifact by its version, or by its SHA-256 or the beginning of that."""
        own = [one.named for one in await self.published() if one.named.model == model]
        found = [named for named in own if wanted in (named.version, named.sha256)]
        if not found and len(wanted) >= _PREFIX_LEAST:
            found = [named for named in own if named.sha256.startswith(wanted)]
        if len(found) != 1:
            versions = ", ".join(named.version for named in own) or "none"
            raise PublishError(
                f"no one artifact of {model} is called {wanted}; published are: {versions}; "
                "to publish another: penstock models publish FILE"
            )
        await PublishedArtifacts(self._log, self._names).give(found)
        return found[0]

    async def publish(self, value: bytes) -> tuple[Named, bool]:
        """Publish an artifact's bytes; says what it is called, and whether it was there already."""
        named = name_of(value)
        for one in await self.published():
            if one.named == named and one.is_whole:
                return named, True
            if one.named[:2] == named[:2] and one.named.sha256 != named.sha256:
                raise PublishError(
                    f"{one.named} is published, and {named} has other bytes; "
                    "an artifact's version stays its own: train this one under another"
                )
        self._send(named, value)
        return named, False

    def _send(self, named: Named, value: bytes) -> None:
        if len(value) > MODELS.message_bytes_max - _HEAD_BYTES:
            raise PublishError(
                f"{named} has {len(value):,} bytes, and the topic takes "
                f"{MODELS.message_bytes_max - _HEAD_BYTES:,}"
            )
        refused: list[KafkaError] = []
        producer = Producer(
            {
                **client_settings(self._settings.kafka),
                "enable.idempotence": True,
                "message.max.bytes": MODELS.message_bytes_max,
            }
        )
        message = message_of(self._names, named, value)
        try:
            producer.produce(
                message.topic,
                message.value,
                message.key,
                0,
                headers=list(message.headers),
                on_delivery=lambda error, _: refused.append(error) if error else None,
            )
            left = producer.flush(_FLUSH_S)
        except KafkaException as failure:
            refused.append(error_of(failure))
        if refused or left:
            why = worded(refused[0]) if refused else f"no answer in {_FLUSH_S:.0f} s"
            raise PublishError(f"Kafka at {self._settings.kafka} did not take it: {why}")


def name_of(value: bytes) -> Named:
    """Read from an artifact's own card what it is called; PublishError where that cannot be."""
    try:
        card = Artifact.from_bytes(value).card
        event = ModelActivated(
            model=card["model"], version=card["version"], sha256=sha256(value).hexdigest()
        )
    except ArtifactError as error:
        raise PublishError(str(error)) from None
    except (KeyError, ValidationError):
        raise PublishError(
            "the artifact's card lacks its model or its version; train it with: penstock train"
        ) from None
    return Named(event.model, event.version, event.sha256)
