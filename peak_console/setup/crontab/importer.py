"""From a crontab to a jobs file, with a reason for each line that has no equivalent.

Jobs keep what cron gave them: its PATH, the home directory, no time limit, runs beside each other, no catching up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peak_console.jobs.toml_writing import toml_string
from peak_console.setup.crontab import lines
from peak_console.setup.crontab.machine import ThisMachine
from peak_console.text import safe

if TYPE_CHECKING:
    from typing import Final

    from peak_console.setup.crontab.machine import Machine

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
    "LOGNAME": "cron does not let it be changed; a job's env can",
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

    parts: list[str] = field(default_factory=list)
    """The jobs and the comments between them, as TOML."""
    jobs: int = 0
    left: list[tuple[int, str, str]] = field(default_factory=list)
    """What was not converted: number of the line from 1, the line, why."""
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    """What was converted and should be looked at, in the same form."""

    @property
    def text(self) -> str:
        """The jobs file."""
        return "\n".join([HEAD, *self.parts])


def convert(text: str, *, user: str | None = None, home: str = "~", machine: Machine | None = None) -> Imported:
    """Read a crontab. With ``user`` its lines name users, and only those of that one are converted."""
    return _Importer(user, home, machine or ThisMachine()).convert(text)


class _Importer:
    def __init__(self, user: str | None, home: str, machine: Machine) -> None:
        self._user = user
        self._machine = machine
        self._found = Imported()
        self._settings = {"PATH": "/usr/bin:/bin"}
        """The environment of the lines that follow."""
        self._home = home
        self._shell = "/bin/sh"
        self._zone: str | None = None
        self._zone_fault = ""
        self._names: set[str] = set()
        self._comments: list[str] = []
        """The comment lines right above the line that comes next."""

    def convert(self, text: str) -> Imported:
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
            bare = line.rstrip("\r").strip(" \t")
            if bare.startswith("#"):
                self._comments.append(bare)
                continue
            if bare and (why := self._take(number, bare)):
                self._found.left.append((number, bare, why))
                self._comments += [f"# Line {number} of the crontab is not converted: {why}", f"#     {bare}"]
            self._keep_comments()
        self._keep_comments()
        return self._found

    def _keep_comments(self) -> None:
        """Comments that describe no job stay comments."""
        if self._comments:
            self._found.parts.append("".join(f"{safe(comment)}\n" for comment in self._comments))
            self._comments = []

    def _take(self, number: int, line: str) -> str:
        """Convert a line; why it was not, if it was not."""
        if "\0" in line:
            return "it holds a NUL character"
        if setting := lines.setting(line):
            return self._set(number, line, *setting)
        entry = lines.entry(line)
        if entry is None:
            return "it is neither a setting nor a schedule with a command"
        when, rest = entry
        if self._zone_fault or (fault := lines.schedule_fault(when, self._zone)):
            return self._zone_fault or fault
        first = [*rest.split(), ""][0]
        if lines.is_like_a_field(first) or (lines.is_like_names(first) and not self._program(first)):
            return (
                f"{first} stands where cron reads the command: a schedule has five fields, without seconds and years;"
                " leave that field out"
            )
        if self._user is None:
            fault = self._user_fault(rest)
        else:
            rest, fault = self._without_user(self._user, rest)
        return fault or self._add("* * * * *" if when == "@every_minute" else when.lower(), rest)

    def _user_fault(self, rest: str) -> str:
        """Why the first word of a command is rather the user of a system's crontab; empty if it is not."""
        first, second, *_ = [*rest.split(), "", ""]
        if not second or second.startswith("-") or not self._machine.is_user(first):
            return ""
        if self._program(first) and not (second in _IN_THE_SHELL or self._program(second)):
            return ""
        return f"{first} is a user, and a crontab without --system names none: import this one with --system"

    def _without_user(self, user: str, rest: str) -> tuple[str, str]:
        """The command behind the user's name, and why it cannot be converted; empty when it can."""
        named, _, command = rest.replace("\t", " ", 1).partition(" ")
        command = command.lstrip(" \t")
        if named == user:
            return command, "" if command else "there is no command after the user"
        if not self._machine.is_user(named) and (named in _IN_THE_SHELL or self._program(named)):
            return command, f"{named} is a program and no user: import a crontab that names no users without --system"
        return (
            command,
            f"it runs as {named}: import it as that user" if command else "there is no command after the user",
        )

    def _program(self, word: str) -> bool:
        return self._machine.program(word, self._settings["PATH"], self._home) is not None

    def _set(self, number: int, line: str, name: str, value: str) -> str:
        if name in _NOT_OURS:
            return _NOT_OURS[name] if value else ""
        if lines.holds_a_schedule(value):
            return f"to cron all of that is the value of {name}; give the schedule a line of its own"
        if name == "CRON_TZ":
            return self._set_zone(number, line, value)
        if not name or "=" in name:
            return "no variable can be called that"
        if name == "SHELL":
            self._shell = value.strip() or "/bin/sh"
        elif name == "HOME":
            self._home = value.strip() or self._home
        elif name == "TZ":
            self._note(number, line, "the commands get it; neither cron's times nor the jobs' follow it")
        self._settings[name] = value
        return ""

    def _set_zone(self, number: int, line: str, value: str) -> str:
        self._zone, self._zone_fault = value or None, ""
        if fault := lines.schedule_fault("@daily", self._zone):
            self._zone_fault = f"{fault}, in CRON_TZ above"
        elif value:
            why = "cronie reads the times below in this zone; Debian's cron does not: if yours is that, remove timezone"
            self._note(number, line, why)
        return fault

    def _note(self, number: int, line: str, why: str) -> None:
        self._found.notes.append((number, line, why))

    def _add(self, when: str, rest: str) -> str:
        """Add a job; why there is none, if there is none."""
        command, has_input = lines.command_and_input(rest)
        if has_input:
            return "a percent sign gives the command an input, and jobs have none; let the command read a file"
        if not command.strip():
            return "there is no command"
        description = self._described()
        self._found.jobs += 1
        settings = [f"{toml_string(name)} = {toml_string(value)}" for name, value in self._settings.items()]
        table = [
            "[[job]]",
            f"name = {toml_string(self._name(command))}",
            *([f"description = {toml_string(description)}"] if description else []),
            *self._command(command),
            'schedule_type = "cron"',
            f"cron = {toml_string(when)}",
            *([f"timezone = {toml_string(self._zone)}"] if self._zone else []),
            f"cwd = {toml_string(self._home)}",
            f"env = {{ {', '.join(settings)} }}",
        ]
        self._found.parts.append("\n".join(table) + "\n")
        return ""

    def _described(self) -> str:
        """What the comments right above say of a job; the others are kept as they are."""
        said: list[str] = []
        while self._comments and (text := lines.spoken(self._comments[-1])):
            said.insert(0, safe(text))
            self._comments.pop()
        self._keep_comments()
        return " ".join(said)

    def _command(self, command: str) -> list[str]:
        """Word by word where a shell would do nothing else; through the shell where it would."""
        words = command.split()
        if (
            all(_PLAIN.fullmatch(word) for word in words)
            and words[0] not in (*_IN_THE_SHELL, "python", "python3")  # a bare python is found in other places here
            and not _ASSIGNMENT.match(words[0])
            and self._machine.starts_by_itself(words[0], self._settings["PATH"], self._home)
        ):
            argv = [f"argv = [{', '.join(map(toml_string, words[1:]))}]"] if words[1:] else []
            return [f"command = {toml_string(words[0])}", *argv]
        return [f"command = {toml_string(self._shell)}", f'argv = ["-c", {toml_string(command)}]']

    def _name(self, command: str) -> str:
        """A name for the job, made from its command, that no other job has."""
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
