"""Publishing events as a bank-integration producer would."""

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.cloudevents import binary_headers
from schemas.event import UserEvent
from schemas.ids import deterministic_id
from schemas.topics import INPUTS, TOPIC_OF
from streams.errors import MendableError
from streams.kafka_clients import client_settings, error_of, worded
from streams.names import Names

_FLUSH_S = 30.0
_FULL_S = 0.1
_LOOK_S = 10.0


class UndeliveredError(MendableError):
    """The broker did not take what was published."""


def headers_of(event: UserEvent) -> list[tuple[str, bytes]]:
    """Give the headers of a generated event, with an id that is the same every time."""
    attributes = {
        "id": deterministic_id("sample", event.identity()),
        "source": "/penstock/sample",
        "type": event.ce_type,
    }
    return binary_headers(attributes)


class Publisher:
    """Publishes events keyed by user, with ids of their own that are the same every time."""

    def __init__(self, bootstrap: str, names: Names) -> None:
        self._names = names
        self._bootstrap = bootstrap
        self._refused: KafkaError | None = None
        self._producer = Producer(
            {
                **client_settings(bootstrap),
                "enable.idempotence": True,
                "linger.ms": 5,
                "delivery.report.only.error": True,
            }
        )

    def require_topics(self) -> None:
        """Raise UndeliveredError where there is no broker, or none of the topics to publish to."""
        try:
            found = self._producer.list_topics(timeout=_LOOK_S).topics
        except KafkaException as error:
            raise UndeliveredError(
                f"Kafka at {self._bootstrap}: {worded(error_of(error))}"
            ) from None
        if missing := [topic.name for topic in INPUTS if self._names.of(topic) not in found]:
            raise UndeliveredError(
                f"There is no topic {', '.join(missing)}; run: penstock topics apply --execute"
            )

    def publish(self, event: UserEvent, value: bytes) -> None:
        """Publish an event as *value*; it is on its way then, and there after a flush."""
        record = (self._names.of(TOPIC_OF[type(event)]), value, event.user_id)
        headers: list[tuple[str, str | bytes | None]] = [*headers_of(event)]
        while True:
            try:
                self._producer.produce(*record, on_delivery=self._hear, headers=headers)
            except BufferError:  # More waits to be sent than there is room for.
                self._producer.poll(_FULL_S)
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait until all that was published is there."""
        if left := self._producer.flush(_FLUSH_S):
            raise UndeliveredError(
                f"{left} events were not taken in {_FLUSH_S:.0f} s; is Kafka at the address given?"
            )
        if self._refused is not None:
            raise UndeliveredError(f"Kafka at {self._bootstrap}: {worded(self._refused)}")

    def _hear(self, error: KafkaError | None, _message: Message) -> None:
        self._refused = self._refused or error
