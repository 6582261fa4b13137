"""Which channels an alert goes to, and the channels that the environment names. Pure."""

from __future__ import annotations

from peak_console.errors import PeakConsoleError
from peak_console.jobs.beside import AlertChannel
from peak_console.model.records import Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peak_console.model.records import Alert

URLS_VARIABLE = "PEAK_CONSOLE_ALERT_URLS"
LEVEL_VARIABLE = "PEAK_CONSOLE_ALERT_LEVEL"

_RANK = {str(level): rank for rank, level in enumerate(Level)}


def channels_for(alert: Alert, tags: Iterable[str], channels: Sequence[AlertChannel]) -> list[str]:
    """The names of the channels that want the alert, in their order; those for escalations are not among them.

    A channel with tags wants only alerts of jobs that have one of them, so none that is about no job.
    """
    return [channel.name for channel in channels if not channel.escalate_after and wants(channel, alert, tags)]


def wants(channel: AlertChannel, alert: Alert, tags: Iterable[str]) -> bool:
    """Whether a channel wants an alert, now or once it is escalated."""
    is_loud = _RANK[alert.level] >= _RANK[channel.min_level]
    return is_loud and (not channel.tags or not set(tags).isdisjoint(channel.tags))


def channels_from_environment(environ: Mapping[str, str]) -> list[AlertChannel]:
    """The channels ``env-1``, ``env-2``, … of the URLs in ``PEAK_CONSOLE_ALERT_URLS``.

    URLs are separated by white space or commas; a comma inside a URL stays, as no ``scheme://`` follows it.
    Their lowest level is ``PEAK_CONSOLE_ALERT_LEVEL``, ``warning`` by default. Raises ``PeakConsoleError`` for
    an unknown level.
    """
    urls = _split_urls(environ.get(URLS_VARIABLE, ""))
    level = environ.get(LEVEL_VARIABLE, "").strip().lower() or str(Level.WARNING)
    if level not in _RANK:
        known = ", ".join(_RANK)
        raise PeakConsoleError(f'{LEVEL_VARIABLE}: "{level}" is no alert level; use one of {known}')
    return [AlertChannel(f"env-{number}", url, min_level=level) for number, url in enumerate(urls, start=1)]


def _split_urls(text: str) -> list[str]:
    urls: list[str] = []
    for word in text.split():
        start_of_word = True
        for part in word.strip(",").split(","):
            if start_of_word or _has_scheme(part):
                urls.append(part)
            else:
                urls[-1] += f",{part}"
            start_of_word = False
    return [url for url in urls if url]


def _has_scheme(part: str) -> bool:
    scheme, separator, _ = part.partition("://")
    return bool(separator) and scheme.replace("-", "").replace("+", "").isalnum()


def merge_channels(of_file: Sequence[AlertChannel], of_environment: Sequence[AlertChannel]) -> list[AlertChannel]:
    """All channels, those of the jobs file first; it wins where the two use one name."""
    taken = {channel.name for channel in of_file}
    return [*of_file, *(channel for channel in of_environment if channel.name not in taken)]
