import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from streams.cli.down import down
from streams.cli.up import up
from streams.stack import Stack, StackError, local_stack
from streams.stack.processes import ports, reachable, running
from streams.stack.redis_server import redis_server
from streams.stack.restartable import Restartable
from tests.processes import is_alive, wait_until

OWN_KAFKA = "Apache Kafka"
# Nothing to start a server with: no programs, no Docker, no address.
BARE = {"PATH": "", "DOCKER_HOST": "unix:///nowhere.sock"}


def redis_address(url: str) -> str:
    return urlsplit(url).netloc


# The servers themselves.


def test_a_record_goes_in_and_comes_out(stack: Stack) -> None:
    admin = AdminClient({"bootstrap.servers": stack.kafka})
    admin.create_topics([NewTopic("stack-answers", 1)])["stack-answers"].result(10)
    producer = Producer({"bootstrap.servers": stack.kafka})
    producer.produce("stack-answers", b"a record")
    assert producer.flush(10) == 0

    consumer = Consumer(
        {
            "bootstrap.servers": stack.kafka,
            "group.id": "stack-answers",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["stack-answers"])
    try:
        record = consumer.poll(20)
        assert record is not None
        assert record.value() == b"a record"
    finally:
        consumer.close()


def test_what_redis_is_told_it_keeps(stack: Stack) -> None:
    with Redis.from_url(stack.redis, decode_responses=True) as redis:
        redis.set("stack-answers", "yes")
        assert redis.get("stack-answers") == "yes"
        settings = redis.config_get("append*", "maxmemory-policy")

    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"


def test_topics_are_made_on_purpose_only(stack: Stack) -> None:
    metadata = AdminClient({"bootstrap.servers": stack.kafka}).list_topics("never-made", timeout=10)

    assert metadata.topics["never-made"].error is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
def test_servers_listen_on_one_loopback_address_only(stack: Stack) -> None:
    if not stack.rungs["kafka"].startswith(OWN_KAFKA):
        pytest.skip("says nothing about servers that the stack did not start itself")
    for address in (stack.kafka, redis_address(stack.redis)):
        port = address.rpartition(":")[2]
        assert reachable(f"127.0.0.1:{port}")
        # Whoever listens on all addresses answers here, too.
        assert not reachable(f"127.0.0.2:{port}")


# How long they live.

SLEEPER = """
import sys, time
from pathlib import Path
from streams.stack.processes import running
told = Path(sys.argv[1])
server = ["/bin/sh", "-c", f"echo $$ > {told}; exec sleep 600"]
answers = lambda: told.exists() and told.read_text().endswith("\\n")
with running("sleeper", server, told.with_name("log"), answers):
    print("ready", flush=True)
    time.sleep(600)
"""

HOLD_A_STACK = """
import json, time
from streams.stack import local_stack
with local_stack() as stack:
    print(json.dumps([stack.kafka, stack.redis]), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python programs that hold servers; what is left of them is ended."""
    started = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, *arguments]
        environment = os.environ | {"TMPDIR": str(tmp_path)}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def test_a_server_ends_with_its_block(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    server = ["/bin/sh", "-c", f"echo $$ > {pid_file}; exec sleep 600"]

    def answers() -> bool:
        return pid_file.exists() and pid_file.read_text().endswith("\n")

    with running("sleeper", server, tmp_path / "log", answers):
        pid = int(pid_file.read_text())
        assert is_alive(pid)
    assert not is_alive(pid)


def test_a_server_ends_when_its_whole_group_of_parents_is_killed(
    tmp_path: Path, parent: Callable[..., subprocess.Popen[str]]
) -> None:
    told = tmp_path / "pid"
    process = parent(SLEEPER, str(told))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    pid = int(told.read_text())
    assert is_alive(pid)

    os.killpg(process.pid, signal.SIGKILL)

    wait_until(lambda: not is_alive(pid))


@pytest.mark.stack
def test_a_redis_that_crashed_comes_back_where_it_was_with_what_it_held(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with Restartable(lambda: redis_server(tmp_path)) as server:
        with Redis.from_url(server.address) as redis:
            redis.set("kept", "yes")

        server.kill()
        assert not reachable(redis_address(server.address))
        server.start()

        with Redis.from_url(server.address) as redis:
            assert redis.get("kept") == b"yes"
    assert not reachable(redis_address(server.address))


def test_a_server_that_cannot_start_gives_its_last_words(tmp_path: Path) -> None:
    server = ["/bin/sh", "-c", "echo no room on disk; exit 1"]
    never = running("Kafka", server, tmp_path / "log", lambda: False)

    with pytest.raises(StackError, match=r"(?s)Kafka ended while starting.*no room on disk"), never:
        pytest.fail("it did start")


def test_two_stacks_live_side_by_side_until_one_is_killed(
    stack: Stack, parent: Callable[..., subprocess.Popen[str]]
) -> None:
    process = parent(HOLD_A_STACK)
    assert process.stdout is not None
    kafka, redis = json.loads(process.stdout.readline())
    both = {stack.kafka, stack.redis, kafka, redis}
    assert len(both) == 4
    assert reachable(kafka)
    assert reachable(redis_address(redis))

    process.kill()

    wait_until(lambda: not reachable(kafka) and not reachable(redis_address(redis)))
    assert reachable(stack.kafka)
    assert reachable(redis_address(stack.redis))


@pytest.mark.stack
@pytest.mark.versions
@pytest.mark.parametrize("version", ["3.9.2", "4.3.1"])
def test_other_versions_of_kafka_start_too(version: str) -> None:
    with local_stack(version) as stack:
        if not stack.rungs["kafka"].startswith(OWN_KAFKA):
            pytest.skip("only Maven Central has the version that we ask for")
        assert version in stack.rungs["kafka"]
        assert (
            len(AdminClient({"bootstrap.servers": stack.kafka}).list_topics(timeout=10).brokers)
            == 1
        )


@given(count=st.integers(1, 20))
def test_ports_are_free_distinct_and_remembered(
    tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    memory = tmp_path_factory.mktemp("ports") / "ports"
    first = ports(memory, count)

    assert len(set(first)) == count
    assert not any(reachable(f"127.0.0.1:{port}") for port in first)
    assert ports(memory, count) == first


# Which rung is taken.


def run_bare(program: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment | BARE | given,
        capture_output=True,
        text=True,
        check=False,
    )


TELL = """
from streams.stack import local_stack
with local_stack() as stack:
    print(stack)
"""


def test_addresses_that_are_given_are_used(stack: Stack) -> None:
    done = run_bare(TELL, PENSTOCK_KAFKA=stack.kafka, PENSTOCK_REDIS=stack.redis)

    assert done.returncode == 0, done.stderr
    assert f"PENSTOCK_KAFKA, as given: {stack.kafka}" in done.stdout
    assert f"redis='{stack.redis}'" in done.stdout


def test_an_address_where_nobody_answers_is_refused_by_name(stack: Stack) -> None:
    done = run_bare(TELL, PENSTOCK_KAFKA="127.0.0.1:1", PENSTOCK_REDIS=stack.redis)

    assert done.returncode != 0
    assert "PENSTOCK_KAFKA is set, but nothing answers at 127.0.0.1:1" in done.stderr


def test_without_java_the_message_names_the_lines_to_run(stack: Stack) -> None:
    done = run_bare(TELL, PENSTOCK_REDIS=stack.redis)

    assert done.returncode != 0
    assert "There is no Kafka to use here" in done.stderr
    assert "export PENSTOCK_KAFKA=host:port" in done.stderr
    assert "apt-get install -y --no-install-recommends openjdk-17-jre-headless" in done.stderr


def test_a_test_that_needs_the_stack_fails_where_none_can_be_had() -> None:
    done = run_bare(
        "import pytest, sys; sys.exit(pytest.main(['-p', 'no:randomly', '-q',"
        f"{__file__!r} + '::test_what_redis_is_told_it_keeps']))"
    )

    assert done.returncode == 1, done.stdout
    assert "There is no Redis to use here" in done.stdout
    assert "skipped" not in done.stdout


# `penstock up` and `penstock down`.


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a stack in the background; what still runs there at the end is ended."""
    place = tmp_path / "background"
    yield place
    tell(down, place)


def tell(command: click.Command, folder: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(command, ["--folder", str(folder), "--json", *options])
    assert done.exit_code == 0, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.stack
def test_up_and_down_and_what_is_kept_between(folder: Path) -> None:
    assert tell(down, folder) == {"stopped": False, "wiped": False}

    first = tell(up, folder)
    assert first.pop("started")
    with Redis.from_url(first["redis"]) as redis:
        redis.set("kept", "yes")
    again = tell(up, folder)
    assert again == first | {"started": False}

    assert tell(down, folder) == {"stopped": True, "wiped": False}
    assert not reachable(first["kafka"])
    assert not reachable(redis_address(first["redis"]))

    assert tell(up, folder) == first | {"started": True}
    with Redis.from_url(first["redis"]) as redis:
        assert redis.get("kept") == b"yes"

    assert tell(down, folder, "--wipe") == {"stopped": True, "wiped": True}
    assert not folder.exists()


def test_down_never_ends_a_process_that_merely_has_the_old_number(folder: Path) -> None:
    folder.mkdir()
    with subprocess.Popen(["sleep", "600"]) as innocent:
        (folder / "keeper.pid").write_text(f"{innocent.pid}\n")

        assert tell(down, folder) == {"stopped": False, "wiped": False}

        assert innocent.poll() is None
        innocent.kill()


def test_a_folder_that_holds_other_things_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")

    done = CliRunner().invoke(up, ["--folder", str(folder)])
    assert done.exit_code == 1
    assert "holds other things" in done.output
    tell(down, folder, "--wipe")

    assert (folder / "thesis.txt").read_text() == "years of work"
