"""Where the picture of a dead URL may still be, and after which reasons it is worth looking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.fetch.revive import (
    FALL_2011,
    REVIVABLE,
    USUAL_DATE,
    WAYS,
    Alternative,
    alternatives,
    near_date,
    revivable,
)
from gleanset.fetch.rewrites import REWRITES
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failure
from gleanset.terms.verdict import Judgement
from gleanset.urls import host_of, normalise

REASONS = [*Failure, *Flaw, *Judgement]
LIVE = "https://live.staticflickr.com/3253/2951149311_c0840a2e55"
ORIGINAL = "https://live.staticflickr.com/6080/6071452334_57111b2799_o.jpg"
MOVED = [
    ("http://farm4.static.flickr.com/3253/2951149311_c0840a2e55.jpg", "flickr-farm", f"{LIVE}.jpg"),
    ("http://farm4.static.flickr.com/3253/2951149311_c0840a2e55_m.jpg", "flickr-farm", f"{LIVE}_m.jpg"),
    ("http://static.flickr.com/3253/2951149311_c0840a2e55_o.png", "flickr-farm", f"{LIVE}_o.png"),
    ("https://farm4.staticflickr.com/3253/2951149311_c0840a2e55_z.jpg", "flickr-farm", f"{LIVE}_z.jpg"),
    ("https://c3.staticflickr.com/7/6080/6071452334_57111b2799_o.jpg", "flickr-cdn", ORIGINAL),
    (
        "http://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/A_dog.JPG/220px-A_dog.JPG",
        "wikimedia-thumb",
        "https://upload.wikimedia.org/wikipedia/commons/a/ab/A_dog.JPG",
    ),
    ("http://www.site.example/a.jpg?b=1", "https", "https://www.site.example/a.jpg?b=1"),
]
STAYS = [
    "https://live.staticflickr.com/3253/2951149311_c0840a2e55.jpg",
    "https://upload.wikimedia.org/wikipedia/commons/a/ab/A_dog.jpg",
    "https://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/Flag.svg/220px-Flag.svg.png",
    "https://www.site.example/a.jpg",
    "http://www.site.example:8080/a.jpg",
    "https://evil.example/farm4.static.flickr.com/3253/2951149311_c0840a2e55.jpg",
]


@pytest.mark.parametrize(("url", "word", "target"), MOVED)
def test_an_address_that_moved_by_a_known_rule_is_rewritten(url: str, word: str, target: str) -> None:
    (found,) = alternatives(url, ["rewrites"])
    assert (found.url, found.way) == (target, f"rewrite:{word}")


@pytest.mark.parametrize("url", STAYS)
def test_what_no_rule_is_known_for_stays(url: str) -> None:
    """The vector drawing behind a thumbnail is no picture; another port has no https that we know of."""
    assert alternatives(url, ["rewrites"]) == ()


def test_every_rewrite_has_its_example_reason_and_source() -> None:
    """A row that nobody can justify does not belong into the table."""
    assert {word for _, word, _ in MOVED} == {row.word for row in REWRITES}
    assert all(len(row.reason) > 40 and row.source for row in REWRITES)


def test_a_rewritten_address_is_not_rewritten_again() -> None:
    """There is an end to it."""
    for _, _, target in MOVED:
        assert alternatives(target, ["rewrites"]) == ()


def test_the_archive_is_asked_for_the_raw_copy_near_the_lists_date() -> None:
    url = "http://www.site.example/a.jpg?b=1"
    (found,) = alternatives(url, ["wayback"], FALL_2011)
    assert found == Alternative(f"https://web.archive.org/web/20111001000000id_/{url}", "wayback")


def test_rewrites_come_before_the_archive() -> None:
    """The picture itself is better than its copy, and the archive is everybody's."""
    ways = [one.way for one in alternatives(MOVED[0][0], ["wayback", "rewrites"])]
    assert ways == ["rewrite:flickr-farm", "wayback"]


def test_without_ways_there_is_nothing_to_try() -> None:
    assert alternatives(MOVED[0][0], []) == ()


def test_a_copy_in_the_archive_has_no_copy() -> None:
    """Lists hold such URLs, and rebuilt manifests do."""
    copy = "https://web.archive.org/web/20111001000000id_/http://www.site.example/a.jpg"
    assert alternatives(copy, WAYS) == ()


def test_a_url_that_is_too_long_to_be_asked_has_no_copy() -> None:
    assert alternatives("http://www.site.example/" + "a" * 16_350, ["wayback"]) == ()


@given(path=st.text(max_size=60), host=st.sampled_from(["site.example", "farm1.static.flickr.com"]))
def test_alternatives_are_normal_urls_of_another_address(path: str, host: str) -> None:
    """They go to the fetcher as they are."""
    url = normalise(f"http://{host}/{path}")
    if url is None:
        return
    for one in alternatives(url, WAYS):
        assert one.url != url
        assert normalise(one.url) == one.url
        assert host_of(one.url)
        assert one.way.startswith("rewrite:") or one.url.endswith(url)


def test_every_reason_has_been_thought_of() -> None:
    """A reason that is added without a decision here ends in this test."""
    assert list(REVIVABLE) != []
    assert set(REVIVABLE) == set(REASONS)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.word)
def test_revivable_says_what_the_table_says(reason: Failure | Flaw | Judgement) -> None:
    assert revivable(reason.word) is REVIVABLE[reason]


@pytest.mark.parametrize(
    "word",
    [
        "opted-out",
        "forbidden",
        "blocked-address",
        "bad-url",
        "too-large",
        "rate-limited",
        "removed",
        "excluded",
    ],
)
def test_who_said_no_is_not_asked_by_the_back_door(word: str) -> None:
    """Neither consent nor the guard nor a takedown may be circumvented by an archive."""
    assert not revivable(word)
    assert not any(one.helps(word) for one in alternatives(MOVED[0][0], WAYS))


@pytest.mark.parametrize(
    "word", ["name-not-found", "refused", "connect-timeout", "timeout", "not-found", "gone", "placeholder"]
)
def test_what_rots_is_worth_looking_for(word: str) -> None:
    assert all(one.helps(word) for one in alternatives(MOVED[0][0], WAYS))


def test_a_check_of_the_users_is_final() -> None:
    """The picture was there, and somebody did not want it."""
    assert not revivable("check:blurred")


@pytest.mark.parametrize(
    ("reason", "helps"),
    [("refused", True), ("reset", True), ("not-found", False), ("connect-timeout", False)],
)
def test_https_is_tried_only_where_http_itself_failed(reason: str, helps: bool) -> None:
    """A 404 by http is a 404 by https: asking twice would double what living sites have to bear."""
    (https,) = alternatives("http://www.site.example/a.jpg", ["rewrites"])
    assert https.helps(reason) is helps


@pytest.mark.parametrize(
    ("labels", "date"),
    [(["n02084071", "n02121620"], FALL_2011), (["dog", "cat"], USUAL_DATE), ([], USUAL_DATE)],
)
def test_the_labels_tell_the_age_of_the_list(labels: list[str], date: str) -> None:
    """Wnids are ImageNet's; nothing else in a plan says how old its URLs are."""
    assert near_date(labels) == date
