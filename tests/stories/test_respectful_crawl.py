"""A crawl that asks the book before each request: what it takes, what it leaves, and in which order."""

from collections import defaultdict
from dataclasses import dataclass, field

from gleanset.fetch.base import Arrival, FetchSettings, Order
from gleanset.fetch.robots import decode
from gleanset.rotten.fates import Mix
from gleanset.rotten.fetcher import VirtualFetcher
from gleanset.rotten.settings import Look, WishShares, WorldSettings
from gleanset.rotten.world import World
from gleanset.run.permits import Allowed, Ask, Permits, Refused, Wait
from gleanset.terms.outcome import Failed, Failure, Fetched, Moved
from gleanset.urls import host_of, politeness_group, site_of

SETTINGS = WorldSettings(
    seed=12,
    classes=("a", "b"),
    urls_per_class=150,
    flickr_share=0.2,
    flickr=Mix({}),
    other=Mix({"moved": 0.2, "not-found": 0.2}),
    hosts=80,
    busy_share=0.0,
    time_scale=0.0,
    look=Look(64, 48, mean_bytes=3_000),
    wishes=WishShares(*[0.08] * 10, opts_out=0.15),
)


@dataclass
class RespectfulCrawler:
    """The smallest loop that keeps to the book: one request at a time, on a clock of its own."""

    fetcher: VirtualFetcher
    permits: Permits
    now_s: float = 0.0
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """URLs by site, in order."""

    def take(self, url: str, hops: int = 0) -> str:
        """How a URL ends: ``taken``, or why not."""
        match self.permits.look(url, self.now_s):
            case Refused():
                return "refused"
            case Wait(_, until_s):
                assert until_s is not None, "nothing else is under way"
                return "waits"
            case Ask(site, robots_url):
                self.permits.asking(site)
                self.permits.hear(site, self.rules(robots_url), self.now_s)
                return self.take(url, hops)
            case Allowed():
                match self.request(url, hops).result:
                    case Moved(target, n_hops):
                        return self.take(target, n_hops)
                    case Failed(failure):
                        return failure.word
                    case Fetched():
                        return "taken"

    def rules(self, url: str) -> str | Failed:
        match self.request(url, 0, robots=True).result:
            case Fetched() as fetched:
                return decode(fetched.body)
            case Failed() as failed:
                return failed
            case Moved():
                return Failed(Failure.TOO_MANY_REDIRECTS)

    def request(self, url: str, hops: int, *, robots: bool = False) -> Arrival:
        self.asked[site_of(url)].append(url)
        order = Order(1, url, politeness_group(host_of(url)), hops, robots=robots)
        arrival = self.fetcher.answer(order, self.now_s)
        self.now_s += arrival.elapsed_s
        return arrival


def test_a_respectful_crawl_takes_all_that_is_free_and_nothing_else() -> None:
    """Every row ends as the truth says, and robots.txt is the first request of every site, and asked once."""
    world = World(SETTINGS)
    fetcher = VirtualFetcher(world, FetchSettings(robots=True, opt_outs=True))
    crawler = RespectfulCrawler(fetcher, Permits(True, "gleanset/1.0"))
    ends: dict[str, int] = defaultdict(int)
    for label, count in enumerate(SETTINGS.counts()):
        for serial in range(count):
            end = crawler.take(world.url(label, serial))
            ends[end] += 1
            free = world.fate(label, serial).good and not world.unwelcome(label, serial)
            assert (end == "taken") is free, (end, world.url(label, serial))
    assert {"taken", "refused", "waits", "opted-out", "not-found"} <= ends.keys()
    assert ends["refused"] == crawler.permits.n_refused_urls
    for site, urls in crawler.asked.items():
        assert urls[0] == f"http://{site}/robots.txt"
        assert urls.count(urls[0]) == 1
    crawler.permits.check()
