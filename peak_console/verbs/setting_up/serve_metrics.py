"""``serve --metrics``: figures for Prometheus."""

from __future__ import annotations

from importlib import import_module

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.metrics.textfile import MISSING
from peak_console.verbs.shared.common import load_noted
from peak_console.verbs.shared.output import note, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

_EXTRA = "prometheus_client"
HIGHEST_PORT = 65535


def address_of(text: str) -> tuple[str, int]:
    """Host and port of ``[HOST:]PORT``. Raises ``UsageError``."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (colon and not host) or not (port.isascii() and port.isdigit()) or int(port) > HIGHEST_PORT:
        raise UsageError(
            f"--metrics: {text!r} is not [HOST:]PORT, as in 9464 or 127.0.0.1:9464; a port is 0 (any that is free) to"
            f" {HIGHEST_PORT}"
        )
    return host or "127.0.0.1", int(port)


def serve_metrics(options: Namespace) -> int:
    """Returns 0 once it has been told to end."""
    host, port = address_of(options.metrics)
    probe_jobs_file(options.config)
    jobset = load_noted(options.config)
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    probe_state(directory)
    try:
        server = import_module("peak_console.metrics.server")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != _EXTRA:
            raise
        raise PeakConsoleError(MISSING) from None
    collector = server.RegistryCollector(jobset, directory, note)
    server.serve(host, port, collector, lambda address: write(f"{address}\n"))
    return 0
