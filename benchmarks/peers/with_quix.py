"""Quix Streams: a dataframe whose rows are expanded into events and written to a topic."""

import sys
from importlib import import_module
from typing import Any

from benchmarks.peers.work import Job

# By name, for it is installed where the peers run, and not where types are checked.
quixstreams = import_module("quixstreams")


def main() -> None:
    """Run until told to stop."""
    job = Job.told(sys.argv[1])
    work = job.work
    app = quixstreams.Application(
        broker_address=job.kafka,
        consumer_group=job.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_interval=1.0,
        loglevel="WARNING",
        consumer_extra_config={
            "queued.min.messages": 100_000,
            "fetch.queue.backoff.ms": 2,
            "check.crcs": False,
        },
        producer_extra_config={
            "linger.ms": 5,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000,
            "acks": "all",
            "partitioner": "murmur2",
        },
    )
    source = app.topic(job.source, key_deserializer="bytes", value_deserializer="bytes")
    target = app.topic(job.target, key_serializer="bytes", value_serializer="bytes")

    def fold(value: bytes, key: bytes, _timestamp: int, _headers: Any) -> list[bytes]:
        return work(key, value)

    app.dataframe(source).apply(fold, expand=True, metadata=True).to_topic(target)
    app.run()


if __name__ == "__main__":
    main()
