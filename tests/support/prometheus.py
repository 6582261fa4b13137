"""A Prometheus of the tests' own, from Debian's package: on free ports, with nothing outside of one directory."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """\
global: {{ evaluation_interval: 500ms }}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: peak-console
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs: [{{ targets: ["{target}"] }}]
"""


def why_not() -> str | None:
    """Why no Prometheus can be started here; ``None`` when one can."""
    missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    return f"needs {', '.join(missing)}: apt-get install prometheus" if missing else None


class Prometheus:
    """A server that scrapes one target."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"

    def asked(self, path: str, **parameters: str) -> Any:
        """The ``data`` of an answer of its API."""
        with urlopen(f"{self._base}/{path}?{urlencode(parameters)}", timeout=20) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The labels and the value of each series."""
        return [(each["metric"], float(each["value"][1])) for each in self.asked("query", query=expression)["result"]]

    def value(self, expression: str) -> float | None:
        """The one value; ``None`` where there is no series."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def is_up(self) -> bool:
        """Whether it answers, and has scraped its target."""
        try:
            return self.value("up") == 1
        except (URLError, OSError):
            return False


@contextmanager
def prometheus(folder: Path, target: str, rules: str) -> Iterator[Prometheus]:
    """A server that scrapes a target and evaluates a file of rules."""
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(target=target, rules=rules), encoding="utf-8")
    port = _free_port()
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        server = Prometheus(port)
        wait_until(server.is_up, "the first scrape")
        yield server
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
