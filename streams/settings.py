"""The process's settings; the only reader of the environment.

A mistake is told in one line that names the variable, what is wrong with its value, and an example.
"""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.errors import MendableError

PREFIX = "PENSTOCK_"


class RedisConnection(TypedDict):
    """How to reach Redis."""

    url: str
    password: str | None
    ca_file: str | None
    cluster: bool


class Settings(BaseSettings):
    """What a process may be told; none of it changes what a fold gives."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    kafka: Annotated[str, Field(pattern=r"^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$")] = Field(
        default="127.0.0.1:9092",
        description="Kafka's bootstrap servers.",
        examples=["kafka-1:9092,kafka-2:9092"],
    )
    redis: Annotated[str, Field(pattern=r"^(redis|rediss|unix)://")] = Field(
        default="redis://127.0.0.1:6379/0",
        description="Redis, by TCP, TLS or a Unix socket.",
        examples=["rediss://penstock@redis:6379/0"],
    )
    redis_password: SecretStr | None = Field(
        default=None, description="Redis's password.", examples=["(from a secret)"]
    )
    redis_ca_file: str | None = Field(
        default=None,
        description="The authority that signed Redis's certificate, if the system's list lacks it.",
        examples=["/etc/penstock/redis-ca.pem"],
    )
    redis_cluster: bool = Field(default=False, description="Redis is a cluster.", examples=["true"])
    group: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = Field(
        default="penstock",
        description="The consumer group, and the namespace of the state.",
        examples=["penstock-eu"],
    )
    topic_prefix: Annotated[str, Field(pattern=r"^[a-z0-9._-]{0,40}$")] = Field(
        default="", description="Stands before the name of every topic.", examples=["staging."]
    )
    partitions: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=8,
        description="Partitions of topics that are created. The journal's never change.",
        examples=["32"],
    )
    replication: Annotated[int, Field(ge=1, le=7)] = Field(
        default=1, description="Replicas of topics that are created.", examples=["3"]
    )
    clock: Literal["wall", "data"] = Field(
        default="wall",
        description="What makes days pass: the wall clock, or the data's own dates.",
        examples=["data"],
    )
    web_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=6066,
        description="Where a worker serves /livez, /readyz and /metrics; 0 serves nothing.",
        examples=["6066"],
    )
    web_host: str = Field(
        default="127.0.0.1", description="The address it serves them on.", examples=["10.0.0.7"]
    )
    slice_records_max: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=2_000,
        description="The most records of one partition in a cycle.",
        examples=["1000"],
    )
    cached_users_max: Annotated[int, Field(ge=0)] = Field(
        default=20_000, description="The most users whose state is kept decoded.", examples=["5000"]
    )
    stuck_after_s: Annotated[int, Field(ge=5)] = Field(
        default=60,
        description="Seconds without progress after which a worker ends itself.",
        examples=["120"],
    )
    verify_records_a_second: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=500,
        description="How fast a worker reads the journal to check on its own state; 0 does not.",
        examples=["2000"],
    )
    state_dir: Path = Field(
        default=Path(".penstock"),
        description="Where a worker keeps its slot's lock.",
        examples=["/var/lib/penstock"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least severe log lines that are written.",
        examples=["debug"],
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How log lines are written.", examples=["json"]
    )
    dev: bool = Field(
        default=False,
        description="Accept a Redis without persistence; nothing else is relaxed.",
        examples=["true"],
    )

    @property
    def redis_connection(self) -> RedisConnection:
        """Give what `streams.store.connect` takes."""
        password = self.redis_password
        return {
            "url": self.redis,
            "password": None if password is None else password.get_secret_value(),
            "ca_file": self.redis_ca_file,
            "cluster": self.redis_cluster,
        }


class SettingsError(MendableError):
    """The environment holds a value that cannot be used."""


@cache
def load() -> Settings:
    """Read the environment, once."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(map(_worded, error.errors()))) from None


def _worded(detail: object) -> str:
    assert isinstance(detail, dict)
    name = str(detail["loc"][0])
    example = Settings.model_fields[name].examples or [""]
    return f"{PREFIX}{name.upper()}: {detail['msg']}, as in {example[0]}"


def environment(settings: Settings) -> dict[str, str]:
    """Give the environment in which a process of its own reads these settings."""
    own = {
        PREFIX + name.upper(): value.get_secret_value()
        if isinstance(value, SecretStr)
        else str(value)
        for name, value in settings.model_dump(exclude_none=True).items()
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**inherited, **own}


def table() -> str:
    """Write the settings as a Markdown table, for the README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows) + "\n"
