"""What our own Kafka clients share: where the broker is, who hears their complaints, how they fail.

Faust's consumer is not one of them.
"""

from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException

_log = structlog.get_logger("penstock.kafka")
_WARNINGS_AND_WORSE = 4

END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001  librdkafka's own, and public.
NOT_FOUND = KafkaError._NOENT  # noqa: SLF001  Likewise.


class _Complaints:
    """Hands librdkafka's own log lines on; they name brokers and errors, never payloads."""

    def log(self, _level: int, _template: str, facility: str, client: str, line: str) -> None:
        _log.warning("librdkafka", facility=facility, client=client, detail=line)


def client_settings(bootstrap: str) -> dict[str, Any]:
    """Give the settings that every client of ours begins with."""
    return {
        "bootstrap.servers": bootstrap,
        "logger": _Complaints(),
        "log_level": _WARNINGS_AND_WORSE,
    }


def error_of(failure: KafkaException) -> KafkaError:
    """Give the error that an exception carries."""
    error = failure.args[0]
    assert isinstance(error, KafkaError)
    return error


def worded(error: KafkaError) -> str:
    """Put an error into one line: its stable name, then what librdkafka says of it."""
    return f"{error.name()}: {error.str()}"
