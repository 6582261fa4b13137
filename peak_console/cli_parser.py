"""The parser of the command line. Loaded where the words are not those of a plain start: see ``cli``."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, HelpFormatter

from peak_console.cli_words import DEFAULT_CONFIG
from peak_console.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Action, Namespace, _SubParsersAction
    from collections.abc import Sequence
    from typing import NoReturn

    from peak_console.cli_verbs import VerbTable

NEED_ALL = ("completion", "complete")
"""The verbs that have to know all verbs."""
LONGEST_MESSAGE = 500
"""Characters of argparse's own messages that are shown: it repeats whatever it was given."""


def parse(words: Sequence[str]) -> Namespace:
    """The options that the words of a command line mean. Raises ``UsageError``; leaves the program as argparse does."""
    parser = make_parser(words)
    _refuse_unknown_flags(parser, words)
    return parser.parse_args(words)


class _Parser(ArgumentParser):
    """Repeats what it does not understand only as text that does nothing to the terminal."""

    def error(self, message: str) -> NoReturn:
        from peak_console.text import safe

        super().error(safe(message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"))


def make_parser(words: Sequence[str]) -> ArgumentParser:
    """A parser that knows the verbs that the words may mean."""
    parser = _Parser(
        prog="peak-console",
        description="A terminal operator console with a scheduler engine inside. Without a verb it opens the console; "
        "with --headless it runs the scheduler as a plain program.",
        formatter_class=_formatter,
        epilog="Exit codes: 0 all well, 1 the configuration or state cannot be used, 2 wrong usage, 3 a run failed.",
    )
    _add_common(parser, is_top=True)
    _add_engine_options(parser)
    if any(word[:1] != "-" or word in ("-h", "--help") for word in words):
        from peak_console.cli_verbs import VERBS

        if not VERBS.keys().isdisjoint(words) or words[-1][:1] != "-" or words[-1] in ("-h", "--help"):
            verb = _verb_of(parser, words)
            alone = verb in VERBS and verb not in NEED_ALL and not any(map(_may_ask_for_help, words))
            known = {verb: VERBS[verb]} if verb is not None and alone else VERBS
            _add_verbs(parser.add_subparsers(title="verbs", metavar="VERB"), known)
            parser.set_defaults(parser=parser)  # completion is made from it
    return parser


def _may_ask_for_help(word: str) -> bool:
    return "--help".startswith(word) if word[:2] == "--" else word[:1] == "-" and "h" in word


def _verb_of(parser: ArgumentParser, words: Sequence[str]) -> str | None:
    """The first word that is neither a flag nor the value of one."""
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word[:1] != "-":
            return word
        else:
            is_value = "=" not in word and any(action.nargs != 0 for action in _meant(parser, word))
    return None


def _meant(parser: ArgumentParser, word: str) -> list[Action]:
    """What a flag means, which may be cut short."""
    known = parser._option_string_actions  # noqa: SLF001 - argparse itself offers no way to ask
    name = word.partition("=")[0]
    exact = [known[flag] for flag in known if flag == name]
    return exact or [known[flag] for flag in known if len(name) > 2 and flag.startswith(name)]


def _refuse_unknown_flags(parser: ArgumentParser, words: Sequence[str]) -> None:
    """Name a flag that is none, as long as no verb has come: its value would be taken for the verb."""
    known = parser._option_string_actions  # noqa: SLF001 - argparse itself offers no way to ask
    is_value = False
    for word in words:
        if is_value:
            is_value = False
            continue
        if word[:2] != "--" or word == "--":
            if word[:1] != "-":
                return
            continue
        name, equals, _ = word.partition("=")
        meant = _meant(parser, word)
        if not meant:
            from peak_console.text import nearest, safe

            negative = name.startswith("--no-")  # a misspelt flag is never answered with one that switches things off
            shown = [each for each in known if known[each].help != SUPPRESS and each.startswith("--no-") is negative]
            guess = nearest(name, shown)
            hint = f"did you mean {guess}?" if guess else "see: peak-console --help"
            raise UsageError(f"unknown flag {safe(name)}; {hint}")
        is_value = not equals and meant[0].nargs != 0


def _formatter(prog: str) -> HelpFormatter:
    """Of a given width: argparse would load all of shutil to ask the terminal, even to print nothing."""
    return HelpFormatter(prog, width=100)


def _add_common(parser: ArgumentParser, *, is_top: bool = False) -> None:
    """What every verb understands, before or after its name."""

    def default(value: object) -> object:
        return value if is_top else SUPPRESS

    add = parser.add_argument
    add("--config", metavar="FILE", default=default(DEFAULT_CONFIG), help=f"the jobs file (default: {DEFAULT_CONFIG})")
    add("--state-dir", metavar="DIR", default=default(None), help="where state lives (default: beside the jobs file)")
    add("--include-tags", metavar="TAGS", default=default(None), help="only jobs with one of these tags (a,b,c)")
    add("--exclude-tags", metavar="TAGS", default=default(None), help="no jobs with one of these tags (a,b,c)")


def _add_engine_options(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--version", action="store_true", help="print the version and exit")
    add("--headless", action="store_true", help="no screen: run the scheduler and print what it does")
    add("--once", action="store_true", help="run what is due now, wait for it, exit (3 when a run failed)")
    add("--poll-interval", metavar="SECONDS", type=float, default=30, help="the longest sleep (default: 30)")
    add("--dry-run", action="store_true", help="show what would run, run nothing, record nothing")
    add("--verbose", "-v", action="store_true", help="say more: resolved command lines, why jobs are not due")
    add("--quiet", "-q", action="store_true", help="with --once: print failures and warnings only, for mails of cron")
    add("--no-registry", action="store_true", help="keep no record of finished runs")
    add("--no-alerts", action="store_true", help="deliver no alerts (they are still logged)")
    add("--no-wait", action="store_true", help="exit with 1 when another engine serves the state directory")
    add("--attach", action="store_true", help="the console of an engine that runs already: never become the engine")
    add("--read-only", action="store_true", help="a console that changes nothing; implies --attach")
    add(
        "--wallboard",
        action="store_true",
        help="a console that shows the wallboard: large letters, for a screen on the wall",
    )
    add("--in-browser", action="store_true", help=SUPPRESS)  # by serve, for the process behind a tab
    add("--successor", action="store_true", help=SUPPRESS)  # by a console, for the engine that goes on without it
    add("--log-format", choices=("text", "json"), default="text", help="how --headless reports (default: text)")


def _add_verbs(parsers: _SubParsersAction[_Parser], verbs: VerbTable) -> None:
    for name, (help_line, configure) in verbs.items():
        parser = parsers.add_parser(
            name, help=help_line, description=help_line[0].upper() + help_line[1:] + ".", formatter_class=_formatter
        )
        _add_common(parser)
        parser.set_defaults(act=configure(parser))
