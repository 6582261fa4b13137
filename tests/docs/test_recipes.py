"""Each recipe of the guide to calendars is a jobs file whose slots are those that the guide shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions.ahead.upcoming import starts_ahead
from peak_console.decisions.job_status import all_blackouts
from peak_console.jobs.file.loader import load
from peak_console.schedule.wording.words import in_words
from peak_console.schedule.zones import zone
from tests.docs.pages import DOCS
from tests.support.exchanges import exchange

if TYPE_CHECKING:
    from pathlib import Path

PAGE = DOCS / "how-to" / "calendars.md"
NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
SHOWN = 4
_RECIPE = re.compile(r"### ([^\n]*)\n(?:(?!###).)*?```toml\n(.*?)```\n\n```text\n(.*?)```\n", re.DOTALL)
RECIPES = _RECIPE.findall(PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XNYS", "XETR", "XLON", "24/7"):
        exchange(name)  # known to this process from here on
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path


def shown(folder: Path, text: str) -> str:
    """The first slots of each job of a recipe, and its rule in words."""
    path = folder / "jobs.toml"
    path.write_text(text, encoding="utf-8")
    lines = []
    jobset = load(str(path))
    blackouts = all_blackouts(jobset.blackouts, None)
    for job in jobset.jobs.values():
        rule = job.schedule.sessions
        assert rule is not None
        assert rule.calendar is not None
        home = zone(rule.calendar.zone)
        lines.append(f"{job.name}: {in_words(job.schedule)}")
        starts = islice(starts_ahead(job, None, NOW, blackouts), SHOWN)
        lines += [f"  {at.astimezone(home):%a %Y-%m-%d %H:%M:%S %Z}" for at in starts]
    return "\n".join(lines) + "\n"


def test_there_are_twelve() -> None:
    assert len(RECIPES) >= 12


@pytest.mark.parametrize(("name", "text", "slots"), RECIPES, ids=[name for name, _, _ in RECIPES])
def test_a_recipe_does_what_the_guide_shows(folder: Path, name: str, text: str, slots: str) -> None:
    assert shown(folder, text) == slots, name
