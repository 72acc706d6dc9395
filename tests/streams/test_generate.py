"""`penstock generate`: whole folders or none, equal bytes, and one line for what cannot be done."""

from __future__ import annotations

import csv
import hashlib
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sample.households import Town
from schemas.reading import Accepted, read
from schemas.taxonomy import GROUPS
from schemas.topics import INPUTS, TRANSACTIONS
from streams import generating
from streams.cli import main
from streams.generating import TRUTHS, Files, Format, fill, whole_folder
from streams.stack import Stack
from streams.taxonomy_file import read_taxonomy
from tests.end_to_end.chain import Chain
from tests.processes import wait_until
from tests.streams.test_cli import run

TOWN = ["--users", "3", "--months", "2", "--seed", "7"]
GROUPED = [{"id": f"our-{group}", "name": group, "covers": group} for group in GROUPS]


def generate(*arguments: object) -> Result:
    """Run it as a person would, but in this process."""
    return CliRunner().invoke(main, ["generate", *map(str, arguments)])


def summary(*arguments: object) -> dict[str, Any]:
    """Run it for a small town, and read what it says of it at the end."""
    ended = generate(*TOWN, "--json", *arguments)
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert isinstance(told, dict)
    return told


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# What is written.


def test_each_topic_gets_its_file_of_events_as_they_travel(tmp_path: Path) -> None:
    told = summary("--out", tmp_path / "town")

    assert sorted(contents(tmp_path / "town")) == sorted(f"{own.name}.jsonl" for own in INPUTS)
    for topic in INPUTS:
        lines = (tmp_path / "town" / f"{topic.name}.jsonl").read_bytes().splitlines()
        assert len(lines) == told["events"][topic.name]
        for line in lines:
            assert isinstance(read(topic, line, []), Accepted)
    assert told["transactions"] == told["events"][TRANSACTIONS.name]


def test_the_digest_is_over_all_events_in_the_order_in_which_they_are_published(
    tmp_path: Path,
) -> None:
    events = [event for part in Town(3, 2, 7).live() for event in part.events]
    published = b"".join(event.to_json() + b"\n" for event in events)

    assert summary("--out", tmp_path / "a")["sha256"] == hashlib.sha256(published).hexdigest()


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name in ("a", "b"):
        summary("--out", tmp_path / name, "--truth")
    summary("--out", tmp_path / "c", "--truth", "--seed", 8)

    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_the_truth_stands_beside_it_row_by_row(tmp_path: Path) -> None:
    told = summary("--out", tmp_path / "town", "--truth")
    rows = [row for part in Town(3, 2, 7).live() for row in part.truths]

    for kind, name in TRUTHS.items():
        lines = (tmp_path / "town" / "truth" / f"{name}.jsonl").read_text().splitlines()
        expected = [row._asdict() for row in rows if type(row) is kind]
        assert [json.loads(line) for line in lines] == json.loads(json.dumps(expected, default=str))
        assert told["truth"][name] == len(lines)


def test_csv_has_a_column_a_field_and_says_the_same(tmp_path: Path) -> None:
    for format_ in ("jsonl", "csv"):
        summary("--out", tmp_path / format_, "--format", format_, "--truth")

    written = sorted((tmp_path / "jsonl").rglob("*.jsonl"))
    assert len(written) == len(INPUTS) + len(TRUTHS)
    for path in written:
        other = tmp_path / "csv" / path.relative_to(tmp_path / "jsonl").with_suffix(".csv")
        with other.open(newline="") as file:
            rows = list(csv.DictReader(file))
        records = [json.loads(line) for line in path.read_text().splitlines()]
        assert [{k: v for k, v in row.items() if v} for row in rows] == [
            {key: cell(value) for key, value in record.items() if value not in (None, "")}
            for record in records
        ]


def cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def test_a_table_tells_what_there_is_and_the_progress_goes_elsewhere(tmp_path: Path) -> None:
    ended = generate(*TOWN, "--out", tmp_path / "town")

    for word in ("transactions.imported", "truth: events", "transactions a second", "SHA-256"):
        assert word in ended.stdout
    assert "transactions/s" in ended.stderr
    assert "transactions/s" not in ended.stdout


def test_own_categories_are_those_of_the_truth(tmp_path: Path) -> None:
    ours = tmp_path / "ours.jsonl"
    ours.write_text("\n".join(map(json.dumps, GROUPED)))
    table = tmp_path / "ours.csv"
    table.write_text("id,name,parent,covers\n" + "".join(f"our-{g},{g},,{g}\n" for g in GROUPS))
    summary("--out", tmp_path / "a", "--truth", "--taxonomy", ours)
    summary("--out", tmp_path / "b", "--truth", "--taxonomy", table)

    lines = (tmp_path / "a" / "truth" / "transactions.jsonl").read_text().splitlines()
    found = {json.loads(line)["category"] for line in lines}
    assert found
    assert found <= {f"our-{group}" for group in GROUPS}
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_taxonomy_in_the_readme_can_be_used(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (tmp_path / "ours.csv").write_text(readme.partition("```csv\n")[2].partition("```")[0])

    assert read_taxonomy(tmp_path / "ours.csv").of("food.groceries") == "living"


@pytest.mark.parametrize("shock", ["inflation", "job-loss"])
def test_a_shock_changes_what_comes_after(tmp_path: Path, shock: str) -> None:
    lasting = ["--months", 8, "--users", 6]
    calm = summary("--out", tmp_path / "calm", *lasting)
    hard = summary("--out", tmp_path / "hard", *lasting, "--shock", shock)

    assert calm["sha256"] != hard["sha256"]


# What cannot be done.


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--users", "0"], "0 is not in the range"),
        (["--months", "-3"], "-3 is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--users", "many"], "'many' is not a valid integer"),
        (["--shock", "war"], "'war' is not one of 'inflation', 'job-loss'"),
        (["--start", "2025-01-02"], "should be the first of a month, not 2025-01-02"),
        (["--start", "1950-01-01"], "years should lie between"),
        (["--start", "soon"], "'soon' does not match the format"),
        (["--rate", "5"], "--rate is about Kafka"),
        (["--wings"], "No such option"),
    ],
)
def test_impossible_arguments_end_with_one_line(
    tmp_path: Path, arguments: list[str], reason: str
) -> None:
    ended = generate("--out", tmp_path / "town", *arguments)

    assert refused(ended).count(reason) == 1
    assert list(tmp_path.iterdir()) == []


def refused(ended: Result) -> str:
    """Give the one line that it ended with."""
    assert ended.exit_code == 2, ended.output
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_nothing_to_do_and_truth_for_nobody_are_refused() -> None:
    assert "add --out FOLDER, --produce, or both" in refused(generate())
    assert "--truth is written to files" in refused(generate("--truth", "--produce"))


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")

    assert "is there already" in refused(generate(*TOWN, "--out", tmp_path / "town"))
    assert "is there already" in refused(generate(*TOWN, "--out", tmp_path / "file"))
    assert contents(tmp_path) == {"town/mine.txt": b"mine", "file": b"mine"}


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    summary("--out", tmp_path / "town")

    assert (tmp_path / "town" / "transactions.imported.jsonl").exists()


def test_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "cannot be written" in refused(generate(*TOWN, "--out", tmp_path / "file" / "town"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,name,parent,covers\na,A,b,\nb,B,a,\n", "a below b below a"),
        ("id,name,parent,covers\na,A,nowhere,\n", "nowhere, which is no label"),
        ("id,name,parent,covers\na,A,,food\n", "no label covers"),
        ("id,name,parent,covers\na,A,,sweets\n", "sweets is no leaf and no group"),
        ("id,name\na,A\n", "there is no column parent, covers"),
        ("", "there is no column id, name, parent, covers"),
        ('{"id": "a", "name": "A", "covers": "food"}\n{"id"', "line 2 is no JSON"),
        ('{"id": 3, "name": "A"}', "should be texts"),
        ('{"id": "a", "name": "A", "covers": 5}', "should be texts"),
        ('{"id": "a", "name": "A"}\n[]', "line 2 is no JSON object"),
        (b"\xff\xfe\x00", "is not written in UTF-8"),
    ],
)
def test_a_taxonomy_that_cannot_be_used_ends_with_one_line(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    file = tmp_path / "ours"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    ended = generate(*TOWN, "--out", tmp_path / "town", "--taxonomy", file)

    assert reason in refused(ended)
    assert list(tmp_path.iterdir()) == [file]
    assert "No such file" in refused(generate(*TOWN, "--out", "x", "--taxonomy", "no-such-file"))


# What is interrupted.


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "town"
    began = [sys.executable, "-m", "streams.cli", "generate", "--users", "500", "--months", "60"]
    # What is started where nobody can interrupt, as behind a shell's `&`, would not hear of it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        running = subprocess.Popen(
            [*began, "--out", target, "--truth"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        wait_until(lambda: any(path.stat().st_size for path in tmp_path.rglob("*.jsonl")), 60)
        assert not target.exists()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 1

    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def half_written() -> None:
        with whole_folder(tmp_path / "town") as folder:
            (folder / "half").write_text("half")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        half_written()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", generating.TABLES)
def test_a_folder_is_not_there_before_it_is_whole(tmp_path: Path, format_: Format) -> None:
    with ExitStack() as opened:
        folder = opened.enter_context(whole_folder(tmp_path / "town"))
        generated = fill(
            Town(2, 1, 1), [Files(folder, format_, opened, truth=True)], lambda *_: None
        )
        assert not (tmp_path / "town").exists()

    lines = (tmp_path / "town" / f"transactions.imported.{format_}").read_text().splitlines()
    assert len(lines) == generated.transactions + (format_ == "csv")


# Straight to Kafka.


def test_what_is_published_is_what_would_be_written(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path / "chain")
    ended = run(["generate", *TOWN, "--produce", "--json", "--out", str(tmp_path / "town")], chain)
    assert ended.exit_code == 0, ended.output
    number = sum(json.loads(ended.stdout)["events"].values())

    with chain.reader(*INPUTS) as reader:
        records = reader.until(lambda read: len(read) >= number)
    for topic in INPUTS:
        written = (tmp_path / "town" / f"{topic.name}.jsonl").read_bytes().splitlines()
        own = [record for record in records if record.topic == chain.names.of(topic)]
        assert sorted(record.value or b"" for record in own) == sorted(written)
        for record in own:
            assert (record.key or b"").decode() == record.body["user_id"]
            assert isinstance(read(topic, record.value, list(record.headers.items())), Accepted)


def test_a_rate_is_kept_to(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path / "chain")
    alone = ["--users", "1", "--months", "1", "--seed", "1"]
    ended = run(["generate", *alone, "--produce", "--rate", "60", "--json"], chain)
    told = json.loads(ended.stdout)

    assert told["transactions"] > 30
    assert told["seconds"] >= (told["transactions"] - 1) / 60


def test_without_topics_it_says_how_to_make_them(stack: Stack, tmp_path: Path) -> None:
    chain = Chain(stack, tmp_path / "chain", make_topics=False)
    ended = run(["generate", *TOWN, "--produce", "--out", str(tmp_path / "town")], chain)

    assert ended.exit_code == 1
    assert "run: penstock topics apply --execute" in ended.stderr
    assert not (tmp_path / "town").exists()
