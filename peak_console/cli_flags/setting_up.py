"""The flags of the verbs that help with setting up."""

from __future__ import annotations

from argparse import SUPPRESS

from peak_console.cli_flags.shared import add_json, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from peak_console.cli_flags.shared import Flags, Verb


def _validate(parser: ArgumentParser) -> Verb:
    add_json(parser)
    return function_of("setting_up.validate", "validate")


def _doctor(parser: ArgumentParser) -> Verb:
    add_json(parser)
    return function_of("setting_up.doctor", "doctor")


def _init(parser: ArgumentParser) -> Verb:
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    return function_of("setting_up.setup", "init")


def _schema(parser: ArgumentParser) -> Verb:
    parser.add_argument("--strict", action="store_true", help="refuse unknown keys, so that editors mark them")
    return function_of("setting_up.setup", "schema")


def _import_crontab(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("file", metavar="FILE", nargs="?", help="a crontab, or - for standard input (default: yours)")
    add("--system", action="store_true", help="lines name users, as in /etc/crontab (the default file then)")
    add("--run-as", metavar="USER", help="with --system: whose lines to convert (default: your own)")
    add("--write", metavar="FILE", help="into this file, instead of printing it")
    add("--force", action="store_true", help="replace a file that exists")
    return function_of("setting_up.crontab", "import_crontab")


def _install(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("kind", choices=("systemd", "launchd", "cron"), help="what starts the engine")
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "--user", dest="level", action="store_const", const="user", help="for yourself (the default, except for root)"
    )
    level.add_argument("--system", dest="level", action="store_const", const="system", help="for the machine")
    add("--run-as", metavar="USER", help="with --system: whose jobs they are (default: you, also through sudo)")
    add("--name", metavar="NAME", default="peak-console", help="of the unit (default: peak-console)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", action="store_true", help="put it in its place, instead of printing it")
    action.add_argument("--remove", action="store_true", help="take away what --write has put there")
    return function_of("setting_up.install", "install")


def _completion(parser: ArgumentParser) -> Verb:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    parser.add_argument("--words", help=SUPPRESS)  # by the script, at each Tab
    return function_of("setting_up.completion", "completion")


def _serve(parser: ArgumentParser) -> Verb:
    add = parser.add_argument
    add("--host", metavar="ADDR", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    add("--port", metavar="N", type=int, default=8765, help="its port (default: 8765; 0: any that is free)")
    add("--allow-actions", action="store_true", help="pages may run, stop, disable, hold, acknowledge, not only look")
    add("--allow-network", action="store_true", help="with --host, --metrics: even an address that others can reach")
    add("--name", metavar="NAME", action="append", default=[], help="a host name by which browsers ask for it")
    add("--max-tabs", metavar="N", type=int, default=8, help="how many pages at once (default: 8)")
    metrics = "figures for Prometheus instead, on this address (host: 127.0.0.1)"
    add("--metrics", metavar="[HOST:]PORT", help=metrics)
    return function_of("setting_up.serve", "serve")


FLAGS: dict[str, Flags] = {
    "validate": _validate,
    "doctor": _doctor,
    "init": _init,
    "schema": _schema,
    "import-crontab": _import_crontab,
    "install": _install,
    "completion": _completion,
    "serve": _serve,
}
"""By verb."""
