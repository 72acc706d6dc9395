"""The production-like path, held against what can be known without a Docker daemon."""

import json
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from streams.metrics import Metrics
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"topics"}
LONG_RUNNING = sorted(SERVICES.keys() - ONE_SHOT)
DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "ops" / "grafana" / "dashboards" / "penstock.json").read_text()
)
PROVISIONING = ROOT / "ops" / "grafana" / "provisioning"

# What Prometheus calls the series of one metric.
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}

# A name, and after the last slash a tag with at least a major and a minor version in it.
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+[\w.-]*$")


def compose_schema() -> Any:
    """Read the Compose JSON Schema that check-jsonschema carries as a file."""
    # Located, not imported: that package's own command wants another Click than ours.
    carrier = distribution("check-jsonschema")
    vendored = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
    return json.loads(Path(str(carrier.locate_file(vendored))).read_text())


def compose_problems(document: Any) -> list[str]:
    schema = compose_schema()
    problems = validator_for(schema)(schema).iter_errors(document)
    return [f"{problem.json_path}: {problem.message}" for problem in problems]


def instructions(of: str) -> list[str]:
    """List the arguments of one Dockerfile instruction, a continued line counting as one."""
    lines = DOCKERFILE.replace("\\\n", "").splitlines()
    return [line.removeprefix(of).strip() for line in lines if line.startswith(f"{of} ")]


def test_the_compose_file_is_valid() -> None:
    assert compose_problems(COMPOSE) == []


def test_the_schema_would_notice_a_misspelt_key() -> None:
    broken = {"services": {"worker": {"image": "penstock:0.1.0", "stop_grace_perid": "30s"}}}
    assert len(compose_problems(broken)) == 1


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned(name: str) -> None:
    assert PINNED.match(SERVICES[name]["image"])


def test_the_images_we_build_on_are_pinned_too() -> None:
    bases = [line.split()[0] for line in instructions("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert PINNED.match(bases[0])


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_runs_long_is_watched_restarted_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]


def test_what_ends_by_itself_is_not_started_again() -> None:
    assert {SERVICES[name]["restart"] for name in ONE_SHOT} == {"no"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_is_published_beyond_this_machine(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        ended = "service_completed_successfully"
        assert wait["condition"] == (ended if other in ONE_SHOT else "service_healthy")


def test_the_worker_starts_after_its_topics_and_is_given_time_to_stop() -> None:
    worker = SERVICES["worker"]
    assert worker["depends_on"].keys() == {"topics", "redis"}
    assert worker["stop_grace_period"] == "30s"
    assert SERVICES["topics"]["command"] == ["topics", "apply", "--execute"]
    # Published on a fixed port, a second worker could not start.
    assert "ports" not in worker


def test_kafka_is_reached_from_inside_and_from_outside() -> None:
    kafka = SERVICES["kafka"]["environment"]
    advertised = dict(
        listener.split("://", 1) for listener in kafka["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert advertised == {"INSIDE": "kafka:19092", "OUTSIDE": "localhost:9092"}
    assert SERVICES["worker"]["environment"]["PENSTOCK_KAFKA"] == advertised["INSIDE"]
    assert SERVICES["kafka"]["ports"] == [f"127.0.0.1:9092:{advertised['OUTSIDE'].split(':')[1]}"]


def test_redis_keeps_what_it_is_given() -> None:
    command = SERVICES["redis"]["command"]
    chosen = dict(zip(command[1::2], command[2::2], strict=True))
    assert chosen["--appendonly"] == "yes"
    assert chosen["--maxmemory-policy"] == "noeviction"
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    syncs = [line for line in instructions("RUN") if "uv sync" in line]
    assert len(syncs) == 2
    assert all("--frozen --no-dev" in line for line in syncs)
    assert instructions("USER") == ["penstock"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    # In exec form the signal reaches the program, not a shell.
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["penstock"]
    assert json.loads(instructions("CMD")[0]) == ["worker"]


def test_every_setting_that_is_given_is_one_that_exists() -> None:
    given = set(
        re.findall(r"PENSTOCK_[A-Z_]+", DOCKERFILE + (ROOT / "docker-compose.yml").read_text())
    )
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert {"PENSTOCK_KAFKA", "PENSTOCK_REDIS"} <= given <= known


def test_workers_share_the_folder_that_their_locks_are_in() -> None:
    (environment,) = [line for line in instructions("ENV") if "PENSTOCK_STATE_DIR" in line]
    state_dir = re.findall(r"PENSTOCK_STATE_DIR=(\S+)", environment)[0]
    assert SERVICES["worker"]["volumes"] == [f"worker:{state_dir}"]
    # A new volume takes its owner from the image's folder, which is the user's own.
    assert f"--home-dir {state_dir} --create-home penstock" in DOCKERFILE


def test_the_image_is_given_every_package_and_no_other_folder() -> None:
    given = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    folders = {name for name in given if (ROOT / name).is_dir()}
    assert folders == set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert given - folders == {"pyproject.toml", "uv.lock", "README.md", "LICENSE"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_mounts_is_there(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        known = (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        assert known, source


def test_prometheus_finds_every_worker_where_its_metrics_are() -> None:
    (job,) = yaml.safe_load((ROOT / "ops" / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert set(found["names"]) <= SERVICES.keys()
    assert f"127.0.0.1:{found['port']}/livez" in SERVICES["worker"]["healthcheck"]["test"][-1]


def test_grafana_finds_prometheus_and_the_dashboard() -> None:
    datasources = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())
    providers = yaml.safe_load((PROVISIONING / "dashboards" / "penstock.yml").read_text())
    (source,) = datasources["datasources"]
    (provider,) = providers["providers"]
    assert source["url"] == "http://prometheus:9090"
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    mounted = f"./ops/grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in SERVICES["grafana"]["volumes"]


def test_the_dashboard_shows_only_metrics_that_a_worker_has() -> None:
    asked = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in re.findall(r"penstock_[a-z_]+", target["expr"])
    }
    assert len(asked) == len(DASHBOARD["panels"])
    assert asked <= {
        metric.name + suffix
        for metric in Metrics().registry.collect()
        for suffix in SUFFIXES[metric.type]
    }
