"""The ``[alerts]`` table: where alerts are delivered to. Its URLs are secrets and appear in no message."""

from __future__ import annotations

from peak_console.jobs.beside import AlertChannel
from peak_console.jobs.file.checks.wording import quoted
from peak_console.jobs.file.fields.field import ALERTS, CHANNEL
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from peak_console.jobs.file.findings import Findings, Path

_DEFAULT_LEVEL: Final = "warning"


def read_channels(alerts: Any, findings: Findings, environ: Mapping[str, str], base: str) -> tuple[AlertChannel, ...]:
    """The channels of ``[alerts]``: a channel per entry of ``urls``, then each ``[[alerts.channel]]``.

    A channel whose ``url_env`` is set neither in ``environ`` nor in ``.env`` of the working directory is left out
    with a warning: a missing secret must not stop the jobs.
    """
    if not isinstance(alerts, dict):
        findings.error((ALERTS,), "alerts must be a table, begun with [alerts]")
        return ()
    good = findings.good_values(alerts, ALERTS, (ALERTS,), "[alerts]")
    level = good.get("min_level", _DEFAULT_LEVEL)
    taken: dict[str, Path] = {}
    numbers: dict[str, int] = {}
    channels: list[AlertChannel] = []
    for index, url in enumerate(good.get("urls", ())):
        name = _free_name(url.partition("://")[0], taken, numbers)
        taken[name] = (ALERTS, "urls", index)
        channels.append(AlertChannel(name, url, level))
    for index, table in enumerate(good.get("channel", ())):
        path: Path = (ALERTS, "channel", index)
        label = _label(index, table)
        values = findings.good_values(table, CHANNEL, path, label)
        url = _url(table, values, path, label, findings, environ, base)
        kind = url.partition("://")[0] or "channel"
        name = values.get("name") or values.get("url_env") or _free_name(kind, taken, numbers)
        if name in taken:
            findings.error((*path, "name"), f"{label}: duplicate name; the first is in line ", taken[name])
        taken.setdefault(name, (*path, "name"))
        if url:
            tags = tuple(values.get("tags", ()))
            after = values.get("escalate_after", 0)
            seconds = parse_duration(after) if isinstance(after, str) else after
            channels.append(AlertChannel(name, url, values.get("min_level", level), tags, seconds))
    return tuple(channels)


def _label(index: int, table: dict[str, Any]) -> str:
    name = table.get("name")
    shown = quoted(name) if isinstance(name, str) and name else f"number {index + 1}"
    return f"alerts channel {shown}"


def _url(
    table: dict[str, Any],
    values: dict[str, Any],
    path: Path,
    label: str,
    findings: Findings,
    environ: Mapping[str, str],
    base: str,
) -> str:
    """The channel's URL; empty when it has none, which has been reported."""
    if "url" in table and "url_env" in table:
        findings.error(path, f"{label}: has both url and url_env; keep one of them")
        return ""
    if "url" not in table and "url_env" not in table:
        findings.error(path, f"{label}: needs a url, or a url_env that names the variable with it")
        return ""
    if "url_env" not in values:
        return str(values.get("url", ""))
    variable = values["url_env"]
    url = environ.get(variable) or _from_dotenv(variable, base)
    if not url:
        findings.warning(
            (*path, "url_env"),
            f"{label}: {variable} is set neither in the environment nor in .env: it gets no alerts; {_mend(base)}",
        )
    elif "://" not in url:
        findings.warning(
            (*path, "url_env"), f"{label}: {variable} holds no URL: it gets no alerts; put an Apprise URL into it"
        )
        return ""
    return url or ""


def _mend(base: str) -> str:
    """What to do about a variable that is not set."""
    from peak_console.jobs.environment import dotenv_fault

    return dotenv_fault(base) or "set it"


def _from_dotenv(variable: str, base: str) -> str | None:
    from peak_console.jobs.environment import load_dotenv_values

    return load_dotenv_values(base).get(variable)


def _free_name(name: str, taken: Mapping[str, Path], numbers: dict[str, int]) -> str:
    """``name``, or it with the next number that makes it new; ``numbers`` has the last number of each."""
    number, free = numbers.get(name, 1), name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    numbers[name] = number
    return free
