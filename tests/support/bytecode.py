"""The tests' bytecode, made before the workers begin: each of them would make all of it, at the same time."""

from __future__ import annotations

import importlib
import multiprocessing
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
PROCESSES = 2


def make(arguments: Iterable[str]) -> None:
    """Of everything that pytest collects by these arguments, as far as it is not there yet.

    Importing makes it, and is done in processes of its own: our own has no use for the modules.
    """
    places = {(ROOT / argument.partition("::")[0]).resolve() for argument in arguments}
    files = {file for place in places for file in ([place] if place.is_file() else place.rglob("test_*.py"))}
    names = [_name(file) for file in sorted(files) if file.is_relative_to(ROOT / "tests") and not _is_made(file)]
    if len(names) > PROCESSES:
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            pool.map(_import, names, chunksize=8)


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def _is_made(file: Path) -> bool:
    made = (file.parent / "__pycache__").glob(f"{file.stem}.*-pytest-*.pyc")
    return any(each.stat().st_mtime >= file.stat().st_mtime for each in made)


def _import(name: str) -> None:
    with suppress(BaseException):  # whatever it is, the workers meet it again and say it
        importlib.import_module(name)
