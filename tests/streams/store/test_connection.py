"""Every way to reach a Redis, each on a real server of the test's own."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from schemas.ids import bucket_of
from streams.protocols import Claimed, Ownership
from streams.stack.redis_server import find_redis
from streams.store import RedisStore, connect
from streams.store.connection import Client
from tests.processes import free_port
from tests.streams.store.servers import own_cluster, own_redis, tell
from tests.streams.store.stories import IDENTITY, OURS, PARTITION, begun, changes, whole

pytestmark = pytest.mark.stack

# All that Penstock asks of an ACL user: two key patterns, and these commands.
ACL_RULES = [
    *("resetkeys", "~{penstock:*}:*", "~penstock:epoch", "resetchannels", "-@all"),
    *("+evalsha", "+eval", "+get", "+set", "+incrby", "+exists", "+unlink"),
    *("+hget", "+hmget", "+hgetall", "+hset", "+hdel", "+sadd", "+srem", "+spop", "+smembers"),
    # These two are for `penstock verify --heal` alone.
    *("+scan", "+sismember"),
]


def use_fully(client: Client, partition: int = PARTITION) -> None:
    """Touch every script and every read over a client, then close it."""

    async def story() -> None:
        store = RedisStore(client)
        try:
            epoch = await store.epoch()
            ours = OURS._replace(epoch=epoch)
            assert await store.own(partition, ours)
            await store.begin(partition, ours, 10, IDENTITY)
            first = changes(ann={"hot": b"1"}, shared={"days": b"d"})
            await store.apply(partition, ours, 10, 20, first)
            then = changes(ann={"hot": b""}, shared={"days": b""})
            await store.apply(partition, ours, 20, 30, then)
            assert (await store.claim(partition, ours, 20, IDENTITY)).ownership == "rolled_back"
            assert await store.load(partition, ours, 20, ["ann"]) == first.users
            assert await store.load_shared(partition, ours, 20) == first.shared
            assert await store.users_of_bucket(partition, ours, 20, bucket_of("ann")) == ["ann"]
            await store.begin(partition, ours, 20, IDENTITY)
            assert await store.users_of_bucket(partition, ours, 20, bucket_of("ann")) == []
            await store.apply(partition, ours, 20, 30, first)
            peeked = await store.peek(partition, 30, bucket_of("ann"))
            assert peeked is not None
            assert (peeked.users, peeked.shared) == (first.users, first.shared)
            # The epoch is raised, then forgotten but for the token that was made with it.
            assert await store.raise_epoch() == epoch + 1
            assert await store.own(partition, ours._replace(epoch=epoch + 2))
            assert not await store.own(partition, ours)
            assert await store.epoch() == epoch + 2
            await store.discard(partition, IDENTITY)
            assert await store.peek(partition, 30, bucket_of("ann")) == replace(
                peeked, watermark=0, users={}, shared={}
            )
        finally:
            await store.close()

    asyncio.run(story())


# One server.


def test_over_a_unix_socket(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as short:  # A socket's path has some 100 bytes at most.
        socket = f"{short}/redis.sock"
        options = ("--unixsocket", socket)
        probe = Redis(unix_socket_path=socket)
        with own_redis(tmp_path, 0, *options, probe=probe):
            use_fully(connect(f"unix://{socket}?db=0"))


def test_as_a_user_that_may_do_no_more_than_it_must(tmp_path: Path) -> None:
    port = free_port(tmp_path)
    url = f"redis://127.0.0.1:{port}/0"
    with own_redis(tmp_path, port), Redis(port=port) as admin:
        tell(admin, "ACL", "SETUSER", "worker", "on", ">open sesame", *ACL_RULES)
        use_fully(connect(url, username="worker", password="open sesame"))  # noqa: S106  A test's.
        use_fully(connect(url.replace("//", "//worker:open%20sesame@")))

        with pytest.raises(AuthenticationError):
            use_fully(connect(url, username="worker", password="wrong"))  # noqa: S106  A test's.
        tell(admin, "ACL", "SETUSER", "worker", "-hset")
        with pytest.raises(ResponseError, match=r"can.t run this command|permission"):
            use_fully(connect(url, username="worker", password="open sesame"))  # noqa: S106  A test's.


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that is its own authority; give it and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    certificate, key = tmp_path / "redis.crt", tmp_path / "redis.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_over_tls_with_an_authority_of_ones_own(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    if not _speaks_tls():
        pytest.skip("this redis-server was built without TLS")
    authority, key = map(str, certificate)
    port = free_port(tmp_path)
    options = ["--tls-port", str(port), "--tls-auth-clients", "no", "--tls-ca-cert-file", authority]
    options += ["--tls-cert-file", authority, "--tls-key-file", key]
    probe = Redis(host="127.0.0.1", port=port, ssl=True, ssl_ca_certs=authority)
    with own_redis(tmp_path, 0, *options, probe=probe):
        use_fully(connect(f"rediss://127.0.0.1:{port}/0", ca_file=authority))
        # The system's own list does not know this authority.
        with pytest.raises(RedisError, match="certificate"):
            use_fully(connect(f"rediss://127.0.0.1:{port}/0"))


def _speaks_tls() -> bool:
    binary = find_redis()
    if binary is None:
        return False
    command = [str(binary), "--tls-port", "1", "--tls-cert-file", "none", "--port", "0"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return "Bad directive" not in told.stdout + told.stderr


# A Cluster.


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Redis]]:
    with own_cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


def address(node: Redis) -> str:
    return f"redis://127.0.0.1:{node.connection_pool.connection_kwargs['port']}"


def home_of(partition: int) -> str:
    return f"{{penstock:{partition}}}:"


def slot_of(node: Redis, partition: int) -> int:
    return int(tell(node, "CLUSTER", "KEYSLOT", home_of(partition)))


def owner_of(nodes: list[Redis], partition: int) -> Redis:
    slot = slot_of(nodes[0], partition)
    return nodes[slot // (16_384 // len(nodes) + 1)]


def test_partitions_live_on_all_nodes_of_a_cluster(cluster: list[Redis]) -> None:
    partitions = range(6)
    for partition in partitions:
        use_fully(connect(address(cluster[0]), cluster=True), partition)

    homes = {node: [key.decode() for key in node.scan_iter("*")] for node in cluster}
    assert all(homes.values()), "one node has nothing; choose more partitions"
    for partition in partitions:
        nodes = [node for node, keys in homes.items() if home_of(partition) + "meta" in keys]
        assert nodes == [owner_of(cluster, partition)]


def test_while_a_slot_moves_nothing_is_read_or_written_and_then_all_is_there(
    cluster: list[Redis],
) -> None:
    """Half of a partition's keys here and half there must never pass for a state."""
    source = owner_of(cluster, PARTITION)
    target = next(node for node in cluster if node is not source)
    slot = slot_of(source, PARTITION)
    names = {node: tell(node, "CLUSTER", "MYID") for node in (source, target)}
    port = target.connection_pool.connection_kwargs["port"]
    users = ["ann", "bo", "cy"]

    async def story() -> None:
        store = RedisStore(connect(address(cluster[0]), cluster=True))
        await begun(store)
        first = changes(ann={"hot": b"1"}, bo={"hot": b"2"}, shared={"days": b"d"})
        await store.apply(PARTITION, OURS, 10, 20, first)
        held = await whole(store, 20, users)

        tell(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
        tell(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
        keys = [key.decode() for key in source.scan_iter(home_of(PARTITION) + "*")]
        # The fence goes first, which is the worst: the other side then looks like a partition.
        keys.sort(key=lambda key: not key.endswith("meta"))
        for key in keys:
            for attempt in (
                store.load(PARTITION, OURS, 20, users),
                store.apply(PARTITION, OURS, 20, 30, changes(cy={"hot": b"3"})),
                store.claim(PARTITION, OURS, 20, IDENTITY),
            ):
                with pytest.raises(RedisError):
                    await attempt
            tell(source, "MIGRATE", "127.0.0.1", port, key, 0, 5_000)
        for node in cluster:
            tell(node, "CLUSTER", "SETSLOT", slot, "NODE", names[target])

        # As the engine does after any error; this also learns where the slot is now.
        assert await store.claim(PARTITION, OURS, 20, IDENTITY) == Claimed(Ownership.EQUAL, 20)
        assert await whole(store, 20, users) == held
        await store.apply(PARTITION, OURS, 20, 30, changes(cy={"hot": b"3"}))
        assert (await store.load(PARTITION, OURS, 30, users))["cy"] == {"hot": b"3"}
        await store.close()

    asyncio.run(story())
