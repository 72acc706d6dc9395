"""A worker that breaks the promise, for the storm to find out.

`python -m tests.benchmarks.broken_worker skipping` leaves out one output in a hundred.
`python -m tests.benchmarks.broken_worker outside` writes outputs outside of the transaction.
"""

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from typing import Any

from confluent_kafka import Producer

from schemas.topics import OUTPUTS
from streams import app, settings
from streams.logs import configure
from streams.outbox import KafkaOutbox
from streams.protocols import Message


class Skipping(KafkaOutbox):
    """Leaves out one output in a hundred."""

    def __init__(self, *told: Any, **options: Any) -> None:
        super().__init__(*told, **options)
        self._numbers = count(1)

    async def send(self, messages: Sequence[Message]) -> None:
        """Write most of the messages."""
        await super().send(
            [own for own in messages if not _is_output(own) or next(self._numbers) % 100]
        )


class Outside(KafkaOutbox):
    """Writes outputs at once, whether or not the cycle commits."""

    def __init__(self, bootstrap: str, *told: Any, **options: Any) -> None:
        super().__init__(bootstrap, *told, **options)
        self._plain = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2"})

    async def send(self, messages: Sequence[Message]) -> None:
        """Write outputs first, then the rest as it should be."""
        for own in filter(_is_output, messages):
            headers: Any = list(own.headers)
            self._plain.produce(own.topic, own.value, own.key, headers=headers)
        await asyncio.to_thread(self._plain.flush)
        await super().send([own for own in messages if not _is_output(own)])


def _is_output(message: Message) -> bool:
    return message.topic in {topic.name for topic in OUTPUTS}


BROKEN: dict[str, type[KafkaOutbox]] = {"skipping": Skipping, "outside": Outside}


def main() -> None:
    """Run the worker that the environment describes, with a broken outbox."""
    told = settings.load()
    configure(told)
    vars(app).update(KafkaOutbox=BROKEN[sys.argv[1]])
    app.run(told)


if __name__ == "__main__":
    main()
