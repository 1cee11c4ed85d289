"""Three in ten answers are placeholders of forty designs: what a build makes of them, told from the truth."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from gleanset.rotten.fates import Mix
from gleanset.rotten.scoring import KNOWN_NAMES, OFTEN, UNKNOWN_NAMES, Score, account, score
from gleanset.rotten.settings import CLASSES, Look, PlaceholderShares, WorldSettings
from gleanset.rotten.signatures import signature_table
from gleanset.rotten.truths import url_truths
from gleanset.rotten.world import World
from gleanset.run.engine import Ending
from gleanset.terms.plan import Quota

from .conftest import Crawl

Crawls = Callable[..., Crawl]
PLACEHOLDERS = Mix({"moved-placeholder": 0.3})


def settings(classes: tuple[str, ...], urls_per_class: int) -> WorldSettings:
    """Three in ten URLs are gone, and sites have designs of their own to say so.

    One site in twenty answers any address that no list names with a real picture, which proves nothing.
    """
    return WorldSettings(
        seed=6,
        classes=classes,
        urls_per_class=urls_per_class,
        flickr_share=0.1,
        flickr=PLACEHOLDERS,
        other=Mix({"placeholder": 0.3}),
        hosts=110,
        host_spread=0.2,
        slow_share=0.0,
        busy_share=0.0,
        look=Look(160, 120, mean_bytes=6_000, cross_share=0.002),
        placeholders=PlaceholderShares(designed_share=1.0, random_share=0.05),
    )


def known_to_us(world: World) -> str:
    """The table that ships, and the user's own that names the known designs."""
    shipped = files("gleanset").joinpath("data/placeholders.csv").read_text(encoding="utf-8")
    return shipped + signature_table(world).partition("\n")[2]


def told(one: Crawl) -> Score:
    fates = {one.url(row): (row.verdict, row.reason) for row in one.ledger.rows.values()}
    result = score(url_truths(one.world), fates)
    print(account(result))
    return result


def check(one: Crawl, result: Score, quota: int) -> None:
    """Exact quotas; of 100 copies that tables know 99 are out, of others 95; 1 false alarm in 10,000."""
    assert one.ending is Ending.SETTLED
    n_classes = len(one.world.settings.classes)
    assert [len(one.accepted(c)) for c in range(n_classes)] == [quota] * n_classes
    met = {name: count.met for name, count in result.placeholders.items()}
    assert sum(n for name, n in met.items() if name in KNOWN_NAMES) > 100
    assert sum(n >= OFTEN for name, n in met.items() if name in UNKNOWN_NAMES) >= 8
    assert result.recall(KNOWN_NAMES) >= 0.99
    assert result.recall(UNKNOWN_NAMES, OFTEN) >= 0.95
    assert len(result.false_alarms) <= result.good / 10_000


def test_placeholders_stay_out_and_quotas_are_exact(crawl: Crawls) -> None:
    """Among drawn pictures; the places of those that were revoked are filled again."""
    world = World(settings(tuple(CLASSES)[:8], urls_per_class=130))
    one = crawl(world, Quota(75, 75), signatures=known_to_us(world))
    check(one, told(one), quota=75)


def test_real_photographs_are_not_taken_for_placeholders(crawl: Crawls, material: Path) -> None:
    """More than five hundred beside drawn ones, many pairs of the same shelf among them."""
    folder = material / "photos"
    classes = tuple(sorted(one.name for one in folder.iterdir() if one.is_dir())[::2])
    paths = [path for label in classes for path in sorted((folder / label).glob("*.jpg"))]
    photographs = [(path.parent.name, path.read_bytes()) for path in paths]
    world = World(settings(classes, urls_per_class=30), photographs)
    assert len(world.photographs) > 500
    one = crawl(world, Quota(12, 12), signatures=known_to_us(world))
    check(one, told(one), quota=12)
