"""A Kafka and a Redis for one machine: those that are given, else containers, else our own.

with local_stack() as stack:
    print(stack.kafka, stack.redis, stack.rungs)
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from streams.stack.containers import docker_answers, kafka_container, redis_container
from streams.stack.kafka_broker import KAFKA_VERSION, can_have_jars, find_java, kafka_broker
from streams.stack.processes import Server, StackError, reachable
from streams.stack.redis_server import find_redis, redis_server

__all__ = ["KAFKA_VERSION", "Stack", "StackError", "given", "local_stack"]

# A server not yet started, which will give its address; and in words, how it is had.
Rung = tuple[str, AbstractContextManager[str]]

NO_KAFKA = """\
There is no Kafka to use here. Any one of these helps:
  export PENSTOCK_KAFKA=host:port    a Kafka that runs already
  start Docker                       it then runs in a container
  install Java 17 and Maven          Apache Kafka then comes from Maven Central
    Debian, Ubuntu, as root:  apt-get install -y --no-install-recommends \
openjdk-17-jre-headless maven
    macOS:                    brew install openjdk@17 maven"""

NO_REDIS = """\
There is no Redis to use here. Any one of these helps:
  export PENSTOCK_REDIS=redis://host:port/0    a Redis that runs already
  start Docker                                 it then runs in a container
  install redis-server
    Debian, Ubuntu, as root:  apt-get install -y --no-install-recommends redis-server
    macOS:                    brew install redis"""


@dataclass(frozen=True)
class Stack:
    """Where Kafka and Redis answer, how each was had, and where their logs are."""

    kafka: str
    redis: str
    rungs: dict[str, str]
    logs: Path


@contextmanager
def local_stack(kafka_version: str = KAFKA_VERSION, home: Path | None = None) -> Iterator[Stack]:
    """Find or start one Kafka and one Redis; what was started ends with the block or the process.

    Data lives in *home* and stays there; without one it lives in a temporary folder and goes. The
    logs stay where the block fails.
    """
    with ExitStack() as servers:
        place = servers.enter_context(_temporary_home() if home is None else nullcontext(home))
        logs = place / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        redis_rung, redis = _redis(place)
        kafka_rung, kafka = _kafka(place, kafka_version)
        yield Stack(
            redis=servers.enter_context(redis),
            kafka=servers.enter_context(kafka),
            rungs={"kafka": kafka_rung, "redis": redis_rung},
            logs=logs,
        )


def _kafka(home: Path, version: str) -> Rung:
    """Take the first rung that holds: an address given, Docker, Java with Kafka's jars."""
    if address := given("PENSTOCK_KAFKA"):
        _require_reachable("PENSTOCK_KAFKA", address.split(",")[0])
        return f"PENSTOCK_KAFKA, as given: {address}", nullcontext(address)
    if docker_answers():
        return "Kafka in a Docker container", kafka_container()
    if find_java() and can_have_jars(version):
        broker = _address(kafka_broker(home, version))
        return f"Apache Kafka {version} from Maven Central, on Java", broker
    raise StackError(NO_KAFKA)


def _redis(home: Path) -> Rung:
    """Take the first rung that holds: an address given, Docker, a redis-server of this machine."""
    if url := given("PENSTOCK_REDIS"):
        parts = urlsplit(url)
        _require_reachable("PENSTOCK_REDIS", f"{parts.hostname}:{parts.port or 6379}")
        # A URL may hold a password; a rung is there to be printed.
        return f"PENSTOCK_REDIS, as given: {parts.hostname}", nullcontext(url)
    if docker_answers():
        return "Redis in a Docker container", redis_container()
    if binary := find_redis():
        return f"Redis by {binary}", _address(redis_server(home))
    raise StackError(NO_REDIS)


@contextmanager
def _address(server: AbstractContextManager[Server]) -> Iterator[str]:
    with server as running:
        yield running.address


def given(variable: str) -> str | None:
    """Give an address that the environment names; an empty one counts as none.

    Read here and not in settings, because whether it was set at all decides the rung.
    """
    return os.environ.get(variable) or None


def _require_reachable(variable: str, address: str) -> None:
    if not reachable(address):
        raise StackError(
            f"{variable} is set, but nothing answers at {address}. "
            f"Start it there, or `unset {variable}`."
        )


@contextmanager
def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="penstock-"))
    try:
        yield home
    except Exception:
        if any((home / "logs").iterdir()):
            kept = shutil.move(home / "logs", tempfile.mkdtemp(prefix="penstock-logs-"))
            sys.stderr.write(f"The logs of Kafka and Redis are kept in {kept}\n")
        raise
    finally:
        shutil.rmtree(home)
