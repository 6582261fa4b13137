"""What starts the engine on this machine: a systemd unit, a launchd property list, or a line for cron.

Texts only; ``install`` puts them in their places.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

MARK: Final = "Written by peak-console install"
WATCHDOG_SECONDS: Final = 60
STOP_SECONDS: Final = 300
LONGEST_CRON_LINE: Final = 900
"""Debian's cron refuses lines of a thousand characters."""
PROTECTED: Final = ("/usr", "/boot", "/efi", "/etc")
"""What ``ProtectSystem=full`` makes read-only."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be started. Paths are absolute."""

    name: str
    """Of the unit, the property list, the block in the crontab."""
    program: Sequence[str]
    """How the program is called here, without flags."""
    flags: Sequence[str]
    """Those that every call takes: the jobs file, the state directory, tags."""
    jobs_file: str
    state_dir: str
    directory: str
    """The working directory: scripts, env files and ``.env`` are found from it."""
    environ: Mapping[str, str]
    """What decides which programs jobs find: PATH, and the active virtual environment."""
    is_system: bool
    """For the machine, started at boot; else for its user."""
    user: str
    """Who it runs as."""
    home: str

    def __post_init__(self) -> None:
        words = [self.name, *self.program, *self.flags, self.directory, *self.environ.values()]
        if bad := next((word for word in words if not word.isprintable()), None):
            raise PeakConsoleError(f'"{safe(bad)}" holds a control character: no unit can name it; rename it')
        if not self.name or self.name.strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"):
            raise UsageError(f'--name: "{safe(self.name)}" must consist of letters, digits, dots, dashes and _')

    @property
    def engine(self) -> list[str]:
        """The whole command line of a resident engine."""
        return [*self.program, *self.flags, "--headless"]


def this_program() -> list[str]:
    """How to call this very installation, whatever PATH says: its script, else its interpreter."""
    script = os.path.join(os.path.dirname(sys.executable), "peak-console")
    return [script] if os.access(script, os.X_OK) else [sys.executable, "-m", "peak_console"]


def systemd(service: Service) -> str:
    """The text of a ``.service`` file."""
    protects = service.is_system and not any(
        f"{path}/".startswith(f"{top}/")
        for path in (service.state_dir, service.directory, service.jobs_file)
        for top in PROTECTED
    )
    network = "network-online.target"
    unit = [
        "[Unit]",
        f"Description=Peak Console, scheduler of {_plain(service.jobs_file)}",
        *([f"Wants={network}", f"After={network} time-sync.target"] if service.is_system else []),
    ]
    behaviour = [
        "[Service]",
        "Type=notify",
        *([f"User={service.user}"] if service.is_system and service.user != "root" else []),
        f"WorkingDirectory={_plain(service.directory)}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in service.environ.items()),
        f"ExecStart={_command(service.engine)}",
        f"ExecReload={_command([*service.program, *service.flags, 'reload'])}",
        *_BEHAVIOUR,
        *(_HARDENING if service.is_system else ()),
        *(["ProtectSystem=full"] if protects else []),
    ]
    wanted_by = ["[Install]", f"WantedBy={'multi-user.target' if service.is_system else 'default.target'}"]
    head = f"# {MARK}, which renews it as a whole. What is yours to add: systemctl edit {service.name}"
    return "\n\n".join("\n".join(section) for section in ([head], unit, behaviour, wanted_by)) + "\n"


_BEHAVIOUR: Final = (
    "Restart=on-failure",
    "RestartSec=10",
    "RestartPreventExitStatus=2",
    "# Signs of life come from the engine's own loop: without one for so long it is started anew.",
    f"WatchdogSec={WATCHDOG_SECONDS}",
    "# A stop asks the engine alone, which lets its runs finish. What still runs after this long goes on without it,",
    "# and the next engine takes it over, as after a crash.",
    "KillMode=process",
    f"TimeoutStopSec={STOP_SECONDS}",
    "# The engine may make a cgroup for each run: a stop then reaches also what has left the run's session. This rules",
    "# out ProtectControlGroups.",
    "Delegate=yes",
    "# A job that takes too much memory ends alone.",
    "OOMPolicy=continue",
    "# All of this holds for the jobs too. Left out is what would hide homes, devices or networks from them, and",
    "# PrivateTmp, because runs outlive the engine. Jobs that need sudo need NoNewPrivileges=no, RestrictSUIDSGID=no.",
    "NoNewPrivileges=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
)
_HARDENING: Final = (
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectHostname=yes",
)
"""What only the machine's own manager can do."""


def _plain(path: str) -> str:
    """A path where a unit takes the rest of the line as it is."""
    return path.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of a unit, in quotes where it needs them."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if not text or any(character in text for character in " '\"\\;") else text


def _command(words: Sequence[str]) -> str:
    # The program itself is taken as it is; in what follows a dollar would begin a variable.
    return " ".join([_quoted(words[0]), *(_quoted(word).replace("$", "$$") for word in words[1:])])


def label(service: Service) -> str:
    """What launchd calls the service."""
    return f"local.{service.name}"


def launchd(service: Service) -> str:
    """The text of a property list."""
    from plistlib import dumps

    logs = "/Library/Logs" if service.is_system else os.path.join(service.home, "Library/Logs")
    values: dict[str, object] = {
        "Label": label(service),
        "ProgramArguments": service.engine,
        "WorkingDirectory": service.directory,
        "EnvironmentVariables": dict(service.environ),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        # Runs outlive the engine, and the next one takes them over.
        "AbandonProcessGroup": True,
        "ExitTimeOut": STOP_SECONDS,
        "StandardOutPath": os.path.join(logs, f"{service.name}.log"),
        "StandardErrorPath": os.path.join(logs, f"{service.name}.log"),
    }
    if service.is_system:
        values["UserName"] = service.user
    head, _, body = dumps(values, sort_keys=False).decode().partition("<plist")
    return f"{head}<!-- {MARK} -->\n<plist{body}"


def cron(service: Service) -> str:
    """A block of lines for a crontab, between two marks; with a user's name where the machine's crontabs have one."""
    begin, end = cron_marks(service.name)
    words = [*service.program, *service.flags, "--headless", "--once"]
    command = f"cd {shlex.quote(service.directory)} && {shlex.join(words)}"
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in service.environ.items())
    if settings:
        command = command.replace(" && ", f" && {settings} ", 1)
    line = f"*/5 * * * * {service.user} " if service.is_system else "*/5 * * * * "
    line += command.replace("%", "\\%")
    if len(line) > LONGEST_CRON_LINE:
        raise PeakConsoleError(
            f"the line for cron would have {len(line)} characters, more than cron takes; run this with a shorter PATH"
        )
    return f"{begin}\n{line}\n{end}\n"


def cron_marks(name: str) -> tuple[str, str]:
    """The comments around our lines of a crontab."""
    return f"# {MARK}: {name}", f"# end of {name}"


def with_block(crontab: str, name: str, block: str) -> str:
    """A crontab with ``block`` in place of the one of that name, or at its end; an empty block takes it away."""
    begin, end = cron_marks(name)
    lines = crontab.splitlines(keepends=True)
    bare = [line.rstrip("\n") for line in lines]
    if begin in bare:
        first = bare.index(begin)
        if end not in bare[first:]:
            raise PeakConsoleError(f'the crontab holds "{begin}" without "{end}" after it; mend it with crontab -e')
        last = bare.index(end, first)
        return "".join(lines[:first]) + block + "".join(lines[last + 1 :])
    if not block:
        return crontab
    return crontab + ("" if not crontab or crontab.endswith("\n") else "\n") + block
