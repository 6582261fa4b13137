"""The words of a line of bash up to the cursor, and candidates as bash wants them.

bash hands its line over as it was typed, and takes candidates for what follows the last character that breaks words
for readline (a colon, an equals sign), whether or not one breaks them for the shell.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_BETWEEN_WORDS = " \t\n"
_IN_DOUBLE_QUOTES = '"$`\\'
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"


class Words:
    """What stands before the cursor."""

    def __init__(self, line: str, breaks: str) -> None:
        self.whole: list[str] = []
        """The words before the one at the cursor, without quotes."""
        self.current = ""
        """The word at the cursor, without quotes."""
        self.quote = ""
        """The quote that is open at the cursor."""
        self._breaks = breaks
        self._start = 0
        """Where in the current word, without quotes, that part begins which readline replaces."""
        self._read(line)

    def _read(self, line: str) -> None:
        has_word, position = False, 0
        while position < len(line):
            character = line[position]
            position += 1
            if self.quote == "'" or (self.quote == '"' and character != "\\"):
                if character == self.quote:
                    self.quote = ""
                else:
                    self.current += character
            elif character == "\\" and position < len(line):
                has_word = True
                if self.quote and line[position] not in _IN_DOUBLE_QUOTES:
                    self.current += "\\"
                self.current += line[position]
                position += 1
            elif character in "\"'":
                has_word, self.quote, self._start = True, character, len(self.current)
            elif character in _BETWEEN_WORDS:
                if has_word:
                    self.whole.append(self.current)
                has_word, self.current, self._start = False, "", 0
            else:
                has_word = True
                self.current += character
                if character in self._breaks:
                    self._start = len(self.current)

    def replies(self, candidates: Iterable[str]) -> list[str]:
        """Each candidate as it continues the line from where readline replaces it."""
        return [self._quoted(text[self._start :]) for text in candidates]

    def _quoted(self, text: str) -> str:
        if self.quote == "'":
            return text.replace("'", "'\\''")
        if self.quote:
            return "".join(f"\\{character}" if character in _IN_DOUBLE_QUOTES else character for character in text)
        return "".join(
            character if character in _PLAIN or character > "\x7f" else f"\\{character}" for character in text
        )
