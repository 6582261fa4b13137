"""Textual still has the private parts that the console uses, and the console uses no others."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import textwrap
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import textual

import peak_console.tui
from peak_console.tui import textual_private
from peak_console.tui.textual_private import OVERRIDDEN, USED, WRITTEN_FOR

if TYPE_CHECKING:
    from types import ModuleType

PARAMETERS = {
    "App._close_messages_no_wait": ("self",),
    "App._display": ("self", "screen", "renderable"),
    "App._fatal_error": ("self",),
    "App._on_notify": ("self", "event"),
    "App._refresh_truecolor_filter": ("self", "theme"),
    "App._unnotify": ("self", "notification", "refresh"),
    "CompositorUpdate.render_segments": ("self", "console"),
    "LinuxDriver._disable_line_wrap": ("self",),
    "LinuxDriver._enable_bracketed_paste": ("self",),
    "LinuxDriver._enable_mouse_support": ("self",),
    "LinuxDriver._get_terminal_size": ("self",),
    "LinuxDriver._sigcont_application": ("self", "_"),
    "LinuxDriver._sigtstp_application": ("self", "_"),
    "StylesCache.set_dirty": ("self", "regions"),
    "XTermParser.feed": ("self", "data"),
    "XTermParser.tick": ("self",),
}
"""What the methods among them take."""


def named(path: str) -> type[Any]:
    """A class by its full name."""
    module, _, name = path.rpartition(".")
    found: type[Any] = getattr(import_module(module), name)
    return found


@cache
def attributes(kind: type[Any]) -> frozenset[str]:
    """What a class defines itself: its members, and what its methods set on ``self``."""
    members = {*vars(kind), *vars(kind).get("__annotations__", {})}
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):
        source = ""
    return frozenset(members | set(re.findall(r"self\.(\w+)\b *(?::[^=\n]+)?=[^=]", source)))


def modules() -> list[ModuleType]:
    """The modules of the console, but for the one that may."""
    found = pkgutil.walk_packages(peak_console.tui.__path__, "peak_console.tui.")
    return [import_module(each.name) for each in found if each.name != textual_private.__name__]


def test_the_pinned_version_is_the_one_that_has_been_read() -> None:
    assert textual.__version__ == WRITTEN_FOR, "see the first lines of tui/textual_private.py"


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for table in (USED, OVERRIDDEN) for path, names in table.items() for name in names]
)
def test_textual_has_the_part(path: str, name: str) -> None:
    kind = named(path)
    assert any(name in attributes(base) for base in kind.__mro__), (
        f"{path} of Textual {textual.__version__} lacks {name}"
    )
    method = getattr(kind, name, None)
    if inspect.isfunction(method):
        takes = tuple(inspect.signature(method).parameters)
        assert takes == PARAMETERS[f"{kind.__name__}.{name}"], f"{path}.{name} takes something else: {takes}"


def test_the_table_names_what_the_module_uses_and_nothing_else() -> None:
    tree = ast.parse(inspect.getsource(textual_private))
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and ast.unparse(node.value) != "self"
    }
    listed = {name for names in USED.values() for name in names if name.startswith("_")}
    assert private == listed


def test_no_other_module_of_the_console_imports_or_reads_a_private_part() -> None:
    for module in modules():
        source = inspect.getsource(module)
        assert not re.search(r"(from|import) textual(\.\w+)*\._", source), module.__name__
        assert "SLF001" not in source, module.__name__


def test_no_class_of_the_console_uses_or_shadows_another_private_part_of_its_base() -> None:
    """A name of our own that Textual uses too would break a widget in ways that nobody finds."""
    allowed = {name for names in OVERRIDDEN.values() for name in names}
    for module in modules():
        for kind in vars(module).values():
            if not inspect.isclass(kind) or kind.__module__ != module.__name__:
                continue
            theirs = {n for base in kind.__mro__ if base.__module__.startswith("textual") for n in attributes(base)}
            tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
            ours = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            ours |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
            private = {name for name in ours & theirs if re.match("_[a-z]", name)}
            assert private <= allowed, f"{module.__name__}.{kind.__name__}: {sorted(private - allowed)}"
