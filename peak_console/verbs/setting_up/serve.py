"""``serve``: the console in a browser, or figures for Prometheus."""

from __future__ import annotations

import sys
from importlib import import_module
from ipaddress import ip_address

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.store.locks import is_served
from peak_console.verbs.shared.common import load_noted
from peak_console.verbs.shared.output import note, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

MOST_TABS = 100
_EXTRA = ("aiohttp", "textual_serve")


def serve(options: Namespace) -> int:
    """``serve``: returns 0 once it has been told to end."""
    if options.metrics is not None:
        from peak_console.verbs.setting_up.serve_metrics import address_of, serve_metrics

        host, port = address_of(options.metrics)
        _check_reach(host, port, "--metrics", options)
        return serve_metrics(options)
    _check(options)
    probe_jobs_file(options.config)
    jobset = load_noted(options.config)
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    probe_state(directory)
    try:
        server = import_module("peak_console.web.server")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise PeakConsoleError(
            "serve needs what a plain installation leaves out: pip install 'peak-console[web]'"
        ) from None
    if not is_served(directory):
        note(f"no engine serves {directory}: start one with peak-console --headless; pages say so until then")
    if not _is_loopback(options.host):
        note(
            f"{options.host} can be reached from the network, and nothing is encrypted: a listener can take a "
            "page over; put a proxy with TLS in front, or use ssh -L"
        )

    kind = "to look at and to act" if options.allow_actions else "to look at (--allow-actions: to act as well)"
    once = [f"the console in a browser, {kind}; a link works once, within an hour. Enter: another link, Ctrl+C: end"]

    def say(link: str) -> None:
        write(f"{link}\n")
        while once:
            note(once.pop())

    server.serve(
        console_command(options),
        options.host,
        options.port,
        names=options.name,
        max_tabs=options.max_tabs,
        say=say,
        note=note,
    )
    return 0


def console_command(options: Namespace) -> list[str]:
    """The command line of the console behind each tab."""
    command = [sys.executable, "-m", "peak_console", "--in-browser", "--config", options.config]
    for flag in ("state_dir", "include_tags", "exclude_tags"):
        value = getattr(options, flag)
        if value is not None:
            command.append(f"--{flag.replace('_', '-')}={value}")
    return command if options.allow_actions else [*command, "--read-only"]


def _check(options: Namespace) -> None:
    if not 0 <= options.port <= 65535:
        raise UsageError(f"--port: {options.port} is not between 0 (any that is free) and 65535")
    if not 1 <= options.max_tabs <= MOST_TABS:
        raise UsageError(f"--max-tabs: {options.max_tabs} is not between 1 and {MOST_TABS}")
    _check_reach(options.host, options.port, "--host", options)


def _check_reach(host: str, port: int, flag: str, options: Namespace) -> None:
    if not _is_loopback(host) and not options.allow_network:
        raise UsageError(
            f"{flag} {host} can be reached from the network: from elsewhere rather use ssh -L "
            f"{port}:127.0.0.1:{port}, or add --allow-network"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
