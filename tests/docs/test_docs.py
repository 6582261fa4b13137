"""What README and docs say, held against the program."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from peak_console.cli_parser import make_parser
from peak_console.cli_verbs import VERBS
from peak_console.jobs.file import loader
from peak_console.jobs.file.fields import FIELDS
from peak_console.tui.state.config import load_config
from tests.docs import reference
from tests.docs.contract import CONTRACT, FLAG, NUMBER, OBJECT, OBJECTS, OR_NULL, TEXT, TEXTS, TIME
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, commands, name
from tests.docs.sessions import run_page, steps

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from peak_console.jobs.file.fields.field import Field
    from tests.verbs.conftest import CommandLine

of_each_page = pytest.mark.parametrize("page", PAGES, ids=name)
KINDS: dict[str, type | tuple[type, ...]] = {
    TEXT: str,
    NUMBER: (int, float),
    FLAG: bool,
    TIME: str,
    TEXTS: list,
    OBJECTS: list,
    OBJECT: dict,
}


@pytest.mark.parametrize("page", reference.generated_pages(), ids=name)
def test_the_generated_parts_are_the_programs_own(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == reference.page(page), "run: python -m tests.docs.reference"


def test_every_generated_part_stands_on_a_page() -> None:
    found = [part for page in PAGES for part in re.findall(r"<!-- generated: (\S+) -->", page.read_text("utf-8"))]
    assert sorted(found) == sorted(reference.PARTS)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.where[0]}-{field.key}")
def test_the_example_of_each_field_is_toml(field: Field) -> None:
    assert tomllib.loads(f"{field.key} = {field.example}")


@of_each_page
def test_every_toml_example_loads_without_a_warning(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.toml"
    for block in blocks(page):
        if block.language != "toml":
            continue
        path.write_text(block.text, encoding="utf-8")
        for variable in re.findall(r'url_env = "(\w+)"', block.text):
            monkeypatch.setenv(variable, "json://127.0.0.1:9/alerts")
        if {"keys", "console"} & tomllib.loads(block.text).keys():
            assert load_config({"PEAK_CONSOLE_CONFIG": str(path)}).warnings == ()
        else:
            assert [str(warning) for warning in loader.load(str(path)).warnings] == []


@of_each_page
def test_every_command_line_of_ours_is_one_that_the_program_understands(page: Path) -> None:
    for words in commands(page):
        try:
            make_parser(words).parse_args(words)
        except SystemExit as ended:
            assert ended.code == 0, f"{name(page)}: peak-console {' '.join(words)}"  # noqa: PT017 - --help ends so


@of_each_page
def test_every_shell_example_is_a_shells(page: Path) -> None:
    for block in blocks(page):
        if block.language == "sh":
            checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            assert (checked.returncode, checked.stderr) == (0, ""), block.text


@of_each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), f"{name(page)} links to {target}"


SHOWN = [page for page in PAGES if steps(blocks(page))]
NO_COMMANDS = {"py", "text"}
CHECKED_ELSEWHERE = {"cron", "dockerfile", "tmux", "yaml"}
"""What is no shell's: see ``test_deployment`` and ``test_containers``."""


@of_each_page
def test_every_command_is_run_or_says_why_it_is_not(page: Path) -> None:
    for block in blocks(page):
        runs = block.language in ("console", "hidden", "python", "sh", "toml") or block.title
        assert runs or block.language in NO_COMMANDS | CHECKED_ELSEWHERE, f"{name(page)}: nothing runs\n{block.text}"


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


def test_the_python_examples_run(tmp_path: Path) -> None:
    import os
    import shutil
    import sys

    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns(".peak_console", "reports"))
    examples = [block for page in PAGES for block in blocks(page) if block.language == "python" and not block.title]
    environ = {**os.environ, "PEAK_CONSOLE_STATE_DIR": str(tmp_path / "state")}
    program = "\n".join(block.text for block in examples)
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Would execute" in ended.stdout


def test_every_verb_is_on_the_command_line_page() -> None:
    assert list(reference.verbs()) == list(VERBS)


@pytest.mark.parametrize("verb", CONTRACT)
def test_json_has_the_keys_and_types_of_the_contract(peak: CommandLine, verb: str) -> None:
    assert peak("run", "risk_check").code == 3  # there is no risk.py: a run and an alert
    if verb == "validate":
        peak.jobs('[[job]]\nname = "a"\ntypo = 1\n')
    if verb == "sessions":
        peak.jobs('[calendars.bank]\nweekdays = ["mon"]\ntimezone = "UTC"\nopen = "9:00"\nclose = "17:00"\n')
    if verb == "graph":
        peak.jobs('[[job]]\nname = "a"\n[[job]]\nname = "b"\nschedule_type = "after"\nafter = ["a"]\n')
    if verb == "deadlines":
        peak.jobs('[[job]]\nname = "a"\nschedule_type = "daily"\ndaily_time = "07:00"\nfinish_by = "08:00"\n')
    if verb == "blackout":
        peak.jobs('[[job]]\nname = "a"\n[[blackout]]\nname = "night"\nfrom = "22:00"\nuntil = "02:00"\n')
    if verb == "gate":
        peak.jobs('[[job]]\nname = "a"\n[[gate]]\nname = "venue"\nfile = "control"\n')
    words = {
        "logs": ["--grep", "risk"],
        "why": ["risk_check"],
        "plan": [str(peak.config)],
        "diff": ["#1", "#1"],
        "sessions": ["bank"],
    }.get(verb, [])
    answer = peak(verb, *words, "--json").json
    objects = [answer] if verb in ("status", "why", "plan") else answer
    assert objects
    for each in objects:
        assert list(each) == list(CONTRACT[verb])
        for key, (kind, _) in CONTRACT[verb].items():
            _check(each[key], kind)


def _check(value: Any, kind: str) -> None:
    if value is None:
        assert kind.endswith(OR_NULL)
    else:
        assert isinstance(value, KINDS[kind.removesuffix(OR_NULL)])


def test_every_verb_with_json_is_in_the_contract() -> None:
    with_json = [
        verb
        for verb, (_, parser) in reference.verbs().items()
        if any("--json" in action.option_strings for action in parser._actions)
    ]
    assert with_json == list(CONTRACT)


def test_the_published_schema_is_json() -> None:
    assert json.loads((DOCS / "jobs.schema.json").read_text(encoding="utf-8"))["$schema"]
