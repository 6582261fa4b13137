"""What README and docs say, held against the program."""

from __future__ import annotations

import re
from argparse import SUPPRESS
from pathlib import Path

import pytest

from peak_console.cli import _parser
from peak_console.cli_verbs import VERBS
from peak_console.jobs import loader
from tests.docs import reference

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_table_of_fields_is_the_loaders_own() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run: python -m tests.docs.reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_toml_example_loads_without_a_warning(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_ALERTS_URL", "json://127.0.0.1:9/alerts")
    for example in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        path = tmp_path / "jobs.toml"
        path.write_text(example, encoding="utf-8")
        assert [str(warning) for warning in loader.load(str(path)).warnings] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_command_line_page_names_every_flag_and_verb() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    shown = [action for action in _parser([])._actions if action.help != SUPPRESS]
    flags = [option for action in shown for option in action.option_strings if option.startswith("--")]
    assert [flag for flag in flags if flag not in text and flag != "--help"] == []
    assert [verb for verb in VERBS if f"`{verb}" not in text] == []
