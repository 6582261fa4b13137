"""Every place in the package that makes a message for the user, found in its syntax trees; and which of them ran."""

from __future__ import annotations

import ast
import sys
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import peak_console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Self

PACKAGE = Path(peak_console.__file__).parent
FINDINGS = frozenset(("error", "warning", "unknown_key"))
"""The methods that record what is wrong with a jobs file."""
SENTENCES = (
    "alerts/sender.py", "engine/commands/answers.py", "engine/commands/commander.py", "engine/commands/requests.py",
    "headless/service.py", "jobs", "runs/local/refusals.py", "schedule",
    "setup/crontab", "setup/install.py", "setup/units.py", "store/schema/creation.py", "store/repair/damage.py",
    "store/bell.py", "store/database.py", "store/directory.py", "store/locks.py", "tui/state/config.py", "verbs",
    "web/server.py",
)  # fmt: skip
"""Where a sentence is a message even if nothing is raised with it."""
TEXTS_OF_OTHER_KINDS = (
    "jobs/file/fields",
    "jobs/file/locate.py",
    "schedule/sessions/words.py",
    "schedule/wording/words.py",
    "verbs/shared/terminal.py",
    "verbs/status.py",
)
"""Where sentences are help, or ordinary output."""


@dataclass(frozen=True)
class Site:
    """A statement that makes a message."""

    module: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}: {self.text}"


@cache
def sites() -> tuple[Site, ...]:
    return tuple(site for path in sorted(PACKAGE.rglob("*.py")) for site in _sites_of(path))


def _sites_of(path: Path) -> Iterator[Site]:
    module = path.relative_to(PACKAGE).as_posix()
    has_sentences = module.startswith(SENTENCES) and not module.startswith(TEXTS_OF_OTHER_KINDS)
    for statement in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if _raises(statement) or _finds(statement) or (has_sentences and _says(statement)):
            yield Site(module, statement.lineno, statement.end_lineno or statement.lineno, ast.unparse(statement))


def _statements(tree: ast.Module) -> Iterable[ast.stmt]:
    """Every statement in a function that holds no other statement."""
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    nodes = (node for function in functions for node in ast.walk(function))
    # What belongs to a function within a function comes up twice.
    return dict.fromkeys(node for node in nodes if isinstance(node, ast.stmt) and not hasattr(node, "body"))


def _raises(statement: ast.stmt) -> bool:
    """Not a bare ``raise``, nor what tells a programmer, or an import, that there is no such method or name."""
    if not isinstance(statement, ast.Raise) or statement.exc is None:
        return False
    return not ast.unparse(statement.exc).startswith(("NotImplementedError", "AttributeError"))


def _finds(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in FINDINGS
        and ("findings" in ast.unparse(node.func.value) or ast.unparse(node.func.value) == "self")
        for node in ast.walk(statement)
    )


def _says(statement: ast.stmt) -> bool:
    """Whether there are words in it, and not only as documentation."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = [word for word in node.value.split() if word.strip(".,;:()\"'").isalpha() and word.islower()]
            if len(words) >= 3:
                return True
    return False


class Recorder:
    """While in ``with``, notes which sites run, in every thread."""

    def __init__(self, wanted: Sequence[Site]) -> None:
        self._by_line = {(str(PACKAGE / site.module), line): site for site in wanted
                         for line in range(site.first, site.last + 1)}  # fmt: skip
        self._files = {str(PACKAGE / site.module) for site in wanted}
        self._wanted: dict[CodeType, bool] = {}
        """Whether there are sites in it: to follow every line of everything takes long."""
        self.seen: set[Site] = set()
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.settrace(self._before)
        threading.settrace(self._before)

    def _enter(self, frame: FrameType, _event: str, _value: object) -> Any:
        code = frame.f_code
        if (wanted := self._wanted.get(code)) is None:
            wanted = self._wanted[code] = code.co_filename in self._files and any(
                (code.co_filename, line) in self._by_line for _, _, line in code.co_lines()
            )
        return self._line if wanted else None

    def _line(self, frame: FrameType, event: str, _value: object) -> Any:
        if event == "line" and (site := self._by_line.get((frame.f_code.co_filename, frame.f_lineno))) is not None:
            self.seen.add(site)
        return self._line
