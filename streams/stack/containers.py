"""Kafka and Redis in Docker, by testcontainers; its reaper ends them when this process dies.

Written against testcontainers 4.15. The images decide the versions, and Docker on which addresses
it publishes; what the containers hold goes when they go.
"""

import importlib
import importlib.util
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from streams.stack.processes import reachable
from streams.stack.redis_server import DURABLE

KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.0"
REDIS_IMAGE = "redis:7.4-alpine"

KAFKA_SETTINGS = {
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_RETENTION_MINUTES": "525600",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS": "1000",
}


def docker_answers() -> bool:
    """Say whether a Docker daemon answers and testcontainers is there to use it."""
    if not importlib.util.find_spec("testcontainers"):
        return False
    # As Docker's own library looks for its daemon; that one leaks a socket where there is none.
    daemon = urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
    if daemon.scheme != "unix":
        return reachable(daemon.netloc)
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(daemon.path) == 0


@contextmanager
def kafka_container() -> Iterator[str]:
    """Run Kafka in a container and give its address."""
    kafka = importlib.import_module("testcontainers.community.kafka")
    container = kafka.KafkaContainer(KAFKA_IMAGE).with_kraft()
    for name, value in KAFKA_SETTINGS.items():
        container.with_env(name, value)
    with container:
        yield container.get_bootstrap_server()


@contextmanager
def redis_container() -> Iterator[str]:
    """Run Redis in a container and give its URL."""
    redis = importlib.import_module("testcontainers.community.redis")
    container = redis.RedisContainer(REDIS_IMAGE).with_command(["redis-server", *DURABLE])
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
        yield f"redis://{host}:{port}/0"
