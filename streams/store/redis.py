"""The state in Redis: a few keys a partition, read in one round trip, written by Lua scripts.

Keys of journal partition 7 of the group "penstock"; their common hash tag puts them in one slot:

    {penstock:7}:meta        hash: epoch, generation, nonce; watermark, topic_id, layout, fold
    {penstock:7}:user:ID     hash: the parts of one user
    {penstock:7}:bucket:NN   set: the ids of the bucket's users that have a part
    {penstock:7}:shared      hash: the rows that all users share
    {penstock:7}:undo        hash: what the last apply replaced; see head.lua
    penstock:epoch           the group's epoch
"""

import asyncio
from collections.abc import Iterator, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import NoScriptError, ResponseError

from schemas.ids import BUCKETS, bucket_of
from streams.protocols import (
    Claimed,
    ConflictError,
    Identity,
    Ownership,
    Parts,
    Token,
    Writes,
)
from streams.store.connection import Client

CHUNK_BYTES_MAX = 8 * 2**20
CALL_SECONDS_MAX = 5.0
USERS_REMOVED_AT_ONCE = 500

Command = tuple[str, ...]


class Script(NamedTuple):
    """A Lua script, and the name that Redis knows it by once it has run."""

    text: str
    sha: str


def _script(name: str) -> Script:
    folder = Path(__file__).parent
    text = (folder / "head.lua").read_text() + (folder / name).read_text()
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


OWN = _script("own.lua")
CLAIM = _script("claim.lua")
BEGIN = _script("begin.lua")
APPLY = _script("apply.lua")


class Unit(NamedTuple):
    """What is written of one hash: one user, or what users share; never split between chunks."""

    hash: str
    bucket: str
    parts: Parts

    @property
    def size_bytes(self) -> int:
        """Give about how much of a chunk it fills."""
        return len(self.hash) + sum(map(len, self.parts)) + sum(map(len, self.parts.values()))


class RedisStore:
    """State in one Redis or a Redis Cluster, with the promises of `streams.protocols.Store`.

    Errors of the client pass through as they are; so does TimeoutError when a call takes longer
    than *call_seconds_max*. After either nobody knows whether an apply took place, and nothing is
    tried again here: take ownership with a new nonce, then claim.
    """

    def __init__(
        self,
        client: Client,
        group: str = "penstock",
        *,
        chunk_bytes_max: int = CHUNK_BYTES_MAX,
        call_seconds_max: float = CALL_SECONDS_MAX,
    ) -> None:
        assert not set("{}") & set(group), "braces would move the hash tag"
        self._client = client
        self._group = group
        self._chunk_bytes_max = chunk_bytes_max
        self._call_seconds_max = call_seconds_max

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def epoch(self) -> int:
        """Give the group's epoch: 0 until an operator raises it."""
        async with asyncio.timeout(self._call_seconds_max):
            return int(await self._client.get(f"{self._group}:epoch") or 0)

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it."""
        return bool(await self._run(OWN, partition, token))

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; roll back what was applied but not committed.

        What an apply that was cut short has written goes back, too, and counts as ROLLED_BACK
        where the watermark is the committed offset. An EQUAL claim leaves the undo record: the next
        apply replaces it. BEHIND takes on the identity as well, for a refold comes next.
        """
        found, *rest = await self._run(CLAIM, partition, token, committed, *_identity(identity))
        return Claimed(Ownership(found.decode()), int(rest[0]) if rest else None)

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state and set its watermark; ConflictError if we do not own it.

        Many short calls, so that Redis serves others between them. Until the last the partition
        has no watermark: whoever dies in the middle leaves one that a claim finds MISSING.
        """
        arguments = (watermark, *_identity(identity), BUCKETS, USERS_REMOVED_AT_ONCE)
        while await self._run(BEGIN, partition, token, *arguments):
            pass

    async def load(
        self, partition: int, token: Token, watermark: int, users: Sequence[str]
    ) -> dict[str, Parts]:
        """Read all parts of users, and their absence; ConflictError unless both match."""
        commands = [("HGETALL", _home(self._group, partition) + f"user:{user}") for user in users]
        replies = await self._read(partition, token, watermark, commands)
        return dict(zip(users, map(_parts, replies), strict=True))

    async def load_shared(self, partition: int, token: Token, watermark: int) -> Parts:
        """Read the rows that a partition's users share; ConflictError unless both match."""
        command = ("HGETALL", _home(self._group, partition) + "shared")
        (reply,) = await self._read(partition, token, watermark, [command])
        return _parts(reply)

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users in order; ConflictError unless both match."""
        command = ("SMEMBERS", _home(self._group, partition) + _bucket(bucket))
        (reply,) = await self._read(partition, token, watermark, [command])
        return sorted(user.decode() for user in reply)

    async def apply(
        self, partition: int, token: Token, watermark: int, until: int, writes: Writes
    ) -> None:
        """Write and move the watermark to *until* at once, keeping what was as the undo record.

        More than *chunk_bytes_max* goes in several calls. Whatever ends them early, reads and
        applies find a conflict until a claim has taken the beginning back.
        """
        assert watermark < until, "an apply moves the watermark on"
        chunks = list(_chunks(writes, self._chunk_bytes_max))
        for number, units in enumerate(chunks):
            is_first, is_last = number == 0, number == len(chunks) - 1
            span = (watermark, until, int(is_first), int(is_last))
            await self._run(APPLY, partition, token, *span, *_packed(units))

    async def _run(self, script: Script, partition: int, token: Token, *arguments: Any) -> Any:
        """Run a script by its name; by its text where Redis has lost it, as after a restart."""
        home = _home(self._group, partition)
        call = (2, home, home + "meta", *token, *arguments)
        try:
            async with asyncio.timeout(self._call_seconds_max):
                try:
                    return await self._client.evalsha(script.sha, *call)
                except NoScriptError:
                    # Said before anything has run, so this is no second time.
                    return await self._client.eval(script.text, *call)
        except ResponseError as error:
            code, _, reason = str(error).partition(" ")
            if code == "CONFLICT":
                raise ConflictError(f"partition {partition}: {reason}") from error
            raise

    async def _read(
        self, partition: int, token: Token, watermark: int, commands: Sequence[Command]
    ) -> list[Any]:
        """Run commands in one round trip, between two looks at the fence.

        A token or a watermark that others replaced never comes back, so what lies between two
        fences that are both ours is of one moment. No script: through Lua a reply costs Redis ten
        times as much.
        """
        home = _home(self._group, partition)
        fence = ("HMGET", home + "meta", "epoch", "generation", "nonce", "watermark")
        begun = ("HGET", home + "undo", "base")
        async with asyncio.timeout(self._call_seconds_max):
            before, base, *replies, after = await self._piped([fence, begun, *commands, fence])
        ours = [str(each).encode() for each in (*token, watermark)]
        if before != ours or after != ours:
            raise ConflictError(f"partition {partition}: not ours, or not at {watermark}")
        if base == ours[-1]:
            raise ConflictError(f"partition {partition}: an apply was cut short; claim first")
        return replies

    async def _piped(self, commands: Sequence[Command]) -> list[Any]:
        if isinstance(self._client, RedisCluster):
            pipeline = self._client.pipeline()
            for command in commands:
                pipeline.execute_command(*command)
            # Whatever were redirected would run later, outside of the fence.
            return await pipeline.execute(allow_redirections=False)
        plain = self._client.pipeline(transaction=False)
        for command in commands:
            plain.execute_command(*command)
        return await plain.execute()


def _home(group: str, partition: int) -> str:
    return f"{{{group}:{partition}}}:"


def _bucket(bucket: int) -> str:
    return f"bucket:{bucket:02}"


def _identity(identity: Identity) -> tuple[str, int, int]:
    return identity.topic_id, identity.layout, identity.fold


def _parts(reply: dict[bytes, bytes]) -> Parts:
    return {name.decode(): part for name, part in reply.items()}


def _units(writes: Writes) -> Iterator[Unit]:
    if writes.shared:
        yield Unit("shared", "", writes.shared)
    for user, parts in writes.users.items():
        if parts:
            yield Unit(f"user:{user}", _bucket(bucket_of(user)), parts)


def _chunks(writes: Writes, bytes_max: int) -> Iterator[list[Unit]]:
    """Cut writes into chunks of at most *bytes_max*, or of one unit that alone is larger."""
    chunk: list[Unit] = []
    filled = 0
    for unit in _units(writes):
        if chunk and filled + unit.size_bytes > bytes_max:
            yield chunk
            chunk, filled = [], 0
        chunk.append(unit)
        filled += unit.size_bytes
    yield chunk


def _packed(units: Sequence[Unit]) -> tuple[bytes, bytes]:
    """Give the outline and the values of a chunk; two long arguments are cheaper than many short.

    Values stay out of MessagePack, because Redis' own reader of it knows text but no bytes.
    """
    outline = [(unit.hash, unit.bucket, _sizes(unit.parts)) for unit in units]
    values = b"".join(part for unit in units for part in unit.parts.values())
    return msgspec.msgpack.encode(outline), values


def _sizes(parts: Parts) -> list[str | int]:
    return [each for name, part in parts.items() for each in (name, len(part))]
