"""What may stand at the cursor, by the program's own parser."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, _AppendAction, _SubParsersAction

from peak_console.setup.completion.known import Known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILES, DIRECTORIES = "<files>", "<directories>"
"""Asks the shell for its own candidates."""
MORE = "<more>"
"""Says that a candidate may go on: no blank after it."""


class Answer:
    """Candidates, each with a word about it; or what the shell is to complete by itself."""

    def __init__(self, candidates: Mapping[str, str] | None = None, ask: str = "") -> None:
        self.candidates = dict(candidates or {})
        self.ask = ask
        """``FILES``, ``DIRECTORIES`` or ``MORE``; empty where the candidates say it all."""

    def beginning_with(self, current: str) -> Answer:
        """Those that the word at the cursor may become."""
        return Answer({text: about for text, about in self.candidates.items() if text.startswith(current)}, self.ask)


def complete(parser: ArgumentParser, words: Sequence[str], current: str) -> Answer:
    """What may stand in place of ``current`` after ``words``, which follow the program's name."""
    return _Line(parser).read(words).at(current)


class _Line:
    """A command line as far as it has been read."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._parser = parser
        self._verb = ""
        self._default_config = str(parser.get_default("config"))
        self._position = 0
        """How many of the parser's positional arguments there are already."""
        self._open: Action | None = None
        """An option that waits for its value."""
        self._only_words = False
        """After ``--``."""
        self._given: dict[str, str] = {}
        self._is_wrong = False

    def read(self, words: Sequence[str]) -> _Line:
        for word in words:
            if self._open is not None:
                self._given[self._open.dest] = word
                self._open = None
            elif word == "--" and not self._only_words:
                self._only_words = True
            elif word[:1] == "-" and len(word) > 1 and not self._only_words:
                self._read_option(word)
            else:
                self._read_word(word)
        return self

    def _read_option(self, word: str) -> None:
        flag, has_value, value = word.partition("=")
        action = self._option(flag)
        if action is None:
            return
        self._given[action.dest] = value
        if action.nargs != 0 and not has_value:
            self._open = action

    def _option(self, flag: str) -> Action | None:
        """The option called ``flag``, which may be cut short where that is clear."""
        known = {name: action for action in _options(self._parser) for name in action.option_strings}
        if flag in known:
            return known[flag]
        begun = {id(action): action for name, action in known.items() if flag[:2] == "--" and name.startswith(flag)}
        return next(iter(begun.values())) if len(begun) == 1 else None

    def _read_word(self, word: str) -> None:
        action = self._positional()
        self._position += 1
        if isinstance(action, _SubParsersAction):
            if word in action.choices:
                self._parser, self._verb, self._position = action.choices[word], word, 0
            else:
                self._is_wrong = True

    def _positional(self) -> Action | None:
        positionals = [action for action in self._parser._get_positional_actions() if action.help != SUPPRESS]  # noqa: SLF001
        return positionals[self._position] if self._position < len(positionals) else None

    def at(self, current: str) -> Answer:
        if self._is_wrong:
            return Answer()
        if self._open is not None:
            return self._values(self._open, current).beginning_with(current)
        if current[:1] == "-" and not self._only_words:
            return self._options_at(current).beginning_with(current)
        action = self._positional()
        if action is None:
            return Answer() if self._only_words else self._options_at(current).beginning_with(current)
        return self._values(action, current).beginning_with(current)

    def _options_at(self, current: str) -> Answer:
        flag, has_value, value = current.partition("=")
        if has_value:
            action = self._option(flag)
            found = self._values(action, value) if action is not None and action.nargs != 0 else Answer()
            return Answer({f"{flag}={text}": about for text, about in found.candidates.items()}, found.ask)
        free = [
            action
            for action in _options(self._parser)
            if action.dest not in self._given or isinstance(action, _AppendAction)
        ]
        # The longest name of each: what is short is typed faster than it is completed.
        return Answer({max(action.option_strings, key=len): action.help or "" for action in free})

    def _values(self, action: Action, current: str) -> Answer:
        """What ``action`` may be given."""
        if isinstance(action, _SubParsersAction):
            return Answer({choice.dest: choice.help or "" for choice in action._choices_actions})  # noqa: SLF001
        if action.choices is not None:
            return Answer({str(choice): "" for choice in action.choices})
        known = Known(self._given.get("config") or self._default_config, self._given.get("state_dir"))
        make = _VALUES.get(str(action.metavar))
        return make(known, self._verb, current) if make is not None else Answer()


def _options(parser: ArgumentParser) -> list[Action]:
    return [action for action in parser._get_optional_actions() if action.help != SUPPRESS]  # noqa: SLF001


def _jobs(known: Known, _verb: str, _current: str) -> Answer:
    return Answer(known.jobs())


def _jobs_or_runs(known: Known, verb: str, current: str) -> Answer:
    if verb == "stop":
        return Answer(known.under_way())
    return Answer(known.runs() if current.startswith("#") else known.jobs() | known.runs())


def _tags(known: Known, _verb: str, current: str) -> Answer:
    """Several may stand there, with commas between them."""
    before, comma, _ = current.rpartition(",")
    taken = before.split(",")
    return Answer({f"{before}{comma}{tag}": "" for tag in known.tags() if tag not in taken}, MORE)


def _alerts(known: Known, _verb: str, _current: str) -> Answer:
    return Answer({"all": "every alert that is open", **known.alerts()})


def _outcomes(_known: Known, _verb: str, _current: str) -> Answer:
    from peak_console.model.terms import Outcome

    return Answer({str(outcome): "" for outcome in Outcome})


_VALUES: Mapping[str, Callable[[Known, str, str], Answer]] = {
    "JOB": _jobs,
    "JOB|#RUN": _jobs_or_runs,
    "TAGS": _tags,
    "ALERT|all": _alerts,
    "OUTCOME": _outcomes,
    "FILE": lambda *_: Answer(ask=FILES),
    "DIR": lambda *_: Answer(ask=DIRECTORIES),
}
"""By the word that help shows for the value."""
