"""Placeholders that an archive kept are known like any other."""

from dataclasses import replace
from importlib.resources import files

import pytest

from gleanset.judge.placeholders import Signatures
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Finding

URL = "http://farm4.static.flickr.com/3253/2951149311_c0840a2e55.jpg"
COPY = f"https://web.archive.org/web/20110704000000id_/{URL}"
NOTICE = "https://web.archive.org/web/20130101000000id_/http://l.yimg.com/g/images/photo_unavailable.gif"
FOUND = Finding(1, 1, 1, 0.1, 1.7e9, inspection=Inspection(4_000, bytes(32), None), status=200)


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.parse(files("gleanset").joinpath("data/placeholders.csv").read_text(encoding="utf-8"))


def test_a_redirect_to_a_notice_is_known_inside_the_archive(signatures: Signatures) -> None:
    """The archive follows what it captured: the address of the notice is the end of its own."""
    assert signatures.match(replace(FOUND, final_url=NOTICE), URL) is not None


def test_a_copy_of_the_picture_is_no_notice(signatures: Signatures) -> None:
    """Although its address is another one than the list's."""
    assert signatures.match(replace(FOUND, final_url=COPY), URL) is None
