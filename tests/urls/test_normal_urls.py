"""What the one form of a URL is."""

import contextlib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gleanset.store.addresses import normalised
from gleanset.urls import LONGEST_URL, host_of, normalise

URL_LIKE = st.from_regex(
    r"\A[ ]?[hH]ttps?:[/\\]{0,3}([a-z]{1,3}@)?[a-zA-Z0-9é%.:\[\]_-]{0,20}[/\\?#][ -~é\t]{0,30}\Z"
)
TEXT = st.one_of(st.text(), URL_LIKE)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("http://farm4.static.flickr.com/3253/2951149311_c0840a2e55.jpg", None),
        ("HTTP://EX.com", "http://ex.com/"),
        ("http://ex.com:80/a", "http://ex.com/a"),
        ("http://ex.com:8080/a", None),
        ("http://ex.com/a b.jpg", "http://ex.com/a%20b.jpg"),
        ("http://ex.com/a.jpg#top", "http://ex.com/a.jpg"),
        ("http://ex.com/show?id=1&amp;size=2", None),
        ("http://ex.com//double//x.jpg?b=2&a=1", None),
        ("http://ex.com/a,b,1.jpg", None),
        ("http://ex.com/a%zz.jpg", None),
        ("http://ex.com/a\\b.jpg", "http://ex.com/a/b.jpg"),
        ("http:\\\\ex.com\\x.jpg", "http://ex.com/x.jpg"),
        ("http://ex.com/a/../b.jpg", "http://ex.com/b.jpg"),
        ("http://ex.com/caf\xe9.jpg", "http://ex.com/caf%C3%A9.jpg"),
        (b"http://ex.com/caf\xe9.jpg", "http://ex.com/caf%E9.jpg"),
        (b"http://ex.com/\xe9\xc3\xa9.jpg", "http://ex.com/%E9%C3%A9.jpg"),
        ("http://ex.com/\x00.jpg", "http://ex.com/%00.jpg"),
        ("http://exämple.com/", "http://xn--exmple-cua.com/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://u:p@ex.com/a", None),
        ("http://[::1]/a", None),
        ("  http://ex.com/a\r\n", "http://ex.com/a"),
    ],
)
def test_a_url_takes_its_whatwg_form(raw: str | bytes, normal: str | None) -> None:
    """Browsers are what the web was written for. None in the table: it stays as it is."""
    assert normalise(raw) == (raw if normal is None else normal)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "",
            "a",
            "ex.com/x.jpg",
            "//ex.com/x.jpg",
            "ftp://ex.com/x",
            "file:///etc/passwd",
            "data:image/png,x",
        ),
        *(
            "http://",
            "http:///x.jpg",
            "http:////ex.com/x.jpg",
            "http://./",
            "http://exam ple.com/",
            "javascript:x",
        ),
        *("http://[::1/x", "http://ex.com:99999/", "http://256.256.256.256/", "http://%00/", b"\xff\xfe"),
        "http://ex.com/" + "a" * LONGEST_URL,
    ],
)
def test_what_has_no_host_to_ask_is_no_url(raw: str | bytes) -> None:
    """A missing host is not guessed from the path, and nothing but http(s) is ever asked."""
    assert normalise(raw) is None


@given(TEXT)
@example("http://ex.com/\ud800")
@example("http://ex.com/a #b")
@example("https://%65x.com/%2e%2e/é?é'#")
def test_a_normal_form_is_ascii_and_its_own(raw: str) -> None:
    """Identity hangs on it: a second pass must not move a URL, a cache or a key."""
    url = normalise(raw)
    if url is not None:
        assert url.isascii()
        assert "#" not in url
        assert not any(letter <= " " for letter in url)
        assert normalise(url) == url
        assert host_of(url) == host_of(url).lower() != ""


@given(st.binary())
def test_any_bytes_can_be_asked_for_a_normal_form(raw: bytes) -> None:
    """The list is untrusted: bytes never raise, and are the same as their text where they are UTF-8."""
    url = normalise(b"http://ex.com/" + raw)
    assert url is None or url.isascii()
    with contextlib.suppress(UnicodeDecodeError):
        assert url == normalise("http://ex.com/" + raw.decode())


COLUMN = st.one_of(TEXT, URL_LIKE.map(str.lower)).map(lambda text: text.encode("utf-8", "replace").decode())


@given(st.lists(COLUMN))
@example(["http://xn--a/", "http://ex.com/%2E%2e/a", "http://ex.com/a/../b", "http://ex.com/a?b'c"])
@example(["http://ex.com/" + "a" * 3000, "http://ex.com/" + "a" * LONGEST_URL, "http://a.bc/d\n"])
def test_a_column_takes_the_same_forms_as_its_urls(urls: list[str]) -> None:
    """The expression that spares the parser may vouch only for what the parser would leave alone."""
    assert normalised(pa.array(urls, pa.string())).to_pylist() == [normalise(url) for url in urls]


@pytest.mark.material
def test_real_lists_hold_urls_that_can_be_asked(material: Path) -> None:
    """Nothing in 1,076 addresses of 2011 is lost to our idea of a URL."""
    lines = (material / "lists/imagenet_synset_clock_urls.txt").read_bytes().split(b"\n")
    urls = [normalise(line) for line in lines if line.strip()]
    assert len(urls) == 1076
    assert None not in urls
