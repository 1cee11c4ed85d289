"""The book of sites: nobody is asked for a picture before their robots.txt was read, and believed."""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.fetch.robots import Open, Ruled, Unreachable
from gleanset.run.permits import ALLOWED, MOST_SITES, Ask, Permits, Refused, Wait, befalls_all
from gleanset.terms.outcome import Failed, Failure
from gleanset.urls import site_of

AGENT = "gleanset/1.0 (+me@example.org)"
SITE = "site.example"
URL = "http://site.example/img/a.jpg"
DAY_S = 24 * 3600.0
NO_RULES = Failed(Failure.NOT_FOUND, 404)
UNAVAILABLE = Failed(Failure.SERVER_ERROR, 503)
FORBIDDING = "User-agent: *\nDisallow: /img/\n"


@pytest.fixture
def permits() -> Iterator[Permits]:
    """An empty book, which must not contradict itself when it is closed."""
    made = Permits(True, AGENT)
    yield made
    made.check()


def told(permits: Permits, answer: str | Failed, now_s: float = 0.0) -> Permits:
    permits.asking(SITE)
    permits.hear(SITE, answer, now_s)
    return permits


def test_an_unknown_sites_robots_txt_comes_first(permits: Permits) -> None:
    assert permits.look(URL, 0.0) == Ask(SITE, "http://site.example/robots.txt")


def test_while_it_is_asked_for_everything_of_the_site_waits(permits: Permits) -> None:
    permits.asking(SITE)
    assert permits.look(URL, 0.0) == Wait(SITE, None)
    assert permits.look("https://site.example/b.jpg", 0.0) == Wait(SITE, None)
    assert isinstance(permits.look("http://other.example/b.jpg", 0.0), Ask)


def test_a_question_that_was_lost_is_asked_again(permits: Permits) -> None:
    """A worker that dies is not the site's fault."""
    permits.asking(SITE)
    permits.lost(SITE)
    assert permits.look(URL, 0.0) == Ask(SITE, "http://site.example/robots.txt")


@pytest.mark.parametrize(
    ("answer", "meaning", "looks"),
    [
        (FORBIDDING, Ruled("User-agent: *\nDisallow: /img/"), "refused"),
        ("User-agent: *\nDisallow: /other/", Ruled("User-agent: *\nDisallow: /other/"), "allowed"),
        (NO_RULES, Open(), "allowed"),
        (UNAVAILABLE, Unreachable("server-error"), "waits"),
        (Failed(Failure.TOO_MANY_REDIRECTS, 302), Unreachable("too-many-redirects"), "waits"),
        ("# x\n" * 5 + "<html>" * 1000, Open(), "allowed"),
        ("<html>Not found</html>", Open("HTML in the place of rules"), "allowed"),
        ("", Open(), "allowed"),
    ],
    ids=["disallow", "disallow-other", "404", "503", "loop", "junk", "html", "empty"],
)
def test_row_46_of_the_chaos_matrix(
    permits: Permits, answer: str | Failed, meaning: object, looks: str
) -> None:
    """Disallow / 404 / 503 / loop / HTML: opt-out, allow, park, park, allow with a note."""
    permits.asking(SITE)
    assert permits.hear(SITE, answer, 0.0) == meaning
    expected = {
        "refused": Refused("robots.txt disallows it, the group for *"),
        "allowed": ALLOWED,
        "waits": Wait(SITE, 30.0),
    }
    assert permits.look(URL, 1.0) == expected[looks]


def test_refusals_are_counted_by_url_and_by_site(permits: Permits) -> None:
    told(permits, FORBIDDING)
    for path in ("img/a.jpg", "img/b.jpg", "free/c.jpg"):
        permits.look(f"http://site.example/{path}", 1.0)
    assert (permits.n_refused_urls, permits.n_refusing_sites) == (2, 1)


def test_rules_are_believed_for_a_day_at_most(permits: Permits) -> None:
    """RFC 9309, 2.4. A site that was open is asked again as well."""
    told(permits, FORBIDDING, 100.0)
    assert isinstance(permits.look(URL, 100.0 + DAY_S - 1), Refused)
    assert isinstance(permits.look(URL, 100.0 + DAY_S), Ask)
    told(permits, NO_RULES, 200_000.0)
    assert permits.look(URL, 200_000.0 + DAY_S - 61) is ALLOWED
    assert isinstance(permits.look(URL, 200_000.0 + DAY_S), Ask)


def test_a_day_later_the_new_rules_count(permits: Permits) -> None:
    told(permits, NO_RULES)
    told(permits, FORBIDDING, DAY_S)
    assert isinstance(permits.look(URL, DAY_S), Refused)
    told(permits, UNAVAILABLE, 2 * DAY_S)
    assert isinstance(permits.look(URL, 2 * DAY_S), Wait)


def test_a_site_that_cannot_say_is_left_alone_for_longer_and_longer(permits: Permits) -> None:
    """30 s, doubling, up to an hour; then it may be asked for its robots.txt, and for nothing else."""
    now_s, pauses_s = 0.0, []
    for _ in range(10):
        told(permits, UNAVAILABLE, now_s)
        wait = permits.look(URL, now_s)
        assert isinstance(wait, Wait)
        assert wait.until_s is not None
        pauses_s.append(wait.until_s - now_s)
        assert isinstance(permits.look(URL, wait.until_s - 0.001), Wait)
        now_s = wait.until_s
        assert isinstance(permits.look(URL, now_s), Ask)
    assert pauses_s == [30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0, 3600.0]


def test_an_answer_ends_the_growth_of_the_pauses(permits: Permits) -> None:
    told(permits, UNAVAILABLE, 0.0)
    told(permits, UNAVAILABLE, 30.0)
    told(permits, NO_RULES, 90.0)
    told(permits, UNAVAILABLE, 90.0 + DAY_S)
    assert permits.look(URL, 90.0 + DAY_S) == Wait(SITE, 120.0 + DAY_S)


@pytest.mark.parametrize(
    "failed",
    [
        Failed(Failure.RATE_LIMITED, 429, retry_after_s=86_400.0),
        Failed(Failure.SERVER_ERROR, 503, retry_after_s=86_400.0),
    ],
    ids=["429", "503"],
)
def test_retry_after_is_obeyed_in_full(permits: Permits, failed: Failed) -> None:
    told(permits, failed, 5.0)
    assert permits.look(URL, 6.0) == Wait(SITE, 86_405.0)


def test_a_short_retry_after_shortens_no_pause(permits: Permits) -> None:
    told(permits, Failed(Failure.RATE_LIMITED, 429, retry_after_s=1.0))
    assert permits.look(URL, 0.0) == Wait(SITE, 30.0)


def test_whoever_ignores_robots_txt_is_told_nothing(permits: Permits) -> None:
    ignoring = told(Permits(False, AGENT), "User-agent: *\nDisallow: /")
    assert ignoring.look(URL, 0.0) is ALLOWED


def test_content_signals_can_be_ignored_alone() -> None:
    """``--ignore-opt-outs`` without ``--ignore-robots``."""
    text = "User-agent: *\nContent-Signal: ai-train=no\nDisallow: /img/\n"
    heeding, ignoring = (told(Permits(True, AGENT, signals=heeds), text) for heeds in (True, False))
    free = "http://site.example/free.jpg"
    assert heeding.look(free, 0.0) == Refused("robots.txt: Content-Signal: ai-train=no")
    assert ignoring.look(free, 0.0) is ALLOWED
    assert isinstance(ignoring.look(URL, 0.0), Refused)


@pytest.mark.parametrize(
    ("url", "site", "robots_url"),
    [
        ("http://a.example/x.jpg", "a.example", "http://a.example/robots.txt"),
        ("https://a.example/x.jpg", "a.example", "https://a.example/robots.txt"),
        ("http://a.example:443/x.jpg", "a.example", "http://a.example:443/robots.txt"),
        ("https://a.example:80/x.jpg", "a.example", "https://a.example:80/robots.txt"),
        ("http://a.example./x.jpg", "a.example", "http://a.example./robots.txt"),
        ("http://a.example:8080/x.jpg", "a.example:8080", "http://a.example:8080/robots.txt"),
        ("http://img.a.example/x.jpg", "img.a.example", "http://img.a.example/robots.txt"),
        ("http://me:pw@a.example/x.jpg", "a.example", "http://a.example/robots.txt"),
        ("http://a.example?x=/y", "a.example", "http://a.example/robots.txt"),
        ("http://[2001:db8::1]/x.jpg", "[2001:db8::1]", "http://[2001:db8::1]/robots.txt"),
        ("http://[2001:db8::1]:8080/x", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/robots.txt"),
        (
            "https://web.archive.org/web/2012id_/http://a.example/x.jpg",
            "web.archive.org",
            "https://web.archive.org/robots.txt",
        ),
    ],
)
def test_a_site_is_a_host_and_a_port(permits: Permits, url: str, site: str, robots_url: str) -> None:
    """Not a scheme, and no politeness group: every name has rules of its own."""
    assert site_of(url) == site
    assert permits.look(url, 0.0) == Ask(site, robots_url)


@pytest.mark.parametrize(
    ("failed", "of_all"),
    [
        (Failed(Failure.REFUSED), True),
        (Failed(Failure.CONNECT_TIMEOUT), True),
        (Failed(Failure.NAME_NOT_FOUND), True),
        (Failed(Failure.TLS), True),
        (Failed(Failure.TIMEOUT), True),
        (Failed(Failure.BLOCKED_ADDRESS), True),
        (Failed(Failure.BLOCKED_ADDRESS, 302), False),
        (Failed(Failure.RESET, 200), False),
        (Failed(Failure.SERVER_ERROR, 503), False),
        (Failed(Failure.TOO_MANY_REDIRECTS, 302), False),
        (Failed(Failure.RATE_LIMITED), False),
    ],
    ids=lambda value: f"{value.failure.word}-{value.status}" if isinstance(value, Failed) else "",
)
def test_a_failure_without_an_answer_is_every_urls_of_the_site(failed: Failed, of_all: bool) -> None:
    """A dead host must not cost twice as much because one would have respected its wishes."""
    assert befalls_all(failed) is of_all


def test_two_hundred_thousand_sites_take_tens_of_megabytes() -> None:
    """A list may have more sites than there is room for: the oldest are forgotten, and asked again."""
    permits = Permits(True, AGENT)
    rules = "User-agent: *\n" + "".join(f"Disallow: /folder{n}/\n" for n in range(12))
    tracemalloc.start()
    for n in range(MOST_SITES + 10):
        permits.hear(f"www.site{n}.example.com", NO_RULES if n % 10 else rules, 0.0)
    n_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_bytes < 64 * 2**20
    assert permits.n_sites == MOST_SITES
    assert isinstance(permits.look("http://www.site5.example.com/", 1.0), Ask)
    assert permits.look("http://www.site15.example.com/", 1.0) is ALLOWED
    permits.check()


def test_huge_rules_are_bounded_too() -> None:
    """The oldest rules go, open sites stay."""
    permits = Permits(True, AGENT, most_rule_bytes=20_000)
    permits.hear("open.example", NO_RULES, 0.0)
    for n in range(20):
        text = "User-agent: *\n" + "".join(f"Disallow: /{k * 7919 % 9973}-{n}/\n" for k in range(1000))
        permits.hear(f"s{n}.example", text, 0.0)
        assert isinstance(permits.look(f"http://s{n}.example/0-{n}/a.jpg", 0.0), Refused)
        permits.check()
    assert permits.look("http://open.example/", 0.0) is ALLOWED
    assert isinstance(permits.look("http://s0.example/", 0.0), Ask)
    assert isinstance(permits.look("http://s19.example/0-19/", 0.0), Refused)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "asking", "lost", "hear"]),
        st.integers(0, 3),
        st.sampled_from(["", FORBIDDING, NO_RULES, UNAVAILABLE]),
        st.floats(0, 50_000),
    ),
    max_size=40,
)


@given(STEPS)
def test_nothing_is_allowed_that_was_not_permitted_within_a_day(
    steps: list[tuple[str, int, str | Failed, float]],
) -> None:
    """In whatever order things come: "allowed" follows an answer that says so, and no later one."""
    permits, now_s = Permits(True, AGENT), 0.0
    said: dict[str, tuple[str | Failed, float]] = {}
    for verb, n, answer, pause_s in steps:
        now_s += pause_s
        site = f"s{n}.example"
        match verb:
            case "asking":
                permits.asking(site)
            case "lost":
                permits.lost(site)
            case "hear":
                permits.hear(site, answer, now_s)
                said[site] = (answer, now_s)
            case _:
                if permits.look(f"http://{site}/img/a.jpg", now_s) is ALLOWED:
                    latest, at_s = said[site]
                    assert latest in ("", NO_RULES)
                    assert now_s < at_s + DAY_S
        permits.check()
