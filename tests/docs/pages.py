"""The pages of README and docs, and what stands in their fenced blocks."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])

_FENCE = re.compile(
    r"^( *)```(\w*)([^\n`]*)\n(.*?)^\1```$|<!-- test: (.*?) -->|<!-- not run: (.*?) -->", re.DOTALL | re.MULTILINE
)
_TITLE = re.compile(r'title="([^"]+)"')
_PROGRAM = re.compile(r"(?:^|[\s=(/`\"'])(?:peak-console|python3? -m peak_console)(?=\s|$)")
_END = frozenset(("|", "||", "&&", ";", "&", ">", ">>", "<", "2>", ")"))


@dataclass(frozen=True)
class Block:
    """A fenced block, or a command in ``<!-- test: … -->`` (language ``hidden``), which readers do not see."""

    language: str
    title: str
    text: str
    not_run: str = ""
    """Why the tests do not run it: what ``<!-- not run: … -->`` in front of it says."""


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    found = []
    not_run = ""
    for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
        indent, language, rest, text, hidden, reason = match.groups()
        if reason is not None:
            not_run = reason
            continue
        if hidden is not None:
            found.append(Block("hidden", "", hidden))
            continue
        title = _TITLE.search(rest)
        lines = [line.removeprefix(indent) for line in text.splitlines()]
        found.append(Block(language, title[1] if title else "", "".join(f"{line}\n" for line in lines), not_run))
        not_run = ""
    return found


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of each command line of ours on the page: in shell blocks, units, crontabs and running text."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.language in ("sh", "console", "ini", "cron", "dockerfile", "tmux", "hidden", "yaml"):
            for line in block.text.replace("\\\n", " ").splitlines():
                if block.language != "console" or line.startswith("$ "):
                    yield from _commands_in(line)
    running = _FENCE.sub("", text)
    for code in re.findall(r"`(peak-console [^`\n]+)`", running):
        yield from _commands_in(code)


def _commands_in(line: str) -> Iterator[list[str]]:
    for match in _PROGRAM.finditer(line):
        lexer = shlex.shlex(line[match.end() :].replace("\\|", "|"), posix=True, punctuation_chars="|&;<>()")
        lexer.wordchars += "#$%{}…,:@"
        lexer.commenters = ""
        words: list[str] = []
        try:
            for word in lexer:
                if word in _END or word == "#":
                    break
                words.append(word)
        except ValueError:  # a quote that was opened before the program's name ends the command
            words = re.split("['\"]", line[match.end() :], maxsplit=1)[0].split()
        yield words
