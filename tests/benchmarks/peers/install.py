"""Peers are installed for one run, into directories of their own; nothing is put into the system."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INSTALL_SECONDS = 300


class PeerError(Exception):
    """A peer could not be installed or started, or did not do its work; the text is the reason."""


def python_packages(directory: Path, *requirements: str) -> Path:
    """The ``bin`` directory of a virtual environment with these packages. Raises ``PeerError``."""
    if not directory.exists():
        _run([sys.executable, "-m", "venv", str(directory)])
        _run([str(directory / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *requirements])
    return directory / "bin"


def node_package(directory: Path, package: str) -> Path:
    """The ``node_modules`` directory with this package. Raises ``PeerError``."""
    if not directory.exists():
        directory.mkdir()
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(directory), package])
    return directory / "node_modules"


def debian_package(directory: Path, package: str) -> Path:
    """The root of an unpacked package, which is not installed. Raises ``PeerError``."""
    if not directory.exists():
        directory.mkdir()
        _run(["apt-get", "download", "-q", package], cwd=directory)
        for archive in directory.glob("*.deb"):
            _run(["dpkg", "-x", str(archive), str(directory / "root")])
    return directory / "root"


def version_of(directory: Path, package: str) -> str:
    """Of an installed Python package."""
    shown = _run([str(directory / "bin" / "pip"), "show", "--disable-pip-version-check", package])
    return next(line.split()[1] for line in shown.splitlines() if line.startswith("Version:"))


def _run(argv: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"{argv[0]}: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerError(f"{' '.join(argv[:3])} failed: {last}")
    return done.stdout
