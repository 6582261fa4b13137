"""Parts of the reference that come from ``pyproject.toml``, and how all parts write their tables."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.docs.contract import EXTRAS
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def plain(text: str) -> str:
    """reStructuredText's double backquotes as Markdown's single ones."""
    return text.replace("``", "`")


def docstring(thing: Any) -> str:
    """A thing's own, in Markdown."""
    return plain(inspect.cleandoc(thing.__doc__ or ""))


def _project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def extras() -> str:
    """Each extra, what it is for, and the packages that it brings."""
    found = _project()["project"]["optional-dependencies"]
    assert list(found) == list(EXTRAS), "each extra is for something: see tests/docs/contract.py"
    rows = [
        (f"`[{extra}]`", EXTRAS[extra], ", ".join(f"`{re.split('[<=>]', package)[0]}`" for package in packages))
        for extra, packages in found.items()
    ]
    return table(("extra", "for", "brings"), rows)


def packages() -> str:
    """The layers of the import contract from top to bottom, each module with its own first line."""
    layers = next(each["layers"] for each in _project()["tool"]["importlinter"]["contracts"] if "layers" in each)
    rows = []
    for layer in layers:
        for module in layer.split(" | "):
            path = ROOT / Path(*module.split("."))
            source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
            rows.append(
                (f"`{module.removeprefix('peak_console.')}`", plain(text.partition("\n\n")[0].replace("\n", " ")))
            )
    return table(("module", "what it is"), rows)
