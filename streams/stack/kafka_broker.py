"""One Apache Kafka broker from Maven Central's jars: KRaft mode, loopback only, free ports."""

import base64
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.stack.processes import LOOPBACK, Server, StackError, last_words, ports, running

KAFKA_VERSION = "4.2.1"
JAVA_VERSION_MIN = 17

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>penstock</groupId><artifactId>local-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{version}</version>
    </dependency>
    <dependency>
      <!-- Without a binding the broker would log nothing. -->
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# A single broker keeps one copy of everything; the rest is what a worker relies on in production.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=5
offsets.topic.replication.factor=1
# A year: a worker that was away does not lose its place.
offsets.retention.minutes=525600
transaction.state.log.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
# A dead worker's open commit is swept away within a second of its timeout.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


@contextmanager
def kafka_broker(home: Path, version: str = KAFKA_VERSION, more: str = "") -> Iterator[Server]:
    """Run a broker over the data in *home*, with *more* properties; data that is there is kept."""
    java, jars = find_java(), fetch_jars(version)
    if java is None:
        raise StackError(f"Apache Kafka needs Java {JAVA_VERSION_MIN} or newer.")
    data = home / f"kafka-{version}"
    scratch = home / "scratch"
    scratch.mkdir(exist_ok=True)
    port, controller_port = ports(home / "kafka.ports", 2)
    properties = home / "kafka.properties"
    properties.write_text(
        PROPERTIES.format(host=LOOPBACK, port=port, controller_port=controller_port, data=data)
        + more
    )
    # Native libraries unpack into the scratch folder, which goes when the data goes.
    run = [str(java), "-Xms128m", "-Xmx512m", "-XX:-UsePerfData", f"-Djava.io.tmpdir={scratch}"]
    run += ["-cp", f"{jars}/*"]
    if not (data / "meta.properties").exists():
        _format(run, properties)
    address = f"{LOOPBACK}:{port}"
    log = home / "logs" / "kafka.log"
    command = [*run, "kafka.Kafka", str(properties)]
    with running("Kafka", command, log, _Answers(address)) as kill:
        yield Server(address, kill)


def _format(run: list[str], properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # In one word, for an id may begin with a dash.
    command = [*run, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}"]
    command += ["--config", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  Ours.
    if done.returncode != 0:
        raise StackError(f"Kafka's data folder could not be formatted:\n{done.stderr[-2_000:]}")


class _Answers:
    """Whether the broker at an address gives its metadata and counts itself in."""

    def __init__(self, address: str) -> None:
        # Silent: that nobody listens yet is expected, not news.
        self._admin = AdminClient({"bootstrap.servers": address, "log_level": 0})

    def __call__(self) -> bool:
        try:
            return bool(self._admin.list_topics(timeout=1).brokers)
        except KafkaException:
            return False


def find_java() -> Path | None:
    """Find a Java that is new enough for Kafka: JAVA_HOME's, else the path's."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (f"{home}/bin/java" if home else None, shutil.which("java")):
        if candidate and _java_version(candidate) >= JAVA_VERSION_MIN:
            return Path(candidate)
    return None


def _java_version(java: str) -> int:
    """Give the major version that *java* reports; 0 if it does not run."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603  Java.
    except OSError:
        return 0
    # Java 8 and older say 1.8; their 1 is too old either way.
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


def jars_folder(version: str) -> Path:
    """Say where the jars of a version are kept, outside of any checkout."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "penstock" / f"kafka-{version}"


def can_have_jars(version: str) -> bool:
    """Say whether the jars are kept already, or Maven is there to fetch them."""
    return jars_folder(version).exists() or shutil.which("mvn") is not None


def fetch_jars(version: str) -> Path:
    """Give the folder with Kafka's jars; the first time Maven fetches them, some 45 MB."""
    jars = jars_folder(version)
    if jars.exists():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as workplace:
        (Path(workplace) / "pom.xml").write_text(POM.format(version=version))
        log = Path(workplace) / "maven.log"
        command = ["mvn", "--batch-mode", COPY_JARS, "-DincludeScope=runtime"]
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603  Maven, with our own arguments.
                [*command, "-DoutputDirectory=jars"],
                cwd=workplace, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise StackError(f"Maven could not fetch Kafka {version}:\n{last_words(log)}")
        try:
            # One step, so the folder is whole or absent.
            (Path(workplace) / "jars").rename(jars)
        except OSError:
            # Somebody else was first; theirs is as good.
            if not jars.exists():
                raise
    return jars
