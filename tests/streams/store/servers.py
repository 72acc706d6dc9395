"""Redis servers of a test's own: to be killed, stopped, locked up, or joined to a Cluster."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from streams.stack.processes import LOOPBACK, ports, running
from streams.stack.redis_server import DURABLE, find_redis
from tests.processes import wait_until

CLUSTER_NODES = 3
# A node listens to the others this far above its own port.
CLUSTER_BUS = 10_000
PORT_MAX = 65_535
SLOTS = 16_384


def tell(client: Redis, *words: str | int) -> Any:
    """Send a command for which the client has no method."""
    return client.execute_command(*words)  # type: ignore[no-untyped-call]  # Theirs has no types.


def pid_of(client: Redis) -> int:
    """Give the process behind a client, so that a test can kill it, and no other."""
    return int(client.info("server")["process_id"])


@contextmanager
def own_redis(home: Path, port: int, *options: str, probe: Redis | None = None) -> Iterator[None]:
    """Run a Redis over the data in *home*; *probe* is a client that can ask whether it is ready."""
    binary = find_redis()
    if binary is None:
        pytest.skip("needs a redis-server on the path")
    home.mkdir(parents=True, exist_ok=True)
    command = [str(binary), *DURABLE, "--save", "", "--dir", str(home), "--bind", LOOPBACK]
    command += ["--port", str(port), *options]
    with probe or Redis(host=LOOPBACK, port=port) as client:

        def answers() -> bool:
            try:
                return bool(client.ping())
            except RedisError:
                return False

        with running("Redis", command, home / "redis.log", answers):
            yield


@contextmanager
def own_cluster(home: Path) -> Iterator[list[Redis]]:
    """Run a Cluster of three masters that share all slots; give a client to each."""
    with ExitStack() as servers:
        nodes = [
            servers.enter_context(_node(home / f"node-{number}")) for number in range(CLUSTER_NODES)
        ]
        share = SLOTS // CLUSTER_NODES + 1
        for number, node in enumerate(nodes):
            tell(node, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            slots = range(number * share, min((number + 1) * share, SLOTS))
            tell(node, "CLUSTER", "ADDSLOTS", *slots)
            port = nodes[0].connection_pool.connection_kwargs["port"]
            tell(node, "CLUSTER", "MEET", LOOPBACK, port)
        wait_until(lambda: all(_is_ready(node) for node in nodes))
        yield nodes


@contextmanager
def _node(home: Path) -> Iterator[Redis]:
    options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]
    port = _port_with_bus(home)
    with own_redis(home, port, *options), Redis(host=LOOPBACK, port=port) as client:
        yield client


def _port_with_bus(home: Path) -> int:
    """Find a free port, low enough and with a free one above it for the Cluster's bus."""
    home.mkdir(parents=True, exist_ok=True)
    memory = home / "port"
    while True:
        port = random.randint(10_000, PORT_MAX - CLUSTER_BUS)  # noqa: S311  No secret.
        memory.write_text(f"{port} {port + CLUSTER_BUS}")
        if ports(memory, 2) == [port, port + CLUSTER_BUS]:
            return port


def _is_ready(node: Redis) -> bool:
    state: bytes = tell(node, "CLUSTER", "INFO")
    return {b"cluster_state:ok", b"cluster_known_nodes:%d" % CLUSTER_NODES} <= set(state.split())
