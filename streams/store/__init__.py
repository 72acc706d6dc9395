"""The state of journal partitions: a twin in memory, and the real one in Redis.

Both keep the promises of `streams.protocols.Store`; one suite of tests runs against both.
"""

from streams.store.connection import connect
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore

__all__ = ["MemoryStore", "RedisStore", "connect"]
