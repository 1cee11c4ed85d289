"""Findings to judge."""

import hashlib
from collections.abc import Callable
from importlib.resources import files

import pytest

from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Finding

PHOTOGRAPH = 0x9C3A57E1_6B20D4F8
"""A perceptual hash far from every known placeholder."""

FindingOf = Callable[..., Finding]


@pytest.fixture(scope="session")
def signatures() -> Signatures:
    """The table that the package ships."""
    return Signatures.parse((files("gleanset") / "data" / "placeholders.csv").read_text(encoding="utf-8"))


@pytest.fixture
def judge(signatures: Signatures) -> Judge:
    return Judge(signatures)


@pytest.fixture(scope="session")
def finding_of() -> FindingOf:
    """Makes the finding of a sound picture: ``finding_of(candidate, body, final_url=.., phash=..)``."""

    def make(
        candidate: int = 0,
        body: bytes = b"a picture",
        *,
        phash: int | None = None,
        size: tuple[int, int] = (500, 375),
        n_bytes: int | None = None,
        final_url: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        **digests: bytes,
    ) -> Finding:
        look = hashlib.sha256(b"look of " + body).digest()
        inspection = Inspection(
            n_bytes=len(body) if n_bytes is None else n_bytes,
            sha256=digests.get("sha256", hashlib.sha256(body).digest()),
            flaw=None,
            format="jpeg",
            width_px=size[0],
            height_px=size[1],
            mode="RGB",
            phash=int.from_bytes(look[:8], "big") if phash is None else phash,
            thumbnail=look * 8,
            md5=digests.get("md5", hashlib.md5(body).digest()),
            sha1=digests.get("sha1", hashlib.sha1(body).digest()),
        )
        return Finding(
            candidate,
            1,
            candidate,
            0.4,
            1.7e9,
            inspection=inspection,
            status=200,
            final_url=final_url,
            headers=headers,
        )

    return make
