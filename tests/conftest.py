"""One real Kafka and one real Redis for all tests of a run, and which tests take part in it."""

import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from streams.stack import Stack, StackError, local_stack

# The same examples in every run: what fails here fails everywhere. A longer search, each time with
# new examples: `pytest --hypothesis-profile=thorough --timeout=0`.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile("ci")

SAID = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--versions",
        action="store_true",
        help="also start other versions of Kafka; Maven fetches each once",
    )
    parser.addoption(
        "--chaos-seconds",
        type=float,
        default=25.0,
        help="how long faults strike in the test of chaos",
    )
    parser.addoption(
        "--seeds", type=int, default=2_000, help="how many runs the simulator makes (2000)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SAID] = []


@pytest.hookimpl(tryfirst=True)  # Before -m looks at the marks.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")
    if not config.getoption("versions"):
        left_out = [item for item in items if item.get_closest_marker("versions")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Share one stack between all tests of a run; where none can be had, they fail and say why."""
    said = request.config.stash[SAID]
    try:
        with local_stack() as shared:
            said.extend(f"{server}: {rung}" for server, rung in shared.rungs.items())
            yield shared
            if request.session.testsfailed:
                kept = tempfile.mkdtemp(prefix="penstock-logs-")
                shutil.copytree(shared.logs, kept, dirs_exist_ok=True)
                said.append(f"logs of both: {kept}")
    except StackError as error:
        pytest.fail(str(error), pytrace=False)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash[SAID]:
        terminalreporter.section("Kafka and Redis of this run")
        for line in config.stash[SAID]:
            terminalreporter.line(line)
