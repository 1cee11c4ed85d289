"""Learned placeholders as people and programs read them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..figures import count
from .output import table

if TYPE_CHECKING:
    from ..api import LearnedLine

_HEAD = ("id", "URLs", "revoked", "proof", "met at", "for example", "")


def placeholders_text(lines: Sequence["LearnedLine"]) -> str:
    """A line each, with the id that a pardon names."""
    if not lines:
        return "No placeholder was learned."
    rows = [
        (
            line.id,
            count(line.met),
            count(line.revoked),
            line.proof.value,
            _places(line),
            line.url,
            "pardoned" if line.pardoned else "",
        )
        for line in lines
    ]
    return table([_HEAD, *rows], right=(1, 2))


def _places(line: "LearnedLine") -> str:
    sites = [name for name, _ in line.sites] or ["-"]
    return sites[0] if len(sites) == 1 else f"{sites[0]} and {count(len(sites) - 1)} more"


def placeholders_json(lines: Sequence["LearnedLine"]) -> dict[str, Any]:
    """Every one as an object, with all its sites and labels."""
    return {
        "placeholders": [
            {
                "id": line.id,
                "proof": line.proof.value,
                "met": line.met,
                "revoked": line.revoked,
                "sites": [{"site": site, "urls": n} for site, n in line.sites],
                "labels": [{"label": label, "urls": n} for label, n in line.labels],
                "width_px": line.width_px,
                "height_px": line.height_px,
                "url": line.url,
                "pardoned": line.pardoned,
            }
            for line in lines
        ]
    }
