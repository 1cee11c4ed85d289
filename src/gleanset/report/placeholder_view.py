"""Placeholders that a build learned, in words: how each gave itself away, where it was met, what it cost."""

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ..figures import count
from ..terms.placeholder import Proof
from .data import LearnedRow, ReportData

_PROOFS = {
    Proof.PROBE: "Its site sends it for addresses that cannot exist.",
    Proof.SAME_BODY: "The same bytes came for many URLs of one site, or under several labels.",
    Proof.SAME_PICTURE: "Pictures that look alike came for many URLs of one site, or under several labels.",
}


@dataclass(frozen=True, slots=True)
class PlaceholderCard:
    """One learned placeholder, ready to be written."""

    id: str
    src: str
    size: str
    proof: str
    cost: str
    sites: str
    labels: str
    url: str
    pardoned: bool
    command: str
    """What pardons it; empty where that was done."""


def placeholder_cards(data: ReportData) -> tuple[PlaceholderCard, ...]:
    """A card each, in the order of the data."""
    return tuple(_card(row, data.out) for row in data.learned)


def proof_in_words(proof: Proof) -> str:
    """One sentence on why it is taken for a placeholder."""
    return _PROOFS[proof]


def placeholder_sentence(data: ReportData) -> str:
    """What the learned ones did together; empty where nothing was learned."""
    if not data.n_learned:
        return ""
    n, revoked = data.learned_cost
    one = data.n_learned == 1
    stands, them = ("picture that stands", "it") if one else ("pictures that stand", "them")
    taken = f"; {count(revoked)} had been accepted before and went out again" if revoked else ""
    return (
        f"{count(data.n_learned)} {stands} for what is gone, and that no table of signatures knew. "
        f"{_urls(n)} {'was' if n == 1 else 'were'} answered with {them}{taken}."
    )


def signature_lines(data: ReportData) -> tuple[tuple[str, str], ...]:
    """(known signature, URLs)."""
    return tuple((name or "not recorded", count(n)) for name, n in data.signatures)


def pardon_command(out: str, picture: str) -> str:
    """The line that a person pastes into a shell."""
    return f"echo pardon,{picture} | gleanset review {shlex.quote(out or 'DIR')} --from -"


def _card(row: LearnedRow, out: str) -> PlaceholderCard:
    return PlaceholderCard(
        row.id,
        f"data:image/jpeg;base64,{base64.b64encode(row.jpeg).decode()}",
        f"{row.width_px} × {row.height_px}",
        proof_in_words(row.proof),
        _cost(row),
        _few(row.sites, row.n_sites),
        _few(row.labels, row.n_labels),
        row.url,
        row.pardoned,
        "" if row.pardoned else pardon_command(out, row.id),
    )


def _cost(row: LearnedRow) -> str:
    if not row.met:
        return "Its pictures count again." if row.pardoned else "No URL of the list was answered with it."
    said = f"{_urls(row.met)}"
    if row.revoked == row.met:
        return f"{said}, accepted until it was known" if row.met == 1 else f"{said}, all accepted until then"
    return f"{said}, {count(row.revoked)} of them accepted until then" if row.revoked else said


def _few(named: Sequence[tuple[str, int]], n_all: int) -> str:
    said = ", ".join(f"{name} {count(n)}" for name, n in named)
    more = n_all - len(named)
    return f"{said} and {count(more)} more" if more > 0 else said


def _urls(n: int) -> str:
    return "1 URL" if n == 1 else f"{count(n)} URLs"
