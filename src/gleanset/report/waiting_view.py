"""Hosts whose URLs are asked again: how many, why, and from when on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ..figures import count
from .data import WaitingHost

MOST = 20
_REASONS = 3


def waiting_lines(hosts: Sequence[WaitingHost]) -> list[tuple[str, str, str, str, str]]:
    """(host, URLs, why, first due, last due) of the hosts with most URLs; times are UTC."""
    return [
        (host.name, count(host.urls), ", ".join(_why(host)), _due(host.first_s), _due(host.last_s))
        for host in hosts[:MOST]
    ]


def _why(host: WaitingHost) -> Iterator[str]:
    for reason, n in host.reasons[:_REASONS]:
        yield f"{reason} {count(n)}"
    if len(host.reasons) > _REASONS:
        yield "others"


def _due(at_s: float) -> str:
    return "at once" if not at_s else datetime.fromtimestamp(at_s, UTC).strftime("%-d %b, %H:%M")
