from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from peak_console.alerts.digest import digest
from peak_console.alerts.sender import NOT_UNDERSTOOD, AppriseSender, SendError, check_url
from peak_console.model.records import Alert, Level
from tests.alerts.support import NOW, channel
from tests.support.alert_server import AlertServer

# What Apprise's mail plugin imports is deprecated in Python 3.11 and 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRETS = "alice:hunter2"


def alert(level: str = "critical", message: str = "it failed", job: str | None = "daily_risk_check") -> Alert:
    return Alert(Level(level), message, datetime(2025, 3, 4, 7, 30, 12, tzinfo=UTC), job=job)


def test_service_gets_title_plain_body_and_time(server: AlertServer) -> None:
    message = "it failed\n  <b>&amp; \\n :smile: *x*"
    AppriseSender().send(channel("ops", server.url()), alert(message=message))
    [received] = server.received()
    assert received["title"] == "[critical] daily_risk_check"
    assert received["message"] == f"{message}\n\n2025-03-04 07:30:12 UTC"


def test_service_that_wants_markup_gets_the_text_escaped(server: AlertServer) -> None:
    AppriseSender().send(channel("ops", f"{server.url()}?format=html"), alert(message="price < 3"))
    assert "price &lt; 3" in server.received()[0]["message"].replace("&nbsp;", " ")


def test_alert_about_no_job_names_its_source(server: AlertServer) -> None:
    AppriseSender().send(channel("ops", server.url()), alert("warning", job=None))
    assert server.received()[0]["title"] == "[warning] scheduler"


@pytest.mark.parametrize(("level", "kind"), [("info", "info"), ("warning", "warning"), ("critical", "failure")])
def test_level_becomes_the_kind_of_the_notification(server: AlertServer, level: str, kind: str) -> None:
    AppriseSender().send(channel("ops", server.url()), alert(level))
    assert server.received()[0]["type"] == kind


def test_refusal_tells_the_status(server: AlertServer) -> None:
    server.answers = [503]
    with pytest.raises(SendError, match=r"^the service answered HTTP 503$") as caught:
        AppriseSender().send(channel("ops", server.url()), alert())
    assert not caught.value.permanent


def test_refused_connection_is_told_without_the_address() -> None:
    with AlertServer() as gone:
        url = gone.url(credentials=SECRETS)
    with pytest.raises(SendError, match=r"^the service could not be reached or did not answer$"):
        AppriseSender().send(channel("ops", url), alert())


@pytest.mark.parametrize("url", ["", "hunter2", "slak://a/b/c", "json://", "slack://hunter2", "https://127.0.0.1/x"])
def test_url_of_no_service_is_refused_for_good(url: str) -> None:
    assert check_url(url) == NOT_UNDERSTOOD
    with pytest.raises(SendError, match=f"^{NOT_UNDERSTOOD}$") as caught:
        AppriseSender().send(channel("ops", url), alert())
    assert caught.value.permanent


def test_url_of_a_service_passes_the_check_without_a_request(server: AlertServer) -> None:
    assert check_url(server.url()) is None
    assert check_url("mailto://user:hunter2@example.com?to=a@example.com,b@example.com") is None
    assert server.received() == []


def test_nothing_is_logged_or_printed(
    server: AlertServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [500]
    for url in (server.url("token", SECRETS), "slack://hunter2"):
        with pytest.raises(SendError):
            AppriseSender().send(channel("ops", url), alert())
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")


def test_a_webhook_carries_what_the_alert_is_about(server: AlertServer) -> None:
    alert = Alert(
        Level.CRITICAL,
        "backup failed",
        NOW,
        context={"outcome": "timed_out"},
        job="backup",
        run_id=7,
        source="scheduler",
    )
    sender = AppriseSender()
    for _ in range(2):
        sender.send(channel("ops", f"{server.url()}?:job=mine&:desk=risk"), alert)
    sender.send(
        channel("ops", f"{server.url()}?:job=mine&:desk=risk"), Alert(Level.INFO, "news", NOW, source="registry")
    )
    first, second, news = server.received()
    for got in (first, second):
        assert [got[name] for name in ("source", "level", "run", "outcome", "count")] == [
            "scheduler", "critical", 7, "timed_out", 1
        ]  # fmt: skip
        assert (got["job"], got["desk"]) == ("mine", "risk"), "what the URL says stands"
        assert got["alerts"][0]["job"] == "backup"
    assert (news["source"], news["run"], news["outcome"]) == ("registry", None, None)


def test_a_digest_carries_what_each_alert_is_about(server: AlertServer) -> None:
    alerts = [Alert(Level.CRITICAL, f"j{n} failed", NOW, job=f"j{n}", run_id=n) for n in range(3)]
    AppriseSender().send(channel("ops", server.url()), digest(alerts))
    [got] = server.received()
    assert got["title"] == "[critical] 3 alerts"
    assert [(each["job"], each["run"]) for each in got["alerts"]] == [("j0", 0), ("j1", 1), ("j2", 2)]
