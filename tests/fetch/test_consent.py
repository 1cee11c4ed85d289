"""Opt-outs in headers, in all the forms that servers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.fetch.consent import HEADERS, OPT_OUTS, refusal
from gleanset.fetch.headers import pick_headers
from gleanset.fetch.robots import product_tokens
from gleanset.fetch.transfer import MAX_HEADER_BYTES

US = product_tokens("gleanset/1.0 (+me@example.org)")


def asks_not_to(*lines: bytes) -> bool:
    return refusal(pick_headers(lines, HEADERS, MAX_HEADER_BYTES), US) is not None


@pytest.mark.parametrize(
    ("lines", "opts_out"),
    [
        ([b"X-Robots-Tag: noai"], True),
        ([b"X-Robots-Tag: noimageai"], True),
        ([b"X-Robots-Tag: noindex"], True),
        ([b"X-Robots-Tag: noimageindex"], True),
        ([b"X-Robots-Tag: none"], True),
        ([b"x-ROBOTS-tag:   NoAI  "], True),
        ([b"X-Robots-Tag: noai, noimageai"], True),
        ([b"X-Robots-Tag: nofollow,noarchive,noai"], True),
        ([b"X-Robots-Tag: max-image-preview:large, noai"], True),
        ([b"X-Robots-Tag: max-image-preview: large, max-snippet: -1, noimageai"], True),
        ([b"X-Robots-Tag: unavailable_after: Wed, 25 Jun 2031 15:00:00 GMT, noai"], True),
        ([b"X-Robots-Tag: unavailable_after: 25 Jun 2031 15:00:00 PST, noindex"], True),
        ([b"X-Robots-Tag: unavailable_after: Wednesday, 25-Jun-31 15:00:00 GMT, none"], True),
        ([b"X-Robots-Tag: nofollow", b"X-Robots-Tag: noai"], True),
        ([b"X-Robots-Tag: otherbot: noindex", b"X-Robots-Tag: noai"], True),
        ([b"X-Robots-Tag: gleanset: noai"], True),
        ([b"X-Robots-Tag: GleanSet/2.0: noindex, nofollow"], True),
        ([b"X-Robots-Tag: *: noai"], True),
        ([b"X-Robots-Tag: otherbot: nofollow, gleanset: noai"], True),
        ([b"X-Robots-Tag: noai, otherbot: nofollow"], True),
        ([b"X-Robots-Tag: gleanset: max-snippet: 5, noindex"], True),
        ([b"X-Robots-Tag: nofollow,", b"\tnoai"], True),
        ([b"X-Robots-Tag:", b"  noai"], True),
        ([b"X-Robots-Tag: noai;noimageai"], True),
        ([b"X-Robots-Tag: noindex nofollow"], True),
        ([b'X-Robots-Tag: "noai, noimageai"'], True),
        ([b"X-Robots-Tag: some-new-rule: 3, noai"], True),
        ([b"X-Robots-Tag: ,, ,noai,"], True),
        ([b"X-Robots-Tag: " + b"nofollow, " * 3000 + b"noai"], True),
        ([b"X-Robots-Tag: max-image-preview: none noai"], True),
        ([b"TDM-Reservation: 1"], True),
        ([b"tdm-reservation:1"], True),
        ([b"TDM-Reservation: 0", b"TDM-Reservation: 1"], True),
        ([b"X-Robots-Tag: all", b"TDM-Reservation: 1", b"TDM-Policy: https://x.example/policy.json"], True),
        ([b"TDM-Reservation: 0"], False),
        ([b"TDM-Policy: https://x.example/1"], False),
        ([b"X-Robots-Tag: all"], False),
        ([b"X-Robots-Tag: index, follow"], False),
        ([b"X-Robots-Tag: nofollow, noarchive, nosnippet, notranslate"], False),
        ([b"X-Robots-Tag: max-image-preview:none"], False),
        ([b"X-Robots-Tag: max-image-preview: none, max-snippet: 0"], False),
        ([b"X-Robots-Tag: unavailable_after: Wed, 25 Jun 2031 15:00:00 GMT"], False),
        ([b"X-Robots-Tag: otherbot: noai"], False),
        ([b"X-Robots-Tag: otherbot: noindex, nofollow, noai"], False),
        ([b"X-Robots-Tag: otherbot: unavailable_after: Wed, 25 Jun 2031 15:00:00 GMT, noai"], False),
        ([b"X-Robots-Tag: gleanset: nofollow, otherbot: noai"], False),
        ([b"X-Robots-Tag: gleanset-images: noai"], False),
        ([b"X-Robots-Tag: noaikido, noindexing, anone"], False),
        ([b"X-Robots-Tag:"], False),
        ([b"X-Robots: noai"], False),
        ([b"Content-Type: image/jpeg", b"ETag: noai"], False),
        ([], False),
    ],
)
def test_an_opt_out_is_seen_in_whatever_form_it_comes(lines: list[bytes], opts_out: bool) -> None:
    """Including those of ``docs/how-to/consent.md``, and the five of fourteen that img2dataset misses."""
    assert asks_not_to(*(line + b"\r\n" for line in lines)) is opts_out


def test_the_reason_is_the_header_itself() -> None:
    """So that a person can see who said what."""
    assert refusal([("x-robots-tag", "nofollow, noai")], US) == "x-robots-tag: nofollow, noai"
    assert refusal([("tdm-reservation", "1")], US) == "tdm-reservation: 1"
    assert refusal([("x-robots-tag", "x" * 999 + ", noai")], US) == "x-robots-tag: .. noai .."


OTHERS = ["all", "nofollow", "max-snippet: 3", "unavailable_after: Wed, 2 Jan 2030 09:10:11 GMT"]


@given(
    st.lists(st.sampled_from(OTHERS)),
    st.sampled_from(sorted(OPT_OUTS)),
    st.integers(0, 4),
    st.sampled_from([",", ", ", " ,\t"]),
)
def test_an_opt_out_counts_wherever_it_stands_among_other_directives(
    others: list[str], word: str, at: int, comma: str
) -> None:
    """None of the others may swallow it, dates with their commas and colons least of all."""
    at = min(at, len(others))
    value = comma.join([*others[:at], word, *others[at:]])
    reason = refusal([("x-robots-tag", value)], US)
    assert reason is not None
    assert word in reason
    assert refusal([("x-robots-tag", comma.join(others))], US) is None


@given(st.text(max_size=60))
def test_no_header_is_too_odd_to_be_read(value: str) -> None:
    refusal([("x-robots-tag", value), ("tdm-reservation", value)], US)
