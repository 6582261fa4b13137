"""``install``: what starts the engine on this machine, printed or put in its place."""

from __future__ import annotations

import os
import pwd

from peak_console.decisions.selection import check_tags, tags_of
from peak_console.errors import PeakConsoleError, UsageError
from peak_console.jobs.state_place import ENVIRONMENT_VARIABLE, state_directory
from peak_console.setup.install import install as put
from peak_console.setup.install import next_commands, place_of, remove, text_of
from peak_console.setup.units import Service, this_program
from peak_console.text import safe
from peak_console.verbs.shared.common import load_noted
from peak_console.verbs.shared.output import note, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

_CARRIED = ("PATH", "VIRTUAL_ENV")
_FOR_ALERTS = ("PEAK_CONSOLE_ALERT_URLS", "PEAK_CONSOLE_ALERT_LEVEL")


def install(options: Namespace) -> int:
    """Print, write or remove a unit, and say what is to be done next."""
    service = _service(options)
    if options.remove:
        return _remove(options, service)
    if not options.write:
        write(text_of(options.kind, service))
        place = place_of(options.kind, service) or "your crontab"
        note(f"nothing was written: --write puts this into {place}")
        return 0
    where = put(options.kind, service)
    write(f"{safe(where)}: written\n" + _next(options, service))
    return 0


def _remove(options: Namespace, service: Service) -> int:
    where = remove(options.kind, service)
    if not where:
        place = place_of(options.kind, service) or "your crontab"
        raise PeakConsoleError(f"{safe(place)}: there is nothing of that name to remove; see --name")
    write(f"{safe(where)}: removed\n" + _next(options, service, removed=True))
    return 0


def _next(options: Namespace, service: Service, *, removed: bool = False) -> str:
    commands = next_commands(options.kind, service, removed=removed)
    return "".join(["Next:\n", *(f"  {safe(command)}\n" for command in commands)]) if commands else ""


def _service(options: Namespace) -> Service:
    """The service as it would run from here. Raises ``JobsFileError`` if there are no jobs that it could run."""
    jobs_file = os.path.abspath(options.config)
    configured = None
    if not options.remove:
        jobset = load_noted(options.config)
        configured = jobset.settings.state_dir
        for doubt in check_tags(jobset.jobs, tags_of(options.include_tags), tags_of(options.exclude_tags)):
            note(doubt)
    state_dir = state_directory(options.config, options.state_dir, configured)
    flags = ["--config", jobs_file]
    if options.state_dir or os.environ.get(ENVIRONMENT_VARIABLE):
        flags += ["--state-dir", state_dir]
    for flag in ("include_tags", "exclude_tags"):
        if getattr(options, flag):
            flags += [f"--{flag.replace('_', '-')}", getattr(options, flag)]
    if not options.remove:
        for name in _FOR_ALERTS:
            if os.environ.get(name):
                note(f"{name} is set here, but will not be there: put it into .env of {os.getcwd()}")
    is_system = os.geteuid() == 0 if options.level is None else options.level == "system"
    account = _account(options.run_as, is_system)
    return Service(
        name=options.name,
        program=this_program(),
        flags=flags,
        jobs_file=jobs_file,
        state_dir=state_dir,
        directory=os.getcwd(),
        environ={name: os.environ[name] for name in _CARRIED if os.environ.get(name)},
        is_system=is_system,
        user=account.pw_name,
        home=account.pw_dir if options.run_as else os.path.expanduser("~"),
    )


def _account(name: str | None, is_system: bool) -> pwd.struct_passwd:
    """The user whom the service runs as: under sudo, the user who called it."""
    if name and not is_system:
        raise UsageError("--run-as is for --system; a unit of your own runs as you")
    wanted = name or (os.environ.get("SUDO_USER") if is_system else None)
    try:
        return pwd.getpwnam(wanted) if wanted else pwd.getpwuid(os.geteuid())
    except KeyError:
        raise UsageError(
            f'there is no user "{safe(wanted or str(os.geteuid()))}" on this machine; see --run-as'
        ) from None
