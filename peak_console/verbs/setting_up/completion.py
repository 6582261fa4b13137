"""``completion``: the script for a shell, and the answers that it asks for at each Tab."""

from __future__ import annotations

import os

from peak_console.text import safe
from peak_console.verbs.shared.output import write

SEPARATOR = "\x1f"
"""Separates the words that a completion script hands over in one argument: a ``--`` among several would end ours."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from peak_console.setup.completion.candidates import Answer


def completion(options: Namespace) -> int:
    """Print the script; or, asked by it, what may stand at the cursor, a line each, and nothing when in doubt."""
    if options.words is None:
        write(_script(options.shell))
        return 0
    from peak_console.setup.completion.candidates import complete

    if options.shell == "bash":
        write(_for_bash(options))
        return 0
    *words, current = options.words.split(SEPARATOR)
    write(_lines(complete(options.parser, words, current)))
    return 0


def _script(shell: str) -> str:
    from peak_console.setup import completion as scripts

    path = os.path.join(os.path.dirname(scripts.__file__), f"peak-console.{shell}")
    with open(path, encoding="utf-8") as file:
        return file.read()


def _lines(answer: Answer) -> str:
    """``text<tab>about``; names that would take more than a line are left out."""
    lines = [answer.ask] if answer.ask else []
    for text, about in answer.candidates.items():
        if text.isprintable():
            lines.append(f"{text}\t{safe(about)}" if about else text)
    return "".join(f"{line}\n" for line in lines)


def _for_bash(options: Namespace) -> str:
    from peak_console.setup.completion.bash_words import Words
    from peak_console.setup.completion.candidates import Answer, complete

    line, point, breaks = options.words.split(SEPARATOR)
    words = Words(line[: int(point)], breaks)  # bash counts characters
    answer = complete(options.parser, words.whole[1:], words.current)
    replies = words.replies(filter(str.isprintable, answer.candidates))
    return _lines(Answer(dict.fromkeys(replies, ""), answer.ask))
