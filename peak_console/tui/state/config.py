"""What the operator has written for the console (``console.toml``), and what the console itself remembers.

The console only reads the first; it writes the second, a file of its own, so that the operator's comments are never
rewritten. A mistake in either is a sentence to show, never a reason not to start.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from peak_console.text import nearest, safe
from peak_console.tui.drawing.themes import theme_names
from peak_console.tui.keys.actions import ACTION, ACTIONS, key_shown
from peak_console.tui.keys.names import key_name, refusal, resolve, shown
from peak_console.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ACTION", "ACTIONS", "ConsoleConfig", "Settings", "load_config", "load_settings", "save_settings"]

_MAX_BYTES = 1024 * 1024
_TABLES = ("console", "keys")


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """What ``console.toml`` says."""

    path: str
    bell: bool = True
    """Whether a new critical alert rings the terminal's bell."""
    theme: str | None = None
    """Outranks the theme that was last chosen."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """For ``App.set_keymap``: by action id its keys, separated by commas; only those that the operator replaces."""
    warnings: Sequence[str] = ()
    """What in the file does not count, each a sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the console remembers from one time to the next; ``None`` is what was never chosen."""

    theme: str | None = None
    orders: Mapping[str, Any] | None = None
    """By jobs file: the column that its jobs are sorted by, and whether downwards; left out while worst first."""
    views: Mapping[str, Any] | None = None
    """By jobs file: what filters, and orders, the operator has named."""
    columns: Mapping[str, Any] | None = None
    """By jobs file: the columns of its jobs that are shown; left out while they are the usual ones."""
    wrap: bool | None = None
    timestamps: bool | None = None


_KINDS = {"theme": str, "orders": dict, "views": dict, "columns": dict, "wrap": bool, "timestamps": bool}


def config_path(environ: Mapping[str, str]) -> str:
    """``PEAK_CONSOLE_CONFIG``, else ``peak-console/console.toml`` in the user's configuration directory."""
    named = environ.get("PEAK_CONSOLE_CONFIG")
    if named:
        return os.path.expanduser(named)
    return os.path.join(_directory(environ, "XDG_CONFIG_HOME", ".config"), "console.toml")


def settings_path(environ: Mapping[str, str]) -> str:
    """``peak-console/console.json`` in the user's directory for state."""
    return os.path.join(_directory(environ, "XDG_STATE_HOME", os.path.join(".local", "state")), "console.json")


def _directory(environ: Mapping[str, str], variable: str, default: str) -> str:
    base = environ.get(variable, "")
    if not os.path.isabs(base):  # the XDG rules: a relative one does not count
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), default)
    return os.path.join(base, "peak-console")


def load_config(environ: Mapping[str, str] = os.environ) -> ConsoleConfig:
    """What ``console.toml`` says. Never raises: what cannot be used is a warning, and the default holds."""
    path = config_path(environ)
    tables, fault = _tables(path, must_exist=bool(environ.get("PEAK_CONSOLE_CONFIG")))
    if fault:
        return ConsoleConfig(path, warnings=(f"{safe(path)} {fault}; the console starts without it",))
    warnings = [_unknown("table", name, _TABLES) for name in tables if name not in _TABLES]
    console, keys = _table(tables, "console", warnings), _table(tables, "keys", warnings)
    warnings += [_unknown("key", name, ("bell", "theme"), " in [console]") for name in console if name not in _CONSOLE]
    config = ConsoleConfig(
        path,
        bell=_bell(console.get("bell", True), warnings),
        keymap=(keymap := _keymap(keys, warnings)),
        theme=_theme(console.get("theme"), keymap, warnings),
    )
    file_name = safe(os.path.basename(path))
    return ConsoleConfig(
        path, config.bell, config.theme, config.keymap, tuple(f"{file_name}: {warning}" for warning in warnings)
    )


_CONSOLE = ("bell", "theme")


def _tables(path: str, *, must_exist: bool) -> tuple[dict[str, Any], str]:
    """The tables of the file, or what is wrong with it."""
    import tomli

    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            return {}, "is far too large for a configuration"
        return tomli.loads(raw.decode("utf-8-sig").replace("\r\n", "\n")), ""
    except FileNotFoundError:
        return {}, "does not exist" if must_exist else ""
    except OSError as error:
        return {}, f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        return {}, "is not UTF-8 text"
    except tomli.TOMLDecodeError as error:
        from peak_console.jobs.file.source import toml_words

        return {}, f"is not valid TOML: line {error.lineno}, column {error.colno}: {safe(toml_words(error.msg))}"
    except (RecursionError, ValueError):
        return {}, "is not valid TOML"


def _table(tables: Mapping[str, Any], name: str, warnings: list[str]) -> dict[str, Any]:
    table = tables.get(name, {})
    if isinstance(table, dict):
        return table
    warnings.append(f"{name} must be a table, [{name}]")
    return {}


def _unknown(what: str, name: str, known: Sequence[str], where: str = "") -> str:
    near = nearest(name, known)
    hint = f'did you mean "{near}"?' if near else f"known: {', '.join(known)}"
    return f'unknown {what} "{safe(name)}"{where}; {hint}'


def _bell(value: Any, warnings: list[str]) -> bool:
    if isinstance(value, bool):
        return value
    warnings.append("[console] bell must be true or false; it rings")
    return True


def _theme(value: Any, keymap: Mapping[str, str], warnings: list[str]) -> str | None:
    if value is None or (isinstance(value, str) and value in theme_names()):
        return value
    if not isinstance(value, str):
        warnings.append("[console] theme must be the name of a theme in quotes")
        return None
    near = nearest(value, theme_names())
    hint = f'did you mean "{near}"?' if near else f"{key_shown('command_palette', keymap)} lists them"
    warnings.append(f'[console] there is no theme "{safe(value)}"; {hint}')
    return None


def _keymap(table: Mapping[str, Any], warnings: list[str]) -> dict[str, str]:
    wanted: dict[str, tuple[str, ...]] = {}
    for name, value in table.items():
        if name in ACTION and (keys := _keys(name, value, warnings)):
            wanted[name] = keys
    accepted, conflicts = resolve(wanted)
    warnings += (f"[keys] {conflict}" for conflict in conflicts)
    keymap = {name: ",".join(keys) for name, keys in accepted.items()}
    for name in (each for each in table if each not in ACTION):
        near = nearest(name, ACTION)
        hint = f'did you mean "{near}"?' if near else f"the help ({key_shown('help', keymap)}) names them all"
        warnings.append(f'[keys] unknown action "{safe(name)}"; {hint}')
    return keymap


def _keys(action: str, value: Any, warnings: list[str]) -> tuple[str, ...]:
    """The keys that an action is to have, those left out that cannot be had."""
    written = [value] if isinstance(value, str) else value
    if not isinstance(written, list) or not written or not all(isinstance(key, str) for key in written):
        warnings.append(f'[keys] {action} must be a key in quotes, such as "r", or a list of keys')
        return ()
    keys: dict[str, None] = {}
    for word in written:
        key = key_name(word)
        if key is None:
            warnings.append(f'[keys] {action}: "{safe(word)}" is no key; write for example "r", "ctrl+r" or "space"')
        elif key in ACTION[action].default_keys or not (why := refusal(key)):
            keys[key] = None
        else:
            warnings.append(f"[keys] {action}: {shown(key)} cannot be used: {why}")
    return tuple(keys)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """What was remembered. Never raises: what is not there or broken was never chosen."""
    try:
        with open(settings_path(environ), encoding="utf-8") as file:
            found = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(found, dict):
        return Settings()
    return Settings(**{name: found[name] for name, kind in _KINDS.items() if isinstance(found.get(name), kind)})


def save_settings(settings: Settings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Remember ``settings``, whole or not at all. Never raises: why it could not is a sentence for the operator."""
    path = settings_path(environ)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=".console-", dir=os.path.dirname(path))
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump({name: value for name, value in asdict(settings).items() if value is not None}, file)
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        return f"{safe(path)} cannot be written, so nothing is remembered: {error.strerror or error}"
    return None
