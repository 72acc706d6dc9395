"""Plain Faust: an agent that iterates over its stream and sends to a topic."""

import sys
import tempfile
from typing import Any

import faust

from benchmarks.peers.work import Job

job = Job.told(sys.argv[1])
work = job.work
app = faust.App(
    job.group,
    broker=f"kafka://{job.kafka}",
    store="memory://",
    datadir=tempfile.mkdtemp(prefix="penstock-bench-faust-"),
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    value_serializer="raw",
    key_serializer="raw",
    broker_check_crcs=False,
    broker_max_poll_records=2_000,
    broker_commit_interval=1.0,
    stream_buffer_maxsize=8_192,
    producer_linger=0.005,
    producer_max_batch_size=512 * 1024,
    # Waiting for each message's delivery would be far slower still.
    stream_wait_empty=False,
)
source = app.topic(job.source, key_type=bytes, value_type=bytes)
target = app.topic(job.target, key_type=bytes, value_type=bytes)


@app.agent(source)
async def fold(stream: Any) -> None:
    """Fold each transaction, and send what comes of it."""
    async for key, value in stream.items():
        for event in work(key, value):
            await target.send(key=key, value=event)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "-l", "warn", "--without-web"]
    app.main()
