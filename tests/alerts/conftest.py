from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from peak_console.alerts.delivery import Deliverer
from tests.alerts.support import Outbox
from tests.support.alert_server import AlertServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.jobs.beside import AlertChannel
    from tests.alerts.support import MakeDeliverer


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers are on this machine, whatever proxy its user goes through."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[AlertServer]:
    with AlertServer() as server:
        yield server


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state")


@pytest.fixture
def deliverer(outbox: Outbox) -> Iterator[MakeDeliverer]:
    """Makes started deliverers without jitter, and stops them."""
    made: list[Deliverer] = []

    def make(*channels: AlertChannel, start: bool = True, **options: Any) -> Deliverer:
        options = {"open_outbox": outbox.open, "jitter": lambda: 0.0, **options}
        one = Deliverer(options.pop("open_outbox"), channels, outbox.clock, **options)
        made.append(one)
        if start:
            one.start()
        return one

    yield make
    for one in made:
        one.stop(0)
