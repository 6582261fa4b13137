"""Which jobs some words are about: parts of names, ``!word``, ``/regex/``, ``job:name``, ``#tag``. Pure."""

from __future__ import annotations

from peak_console.errors import UsageError
from peak_console.text import safe
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


_MARKS = ("!", "#", "/", "//")
"""Marks without the word that they are about."""


@dataclass(frozen=True, slots=True)
class JobWords:
    """What is asked of a job's name and tags; all of it has to hold."""

    parts: Sequence[str] = ()
    """Each is found in the name."""
    unwanted: Sequence[str] = ()
    """None of them is."""
    patterns: Sequence[str] = ()
    """Regular expressions, each of which is found in the name."""
    names: Sequence[str] = ()
    """One of them is the name."""
    tags: Sequence[str] = ()
    """The job has one of them."""

    @property
    def asks(self) -> bool:
        """Whether there is any word: none means every job."""
        return bool(self.parts or self.unwanted or self.patterns or self.names or self.tags)

    def wants(self, name: str, tags: Sequence[str]) -> bool:
        """Whether the words are about this job."""
        folded = name.casefold()
        return (
            all(part in folded for part in self.parts)
            and not any(part in folded for part in self.unwanted)
            and (not self.names or name in self.names)
            and (not self.tags or not set(self.tags).isdisjoint(tags))
            and all(_found(pattern, name) for pattern in self.patterns)
        )


def with_word(asked: JobWords, word: str) -> JobWords | None:
    """What is asked for, and also by this word; ``None`` of a word with an unknown key. Raises ``UsageError``."""
    if word[0] == "#" and len(word) > 1:
        return replace(asked, tags=(*asked.tags, word[1:]))
    if word[0] == "!" and len(word) > 1:
        return replace(asked, unwanted=(*asked.unwanted, word[1:].casefold()))
    if len(word) > 1 and word[0] == word[-1] == "/":
        return replace(asked, patterns=(*asked.patterns, _pattern(word[1:-1])))
    key, colon, value = word.partition(":")
    if not colon:
        return replace(asked, parts=(*asked.parts, word.casefold()))
    if key.casefold() == "job":
        return replace(asked, names=(*asked.names, value))
    if key.casefold() == "tag":
        return replace(asked, tags=(*asked.tags, value))
    return None


def job_words(text: str) -> JobWords:
    """The jobs that some words are about. Raises ``UsageError`` with a sentence."""
    asked = JobWords()
    for word in text.split():
        more = with_word(asked, word)
        if more is None or word in _MARKS:
            raise UsageError(f'"{safe(word)}" names no job; write part of a name, !word, /regex/, job:NAME or #tag')
        asked = more
    return asked


def _found(pattern: str, name: str) -> bool:
    import re

    return re.search(pattern, name, re.IGNORECASE) is not None  # none that is endless was taken


def _pattern(text: str) -> str:
    """A regular expression as it is written. Raises ``UsageError``."""
    from peak_console.regexes import refuse_endless

    refuse_endless(text)
    return text
