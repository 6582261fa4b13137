"""A file of metrics for the textfile collector of node_exporter, replaced as a whole."""

from __future__ import annotations

import os

from peak_console.errors import PeakConsoleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric

    from peak_console.metrics.figures import Figures

MODE = 0o644
"""node_exporter runs as another user."""
MISSING = "metrics need what a plain installation leaves out: pip install 'peak-console[metrics]'"


def exposition(figures: Figures) -> bytes:
    """The figures as Prometheus reads them. Raises ``PeakConsoleError`` where its client is not installed."""
    try:
        import prometheus_client
    except ModuleNotFoundError:
        raise PeakConsoleError(MISSING) from None
    from peak_console.metrics.families import families

    class Once(prometheus_client.CollectorRegistry):
        def collect(self) -> Iterable[Metric]:
            return families(figures)

    return prometheus_client.generate_latest(Once())


def write_file(path: str, figures: Figures) -> None:
    """Replace the file. Raises ``OSError`` and ``PeakConsoleError``, with the file as it was."""
    text = exposition(figures)
    directory, name = os.path.split(path)
    # Whatever does not end in .prom node_exporter leaves alone.
    temporary = os.path.join(directory, f".{name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    try:
        os.fchmod(descriptor, MODE)
        with open(descriptor, "wb") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
