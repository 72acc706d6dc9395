"""What the documents say of links, files and commands is so."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != ".")

LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# A folder that only one person, or one machine, has.
ONES_OWN = re.compile(r"(?<![\w.:/-])/(?:root|home|Users|tmp|work|mnt)/")
UPWARDS = re.compile(r"(?:\.\./)+[\w./-]*")

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def code(page: Path) -> Iterator[str]:
    """Yield what stands in code spans, and each line of the blocks that are not a program."""
    yield from CODE.findall(prose(page))
    for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if language in {"", "bash", "console", "sh", "shell", "text"}:
            yield from block.splitlines()


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as links to them do."""
    headings = HEADING.findall(prose(page))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        to = (page.parent / name).resolve() if name else page
        assert to.is_relative_to(ROOT), f"{target} leaves the checkout"
        assert to.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(to), f"{target}: no such heading"


@every_page
def test_no_path_is_one_machines_own(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert ONES_OWN.findall(text) == []
    outside = [
        path for path in UPWARDS.findall(text) if not (page.parent / path).resolve().exists()
    ]
    assert outside == []


@every_page
def test_files_that_are_named_are_there(page: Path) -> None:
    for span in CODE.findall(prose(page)):
        is_path = span.partition("/")[0] in FOLDERS and re.fullmatch(r"[\w./-]+/[\w./-]*", span)
        assert not is_path or (ROOT / span).exists(), f"`{span}` is not there"


@every_page
def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in code(page):
        for named in re.findall(r"\bmake ([a-z0-9]+)", line):
            assert named in targets, line


@every_page
def test_commands_that_are_named_exist(page: Path) -> None:
    for line in code(page):
        for words in re.findall(r"(?:^|[\s$/])penstock(?= |$)([^|&;#`]*)", line):
            assert problem(main, words) is None, f"{line}: {problem(main, words)}"


def problem(command: click.Command, words: str) -> str | None:
    """Say which word of a command line the command would not know; None if it knows them all."""
    rest = shlex.split(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return f"no command {rest[0]}"
        command = found
        rest.pop(0)
    known = {"--help"} | {name for option in command.params for name in option.opts}
    flags = (word.partition("=")[0] for word in rest if word.startswith("-"))
    return next((f"no option {flag}" for flag in flags if flag not in known), None)


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    tree = click.Group(commands={"topics": click.Group(commands={"plan": click.Command("plan")})})

    assert problem(tree, "topics plan --help") is None
    assert problem(tree, "topics plant") == "no command plant"
    assert problem(tree, "topics plan --now") == "no option --now"
    assert problem(tree, "topic") == "no command topic"
