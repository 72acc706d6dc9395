"""A client of one Redis or of a Redis Cluster, as the store needs it: one that never retries."""

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS_MAX = 5.0

Client = Redis | RedisCluster


def connect(
    url: str,
    *,
    username: str | None = None,
    password: str | None = None,
    ca_file: str | None = None,
    cluster: bool = False,
) -> Client:
    """Make a client for redis://, rediss:// (TLS) or unix://; it connects when first used.

    A user and password in the URL win over those given beside it. *ca_file* names the authority
    that signed the server's certificate, where the system's own list does not.
    """
    given = {"username": username, "password": password, "ssl_ca_certs": ca_file}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    kind: type[Client] = RedisCluster if cluster else Redis
    return kind.from_url(
        url,
        # An apply that is sent again might be applied twice: who got no answer must claim anew.
        retry=Retry(NoBackoff(), 0),
        # The store sets one deadline a call; one for each of a thousand replies is slow.
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS_MAX,
        **settings,
    )
