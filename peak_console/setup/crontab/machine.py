"""What the machine knows of the users and programs that a crontab names."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING, Protocol

from peak_console.jobs.command import which
from peak_console.jobs.startable import start_fault

if TYPE_CHECKING:
    from typing import Final

_USUAL_USERS: Final = frozenset((
    "root", "daemon", "nobody", "www-data", "apache", "nginx", "http", "postgres", "mysql", "redis", "mail", "news",
    "backup", "list", "man", "lp", "games", "uucp", "proxy", "irc", "gnats", "smmsp", "munin", "nagios", "jenkins",
    "gitlab", "git", "deploy", "ubuntu", "debian", "ec2-user", "centos", "systemd-network", "_apt",
))  # fmt: skip


class Machine(Protocol):
    """The machine that the crontab is read on, which may not be the one that it comes from."""

    def is_user(self, name: str) -> bool:
        """Whether a user is called ``name`` here, or on many machines."""
        ...

    def program(self, word: str, path: str, home: str) -> str | None:
        """The executable file that ``word`` names with this search path, from this home directory."""
        ...

    def starts_by_itself(self, word: str, path: str, home: str) -> bool:
        """Whether the program can be seen to start without a shell: a script without ``#!`` does not."""
        ...


class ThisMachine:
    """What the system's user database and file systems say."""

    def is_user(self, name: str) -> bool:
        try:
            pwd.getpwnam(name)
        except (KeyError, ValueError):
            return name in _USUAL_USERS
        return True

    def program(self, word: str, path: str, home: str) -> str | None:
        home = os.path.expanduser(home)
        if "/" not in word:
            return which(word, {"PATH": path}, home)
        there = os.path.join(home, word)
        return there if os.access(there, os.X_OK) and os.path.isfile(there) else None

    def starts_by_itself(self, word: str, path: str, home: str) -> bool:
        there = self.program(word, path, home)
        return there is not None and not start_fault(there, home, {"PATH": path})
