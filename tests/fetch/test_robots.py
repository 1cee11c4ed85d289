"""What a robots.txt says to us: RFC 9309, case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.fetch.robots import (
    HTML_NOTE,
    LONGEST_BYTES,
    Open,
    Ruled,
    Rules,
    Unreachable,
    access,
    decode,
    excerpt,
    product_tokens,
)
from gleanset.terms.outcome import Failed, Failure

US = product_tokens("gleanset/1.0 (+me@example.org)")


def permits(text: str, path: str, tokens: frozenset[str] = US) -> bool:
    return Rules(excerpt(text, tokens)).refusal(f"http://site.example{path}") is None


def everyone(*rules: str) -> str:
    return "\n".join(["User-agent: *", *rules])


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        (["Disallow: /"], "/a.jpg", False),
        (["Disallow: /"], "/robots.txt", True),
        (["Disallow:"], "/a.jpg", True),
        (["Disallow: /img"], "/img/a.jpg", False),
        (["Disallow: /img"], "/imgs.jpg", False),
        (["Disallow: /img/"], "/img", True),
        (["Disallow: /img"], "/IMG/a.jpg", True),
        (["Disallow: /img"], "/a/img/b.jpg", True),
        # The longest match counts, whatever the order (2.2.2).
        (["Allow: /img/free/", "Disallow: /img/"], "/img/free/a.jpg", True),
        (["Disallow: /img/", "Allow: /img/free/"], "/img/free/a.jpg", True),
        (["Disallow: /img/free/private", "Allow: /img/free/"], "/img/free/private.jpg", False),
        (["Allow: /", "Disallow: /img/"], "/img/a.jpg", False),
        # Where an allow and a disallow are equivalent, the allow counts.
        (["Disallow: /img/", "Allow: /img/"], "/img/a.jpg", True),
        (["Allow: /img/", "Disallow: /img/"], "/img/a.jpg", True),
        # Special characters (2.2.3).
        (["Disallow: /*.jpg$"], "/a/b.jpg", False),
        (["Disallow: /*.jpg$"], "/a/b.jpg?x=1", True),
        (["Disallow: /*.jpg"], "/a/b.jpg?x=1", False),
        (["Disallow: /a$"], "/a", False),
        (["Disallow: /a$"], "/ab", True),
        (["Disallow: /a*z"], "/az", False),
        (["Disallow: /a*z"], "/a/b/z/c", False),
        (["Disallow: /a*z"], "/a/b", True),
        (["Disallow: *.gif$"], "/x.gif", False),
        (["Disallow: /*/private/*"], "/~jo/private/a.jpg", False),
        (["Disallow: /***a"], "/bba", False),
        (["Disallow: /*?"], "/a.jpg?size=l", False),
        (["Disallow: /*?"], "/a.jpg", True),
        (["Disallow: /a.jpg?size=l"], "/a.jpg?size=large", False),
        (["Disallow: /a%2Ab"], "/a*b", False),
        (["Disallow: /a%2Ab"], "/axb", True),
        # Octets are compared when both sides are percent-encoded alike (2.2.2).
        (["Disallow: /foo/bar/ツ"], "/foo/bar/%E3%83%84", False),
        (["Disallow: /foo/bar/%E3%83%84"], "/foo/bar/%E3%83%84", False),
        (["Disallow: /foo/bar/%62%61%7A"], "/foo/bar/baz", False),
        (["Disallow: /%7ejo/"], "/~jo/a.jpg", False),
        (["Disallow: /~jo/"], "/%7Ejo/a.jpg", False),
        (["Disallow: /a%2fb"], "/a%2Fb", False),
        (["Disallow: /a%2fb"], "/a/b", True),
        (["Disallow: /my folder/"], "/my%20folder/a.jpg", False),
        # Comments, blanks, case of the words.
        (["Disallow: /img # none of these"], "/img/a.jpg", False),
        (["  dIsAlLoW  :\t/img  "], "/img/a.jpg", False),
        (["Disallow /img"], "/img/a.jpg", False),
        (["Dissallow: /img"], "/img/a.jpg", False),
        (["disallow: img"], "/img/a.jpg", True),
        (["Disallow: /img", "", "Crawl-delay: 10", "", "Disallow: /pics"], "/pics/a.jpg", False),
    ],
)
def test_a_path_is_judged_by_the_longest_rule_that_matches(
    rules: list[str], path: str, allowed: bool
) -> None:
    assert permits(everyone(*rules), path) is allowed


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        ("User-agent: gleanset\nDisallow: /\n\nUser-agent: *\nDisallow:", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: gleanset\nDisallow:", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: gleanset\nAllow: /img/", True),
        ("User-agent: GleanSet/0.1\nDisallow: /", False),
        ("User-agent: gleanset*\nDisallow: /", False),
        ("User-agent: glean\nDisallow: /", True),
        ("User-agent: gleanset-images\nDisallow: /", True),
        ("User-agent: set\nDisallow: /", True),
        ("User-agent: otherbot\nDisallow: /", True),
        ("User-agent: otherbot\nUser-agent: gleanset\nDisallow: /", False),
        ("User-agent: gleanset\n\nUser-agent: otherbot\nDisallow: /", False),
        ("User-agent: gleanset\nAllow: /x\nUser-agent: otherbot\nDisallow: /", True),
        # Groups of one name are one group (2.2.1).
        ("User-agent: gleanset\nAllow: /x\nUser-agent: b\nAllow:\nUser-agent: gleanset\nDisallow: /", False),
        ("User-agent: *\nDisallow: /x\n\nUser-agent: *\nDisallow: /", False),
        # Other records end no group (2.2.4).
        ("User-agent: gleanset\nSitemap: http://x.example/s.xml\nUser-agent: b\nDisallow: /", False),
        ("User-agent: gleanset\nCrawl-delay: 3\nUser-agent: b\nDisallow: /", False),
        ("Disallow: /", True),
        ("", True),
        ("\ufeffUser-agent: *\r\nDisallow: /", False),
        ("User-agent: *\rDisallow: /\r", False),
        ("useragent *\nDisallow: /", False),
        ("User agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /\x85Allow: /", True),  # one odd pattern, not two rules
    ],
)  # fmt: skip
def test_the_group_that_names_us_counts_and_else_that_for_everyone(lines: str, allowed: bool) -> None:
    assert permits(lines, "/img/a.jpg") is allowed


def test_who_goes_by_another_name_is_meant_by_it_and_by_ours() -> None:
    """``--user-agent`` must be no way around a group for gleanset."""
    tokens = product_tokens("MyBot/2.1 (+https://my.example)")
    assert tokens == {"mybot", "gleanset"}
    assert not permits("User-agent: mybot\nDisallow: /", "/a.jpg", tokens)
    assert not permits("User-agent: gleanset\nDisallow: /", "/a.jpg", tokens)
    assert permits("User-agent: mybot\nDisallow: /", "/a.jpg")


@pytest.mark.parametrize(
    ("lines", "forbids"),
    [
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /", True),
        ("User-agent: *\nContent-signal: AI-Train = NO", True),
        ("User-agent: gleanset\nContent-Signal: ai-train=no", True),
        ("User-agent: *\nContent-Signal: ai-train=yes, search=no", False),
        ("User-agent: *\nContent-Signal: ai-input=no", False),
        ("User-agent: otherbot\nContent-Signal: ai-train=no", False),
        ("User-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: gleanset\nAllow: /", False),
        ("User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n\nUser-agent: gleanset\nAllow: /", False),
        ("Content-Signal: ai-train=no", False),
    ],
)
def test_a_content_signal_for_our_group_opts_out(lines: str, forbids: bool) -> None:
    """It is an opt-out that stands in a robots.txt: whoever ignores opt-outs ignores it, and no rule else."""
    text = excerpt(lines, US)
    why = Rules(text).refusal("http://site.example/a.jpg")
    assert why == ("robots.txt: Content-Signal: ai-train=no" if forbids else None)
    assert Rules(text, heeds_signals=False).refusal("http://site.example/a.jpg") is None


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /",
        "\ufeffUser-agent: *\nDisallow: /".encode("utf-16-le"),
        "User-agent: *\nDisallow: /".encode("utf-16"),
        b"# caf\xe9\nUser-agent: *\nDisallow: /",
        b"\x00\xff\n\nUser-agent: *\nDisallow: /",
    ],
)
def test_any_encoding_is_read(body: bytes) -> None:
    assert not permits(decode(body), "/a.jpg")


def test_what_lies_beyond_500_kib_is_not_read_and_a_cut_line_neither() -> None:
    """``Disallow: /`` may be the beginning of ``Disallow: /private``."""
    head = b"User-agent: *\nDisallow: /early\n"
    cut = b"Disallow: /"
    padding = b"#" * (LONGEST_BYTES - len(head) - len(cut) - 1) + b"\n"
    text = decode(head + padding + cut + b"late\nDisallow: /pics\n")
    assert not permits(text, "/early.jpg")
    assert permits(text, "/late.jpg")
    assert permits(text, "/pics/a.jpg")


def test_a_page_in_the_place_of_rules_allows_all_and_is_noted() -> None:
    """Many sites answer their front page to everything."""
    page = "<!DOCTYPE html>\n<title>User-agent: *</title>\n<p>Disallow: / is what we never say.</p>"
    assert access(page, US) == Open("HTML in the place of rules")
    assert access(excerpt(page, US), US) == Open("HTML in the place of rules")
    assert excerpt(page, US) == HTML_NOTE


LINES = [
    *("User-agent: *", "User-agent: gleanset", "User-agent: b", "Disallow: /", "Allow: /"),
    *("Content-Signal: ai-train=no", "Sitemap: /s", "<html>", "# x", ""),
]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(LINES),
            st.text(max_size=20).map(lambda text: f"Disallow: /{text}"),
            st.text(max_size=20),
        ),
        max_size=12,
    )
)
def test_an_excerpt_is_its_own_excerpt_in_ascii_and_means_the_same(lines: list[str]) -> None:
    """A worker makes it and the engine reads it; nothing may change on the way."""
    text = "\n".join(lines)
    once = excerpt(text, US)
    assert once.isascii()
    assert excerpt(once, US) == once
    assert access(once, US) == access(text, US)


@pytest.mark.parametrize(
    ("failed", "meaning"),
    [
        (Failed(Failure.NOT_FOUND, 404), Open()),
        (Failed(Failure.GONE, 410), Open()),
        (Failed(Failure.FORBIDDEN, 401), Open()),
        (Failed(Failure.FORBIDDEN, 403), Open()),
        (Failed(Failure.HTTP_ERROR, 418), Open()),
        (Failed(Failure.EMPTY, 204), Open()),
        (Failed(Failure.BLOCKED_ADDRESS), Open()),
        (Failed(Failure.RATE_LIMITED, 429, retry_after_s=7.0), Unreachable("rate-limited", 7.0)),
        (Failed(Failure.SERVER_ERROR, 503, retry_after_s=9.0), Unreachable("server-error", 9.0)),
        (Failed(Failure.SERVER_ERROR, 500), Unreachable("server-error")),
        (Failed(Failure.TOO_MANY_REDIRECTS, 302), Unreachable("too-many-redirects")),
        (Failed(Failure.BLOCKED_ADDRESS, 302), Unreachable("blocked-address")),
        (Failed(Failure.HTTP_ERROR, 304), Unreachable("http-error")),
        (Failed(Failure.CONNECT_TIMEOUT), Unreachable("connect-timeout")),
        (Failed(Failure.NAME_NOT_FOUND), Unreachable("name-not-found")),
        (Failed(Failure.RESET, 200), Unreachable("reset")),
        (Failed(Failure.TIMEOUT), Unreachable("timeout")),
    ],
    ids=lambda value: f"{value.failure.word}-{value.status}" if isinstance(value, Failed) else "",
)
def test_no_rules_are_told_from_nobody_who_could_say(
    failed: Failed, meaning: Open | Ruled | Unreachable
) -> None:
    """RFC 9309, 2.3.1.3 and 2.3.1.4: 4xx is a site without rules, 5xx and silence forbid everything."""
    assert access(failed, US) == meaning


def test_a_file_of_nothing_but_permissions_is_an_open_site() -> None:
    """It takes no memory."""
    assert access("User-agent: *\nAllow: /\nDisallow:\n", US) == Open()
    assert access("", US) == Open()
    assert access(everyone("Disallow: /x"), US) == Ruled("User-agent: *\nDisallow: /x")
