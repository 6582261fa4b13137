"""Flags that several verbs have, and how a verb finds its function."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _ActionsContainer
    from collections.abc import Callable

    Verb = Callable[[Namespace], int]
    Flags = Callable[[ArgumentParser], Verb]
    """Adds a verb's flags to its parser, and returns its function."""


def add_override(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", nargs="*", help="their names")
    add_tags(parser)
    add_end(parser, "for good")
    parser.add_argument("--reason", metavar="TEXT", help="shown beside the job")


def add_tags(parser: ArgumentParser) -> None:
    parser.add_argument("--tags", metavar="TAGS", help="the jobs with one of these tags (a,b,c)")


def add_end(parser: ArgumentParser, default: str) -> None:
    parser.add_argument("--for", dest="for_", metavar="TIME", help=f"for how long: 90s, 30m, 2h (default: {default})")
    parser.add_argument("--until", metavar="WHEN", help="until when: 18:00, tomorrow 08:00, mon 07:30, or ISO 8601")


def add_confirm(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--confirm", metavar="NAME", action="append", default=[], help="the name of a job that is to be confirmed"
    )


def add_json(parser: _ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def function_of(module: str, function: str) -> Verb:
    """A verb's function, loaded once it is called."""

    def act(options: Namespace) -> int:
        from importlib import import_module

        verb: Verb = getattr(import_module(f"peak_console.verbs.{module}"), function)
        return verb(options)

    return act
