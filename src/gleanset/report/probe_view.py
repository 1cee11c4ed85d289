"""What a probe says of its list, as lines of tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..figures import DASH, count, seconds_between, share, share_between
from .data import MeasuredRow, ProbeData


@dataclass(frozen=True, slots=True)
class HostLine:
    """A host in the page's table; ``width`` is its share in percent, drawn."""

    name: str
    urls: str
    tried: str
    accepted: str
    share: str
    width: str
    per_success: str


def probe_sentence(data: ProbeData, tried: int, good: int) -> str:
    """The first line: what the whole list would bring, as far as a sample can tell."""
    whole = next((row for row in data.measured if row.name == "all"), None)
    if whole is None or whole.success is None:
        return f"{count(good)} of {count(tried)} sampled URLs brought a picture: {share(good, tried)}."
    _, low, high = whole.success
    return f"About {low:.0%} to {high:.0%} of the list's {count(whole.urls)} URLs bring a picture.".replace(
        "%", " %"
    )


def kind_lines(rows: Sequence[MeasuredRow]) -> list[tuple[str, ...]]:
    """Name, URLs of the list, tried, share with its interval, seconds per success with theirs."""
    return [(row.name, count(row.urls), count(row.tried), _share(row), _seconds(row)) for row in rows]


def host_lines(rows: Sequence[MeasuredRow]) -> list[HostLine]:
    """Hosts in the order given."""
    return [
        HostLine(
            row.name,
            count(row.urls),
            count(row.tried),
            count(row.accepted),
            _share(row),
            f"{100 * row.success[0]:.1f}" if row.success else "0",
            _seconds(row),
        )
        for row in rows
    ]


def _share(row: MeasuredRow) -> str:
    return DASH if row.success is None else share_between(*row.success)


def _seconds(row: MeasuredRow) -> str:
    return DASH if row.per_success_s is None else seconds_between(*row.per_success_s)
