from __future__ import annotations

import json
import shlex
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.jobs.command import shown
from peak_console.redact import MASK, Redactor, secret_names

SECRET = "s3cr3t-Wörd/'\"\\ &=+%"
PLAIN = Redactor()


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY", "api-key", "apiKey", "ApiKeyProd", "APIKEY", "apikey", "key", "KEYS", "BINANCE_SECRET", "secretKey",
        "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "authtoken", "AUTHTOKEN", "token", "PASSWORD", "db.password",
        "PGPASSWORD", "mysql_passwd", "DB_PWD", "DB_PASS", "pass", "credentials", "GOOGLE_CREDENTIAL", "passphrase",
        "X-API-Key", "API_KEY_2", "TOKEN1", "Authorization", "userPasswordHash", "--api-key",
    ],
)  # fmt: skip
def test_names_that_say_secret(name: str) -> None:
    assert secret_names(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "_", "KEYBOARD", "monkey", "keynote", "TOKENIZERS_PARALLELISM", "tokenize", "PWD", "OLDPWD", "HOTKEY",
        "PATH", "HOME", "symbol", "COMPASS", "bypass", "band_pass_filter", "author", "SSH_AUTH_SOCK", "turkey_stocks",
        "strategy", "LS_COLORS",
    ],
)  # fmt: skip
def test_names_that_do_not_say_secret(name: str) -> None:
    assert not secret_names(name)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("wörd", "Wörd").replace("s3cr3t-w", "s3cr3t-W"),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        shlex.quote(SECRET),
        shown([SECRET]),
    ],
)
def test_secret_is_masked_in_each_form_it_may_take(form: str) -> None:
    masked = Redactor([SECRET]).text(f"before {form} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked
    for part in ("s3cr3t", "Wörd", "W%C3", "w%c3", "W\\u"):
        assert part not in masked


def test_each_line_of_a_secret_is_masked() -> None:
    redactor = Redactor(["-----BEGIN-----\nMIIEpAIBAAKC\nab\n"])
    assert redactor.text("got MIIEpAIBAAKC and ab") == "got *** and ab"
    assert redactor.text(json.dumps("-----BEGIN-----\nMIIEpAIBAAKC\nab")) == f'"{MASK}"'


def test_surrounding_blanks_do_not_save_a_secret() -> None:
    assert Redactor([" hunter2\n"]).text("x=hunter2;") == "x=***;"


def test_longer_secret_is_masked_whole_and_overlapping_ones_together() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("x abcdefgh abcd y") == "x *** *** y"
    assert Redactor(["abcd", "cdef"]).text("-abcdef-") == "-***-"
    assert Redactor(["abab"]).text("ababab") == "***"
    assert Redactor(["ab", "cd"]).text("abcd") == "******"


def test_secret_that_a_mask_spells_is_masked() -> None:
    assert Redactor(["xyz", "a***b"]).text("axyzb") == MASK


def test_text_without_secrets_is_left_alone() -> None:
    text = "nothing here: https://example.com:8080/a@b?page=2 ünïcode"
    assert Redactor(["hunter2"]).text(text) == text


VALUES = st.lists(st.text(min_size=1) | st.text("ab*%\\'\"", min_size=1), min_size=1, max_size=4)


@given(VALUES, st.data())
def test_no_value_leaks_from_any_text(values: list[str], data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(values) | st.text("ab*%\\ '\"", max_size=4), max_size=6))
    redactor = Redactor(values)
    masked = redactor.text("".join(pieces))
    for value in values:
        if value.strip("*"):
            assert value not in masked
    assert redactor.text(masked) == masked


@given(st.text(min_size=4), st.text("abc ", max_size=5))
def test_no_value_leaks_through_encodings(value: str, around: str) -> None:
    if value.strip("*") and len(value.strip()) >= 4:
        redactor = Redactor([value])
        for encode in (quote, quote_plus, json.dumps, repr):
            masked = redactor.text(around + encode(value) + around)
            assert encode(value) not in masked
            assert MASK in masked


# Environments


def test_values_of_secret_names_are_taken_from_environments() -> None:
    redactor = Redactor.from_environments({"API_KEY": "hunter2", "HOME": "/home/desk"}, {"DB_PWD": "swordfish"})
    assert redactor.text("hunter2 swordfish /home/desk") == "*** *** /home/desk"


@pytest.mark.parametrize("value", ["", " ", "true", "False", "0", "1", "yes", "NO", "none", "30", "365", "a"])
def test_values_that_say_nothing_are_not_masked(value: str) -> None:
    text = "true False 0 1 yes NO none 30 365 a"
    assert Redactor.from_environments({"USE_TOKEN": value}).text(text) == text


def test_password_in_a_url_of_the_environment_is_masked_alone_too() -> None:
    redactor = Redactor.from_environments({"DATABASE_URL": "postgres://desk:p%40ssw0rd@db/prices"})
    assert redactor.text("login of desk with p@ssw0rd or p%40ssw0rd failed") == "login of desk with *** or *** failed"
    assert redactor.text("postgres://desk:p%40ssw0rd@db/prices") == "postgres://***@db/prices"


# URLs


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://desk:pw@db/prices", "postgres://***@db/prices"),
        ("see (redis://:pw@host:6379/0), please", "see (redis://***@host:6379/0), please"),
        ("mailto://desk:p/a:s@s@example.com?to=x", "mailto://***@example.com?to=x"),
        ("https://ghp_0123456789abcdefghij@github.com/desk", "https://***@github.com/desk"),
        ("https://git@github.com/desk", "https://git@github.com/desk"),
        ("http://localhost:8080/path@v1", "http://localhost:8080/path@v1"),
        ("http://host:80?x=a@b", "http://host:80?x=a@b"),
        ("https://x.com/?api_key=abc&page=2#top", "https://x.com/?api_key=***&page=2#top"),
        ("https://x.com/?page=2&access-token=a%20b", "https://x.com/?page=2&access-token=***"),
        ("a://u:p@h b://u:p@h", "a://***@h b://***@h"),
    ],
)
def test_credentials_in_urls_are_masked(text: str, masked: str) -> None:
    assert PLAIN.text(text) == masked
    assert PLAIN.text(masked) == masked


def test_url_of_a_channel_is_masked_whole_and_in_its_parts() -> None:
    redactor = Redactor(["tgram://123456789:AAE-abcdefgh/-1001234/?format=markdown"])
    assert redactor.text("tgram://123456789:AAE-abcdefgh/-1001234/?format=markdown") == MASK
    assert redactor.text("POST https://api.telegram.org/bot123456789:AAE-abcdefgh/send") == (
        "POST https://api.telegram.org/bot***:***/send"
    )
    assert Redactor(["mailto://desk:hunter2@mail.example.com"]).text("hunter2 at mail.example.com") == (
        "*** at mail.example.com"
    )


def test_hostile_text_takes_linear_time() -> None:
    redactor = Redactor([SECRET])
    start = time.thread_time()
    redactor.text("a://b:" * 20_000)
    redactor.text("a" * 200_000 + "://")
    redactor.text("a://?" + "&a" * 100_000)
    assert time.thread_time() - start < 5


# Arguments


def test_args_with_secret_names_are_masked() -> None:
    args: dict[str, Any] = {
        "script": "a.py",
        "api_key": "abc",
        "tokens": ["a", 1],
        "pin_key": 1234,
        "use_token": True,
        "top_n": 10,
        "note": "of hunter2",
        "deep": {"password": "x", "list": ["hunter2"]},
        "none_key": None,
    }
    assert Redactor(["hunter2"]).args(args) == {
        "script": "a.py",
        "api_key": MASK,
        "tokens": [MASK, MASK],
        "pin_key": MASK,
        "use_token": True,
        "top_n": 10,
        "note": "of ***",
        "deep": {"password": MASK, "list": [MASK]},
        "none_key": None,
    }


@pytest.mark.parametrize(
    ("argv", "masked"),
    [
        (["x", "--api-key", "abc", "y"], ["x", "--api-key", MASK, "y"]),
        (["--token=abc", "--top-n", "10"], ["--token=***", "--top-n", "10"]),
        (["--token=a=b\nc"], ["--token=***"]),
        (["API_KEY=abc", "MODE=prod"], ["API_KEY=***", "MODE=prod"]),
        (["--use-token", "--verbose", "x"], ["--use-token", "--verbose", "x"]),
        (["--token", "-abc"], ["--token", MASK]),
        (["--token"], ["--token"]),
        (["-H", "Authorization: Bearer abc"], ["-H", "Authorization: ***"]),
        (["-H", "X-Api-Key: abc"], ["-H", "X-Api-Key: ***"]),
        (["token", "abc"], ["token", "abc"]),
        (["--url", "https://a:b@c/d"], ["--url", "https://***@c/d"]),
        (["--note=hunter2"], ["--note=***"]),
        (["hunter2"], [MASK]),
        (["--key", "a", "--key", "b"], ["--key", MASK, "--key", MASK]),
    ],
)
def test_secrets_in_argument_lists_are_masked(argv: list[str], masked: list[str]) -> None:
    assert Redactor(["hunter2"]).argv(argv) == masked


def test_secrets_are_not_in_the_repr() -> None:
    assert "hunter2" not in repr(Redactor(["hunter2"]))
