"""What passes the front and what does not, over real connections; behind it a small program instead of the console."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError

from peak_console.web import front, tab
from tests.support.processes import DEADLINE_SECONDS, is_alive
from tests.web.conftest import CONVERSATION, fronts, painted, until

if TYPE_CHECKING:
    from tests.web.conftest import Guarded

EVERYTHING = ("/", CONVERSATION, "/static/textual.js", "/static/page.css", "/download/x", "/elsewhere")


def pid_in(text: str) -> int:
    return int(text.partition("pid ")[2].partition(",")[0])


async def gone(pid: int) -> None:
    await until(lambda: not is_alive(pid))


# Who comes in.


@pytest.mark.parametrize("path", EVERYTHING)
async def test_without_a_link_there_is_nothing_to_see(guarded: Guarded, path: str) -> None:
    for cookie in ({}, {"Cookie": f"{guarded.admission.cookie_name}=guess"}):
        status, text = await guarded.asked(path, **cookie, Origin=guarded.origin)
        assert status == 401
        assert "open a link of peak-console serve" in text


async def test_a_link_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(guarded: Guarded) -> None:
    token = guarded.admission.new_token()
    async with guarded.client.get("/", params={"token": token}) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert token not in await answer.text()
    assert [part.strip() for part in cookie.split(";")[1:]] == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert token not in cookie

    assert (await guarded.asked(Cookie=cookie.partition(";")[0]))[0] == 200
    assert (await guarded.asked(f"/?token={token}"))[0] == 401  # a second time


async def test_a_token_opens_the_first_page_only(guarded: Guarded) -> None:
    token = guarded.admission.new_token()
    assert (await guarded.asked(f"/static/page.css?token={token}"))[0] == 401
    assert (await guarded.asked(f"/ws?token={token}", Origin=guarded.origin))[0] == 401
    assert (await guarded.asked(f"/?token={token}", Origin="http://evil.example"))[0] == 403
    assert (await guarded.asked(f"/?token={token}"))[0] == 200


@pytest.mark.parametrize("path", EVERYTHING)
async def test_a_name_that_leads_here_is_not_ours(guarded: Guarded, path: str) -> None:
    cookie = await guarded.enter()
    host = f"evil.example:{guarded.client.port}"
    status, text = await guarded.asked(path, Cookie=cookie, Host=host, Origin=f"http://{host}")
    assert (status, "is not a name of this machine" in text) == (403, True)


async def test_names_that_were_given_are_ours(guarded: Guarded) -> None:
    cookie = await guarded.enter()
    assert (await guarded.asked(Cookie=cookie, Host="desk.example", Origin="https://desk.example"))[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
@pytest.mark.parametrize("path", ["/", CONVERSATION])
async def test_pages_of_others_are_refused_whatever_they_show(guarded: Guarded, path: str, origin: str) -> None:
    status, text = await guarded.asked(path, Cookie=await guarded.enter(), Origin=origin)
    assert (status, "a page of another site" in text) == (403, True)


async def test_a_websocket_needs_an_origin_and_a_cookie(guarded: Guarded) -> None:
    cookie = await guarded.enter()
    for headers in (
        {"Cookie": cookie},
        {"Cookie": cookie, "Origin": "http://evil.example"},
        {"Origin": guarded.origin},
    ):
        guarded.client.session.cookie_jar.clear()
        with pytest.raises(WSServerHandshakeError):
            await guarded.client.ws_connect(CONVERSATION, headers=headers)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
async def test_nothing_but_get_is_understood(guarded: Guarded, method: str) -> None:
    assert (await guarded.asked("/", method, Cookie=await guarded.enter()))[0] == 405


@pytest.mark.parametrize(
    "path", ["/download/x", "/static/", "/static/page.html", "/static/..%2ffront.py", "/static/../front.py", "/x"]
)
async def test_nothing_else_is_there(guarded: Guarded, path: str) -> None:
    status, text = await guarded.asked(path, Cookie=await guarded.enter())
    assert (status, "There is nothing here" in text) == (404, True)


async def test_what_a_page_loads_is_all_from_here(guarded: Guarded) -> None:
    cookie = await guarded.enter()
    page = (await guarded.asked(Cookie=cookie))[1]
    style = (await guarded.asked("/static/page.css", Cookie=cookie))[1]
    assert "//" not in page.replace("http-equiv", "")
    assert "//" not in style
    for name in ("textual.js", "xterm.css", "font.ttf", "page.js"):
        assert (await guarded.asked(f"/static/{name}", Cookie=cookie))[0] == 200


async def test_each_answer_says_what_a_page_may_do(guarded: Guarded) -> None:
    cookie = await guarded.enter()
    for headers in ({"Cookie": cookie}, {}, {"Host": "evil.example"}):
        guarded.client.session.cookie_jar.clear()
        async with guarded.client.get("/", headers=headers) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Server" not in answer.headers


# What they get.


async def test_a_page_has_a_terminal_of_its_size_and_is_heard(guarded: Guarded) -> None:
    async with await guarded.talk() as socket:
        told = await painted(socket, ";")
        assert told.endswith(", cells 30 100, TERM xterm-256color;")
        pid = pid_in(told)
        await socket.send_json(["stdin", "hé\x03"])
        assert await painted(socket, "\x03") == "hé\x03"
        await socket.send_json(["resize", {"width": 7, "height": 100_000}])
        await socket.send_json(["focus"])
        await socket.send_json(["ping", "12"])
        assert await socket.receive_json() == ["pong", "12"]
        assert is_alive(pid)
    await gone(pid)


@pytest.mark.parametrize(
    "said",
    ["", "{}", "[]", '["stdin"]', '["stdin", 1]', '["resize", {"width": "1"}]', '["exec", "x"]', "[" * 100_000],
    ids=lambda said: said[:20],
)
async def test_what_makes_no_sense_ends_the_conversation(guarded: Guarded, said: str) -> None:
    async with await guarded.talk() as socket:
        pid = pid_in(await painted(socket, ";"))
        await socket.send_str(said)
        closed = await socket.receive(DEADLINE_SECONDS)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, WSCloseCode.POLICY_VIOLATION)
    await gone(pid)


async def test_a_message_that_is_too_long_ends_the_conversation(guarded: Guarded) -> None:
    async with await guarded.talk() as socket:
        pid = pid_in(await painted(socket, ";"))
        await socket.send_json(["stdin", "x" * front.MAX_MESSAGE])
        closed = await socket.receive(DEADLINE_SECONDS)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, WSCloseCode.MESSAGE_TOO_BIG)
    await gone(pid)


async def test_the_page_hears_that_its_console_has_ended() -> None:
    async for guarded in fronts("/bin/sh", "-c", "echo no engine"):
        async with await guarded.talk() as socket:
            assert await painted(socket, "\n") == "no engine\r\n"
            assert (await socket.receive(DEADLINE_SECONDS)).type == WSMsgType.CLOSE


async def test_a_console_that_stays_when_its_terminal_has_hung_up_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "END_SECONDS", 0.05)
    async for guarded in fronts("/bin/sh", "-c", 'trap "" HUP; echo "pid $$,;"; while :; do sleep 60; done'):
        async with await guarded.talk() as socket:
            pid = pid_in(await painted(socket, ";"))
        await gone(pid)


async def test_no_more_pages_than_may_be_and_a_place_is_free_again(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "SEAT_SECONDS", 0.05)
    first, second = await guarded.talk(), await guarded.talk()
    await painted(first, ";")
    third = await guarded.talk()
    assert (
        await painted(third, "\n") == "2 pages show the console already, which is the most (--max-tabs): close one.\r\n"
    )
    assert (await third.receive(DEADLINE_SECONDS)).type == WSMsgType.CLOSE

    await first.close()
    monkeypatch.setattr(front, "SEAT_SECONDS", DEADLINE_SECONDS)
    fourth = await guarded.talk()
    await painted(fourth, ";")
    await second.close()
    await fourth.close()


async def test_a_page_that_takes_nothing_holds_up_only_its_own_console() -> None:
    async for guarded in fronts("/bin/sh", "-c", 'printf "pid %s,;" $$; exec yes'):
        stalled = await guarded.talk()
        pid = pid_in((await stalled.receive_bytes()).decode())
        stalled._conn.transport.pause_reading()  # type: ignore[union-attr]
        async with await guarded.talk() as other:
            await painted(other, "y")
        stalled._conn.transport.abort()  # type: ignore[union-attr]
        await gone(pid)


async def test_at_the_end_every_page_hears_it_and_every_console_is_gone() -> None:
    sockets: list[aiohttp.ClientWebSocketResponse] = []
    pids: list[int] = []
    async for guarded in fronts("/bin/sh", "-c", 'echo "pid $$,;"; exec cat'):
        sockets += [await guarded.talk(), await guarded.talk()]
        pids += [pid_in(await painted(socket, ";")) for socket in sockets]
        ending = asyncio.create_task(guarded.client.server.close())
        heard = [await socket.receive(DEADLINE_SECONDS) for socket in sockets]
        assert [message.data for message in heard] == [WSCloseCode.GOING_AWAY] * 2
        await ending
        assert not any(map(is_alive, pids))


async def test_a_stalled_page_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "FAREWELL_SECONDS", 0.1)
    async for guarded in fronts("/bin/sh", "-c", 'printf "pid %s,;" $$; exec yes'):
        stalled = await guarded.talk()
        pid = pid_in((await stalled.receive_bytes()).decode())
        stalled._conn.transport.pause_reading()  # type: ignore[union-attr]
        async with asyncio.timeout(DEADLINE_SECONDS):
            await guarded.client.server.close()
        assert not is_alive(pid)
        stalled._conn.transport.abort()  # type: ignore[union-attr]
