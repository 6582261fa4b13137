"""Keeps secrets out of everything that is shown, logged, stored or sent.

A secret is the value of a variable, argument or URL parameter whose name says so, the credentials in a URL, and
any value named outright. What is masked reads ``***``.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

MASK: Final = "***"

_TRIVIAL: Final = frozenset(
    ("true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "default", "auto")
)
_SHORTEST: Final = 3
_SHORTEST_LINE: Final = 4
_SHORTEST_PART: Final = 8

# A name is split into words at _ - . spaces and at changes of case: apiKey, API_KEY and api-key are alike.
_WORDS: Final = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+"
_SECRET_WORDS: Final = frozenset(
    f"{word}{plural}"
    for word in ("key", "token", "secret", "password", "passwd", "passphrase", "passcode", "credential")
    for plural in ("", "s")
) | {"authorization"}
# Words that say it only as the end of a longer name: PWD is where one is, DB_PWD is a password.
_SECRET_ENDINGS: Final = frozenset(("pwd", "pass", "pw", "auth"))
_SECRET_PARTS: Final = ("password", "passwd", "passphrase", "credential")
# Glued together, as in APIKEY and authtoken; the other words that end so are no secrets.
_SECRET_SUFFIXES: Final = tuple(_SECRET_WORDS)
_INNOCENT: Final = frozenset(("monkey", "turkey", "donkey", "hockey", "jockey", "whiskey", "hotkey", "hotkeys"))

_SCHEMES: Final = frozenset(("bearer", "basic", "token", "digest"))
"""Words of a header that stand before its secret."""

# user:password@ before a host: the password may hold any character but white space and quotes, a port is none.
# The lengths are bounded so that no text, however made, takes more than linear time.
_URL_CREDENTIALS: Final = (
    r"([A-Za-z][A-Za-z0-9+.-]{0,40}://)"
    r"(?:[^\s:/?#@\"'<>]{0,256}:(?!\d{1,5}[/?#])[^\s\"'<>]{0,2048}|[^\s:/?#@\"'<>]{20,2048})@"
)
_URL_PARAMETER: Final = r"([?&;])([^\s?&;=#\"'<>]{1,80})=([^\s&;#\"'<>]+)"
_ASSIGNMENT: Final = r"(?s)(-{0,2})([\w.-]+)(=|:\s+)(.+)"
_HOST: Final = r"[a-z0-9-]+(?:\.[a-z0-9-]+)+"
_URL_PART: Final = r"[^/:@?&=,#\s]+"


def secret_names(name: str) -> bool:
    """Whether ``name`` (of a variable, an argument, a parameter) says that its value is a secret."""
    words = [word.lower() for word in re.findall(_WORDS, name)]
    if len(words) > 1 and words[-1] in _SECRET_ENDINGS:
        return True
    if any(part in word for word in words for part in _SECRET_PARTS):
        return True
    return words == ["pass"] or any(word.endswith(_SECRET_SUFFIXES) and word not in _INNOCENT for word in words)


def secret_words(argv: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What an argument list gives away, each by its name: ``--token X``, ``token=X``, a header's secret, URLs.

    A command line inside a word (``sh -c "…"``) counts word by word.
    """
    named = ""
    for word in argv:
        if "://" in word:
            yield "URL", word
        if named and word.lower() in _SCHEMES:
            continue
        if named and not word.startswith("--"):
            yield named, word
            named = ""
        elif not word.startswith("-") and len(parts := word.split()) > 1:
            yield from secret_words(part.strip("\"'") for part in parts)
        elif "=" in word and (assignment := re.fullmatch(_ASSIGNMENT, word)):
            named = ""
            if secret_names(assignment[2]):
                yield assignment[2], assignment[4]
        else:
            named = word if (word[:1] == "-" or word[-1:] == ":") and secret_names(word) else ""


class Redactor:
    """Masks the given values, in each form that they may take in a text, and what a text shows to be secret."""

    __slots__ = ("_forms",)

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values for form in _forms(value)}
        self._forms = tuple(form for form in forms if form.strip("*"))  # a mask is no secret

    @classmethod
    def from_environments(cls, *environments: Mapping[str, str]) -> Redactor:
        """A redactor for the values of the secret-named variables, and for the passwords in the URLs of others.

        Values that say nothing (``true``, ``0``, shorter than three characters) are passed over.
        """
        values: list[str] = []
        for environment in environments:
            for name, value in environment.items():
                if secret_names(name):
                    if not _is_trivial(value):
                        values.append(value)
                elif "://" in value and "@" in value:
                    values += _passwords(value)
        return cls(values)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        masked = self._masked_once(text)
        while masked != text:  # a mask and its neighbours may happen to spell another secret
            text, masked = masked, self._masked_once(masked)
        return text

    def args(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """A table of arguments without secrets: whole values of secret names, and secrets inside of others."""
        return {self.text(str(name)): self._value(value, secret_names(str(name))) for name, value in args.items()}

    def meta(self, meta: Mapping[str, Any]) -> dict[str, Any]:
        """As ``args``, of tables within tables."""
        return {self.text(name): self._tree(value, secret_names(name)) for name, value in meta.items()}

    def _tree(self, value: Any, is_secret: bool) -> Any:
        if isinstance(value, dict) and not is_secret:
            return self.meta(value)
        if isinstance(value, (list, tuple)):
            return [self._tree(item, is_secret) for item in value]
        return self._value(value, is_secret)

    def argv(self, argv: Sequence[str]) -> list[str]:
        """An argument list without secrets: also those in ``--token=…``, ``--token …`` and ``Authorization: …``."""
        masked: list[str] = []
        is_secret = False
        for word in argv:
            if is_secret and not word.startswith("--"):
                masked.append(MASK)
                is_secret = False
                continue
            assignment = re.fullmatch(_ASSIGNMENT, word)
            if assignment and secret_names(assignment[2]):
                masked.append(f"{assignment[1]}{self.text(assignment[2])}{assignment[3]}{MASK}")
            else:
                masked.append(self.text(word))
            is_secret = word.startswith("-") and not assignment and secret_names(word)
        return masked

    def _value(self, value: Any, is_secret: bool) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (list, tuple)):
            return [self._value(item, is_secret) for item in value]
        if isinstance(value, dict):
            return {
                self.text(str(name)): self._value(item, is_secret or secret_names(str(name)))
                for name, item in value.items()
            }
        if is_secret:
            return MASK
        return self.text(value) if isinstance(value, str) else value

    def _masked_once(self, text: str) -> str:
        spans: list[tuple[int, int]] = []
        for form in self._forms:
            start = text.find(form)
            while start >= 0:
                spans.append((start, start + len(form)))
                start = text.find(form, start + 1)
        if spans:
            text = _without(text, sorted(spans))
        if "://" in text:
            text = re.sub(_URL_CREDENTIALS, rf"\1{MASK}@", text)
            text = re.sub(_URL_PARAMETER, _mask_parameter, text)
        return text


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with each stretch of overlapping ``spans``, which come in order, as one mask."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            parts += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*parts, text[done:]))


def _mask_parameter(match: re.Match[str]) -> str:
    value = MASK if secret_names(match[2]) else match[3]
    return f"{match[1]}{match[2]}={value}"


def _is_trivial(value: str) -> bool:
    value = value.strip()
    return len(value) < _SHORTEST or value.lower() in _TRIVIAL or (value.isdecimal() and len(value) < _SHORTEST_LINE)


def _passwords(text: str) -> Iterator[str]:
    """The passwords of the URLs in ``text``, as they stand and decoded."""
    for match in re.finditer(_URL_CREDENTIALS, text):
        password = match[0][len(match[1]) : -1].partition(":")[2]
        if not _is_trivial(password):
            yield password
            if "%" in password:
                from urllib.parse import unquote

                yield unquote(password)


def _forms(value: str) -> Iterator[str]:
    """``value`` and the forms in which a text may hold it."""
    whole = [value] if value else []
    if value.strip() and value.strip() != value:
        whole.append(value.strip())
    if "\n" in value or "\r" in value:
        whole += (line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    if "://" in value:
        whole += _passwords(value)
        whole += (
            part
            for part in re.findall(_URL_PART, value)
            if len(part) >= _SHORTEST_PART and not re.fullmatch(_HOST, part)
        )
    for form in whole:
        yield form
        if not (form.isascii() and form.isalnum()):
            yield from _escaped(form)


def _escaped(value: str) -> Iterator[str]:
    """``value`` as URLs, JSON, Python and shells write it."""
    from json import dumps
    from urllib.parse import quote, quote_plus

    encoded = value.encode(errors="surrogateescape") if not _has_surrogates(value) else value.encode(errors="replace")
    for form in (quote(encoded), quote(encoded, safe=""), quote_plus(encoded)):
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form)
    yield dumps(value)[1:-1]
    yield dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield value.replace("'", "'\"'\"'")
    yield value.replace("'", "'\\''")


def _has_surrogates(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)
