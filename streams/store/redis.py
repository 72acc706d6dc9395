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
from collections.abc import Sequence
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
    Peeked,
    Token,
    Writes,
)
from streams.store.connection import Client
from streams.store.peeking import Command, Peeking
from streams.store.pieces import CHUNK_BYTES_MAX, Piecewise, Span

CALL_SECONDS_MAX = 5.0


class Script(NamedTuple):
    """A Lua script, and the name that Redis knows it by once it has run."""

    text: str
    sha: str


def _script(*names: str) -> Script:
    folder = Path(__file__).parent
    text = "".join((folder / name).read_text() for name in names)
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


OWN = _script("head.lua", "own.lua")
CLAIM = _script("head.lua", "claim.lua")
BEGIN = _script("head.lua", "begin.lua")
APPLY = _script("head.lua", "apply.lua")
LIFT = _script("lift.lua")


class RedisStore(Piecewise):
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
        super().__init__(chunk_bytes_max=chunk_bytes_max)
        self._client = client
        self._group = group
        self._call_seconds_max = call_seconds_max

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def epoch(self) -> int:
        """Give the group's epoch: 0 until it is raised."""
        async with asyncio.timeout(self._call_seconds_max):
            return int(await self._client.get(self._epoch_key) or 0)

    async def raise_epoch(self) -> int:
        """Raise the group's epoch; gives the new one."""
        async with asyncio.timeout(self._call_seconds_max):
            return int(await self._client.incr(self._epoch_key))

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it.

        A greater epoch that refuses us outlived the group's own, which was lost; without it nobody
        could ever claim. Should the second call fail, the next claim makes it again.
        """
        held_epoch: int | None = await self._run(OWN, partition, token)
        if held_epoch is not None and held_epoch > token.epoch:
            await self._evaluate(LIFT, [self._epoch_key], [held_epoch])
        return held_epoch is None

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; take back an apply that is not all committed.

        An EQUAL claim leaves the undo record: the next apply replaces it. BEHIND takes on the
        layout as well, for a refold comes next.
        """
        found, *rest = await self._run(CLAIM, partition, token, committed, *_identity(identity))
        return Claimed(Ownership(found.decode()), int(rest[0]) if rest else None)

    async def begin_piece(
        self, partition: int, token: Token, watermark: int, identity: Identity, users_max: int
    ) -> int:
        """Remove at most *users_max* users and give how many; with none left, set the watermark.

        Each call is short, so that Redis serves others between them.
        """
        arguments = (watermark, *_identity(identity), BUCKETS, users_max)
        return int(await self._run(BEGIN, partition, token, *arguments))

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

    async def peek_shared(self, partition: int) -> Parts | None:
        """Read what users share without owning the partition; None where there is no state."""
        home = _home(self._group, partition)
        asked = [("HGET", home + "meta", "watermark"), ("HGETALL", home + "shared")]
        async with asyncio.timeout(self._call_seconds_max):
            watermark, rows = await self._piped(asked)
        return None if watermark is None else _parts(rows)

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users in order; ConflictError unless both match."""
        command = ("SMEMBERS", _home(self._group, partition) + _bucket(bucket))
        (reply,) = await self._read(partition, token, watermark, [command])
        return sorted(user.decode() for user in reply)

    async def peek(self, partition: int, committed: int, bucket: int) -> Peeked | None:
        """Read a bucket without owning its partition; None where there is no state."""

        async def ask(commands: Sequence[Command]) -> list[Any]:
            async with asyncio.timeout(self._call_seconds_max):
                return await self._piped(commands)

        peeking = Peeking(ask, _home(self._group, partition))
        return await peeking.bucket(bucket, _bucket(bucket), committed)

    async def discard(self, partition: int, identity: Identity) -> None:
        """Empty a partition, whoever owns it, as the epoch and generation that holds it."""
        await self._remove_strays(partition)
        meta = _home(self._group, partition) + "meta"
        async with asyncio.timeout(self._call_seconds_max):
            ((epoch, generation),) = await self._piped([("HMGET", meta, "epoch", "generation")])
        held = await self.epoch() if epoch is None else int(epoch)
        await self._discard(partition, Token(held, int(generation or 0), ""), identity)

    async def _remove_strays(self, partition: int) -> None:
        """Remove users that no bucket lists: a state that is begun anew would not find them."""
        home = _home(self._group, partition)
        start = f"{home}user:".encode()
        async for key in self._client.scan_iter(match=f"{home}user:*", count=1_000):
            user = key.removeprefix(start)
            bucket = _bucket(bucket_of(user.decode(errors="replace")))
            async with asyncio.timeout(self._call_seconds_max):
                (is_listed,) = await self._piped([("SISMEMBER", home + bucket, user)])
                if not is_listed:
                    await self._piped([("UNLINK", key)])

    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        """Write a chunk: the first opens the undo record, the last moves the watermark."""
        place = (span.watermark, span.until, span.number, int(span.is_last))
        await self._run(APPLY, partition, token, *place, *_packed(chunk))

    @property
    def _epoch_key(self) -> str:
        return f"{self._group}:epoch"

    async def _run(self, script: Script, partition: int, token: Token, *arguments: Any) -> Any:
        home = _home(self._group, partition)
        try:
            return await self._evaluate(script, [home, home + "meta"], [*token, *arguments])
        except ResponseError as error:
            code, _, reason = str(error).partition(" ")
            if code == "CONFLICT":
                raise ConflictError(f"partition {partition}: {reason}") from error
            raise

    async def _evaluate(self, script: Script, keys: list[str], arguments: list[Any]) -> Any:
        """Run a script by its name; by its text where Redis has lost it, as after a restart."""
        call = (len(keys), *keys, *arguments)
        async with asyncio.timeout(self._call_seconds_max):
            try:
                return await self._client.evalsha(script.sha, *call)
            except NoScriptError:
                # Said before anything has run, so this is no second time.
                return await self._client.eval(script.text, *call)

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


def _packed(chunk: Writes) -> tuple[bytes, bytes]:
    """Give the outline and the values of a chunk; two long arguments are cheaper than many short.

    Values stay out of MessagePack, because Redis' own reader of it knows text but no bytes.
    """
    units = [("shared", "", chunk.shared)] if chunk.shared else []
    units += (
        (f"user:{user}", _bucket(bucket_of(user)), parts)
        for user, parts in chunk.users.items()
        if parts
    )
    outline = [(hash_, bucket, _sizes(parts)) for hash_, bucket, parts in units]
    values = b"".join(part for _, _, parts in units for part in parts.values())
    return msgspec.msgpack.encode(outline), values


def _sizes(parts: Parts) -> list[str | int]:
    return [each for name, part in parts.items() for each in (name, len(part))]
