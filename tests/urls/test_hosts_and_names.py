"""Whose machine a URL reaches, and what a label is called on a disk."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gleanset.urls import Ceilings, host_matches, host_of, is_flickr, politeness_group, safe_name


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://ex.com/", "ex.com"),
        ("http://ex.com?a/b", "ex.com"),
        ("http://user:p@ex.com:8080/x@y:1", "ex.com"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("http://1.2.3.4:8080/", "1.2.3.4"),
    ],
)
def test_the_host_is_read_without_user_port_and_brackets(url: str, host: str) -> None:
    """It is what DNS is asked for."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "group"),
    [
        ("farm3.static.flickr.com", "flickr.com"),
        ("static.flickr.com", "flickr.com"),
        ("live.staticflickr.com", "flickr.com"),
        ("FARM3.static.Flickr.com.", "flickr.com"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("a.blogspot.com", "blogspot.com"),
        ("upload.wikimedia.org", "wikimedia.org"),
        ("en.wikipedia.org", "wikimedia.org"),
        ("pictures.s3.amazonaws.com", "pictures.s3.amazonaws.com"),
        ("pictures.s3-us-west-2.amazonaws.com", "pictures.s3-us-west-2.amazonaws.com"),
        ("s3.amazonaws.com", "s3.amazonaws.com"),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", "amazonaws.com"),
        ("storage.googleapis.com", "storage.googleapis.com"),
        ("maps.googleapis.com", "googleapis.com"),
        ("d1a2.cloudfront.net", "d1a2.cloudfront.net"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("localhost", "localhost"),
        ("co.uk", "co.uk"),
        ("flickr.com.evil.example", "evil.example"),
    ],
)
def test_a_politeness_group_is_who_feels_our_requests(host: str, group: str) -> None:
    """One blog platform is one group; each bucket of an object store is its own."""
    assert politeness_group(host) == group
    assert is_flickr(host) == (group == "flickr.com")


@pytest.mark.parametrize(
    "host", ["notflickr.com", "flickr.com.evil.org", "flickr.blogspot.com", "flickr", "staticflickr.com.de"]
)
def test_the_word_alone_does_not_make_a_host_flickr(host: str) -> None:
    """The 2019 tool looked for the word anywhere in the URL."""
    assert not is_flickr(host)


@pytest.mark.parametrize(
    ("host", "slots"),
    [("flickr.com", 24), ("wikimedia.org", 2), ("b.s3.amazonaws.com", 64), ("ex.com", 8), ("127.0.0.1", 8)],
)
def test_known_sites_have_their_own_ceiling(host: str, slots: int) -> None:
    """All others get the user's."""
    assert Ceilings().of(politeness_group(host)) == slots


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("flickr", "farm3.static.flickr.com"),
        ("staticflickr.com", "flickr.com"),
        ("example.com", "img7.example.com"),
        ("img*.example.com", "img7.example.com"),
        ("*.s3.amazonaws.com", "photos.s3.amazonaws.com"),
        ("*", "flickr.com"),
    ],
)
def test_a_rule_goes_before_what_is_built_in(pattern: str, host: str) -> None:
    """A person may have an agreement with a site, or know that it bears less."""
    group = politeness_group(host)
    assert Ceilings(8, ((pattern, 100),)).of(group) == 100
    assert Ceilings(8, ((pattern, 1),)).of(group) == 1


def test_a_rule_touches_no_other_site() -> None:
    rules = (("img*.example.com", 3), ("flickr", 1))
    assert [Ceilings(5, rules).of(group) for group in ("example.org", "wikimedia.org")] == [5, 2]


def test_the_last_of_several_rules_counts() -> None:
    """As in a table that goes from the general to the particular."""
    assert Ceilings(8, (("*", 4), ("example.com", 16))).of("example.com") == 16


@pytest.mark.parametrize(
    ("host", "pattern", "is_meant"),
    [
        ("live.staticflickr.com", "flickr", True),
        ("flickr.ex.com", "flickr", False),
        ("ex.com", "ex.com", True),
        ("www.ex.com", "EX.com.", True),
        ("notex.com", "ex.com", False),
        ("ex.com", "*.ex.com", False),
        ("a.b.ex.com", "*.ex.com", True),
        ("img7.ex.com", "img*.ex.com", True),
        ("anything.at.all", "*", True),
        ("exxcom", "ex.com", False),
        ("a[1]", "a[1]", True),
    ],
)
def test_a_pattern_means_a_domain_a_group_or_a_glob(host: str, pattern: str, is_meant: bool) -> None:
    """``--hosts`` and ``--exclude-hosts`` read alike."""
    assert host_matches(host, pattern) is is_meant


@pytest.mark.parametrize("label", ["n02084071", "dog", "a.b-c_d", "x" * 64, "1", "-", "con1"])
def test_a_plain_label_names_its_own_folder(label: str) -> None:
    """People look for their class by its name."""
    assert safe_name(label) == label


@pytest.mark.parametrize(
    "label",
    [
        "",
        ".",
        "..",
        ".hidden",
        "__pycache__",
        "con",
        "NUL.txt",
        "a.",
        "/m/014j1m",
        "../../etc",
        "a b",
        "猫",
        "x" * 65,
    ],
)
def test_any_other_label_is_escaped(label: str) -> None:
    """Nothing in a list may leave the dataset's folder, hide in it or name a device."""
    assert safe_name(label) != label
    assert "~" in safe_name(label)


LABELS = st.one_of(st.text(), st.text("aA._ -~/é", max_size=6), st.text("ab", min_size=60, max_size=70))


@given(LABELS)
@example("~2Fm~0123abcd")
@example("con.txt")
def test_a_safe_name_is_safe(label: str) -> None:
    """On every system, for every reader of image folders."""
    name = safe_name(label)
    assert re.fullmatch(r"[A-Za-z0-9~_-][A-Za-z0-9._~-]{0,63}", name)
    assert not name.startswith("__")
    assert not name.endswith(".")
    assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


@given(LABELS, LABELS)
@example("a b", safe_name("a b"))
@example("a b", "a_b")
def test_two_labels_never_share_a_name(one: str, other: str) -> None:
    """Two classes in one folder would be one class."""
    assert (safe_name(one) == safe_name(other)) == (one == other)
