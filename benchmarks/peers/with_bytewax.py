"""Bytewax: a dataflow from a Kafka source through a flat map to a Kafka sink."""

import sys
from importlib import import_module
from typing import Any

from benchmarks.peers.work import Job

# By name, for it is installed where the peers run, and not where types are checked.
kafka = import_module("bytewax.connectors.kafka")
operators = import_module("bytewax.operators")
_RECORDS_AT_ONCE = 1_000


def main() -> None:
    """Run until told to stop."""
    job = Job.told(sys.argv[1])
    work = job.work
    flow = import_module("bytewax.dataflow").Dataflow("fold")
    source = kafka.KafkaSource(
        [job.kafka],
        [job.source],
        starting_offset=import_module("confluent_kafka").OFFSET_BEGINNING,
        tail=True,
        batch_size=_RECORDS_AT_ONCE,
        add_config={"queued.min.messages": "100000", "fetch.queue.backoff.ms": "2"},
    )
    sink = kafka.KafkaSink(
        [job.kafka],
        job.target,
        add_config={
            "linger.ms": "5",
            "compression.type": "lz4",
            "queue.buffering.max.messages": "1000000",
            "acks": "all",
            "partitioner": "murmur2",
        },
    )

    def fold(record: Any) -> list[Any]:
        events = work(record.key, record.value)
        return [kafka.KafkaSinkMessage(record.key, event) for event in events]

    events = operators.flat_map("fold", operators.input("source", flow, source), fold)
    operators.output("target", events, sink)
    import_module("bytewax.run").cli_main(flow)


if __name__ == "__main__":
    main()
