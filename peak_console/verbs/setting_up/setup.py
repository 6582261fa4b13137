"""What helps to set up: ``init``, ``schema`` and ``install``."""

from __future__ import annotations

import shlex

from peak_console.text import safe
from peak_console.verbs.shared.output import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def init(options: Namespace) -> int:
    """Write a starter jobs file where ``--config`` says, and say what to try with it."""
    from peak_console.setup.starter import write_starter

    schema = write_starter(options.config, force=options.force)
    program = _program(options)
    write(
        f"{safe(options.config)}: written, with {safe(schema)} for editors. Next:\n"
        f"  {program} validate          every error and warning of the file: none yet\n"
        f"  {program} next --count 5    what will run, and when\n"
        f"  {program} run hello --wait  a job now, with its output\n"
        f"  {program}                   the console: ? lists its keys, q leaves\n"
    )
    return 0


def _program(options: Namespace) -> str:
    """How this user calls the program on this jobs file."""
    from peak_console.api import DEFAULT_CONFIG

    chosen = [] if options.config == DEFAULT_CONFIG else ["--config", options.config]
    return safe(shlex.join(["peak-console", *chosen]))


def schema(options: Namespace) -> int:
    """Print the JSON Schema of jobs files."""
    from peak_console.setup.schema import schema_text

    write(schema_text(strict=options.strict))
    return 0
