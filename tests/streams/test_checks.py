"""What a worker refuses to start beside, each with the line that mends it."""

import itertools
import re
import shlex
from pathlib import Path

import pytest
import structlog
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from redis import Redis
from structlog.testing import capture_logs

from schemas.topics import ENRICHED, JOURNAL
from streams.checks import CheckError, check_before_start
from streams.settings import Settings
from streams.stack import Stack
from streams.stack.processes import LOOPBACK, ports
from streams.topic_admin import BrokerError
from tests.end_to_end.chain import Chain
from tests.streams.store.servers import own_redis, tell


def configure(chain: Chain, topic: str, key: str, value: str) -> None:
    entry = ConfigEntry(key, value)
    entry.incremental_operation = AlterConfigOpType.SET
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": chain.settings.kafka, "log_level": 0})
    admin.incremental_alter_configs([resource])[resource].result(15)


def test_where_all_is_well_nothing_is_said(stack: Stack, tmp_path: Path) -> None:
    check_before_start(Chain(stack, tmp_path).settings)


def test_topics_that_are_missing_are_named(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path, make_topics=False)
    with pytest.raises(CheckError, match="run: penstock topics apply --execute") as refused:
        check_before_start(chain.settings)
    assert chain.names.journal in str(refused.value)


def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1 does not answer .*set PENSTOCK_KAFKA"):
        check_before_start(Settings(kafka="127.0.0.1:1"))


@pytest.mark.parametrize(
    ("key", "value"), [("retention.ms", "1000"), ("message.timestamp.type", "CreateTime")]
)
def test_a_journal_that_would_forget_or_tells_a_wrong_time_is_refused(
    stack: Stack, tmp_path: Path, key: str, value: str
) -> None:
    chain = Chain(stack, tmp_path)
    configure(chain, chain.names.journal, key, value)
    with pytest.raises(CheckError) as refused:
        check_before_start(chain.settings)

    # Whoever does what the line says is let through.
    (command,) = re.findall(r"run: (.+)$", str(refused.value))
    words = shlex.split(command)
    named = dict(itertools.pairwise(words))
    assert named["--entity-name"] == chain.names.journal
    mended_key, _, mended = named["--add-config"].partition("=")
    assert (mended_key, mended) == (key, JOURNAL.config[key])
    configure(chain, chain.names.journal, mended_key, mended)
    check_before_start(chain.settings)


def test_another_topic_may_be_kept_as_long_as_its_owner_likes(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path)
    configure(chain, chain.names.of(ENRICHED), "retention.ms", "86400000")
    structlog.reset_defaults()  # Another test may have asked for silence.
    with capture_logs() as told:
        check_before_start(chain.settings)
    assert [line["topic"] for line in told] == [chain.names.of(ENRICHED)]


def test_a_redis_that_may_lose_state_is_refused(stack: Stack, tmp_path: Path) -> None:
    (port,) = ports(tmp_path / "ports", 1)
    chain = Chain(stack, tmp_path, redis=f"redis://{LOOPBACK}:{port}/0")
    with pytest.raises(CheckError, match=r"Redis does not answer .* set PENSTOCK_REDIS"):
        check_before_start(chain.settings)
    with own_redis(tmp_path / "redis", port), Redis(host=LOOPBACK, port=port) as redis:
        check_before_start(chain.settings)

        tell(redis, "CONFIG", "SET", "appendonly", "no")
        with pytest.raises(CheckError, match="config set appendonly yes"):
            check_before_start(chain.settings)
        relaxed = chain.settings.model_copy(update={"dev": True})
        check_before_start(relaxed)

        tell(redis, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        for settings in (chain.settings, relaxed):  # It relaxes nothing else.
            with pytest.raises(CheckError, match="config set maxmemory-policy noeviction"):
                check_before_start(settings)
