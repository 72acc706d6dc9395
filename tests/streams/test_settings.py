"""Settings: one line for a mistake, one table for the README."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.readme import with_settings
from streams.settings import PREFIX, Settings, environment

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        ("KAFKA", "localhost", "kafka-1:9092"),
        ("REDIS", "http://localhost", "rediss://"),
        ("PARTITIONS", "many", "32"),
        ("PARTITIONS", "0", "32"),
        ("CLOCK", "sundial", "data"),
        ("GROUP", "A Group", "penstock-eu"),
        ("WEB_PORT", "70000", "6066"),
    ],
)
def test_a_mistake_is_one_line_with_an_example(name: str, value: str, example: str) -> None:
    code = "from streams import settings; settings.load()"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, PREFIX + name: value},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    line = ended.stderr.splitlines()[-1]
    assert line.startswith(f"streams.settings.SettingsError: {PREFIX}{name}: ")
    assert example in line


def test_a_mistake_is_told_before_anything_starts() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "worker"],
        env={**os.environ, "PENSTOCK_CLOCK": "sundial"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Error: PENSTOCK_CLOCK: ")


def test_a_worker_without_kafka_says_what_to_do() -> None:
    environment = {**os.environ, "PENSTOCK_KAFKA": "127.0.0.1:1", "PENSTOCK_LOG_LEVEL": "error"}
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "worker"],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "Kafka at 127.0.0.1:1 does not answer" in ended.stderr
    assert "PENSTOCK_KAFKA" in ended.stderr


def test_settings_cannot_change_once_read() -> None:
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.partitions = 3  # type: ignore[misc] # That is the point.


def test_a_password_is_never_shown() -> None:
    assert "hush" not in repr(Settings.model_validate({"redis_password": "hush"}))


def test_another_process_reads_the_same_settings() -> None:
    settings = Settings.model_validate({"redis_password": "hush", "partitions": 3, "dev": True})
    code = "from streams import settings; s = settings.load(); print(s.redis_connection, s.dev)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(settings), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert ended.stdout.strip() == f"{settings.redis_connection} True"


def test_every_setting_says_what_it_is_and_shows_an_example() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.examples, name


def test_the_readme_shows_the_settings_as_they_are() -> None:
    text = README.read_text("utf-8")
    assert with_settings(text) == text
