"""Who is let in: links and browsers by a clock that is moved by hand, hosts and origins by their text."""

from __future__ import annotations

import pytest

from peak_console.web.admission import (
    BROWSER_SECONDS,
    LINK_SECONDS,
    MAX_BROWSERS,
    Admission,
    is_own_host,
    is_own_origin,
)


class Watch:
    """A monotonic clock that stands."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def entered(admission: Admission) -> str:
    cookie = admission.enter(admission.new_token())
    assert cookie is not None
    return cookie


def test_a_link_lets_in_one_browser_once() -> None:
    admission = Admission(Watch())
    token = admission.new_token()
    cookie = admission.enter(token)
    assert cookie is not None
    assert admission.knows(cookie)
    assert admission.enter(token) is None


@pytest.mark.parametrize("wrong", ["", "x", "ä", "\udc80"])
def test_what_is_no_token_or_cookie_lets_nobody_in_and_voids_nothing(wrong: str) -> None:
    admission = Admission(Watch())
    assert admission.enter(wrong) is None  # before there is any link
    token = admission.new_token()
    assert admission.enter(wrong) is None
    assert admission.enter(token + wrong) is None or not wrong
    if wrong:
        assert admission.enter(token) is not None
    assert not admission.knows(wrong)


def test_another_link_voids_the_one_before_but_no_browser() -> None:
    admission = Admission(Watch())
    cookie = entered(admission)
    first, second = admission.new_token(), admission.new_token()
    assert admission.enter(first) is None
    assert admission.enter(second) is not None
    assert admission.knows(cookie)


def test_a_link_does_not_wait_for_ever() -> None:
    watch = Watch()
    admission = Admission(watch)
    token = admission.new_token()
    watch.seconds += LINK_SECONDS
    assert admission.enter(token) is None


def test_a_browser_is_forgotten_after_a_day() -> None:
    watch = Watch()
    admission = Admission(watch)
    cookie = entered(admission)
    watch.seconds += BROWSER_SECONDS - 1
    assert admission.knows(cookie)
    watch.seconds += 1
    assert not admission.knows(cookie)


def test_no_more_browsers_are_remembered_than_may_be() -> None:
    admission = Admission(Watch())
    cookies = [entered(admission) for _ in range(MAX_BROWSERS + 1)]
    assert [admission.knows(cookie) for cookie in cookies] == [False] + [True] * MAX_BROWSERS


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8765",
        "localhost:8765",
        "LOCALHOST",
        "localhost.:80",
        "[::1]:8765",
        "192.168.1.7:9000",
        "Desk.Example",
    ],
)
def test_hosts_that_are_this_machine(host: str) -> None:
    assert is_own_host(host, ["desk.example"])


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example@127.0.0.1",
        "127.0.0.1:8765:1", "127.0.0.1/", "[::1", "::1", "2130706433", "0x7f.1", "127.1", "desk.example.evil",
        "127.0.0.1\r\nX: y", "localhost:123456",
    ],
)  # fmt: skip
def test_hosts_that_are_not(host: str) -> None:
    assert not is_own_host(host, ["desk.example"])


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://127.0.0.1:8765", True), ("https://127.0.0.1:8765", True), ("HTTP://127.0.0.1:8765", True),
        ("http://127.0.0.1:8766", False), ("http://127.0.0.1", False), ("http://localhost:8765", False),
        ("http://evil.example", False), ("null", False), ("", False), ("ws://127.0.0.1:8765", False),
        ("http://127.0.0.1:8765.evil.example", False), ("http://127.0.0.1:8765/", False),
    ],
)  # fmt: skip
def test_only_the_very_same_origin_is_our_own(origin: str, own: bool) -> None:
    assert is_own_origin(origin, "127.0.0.1:8765") is own
