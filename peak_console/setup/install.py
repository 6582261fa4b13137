"""Where units go on this machine, and how they get there and away again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from peak_console.errors import PeakConsoleError
from peak_console.setup import units
from peak_console.setup.files import content, write_whole
from peak_console.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from peak_console.setup.units import Service

KINDS: Final = ("systemd", "launchd", "cron")
_SECONDS: Final = 30


def text_of(kind: str, service: Service) -> str:
    """The unit itself."""
    return {"systemd": units.systemd, "launchd": units.launchd, "cron": units.cron}[kind](service)


def place_of(kind: str, service: Service) -> str:
    """The path of the unit's file; empty for a user's crontab, which only ``crontab`` may write."""
    if kind == "systemd":
        folder = "/etc/systemd/system"
        if not service.is_system:
            configured = os.environ.get("XDG_CONFIG_HOME") or os.path.join(service.home, ".config")
            folder = os.path.join(configured, "systemd/user")
        return os.path.join(folder, f"{service.name}.service")
    if kind == "launchd":
        folder = "/Library/LaunchDaemons" if service.is_system else os.path.join(service.home, "Library/LaunchAgents")
        return os.path.join(folder, f"{units.label(service)}.plist")
    # Files with a dot in their names are passed over in there.
    return f"/etc/cron.d/{service.name.replace('.', '-')}" if service.is_system else ""


def install(kind: str, service: Service) -> str:
    """Write the unit; its place, in words. Raises ``PeakConsoleError``."""
    place = place_of(kind, service)
    if not place:
        _replace_in_crontab(service.name, text_of(kind, service))
        return "your crontab"
    _refuse_foreign(place)
    write_whole(place, text_of(kind, service), mode=0o644)
    return place


def remove(kind: str, service: Service) -> str:
    """Take the unit away; where it was, empty if it was not there. Raises ``PeakConsoleError``."""
    place = place_of(kind, service)
    if not place:
        return "your crontab" if _replace_in_crontab(service.name, "") else ""
    if not os.path.lexists(place):
        return ""
    _refuse_foreign(place)
    try:
        os.unlink(place)
    except OSError as error:
        raise PeakConsoleError(
            f"{safe(place)}: cannot be removed ({error.strerror}); remove it by hand, or with sudo"
        ) from None
    return place


def next_commands(kind: str, service: Service, *, removed: bool = False) -> list[str]:
    """What is left to do by hand, a command each, with what it is for."""
    control = "systemctl" if service.is_system else "systemctl --user"
    name, place = service.name, place_of(kind, service)
    if kind == "cron":
        return []
    if kind == "launchd":
        domain = "system" if service.is_system else f"gui/{os.getuid()}"
        if removed:
            return [f"launchctl bootout {domain}/{units.label(service)}    # stop it, if it is loaded"]
        return [
            f"launchctl bootstrap {domain} {place}    # start it, now and at every login or boot",
            f"launchctl print {domain}/{units.label(service)}    # see how it is",
        ]
    if removed:
        return [f"{control} disable --now {name}    # stop it, if it runs", f"{control} daemon-reload"]
    at_boot = f"loginctl enable-linger {service.user}    # start it at boot, before any login"
    return [
        f"{control} daemon-reload",
        f"{control} enable --now {name}    # start it, now and always",
        *([] if service.is_system else [at_boot]),
        f"{control} status {name}",
    ]


def _refuse_foreign(place: str) -> None:
    if os.path.lexists(place) and units.MARK not in (content(place) or ""):
        raise PeakConsoleError(
            f"{safe(place)}: exists and was not written by Peak Console; choose another --name, or move it away"
        )


def _replace_in_crontab(name: str, block: str) -> bool:
    """Put our block into the user's crontab; whether anything has changed."""
    before = read_crontab()
    after = units.with_block(before, name, block)
    if after != before:
        _crontab(["-"], after)
    return after != before


def read_crontab() -> str:
    """The user's crontab, empty if there is none. Raises ``PeakConsoleError``."""
    return _crontab(["-l"], none_is_empty=True)


def _crontab(words: Sequence[str], given: str | None = None, *, none_is_empty: bool = False) -> str:
    from subprocess import TimeoutExpired, run

    environ = {**os.environ, "LC_ALL": "C"}
    try:
        done = run(
            ["crontab", *words], input=(given or "").encode(), capture_output=True, timeout=_SECONDS, check=False,
            env=environ,
        )  # fmt: skip
        text, said = done.stdout.decode(), done.stderr.decode(errors="replace").strip()
    except FileNotFoundError:
        raise PeakConsoleError("there is no program crontab on this machine; install cron, or name a file") from None
    except OSError as error:
        raise PeakConsoleError(f"the program crontab cannot be run ({error.strerror}); try it in a shell") from None
    except TimeoutExpired:
        raise PeakConsoleError(f"crontab has not answered within {_SECONDS} s; try it in a shell") from None
    except UnicodeDecodeError:
        raise PeakConsoleError("the crontab is not UTF-8 text; save it with that encoding (crontab -e)") from None
    if done.returncode == 0:
        return text
    if none_is_empty and "no crontab for" in said:
        return ""
    why = safe(said) or f"exit code {done.returncode}"
    raise PeakConsoleError(f"crontab {' '.join(words)} failed ({why}); try it in a shell")
