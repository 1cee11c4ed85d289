"""Probes: which sites are asked for an address that cannot exist, how often, and what their answers mean."""

from random import Random

import pytest

from gleanset.run.probes import AGAIN_AFTER, FIRST_AFTER, LEAST_URLS, MOST_REFUSALS, Probes, impossible
from gleanset.terms.inspection import Flaw, Inspection
from gleanset.terms.outcome import Failed, Failure, Moved
from gleanset.terms.verdict import Finding

URL = "http://www.example.org/dogs/rex_17.jpg"
NEXT = "http://www.example.org/dogs/fido_18.jpg"
"""Of the same site."""
ASIDE = "http://img.example.org/dogs/rex_17.jpg"
PICTURE = Inspection(10, bytes(32), None, format="jpeg", phash=5, thumbnail=bytes(256))


def found(**what: object) -> Finding:
    return Finding(1, 1, 0, 0.1, 0.0, **what)  # type: ignore[arg-type]


NOTHING = found(failed=Failed(Failure.NOT_FOUND, 404))


@pytest.fixture
def probes() -> Probes:
    """Group 0 has enough URLs, group 1 has not."""
    return Probes(lambda group: LEAST_URLS if group == 0 else LEAST_URLS - 1, 7)


def see(probes: Probes, n: int, url: str = URL, group: int = 0) -> None:
    for _ in range(n):
        probes.saw_picture(url, group)


def ask(probes: Probes, url: str = URL) -> str:
    probe = probes.due(url)
    assert probe is not None
    probes.asking(url)
    return probe


class TestWhenASiteIsProbed:
    def test_after_a_few_pictures(self, probes):
        """A site that brings nothing needs no probe."""
        see(probes, FIRST_AFTER - 1)
        assert probes.due(URL) is None
        see(probes, 1)
        assert probes.due(URL) is not None

    def test_never_where_the_list_has_few_urls_of_the_group(self, probes):
        see(probes, 50, group=1)
        assert probes.due(URL) is None

    def test_sites_of_a_group_apart(self, probes):
        """One name of a domain says nothing about another."""
        see(probes, FIRST_AFTER)
        assert probes.due(ASIDE) is None

    def test_one_at_a_time(self, probes):
        see(probes, FIRST_AFTER)
        ask(probes)
        assert probes.due(URL) is None

    def test_a_site_that_admits_is_asked_once(self, probes):
        """One request, and another only after hundreds of pictures: sites change their ways."""
        see(probes, FIRST_AFTER)
        assert probes.hear(ask(probes), NOTHING) == ()
        see(probes, AGAIN_AFTER - 1)
        assert probes.due(URL) is None
        see(probes, 1)
        assert probes.due(URL) is not None

    def test_a_site_that_sends_a_picture_is_asked_twice(self, probes):
        """The second address is another one: only what is sent for both is a habit."""
        see(probes, FIRST_AFTER)
        first = ask(probes)
        assert probes.hear(first, found(inspection=PICTURE)) is None
        assert probes.due(URL) is None, "a server may look at a part of the address only"
        second = ask(probes, NEXT)
        assert second != first
        answers = probes.hear(second, found(inspection=PICTURE))
        assert [answer.url for answer in answers] == [first, second]
        assert probes.due(URL) is None

    def test_at_most_two_a_site_and_four_in_a_thousand(self, probes):
        """The price is known beforehand, whatever a site answers."""
        n_asked, n_pictures = 0, 5000
        for _ in range(n_pictures):
            see(probes, 1)
            for url in (URL, NEXT):
                while probes.due(url):
                    n_asked += 1
                    probes.hear(ask(probes, url), found(inspection=PICTURE))
        assert n_asked == probes.n_asked <= 2 + 0.004 * n_pictures

    def test_not_again_when_an_earlier_run_has_asked(self, probes):
        probes.known("www.example.org")
        see(probes, FIRST_AFTER)
        assert probes.due(URL) is None

    def test_a_site_that_cannot_answer_is_left_alone(self, probes):
        """Time-outs are no answers, and not to be had for ever."""
        see(probes, FIRST_AFTER)
        assert probes.hear(ask(probes), found(failed=Failed(Failure.TIMEOUT))) is None
        assert probes.due(NEXT) is None
        see(probes, AGAIN_AFTER)
        for _ in range(MOST_REFUSALS - 1):
            assert probes.hear(ask(probes), found(failed=Failed(Failure.TIMEOUT))) is None
        see(probes, AGAIN_AFTER // 2)
        assert probes.due(NEXT) is None

    def test_many_sites_of_one_group_share_its_patience(self, probes):
        """Blogs by the thousand are at one operator's: sixty of them are not asked twice each."""
        sites = [f"http://blog{n}.example.org/1.jpg" for n in range(60)]
        for url in sites:
            see(probes, FIRST_AFTER, url)
        asked = 0
        for url in sites:
            for neighbour in (url, f"{url}?2"):
                if probes.due(neighbour):
                    asked += 1
                    probes.hear(ask(probes, neighbour), found(inspection=PICTURE))
        assert asked == probes.n_asked == 2

    def test_an_answer_that_kills_a_decoder_is_not_asked_for_again(self, probes):
        see(probes, FIRST_AFTER)
        probes.lost(ask(probes), fatal=True)
        assert probes.due(URL) is None

    def test_rules_that_forbid_the_address_are_respected(self, probes):
        see(probes, FIRST_AFTER)
        probes.forbid(URL)
        assert probes.due(URL) is None


class TestWhatAnAnswerIs:
    def test_a_redirect_says_where_it_leads(self, probes):
        see(probes, FIRST_AFTER)
        probes.hear(ask(probes), found(moved=Moved("http://example.org/gone.png", 1)))
        answers = probes.hear(ask(probes, NEXT), found(moved=Moved("http://example.org/gone.png", 1)))
        assert {answer.leads_to for answer in answers} == {"http://example.org/gone.png"}
        assert all(answer.picture is None for answer in answers)

    def test_a_redirect_that_was_followed_says_both(self, probes):
        see(probes, FIRST_AFTER)
        for url in (URL, NEXT):
            answers = probes.hear(
                ask(probes, url), found(inspection=PICTURE, final_url="http://example.org/gone.png")
            )
        assert {(answer.leads_to, answer.picture) for answer in answers} == {
            ("http://example.org/gone.png", PICTURE)
        }

    def test_a_page_in_words_is_none(self, probes):
        see(probes, FIRST_AFTER)
        assert probes.hear(ask(probes), found(inspection=Inspection(9, bytes(32), Flaw.NOT_AN_IMAGE))) == ()


@pytest.mark.parametrize(
    ("url", "head", "tail"),
    [
        ("http://a.example/x/y/rex_17.jpg", "http://a.example/x/y/", ".jpg"),
        ("http://a.example/rex", "http://a.example/", ""),
        ("http://a.example:8080/p/rex.final.jpeg", "http://a.example:8080/p/", ".jpeg"),
        ("http://a.example/img.php?size=b&id=17", "http://a.example/img.php?size=b&id=", ""),
        ("http://a.example/p/rex.jpg?v=3", "http://a.example/p/", ".jpg"),
        ("http://a.example/show?size=b&id=17", "http://a.example/show?size=b&id=", ""),
        ("http://a.example/", "http://a.example/", ""),
        ("http://f.example/12/4059230001_a1b2c3d4e5.jpg", "http://f.example/12/4059230001_", ".jpg"),
        ("http://f.example/12/4059230001_a1b2c3d4e5_b.jpg", "http://f.example/12/4059230001_", "_b.jpg"),
    ],
)
def test_impossible_neighbours_keep_site_depth_and_kind(url, head, tail):
    """The server shall take the way that it takes for its pictures; the name alone does not exist."""
    made_up = impossible(url, Random(1))
    assert made_up != url
    assert made_up.startswith(head)
    assert made_up.endswith(tail)
    assert impossible(url, Random(1)) == made_up
    assert impossible(url, Random(2)) != made_up
