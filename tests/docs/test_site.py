"""The documentation as a site: it builds without a warning, and reads without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("material", reason="the extra [docs] is not installed")


def test_the_site_builds_strictly_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", "docs/site/mkdocs.yml"]
    site = tmp_path / "site"
    ended = subprocess.run([*command, "-d", str(site)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    pages = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")} - {"404.md"}
    assert pages == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    for path in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]*)"', path.read_text("utf-8"))
        assert loaded == [], path.name
