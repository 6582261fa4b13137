from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.schedule import zones
from peak_console.schedule.offsets import EPOCH, Offsets, Stretch
from peak_console.schedule.wording.zone_hints import doubt
from peak_console.schedule.zones import forget, instant_of, zone, zone_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)
WINTER = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh_zones() -> Iterator[None]:
    forget()
    yield
    forget()


def offsets(name: str | None) -> tuple[timedelta | None, timedelta | None]:
    found = zone(name)
    return WINTER.astimezone(found).utcoffset(), SUMMER.astimezone(found).utcoffset()


def zone_data(key: str) -> bytes:
    """The file of a zone, from the machine or from the tzdata package."""
    from importlib.resources import files

    return files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()


def test_named_zone_has_its_own_rules() -> None:
    assert offsets("Europe/Berlin") == (HOUR, 2 * HOUR)
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
    assert zone_name("Europe/Berlin") == "Europe/Berlin"


def test_utc_needs_no_zone_data() -> None:
    script = "import sys; from peak_console.schedule.zones import zone; zone('UTC'); print('zoneinfo' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
    assert zone("UTC") is zone("Etc/UTC") is UTC


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
    ],
)
def test_unknown_zone_is_refused_with_the_nearest_known(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as caught:
        zone(name)
    assert str(caught.value) == f'unknown time zone "{name}"; did you mean "{nearest}"?'


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/", "../../etc/passwd", "/etc/passwd", "/usr/share/zoneinfo/UTC", "Europe/../UTC", "Europe",
     "Europe/", "//UTC", "a\0b", "\ud800", "zone.tab", "tzdata.zi", "UTC\n", "x" * 100_000, "Ünïted/Stätes"],
)  # fmt: skip
def test_hostile_zone_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=r"^unknown time zone") as caught:
        zone(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("setting", ["Europe/Berlin", ":Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"])
def test_machine_zone_is_what_tz_says_with_its_summer_time(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", setting)
    assert offsets(None) == (HOUR, 2 * HOUR)
    assert zone_name(None) == ("local time" if "," in setting else "Europe/Berlin")


@pytest.mark.parametrize("setting", ["", ":", "UTC", ":UTC", "UTC0"])
def test_machine_zone_is_utc_where_tz_says_so(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", setting)
    assert offsets(None) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize("prefix", ["", ":"])
def test_tz_can_be_the_path_of_a_file(prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "here"
    file.write_bytes(zone_data("Asia/Tokyo"))
    monkeypatch.setenv("TZ", f"{prefix}{file}")
    assert offsets(None) == (9 * HOUR, 9 * HOUR)
    assert zone_name(None) == "local time"


def test_meaningless_tz_is_refused_by_name_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berln")
    with pytest.raises(ValueError, match=r'^environment variable TZ: unknown time zone "Europe/Berln"; '):
        zone(None)
    assert zone_name(None) == "local time"


def test_machine_zone_is_the_name_that_localtime_links_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "localtime"
    os.symlink("/var/db/timezone/zoneinfo/Europe/Berlin", link)
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "LOCALTIME", str(link))
    assert offsets(None) == (HOUR, 2 * HOUR)
    assert zone_name(None) == "Europe/Berlin"


def test_machine_zone_is_what_the_localtime_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "localtime"
    file.write_bytes(zone_data("America/New_York"))
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "LOCALTIME", str(file))
    assert offsets(None) == (-5 * HOUR, -4 * HOUR)
    assert zone_name(None) == "local time"


@pytest.mark.parametrize("content", [None, b"", b"no zone at all"])
def test_machine_without_a_usable_zone_is_in_utc(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "localtime"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "LOCALTIME", str(file))
    assert zone(None) is UTC
    assert zone_name(None) == "UTC"


def test_wall_clock_moment_has_one_instant() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert instant_of(datetime(2026, 7, 1, 14), berlin) == SUMMER
    assert instant_of(datetime(2026, 3, 29, 2, 30), berlin) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant_of(datetime(2026, 10, 25, 2, 30, fold=1), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant_of(datetime(2026, 7, 1, 12), UTC) == SUMMER


def seconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())


def test_stretches_begin_and_end_exactly_where_clocks_change() -> None:
    spring, autumn = seconds(datetime(2026, 3, 29, 1, tzinfo=UTC)), seconds(datetime(2026, 10, 25, 1, tzinfo=UTC))
    berlin = Offsets(ZoneInfo("Europe/Berlin"))
    summer = berlin.at(spring)
    assert (summer[0], summer[2], summer[3]) == (spring, 7200, spring + 3599)
    winter = berlin.at(spring - 1)
    assert (winter[1], winter[2]) == (spring, 3600)
    after = berlin.at(autumn)
    assert (after[0], after[2], after[3]) == (autumn, 3600, autumn + 7199)


def test_clocks_of_utc_never_change() -> None:
    stretch = Offsets(UTC).at(seconds(WINTER))
    assert stretch == Offsets(UTC).at(seconds(datetime.max.replace(tzinfo=UTC)))
    assert stretch[2] == 0


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
@pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo"])
def test_stretches_reach_to_the_ends_of_the_calendar(name: str, moment: datetime) -> None:
    at = seconds(moment.replace(tzinfo=UTC))
    start, end, _, _ = Offsets(ZoneInfo(name)).at(at)
    assert start <= at < end


def test_stretches_are_those_of_a_walk_through_every_hour() -> None:
    """Seven changes in three years, closely spaced around Ramadan."""
    casablanca = ZoneInfo("Africa/Casablanca")
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + HOUR * number for number in range(3 * 365 * 24)]
    readings = [hour.astimezone(casablanca).utcoffset() for hour in hours]
    expected = [hour for hour, now, before in zip(hours[1:], readings[1:], readings, strict=False) if now != before]
    found: list[Stretch] = []
    stretches, at = Offsets(casablanca), seconds(hours[0])
    while at < seconds(hours[-1]):
        found.append(stretches.at(at))
        at = found[-1][1]
    changes = [late[0] for early, late in pairwise(found) if early[2] != late[2]]
    assert changes == [seconds(change) for change in expected]
    assert len(changes) >= 6


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("EDT", "America/New_York"), ("ET", "America/New_York"), ("est", "America/New_York"),
        ("PST", "America/Los_Angeles"), ("CEST", "Europe/Berlin"), ("BST", "Europe/London"), ("JST", "Asia/Tokyo"),
        ("Berlin", "Europe/Berlin"), ("New York", "America/New_York"), ("tokyo", "Asia/Tokyo"), ("utc", "UTC"),
        ("Z", "UTC"), ("America/NewYork", "America/New_York"), ("europe/berlin", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_what_people_write_is_led_to_the_place_they_mean(name: str, place: str) -> None:
    with pytest.raises(ValueError, match=f'did you mean "{place}"'):
        zone(name)


@pytest.mark.parametrize("name", ["UTC+2", "GMT-5", "+02:00", "XYZ", "DST", "QQT"])
def test_an_unknown_abbreviation_or_offset_gets_no_guess(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as caught:
        zone(name)
    assert "did you mean" not in str(caught.value)


@given(st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), min_size=1, max_size=5))
def test_no_abbreviation_is_led_to_a_zone_without_a_place(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        guess = re.search(r'did you mean "(.*)"', str(error))
        assert guess is None or guess[1] == "UTC" or "/" in guess[1]
        assert guess is None or not guess[1].startswith("Etc/")


def test_zones_in_which_clocks_are_never_changed_are_doubted() -> None:
    assert '"America/New_York"' in doubt("EST")
    assert '"America/Denver"' in doubt("MST")
    assert "5 h behind UTC" in doubt("Etc/GMT+5")
    assert "2 h ahead of UTC" in doubt("Etc/GMT-2")
    for name in ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "EST5EDT", "CET", "Europe/Berlin", "Etc/GMT+0"):
        assert doubt(name) == ""
