"""The house's rules, read from the syntax of its files; each rule here is shown to catch its sin.

A finding reads like `processors/detect.py:12 imports redis`.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ("schemas", "models", "processors", "importers", "sample")
PRODUCT = (*CORE, "streams")
OURS = (*PRODUCT, "benchmarks", "tests")
LINES_MAX = 40

FOLD = {"msgspec", "holidays", "babel", "tzdata", "schemas", "models"}
MAY_IMPORT = {
    # Beside the standard library; the first pattern that a path matches decides.
    "schemas/*": {"schemas", "pydantic", "pydantic_core"},
    "models/train*": {"models", "river", "numpy", "scipy", "sklearn"},
    # The dictionary speaks of the taxonomy's leaves, and of merchants whom the wire knows, too.
    "models/descriptor/*": {"models", "schemas"},
    "models/dictionary.py": {"models", "schemas"},
    "models/data/rebuild.py": {"models"},
    "models/*": {"models", "river", "numpy"},
    "processors/ledger.py": {"processors", *FOLD},
    "processors/alert.py": {"processors.state", "processors.alert_rules", *FOLD},
    "processors/alert_rules/__init__.py": {"processors.alert_rules"},
    "processors/alert_rules/*": {
        *("processors.state", "processors.alert_rules.rule", "processors.alert_rules.watched"),
        "schemas",
    },
    "processors/watch.py": {"processors.state", "processors.watches", *FOLD},
    "processors/*": {"processors.state", *FOLD},
    "importers/*": {"importers", "schemas", "defusedxml", "mt940"},
    "sample/*": {"sample", "schemas", "numpy"},
}

# A script that a maintainer runs by hand; nothing imports it.
SCRIPTS = {"schemas/data/rebuild.py", "models/data/rebuild.py"}
WORLDLY_MODULES = frozenset(
    {
        *("asyncio", "concurrent", "glob", "http", "logging", "multiprocessing", "os", "pathlib"),
        *("random", "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3"),
        *("ssl", "subprocess", "tempfile", "threading", "time", "urllib.request"),
    }
)
WORLDLY_NAMES = frozenset({"open", "input", "print"})
NEVER_TWICE_THE_SAME = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)
SEEDED = frozenset({"default_rng", "Generator", "PCG64", "SeedSequence"})

FAUST_INSIDE = "streams/bundles*"
FAUST_PLAIN = ("streams/app.py", "benchmarks/*")
FAUST_PUBLIC = ("faust", "faust.web")
ENVIRONMENT = ("streams/settings.py", "streams/stack/*")
ENVIRONMENT_READERS = (
    *("os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv"),
    "pydantic_settings",
)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, in full: `from a.b import c` is a.b.c."""

    line: int
    module: str
    target: str
    local_name: str

    def is_of(self, names: Iterable[str]) -> bool:
        """Say whether it is one of the names, or lies in one of them."""
        return any(self.target == name or self.target.startswith(f"{name}.") for name in names)


@dataclass(frozen=True)
class Source:
    """A file of ours, by its path in the checkout."""

    path: str
    text: str
    tree: ast.Module = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", ast.parse(self.text))

    @property
    def module(self) -> str:
        """Give the name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def is_in(self, *patterns: str) -> bool:
        """Say whether its path matches one of the patterns."""
        return any(fnmatch(self.path, pattern) for pattern in patterns)

    def imports(self, nodes: Iterable[ast.AST] | None = None) -> list[Import]:
        """List what it imports, wherever in the file."""
        walked = ast.walk(self.tree) if nodes is None else nodes
        return [one for node in walked for one in self._imported(node)]

    def _imported(self, node: ast.AST) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for name in node.names:
                local = name.asname or name.name.partition(".")[0]
                yield Import(node.lineno, name.name, name.name, local)
        elif isinstance(node, ast.ImportFrom):
            module = self._absolute(node)
            for name in node.names:
                target = f"{module}.{name.name}"
                yield Import(node.lineno, module, target, name.asname or name.name)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.path.removesuffix(".py").split("/")[: -node.level]
        return ".".join([*package, *filter(None, [node.module])])

    def references(self) -> Iterator[tuple[int, str]]:
        """Yield each name that is used, in full as far as imports tell."""
        known = {}
        for one in self.imports():
            plain = one.module == one.target and one.local_name == one.target.partition(".")[0]
            known[one.local_name] = one.local_name if plain else one.target
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute):
                name = _dotted(node)
                head, dot, rest = name.partition(".")
                yield node.lineno, known.get(head, head) + dot + rest


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def sources(*packages: str) -> list[Source]:
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


# The rules. Each yields its findings about one file.


def strangers(source: Source) -> Iterator[str]:
    """Imports that the table of packages does not allow."""
    if source.is_in("streams/*"):
        for one in source.imports():
            if one.is_of(("tests", "benchmarks")):
                yield f"{source.path}:{one.line} imports {one.module}"
        return
    allowed = next((may for pattern, may in MAY_IMPORT.items() if source.is_in(pattern)), None)
    if allowed is None:
        return
    for one in source.imports():
        in_library = one.target.partition(".")[0] in sys.stdlib_module_names
        if not in_library and not one.is_of(allowed):
            yield f"{source.path}:{one.line} imports {one.module}"


def worldly(source: Source) -> Iterator[str]:
    """What the core never touches: loops, logs, files, processes, the environment."""
    if not source.is_in(*(f"{package}/*" for package in CORE)) or source.path in SCRIPTS:
        return
    for one in source.imports():
        if one.is_of(WORLDLY_MODULES):
            yield f"{source.path}:{one.line} imports {one.module}"
    for line, name in source.references():
        if name in WORLDLY_NAMES:
            yield f"{source.path}:{line} calls {name}()"


def unrepeatable(source: Source) -> Iterator[str]:
    """What would give another result the next time: clocks, chance, random ids."""
    if not source.is_in(*(f"{package}/*" for package in CORE)):
        return
    for line, name in source.references():
        if name in NEVER_TWICE_THE_SAME:
            yield f"{source.path}:{line} uses {name}"
        if name.startswith("numpy.random.") and name.split(".")[2] not in SEEDED:
            yield f"{source.path}:{line} uses {name}, which nobody has seeded"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            name = _dotted(node.func).rpartition(".")[2]
            if name in SEEDED:
                yield f"{source.path}:{node.lineno} calls {name}() without a seed"


def faust_seen_inside(source: Source) -> Iterator[str]:
    """Whatever knows how Faust works inside; one place may, so that an upgrade has one place."""
    if source.is_in(FAUST_INSIDE, "tests/*"):
        return
    fausts = [one for one in source.imports() if one.is_of(("faust", "mode"))]
    for one in fausts:
        if not (one.module in FAUST_PUBLIC and source.is_in(*FAUST_PLAIN)):
            yield f"{source.path}:{one.line} imports {one.module}"
    others = {one.local_name for one in source.imports() if one not in fausts} | {"self", "cls"}
    for node in ast.walk(source.tree) if fausts else ():
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            owner = _dotted(node.value)
            if owner not in others and not node.attr.endswith("__"):
                yield f"{source.path}:{node.lineno} reaches into {owner}.{node.attr}"


def environment_read(source: Source) -> Iterator[str]:
    """Readings of the environment outside the one place that may."""
    if source.is_in(*ENVIRONMENT):
        return
    said = set()
    for line, name in source.references():
        if name.startswith(ENVIRONMENT_READERS) and line not in said:
            said.add(line)
            yield f"{source.path}:{line} reads {name}"


def long_functions(source: Source) -> Iterator[str]:
    """Functions that do not fit a screen."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            if length > LINES_MAX:
                yield f"{source.path}:{node.lineno} {node.name} has {length} lines"


def silent_modules(source: Source) -> Iterator[str]:
    """Modules and packages that do not say what belongs in them."""
    if ast.get_docstring(source.tree) is None:
        yield f"{source.path}:1 has no docstring"


def cycles(files: Sequence[Source]) -> Iterator[str]:
    """Modules that need each other before either is there."""
    modules = {source.module for source in files}
    graph = {source.module: set(_needs(source, modules)) for source in files}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # The sorter lists each module before the one that needs it.
        yield " imports ".join(reversed(error.args[1]))


def _needs(source: Source, modules: set[str]) -> Iterator[str]:
    for one in source.imports(_at_import(source.tree)):
        needed = one.target if one.target in modules else one.module
        if needed in modules:
            yield needed


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs when the module is imported, and what only type checkers read not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and _dotted(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _at_import(node)


# The house as it stands.

Rule = Callable[[Source], Iterator[str]]


def findings(rule: Rule, *packages: str) -> str:
    return "\n".join(finding for source in sources(*packages) for finding in rule(source))


@pytest.mark.parametrize("package", OURS)
def test_each_package_is_there_to_be_looked_at(package: str) -> None:
    assert f"{package}/__init__.py" in [source.path for source in sources(package)]


@pytest.mark.parametrize("package", PRODUCT)
def test_a_package_imports_only_what_the_table_allows(package: str) -> None:
    assert findings(strangers, package) == ""


@pytest.mark.parametrize("package", CORE)
def test_the_core_does_not_touch_the_world(package: str) -> None:
    assert findings(worldly, package) == ""


@pytest.mark.parametrize("package", CORE)
def test_the_core_knows_neither_clock_nor_chance(package: str) -> None:
    assert findings(unrepeatable, package) == ""


def test_only_the_bundles_know_faust_inside() -> None:
    assert findings(faust_seen_inside, *PRODUCT, "benchmarks") == ""


def test_only_the_settings_and_the_stack_read_the_environment() -> None:
    assert findings(environment_read, *PRODUCT) == ""


def test_no_two_modules_need_each_other() -> None:
    assert list(cycles(sources(*OURS))) == []


def test_functions_of_the_core_fit_a_screen() -> None:
    assert findings(long_functions, *CORE) == ""


def test_every_module_says_what_belongs_in_it() -> None:
    assert findings(silent_modules, *PRODUCT, "benchmarks") == ""


# What each rule catches, and what it lets pass.

LONG = "def f():\n" + "    x = 1\n" * LINES_MAX


@pytest.mark.parametrize(
    ("rule", "path", "text", "finding"),
    [
        (strangers, "schemas/x.py", "import models", "1 imports models"),
        (strangers, "schemas/x.py", "def f():\n    from streams import app", "2 imports streams"),
        (strangers, "models/x.py", "from schemas.ids import bucket_of", "1 imports schemas.ids"),
        (strangers, "models/x.py", "from sklearn import svm", "1 imports sklearn"),
        (strangers, "processors/x.py", "\nimport redis", "2 imports redis"),
        (strangers, "processors/x.py", "import pandas as pd", "1 imports pandas"),
        (strangers, "processors/x.py", "from processors import detect", "1 imports processors"),
        (strangers, "processors/x.py", "from . import detect", "1 imports processors"),
        (strangers, "processors/x.py", "from .detect import detect", "1 imports processors.detect"),
        (
            strangers,
            "processors/x.py",
            "import processors.state_of_x",
            "1 imports processors.state",
        ),
        (
            strangers,
            "processors/tell.py",
            "from processors.alert_rules import RULES",
            "1 imports processors.alert_rules",
        ),
        (
            strangers,
            "processors/alert_rules/x.py",
            "from processors.alert_rules.low_balance import LOW_BALANCE",
            "1 imports processors.alert_rules.low_balance",
        ),
        (strangers, "processors/state/x.py", "import processors.ledger", "1 imports processors"),
        (strangers, "importers/x.py", "import numpy", "1 imports numpy"),
        (strangers, "sample/x.py", "import processors.ledger", "1 imports processors.ledger"),
        (strangers, "streams/x.py", "from tests import partition", "1 imports tests"),
        (worldly, "schemas/x.py", "import asyncio", "1 imports asyncio"),
        (worldly, "models/x.py", "import logging as log", "1 imports logging"),
        (worldly, "processors/x.py", "from time import monotonic", "1 imports time"),
        (worldly, "processors/x.py", "from os import environ", "1 imports os"),
        (worldly, "processors/x.py", "import random", "1 imports random"),
        (worldly, "importers/x.py", "import urllib.request", "1 imports urllib.request"),
        (worldly, "importers/x.py", "lines = open('x')", "1 calls open()"),
        (worldly, "sample/x.py", "from pathlib import Path", "1 imports pathlib"),
        (
            unrepeatable,
            "processors/x.py",
            "from datetime import datetime as d\nd.now()",
            "2 uses datetime.datetime.now",
        ),
        (
            unrepeatable,
            "processors/x.py",
            "import datetime\nx = map(datetime.date.today, [])",
            "2 uses datetime.date.today",
        ),
        (
            unrepeatable,
            "schemas/x.py",
            "from datetime import datetime\ndatetime.utcnow()",
            "2 uses datetime.datetime.utcnow",
        ),
        (unrepeatable, "schemas/x.py", "from uuid import uuid4\nuuid4()", "2 uses uuid.uuid4"),
        (
            unrepeatable,
            "sample/x.py",
            "import numpy as np\nnp.random.normal(0, 1)",
            "2 uses numpy.random.normal",
        ),
        (
            unrepeatable,
            "sample/x.py",
            "from numpy.random import default_rng\ndefault_rng()",
            "2 calls default_rng() without a seed",
        ),
        (faust_seen_inside, "streams/engine.py", "import faust", "1 imports faust"),
        (
            faust_seen_inside,
            "streams/app.py",
            "from faust.types import TP",
            "1 imports faust.types",
        ),
        (
            faust_seen_inside,
            "streams/app.py",
            "import faust.transport",
            "1 imports faust.transport",
        ),
        (faust_seen_inside, "streams/app.py", "from mode import Service", "1 imports mode"),
        (
            faust_seen_inside,
            "streams/app.py",
            "import faust\napp = faust.App('x')\napp._consumer",
            "3 reaches into app._consumer",
        ),
        (environment_read, "streams/x.py", "import os\nos.environ['X']", "2 reads os.environ"),
        (
            environment_read,
            "streams/x.py",
            "from os import getenv as g\ng('X')",
            "2 reads os.getenv",
        ),
        (
            environment_read,
            "streams/x.py",
            "from pydantic_settings import BaseSettings\nclass X(BaseSettings): ...",
            "2 reads pydantic_settings",
        ),
        (long_functions, "models/x.py", LONG, "1 f has 41 lines"),
        (long_functions, "models/x.py", f"async {LONG}", "1 f has 41 lines"),
        (silent_modules, "models/x.py", "x = 1", "1 has no docstring"),
        (silent_modules, "models/__init__.py", "", "1 has no docstring"),
    ],
)
def test_a_rule_catches_what_breaks_it(rule: Rule, path: str, text: str, finding: str) -> None:
    found = list(rule(Source(path, text)))

    assert [line for line in found if line.startswith(f"{path}:{finding}")], found


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (strangers, "schemas/x.py", "import json\nfrom pydantic import Field\nimport schemas.ids"),
        (strangers, "models/train_categories.py", "import sklearn"),
        (strangers, "processors/ledger.py", "from processors.detect import detect"),
        (strangers, "processors/alert.py", "from processors.alert_rules import RULES"),
        (strangers, "processors/x.py", "from processors.state.user import User"),
        (strangers, "processors/alert_rules/x.py", "from processors.alert_rules.rule import Rule"),
        (strangers, "streams/x.py", "import redis\nfrom processors.ledger import fold"),
        (worldly, "processors/x.py", "from datetime import time\nfrom urllib.parse import quote"),
        (worldly, "streams/x.py", "import asyncio\nopen('x')"),
        (worldly, "schemas/data/rebuild.py", "from pathlib import Path"),
        (
            unrepeatable,
            "processors/x.py",
            "from datetime import datetime\ndatetime.fromtimestamp(0)",
        ),
        (unrepeatable, "sample/x.py", "from numpy.random import PCG64\nPCG64(7)"),
        (unrepeatable, "streams/x.py", "from datetime import datetime\ndatetime.now()"),
        (faust_seen_inside, "streams/app.py", "import faust\nself._x = faust.App('x')"),
        (faust_seen_inside, "streams/app.py", "import os\nimport faust\nos._exit(1)"),
        (faust_seen_inside, "streams/bundles/x.py", "from faust.types import TP"),
        (environment_read, "streams/settings.py", "import os\nos.environ"),
        (environment_read, "streams/stack/x.py", "import os\nos.environ"),
        (environment_read, "streams/x.py", "import os\nos.getpid()"),
        (long_functions, "models/x.py", LONG.removesuffix("    x = 1\n")),
        (silent_modules, "models/x.py", '"""Says what it is."""'),
    ],
)
def test_a_rule_lets_pass_what_keeps_it(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


def test_a_cycle_is_named_from_its_beginning_to_its_end() -> None:
    #  a ──> b ──> c
    #  ^___________/
    a = Source("models/a.py", "from models import b")
    b = Source("models/b.py", "import models.c")
    c = Source("models/c.py", "if True:\n    from models.a import x")

    (found,) = cycles([a, b, c])

    # It may begin anywhere.
    assert "models.a imports models.b imports models.c imports models.a" in f"{found}{found[8:]}"


def test_a_package_that_is_imported_for_its_module_alone_makes_no_cycle() -> None:
    package = Source("models/__init__.py", "from models.a import x")
    a = Source("models/a.py", "from models import b")
    b = Source("models/b.py", "import math")

    assert list(cycles([package, a, b])) == []


def test_what_only_type_checkers_or_functions_import_makes_no_cycle() -> None:
    a = Source(
        "models/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import models.b"
    )
    b = Source("models/b.py", "def f():\n    import models.a")
    c = Source("models/__init__.py", "import models.a")

    assert list(cycles([a, b, c])) == []
