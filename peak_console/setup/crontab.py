"""From a crontab to a jobs file, with a reason for each line that has no equivalent.

Jobs keep what cron gave them: its PATH, the home directory, no time limit, runs beside each other, no catching up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import ScheduleError, validate

if TYPE_CHECKING:
    from typing import Final

_SETTING: Final = re.compile(r"""[ \t]*("[^"]+"|'[^']+'|[^\s="'#*@][^\s=]*)[ \t]*=[ \t]*(.*)""")
_LINE: Final = re.compile(r"[ \t]*-?(@[A-Za-z_]+|(?:[^\s]+[ \t]+){4}[^\s]+)[ \t]+(.*)")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+:,./=-]+")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_IN_THE_SHELL: Final = frozenset((
    ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "do", "done", "echo", "elif", "else",
    "esac", "eval", "exec", "exit", "export", "false", "fc", "fg", "fi", "for", "function", "getopts", "hash",
    "if", "in", "jobs", "kill", "local", "printf", "pwd", "read", "readonly", "return", "select", "set",
    "shift", "source", "test", "then", "time", "times", "trap", "true", "type", "typeset", "ulimit", "umask",
    "unalias", "unset", "until", "wait", "while",
))  # fmt: skip
_WRAPPERS: Final = frozenset((
    "cd", "nice", "ionice", "nohup", "env", "sudo", "timeout", "flock", "chronic", "exec", "bash", "sh", "dash",
    "zsh", "ksh", "python", "python3", "perl", "ruby", "node", "php", "java", "test", "run-parts", "command",
))  # fmt: skip
_NOT_OURS: Final = {
    "MAILTO": "cron's mail has no equivalent; deliver alerts through a channel: [[alerts.channel]]",
    "MAILFROM": "cron's mail has no equivalent; deliver alerts through a channel: [[alerts.channel]]",
    "RANDOM_DELAY": "slots are exact; there is no random delay",
    "START_HOURS_RANGE": "it is anacron's; a job's cron expression can name the hours",
}
_LONGEST_NAME: Final = 60

HEAD: Final = """\
# Made from a crontab. What cron did without being asked stands here, to be changed where you want more than that.

[scheduler]
timeout_seconds = 0        # cron stops nothing; a limit in seconds is safer
overlap = "allow"          # cron starts a job beside its last run; "skip" or "queue" do not
catch_up = "skip"          # cron makes up for nothing that was missed; "latest" runs the latest
"""


@dataclass(slots=True)
class Imported:
    """What became of a crontab."""

    jobs: list[str] = field(default_factory=list)
    """A table of TOML each."""
    left: list[tuple[int, str, str]] = field(default_factory=list)
    """What was not converted: number of the line from 1, the line, why."""

    @property
    def text(self) -> str:
        """The jobs file."""
        return "\n".join([HEAD, *self.jobs])


def convert(text: str, *, user: str | None = None, home: str = "~") -> Imported:
    """Read a crontab. With ``user`` its lines name users, and only those of that one are converted."""
    return _Importer(user, home).convert(text)


class _Importer:
    def __init__(self, user: str | None, home: str) -> None:
        self._user = user
        self._found = Imported()
        self._settings = {"PATH": "/usr/bin:/bin"}
        """The environment of the lines that follow."""
        self._home = home
        self._shell = "/bin/sh"
        self._zone: str | None = None
        self._zone_fault = ""
        self._names: set[str] = set()

    def convert(self, text: str) -> Imported:
        for number, line in enumerate(text.split("\n"), 1):
            bare = line.rstrip("\r").strip(" \t")
            if bare and not bare.startswith("#") and (why := self._take(bare)):
                self._found.left.append((number, bare, why))
        return self._found

    def _take(self, line: str) -> str:
        """Convert a line; why it was not, if it was not."""
        if "\0" in line:
            return "it holds a NUL character"
        if setting := _SETTING.fullmatch(line):
            return self._set(_unquoted(setting[1]), _unquoted(setting[2].rstrip()))
        entry = _LINE.fullmatch(line)
        if entry is None:
            return "it is neither a setting nor a schedule with a command"
        when, command = entry[1].lower(), entry[2]
        if self._user is not None:
            user, _, command = command.replace("\t", " ", 1).partition(" ")
            command = command.lstrip()
            if not command:
                return "there is no command after the user"
            if user != self._user:
                return f"it runs as {user}: import it as that user"
        if when == "@reboot":
            return "there is no schedule for a boot; start it by systemd or launchd, or as a once job with run_at"
        return self._add("* * * * *" if when == "@every_minute" else " ".join(when.split()), command)

    def _set(self, name: str, value: str) -> str:
        if name in _NOT_OURS:
            return _NOT_OURS[name] if value else ""
        if name == "SHELL":
            self._shell = value.strip() or "/bin/sh"
        elif name == "HOME":
            self._home = value.strip() or self._home
            self._settings[name] = value
        elif name == "CRON_TZ":
            return self._set_zone(value)
        elif "=" in name:
            return "no variable can be called that"
        else:
            self._settings[name] = value
        return ""

    def _set_zone(self, value: str) -> str:
        self._zone, self._zone_fault = value or None, ""
        try:
            validate(JobSchedule(timezone=self._zone))
        except ScheduleError as error:
            self._zone_fault = f"{error}, in CRON_TZ above"
            return str(error)
        return ""

    def _add(self, when: str, line: str) -> str:
        """Add a job; why there is none, if there is none."""
        if self._zone_fault:
            return self._zone_fault
        try:
            validate(JobSchedule("cron", cron=when, timezone=self._zone))
        except ScheduleError as error:
            return str(error)
        if re.search(r"(?<!\\)%", line):
            return "a percent sign gives the command an input, and jobs have none; let the command read a file"
        command = line.replace("\\%", "%")
        if not command.strip():
            return "there is no command"
        lines = [
            "[[job]]",
            f"name = {_toml(self._name(command))}",
            *self._command(command),
            'schedule_type = "cron"',
            f"cron = {_toml(when)}",
            *([f"timezone = {_toml(self._zone)}"] if self._zone else []),
            f"cwd = {_toml(self._home)}",
            f"env = {{ {', '.join(f'{_toml(name)} = {_toml(value)}' for name, value in self._settings.items())} }}",
        ]
        self._found.jobs.append("\n".join(lines) + "\n")
        return ""

    def _command(self, command: str) -> list[str]:
        """Word by word where a shell would do nothing else; through the shell where it would."""
        words = command.split()
        if (
            all(_PLAIN.fullmatch(word) for word in words)
            and words[0] not in (*_IN_THE_SHELL, "python", "python3")  # a bare python is found in other places here
            and not _ASSIGNMENT.match(words[0])
        ):
            argv = [f"argv = [{', '.join(map(_toml, words[1:]))}]"] if words[1:] else []
            return [f"command = {_toml(words[0])}", *argv]
        return [f"command = {_toml(self._shell)}", f'argv = ["-c", {_toml(command)}]']

    def _name(self, command: str) -> str:
        """A name for the job, from what it runs; nobody else has it."""
        name = _program_of(command)
        free, number = name, 1
        while free in self._names:
            number += 1
            free = f"{name}_{number}"
        self._names.add(free)
        return free


def _program_of(command: str) -> str:
    """The program or script that a command line is about, as a name."""
    after_cd = re.sub(r"^cd\s+\S+\s*(?:&&|;)\s*", "", command.strip())
    for word in re.split(r"[\s;&|<>()]+", after_cd):
        base = word.strip("\"'").rstrip("/").rpartition("/")[2]
        if not base or word.startswith("-") or _ASSIGNMENT.match(word) or base in _WRAPPERS or base.isdigit():
            continue
        name = re.sub(r"\.(?:sh|py|pl|rb|js)$", "", base)
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.")[:_LONGEST_NAME]
        if name and name != "[":
            return name
    return "job"


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1]
    return text


def _toml(text: str) -> str:
    """A string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
