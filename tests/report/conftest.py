"""Reports of made-up builds: small, usual, large and hostile."""

import io
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from gleanset.report.data import (
    ClassRow,
    ContactSheet,
    CrawlPoint,
    GroupRow,
    HostRow,
    LearnedRow,
    ReportData,
    Status,
    Thumbnail,
    WaitingHost,
)
from gleanset.terms.placeholder import Proof
from gleanset.terms.plan import Census, Plan, PlannedClass, Quota, Survey

NAMES = (
    "tabby, tabby cat", "clock", "German shepherd", "sea anemone", "teapot", "lighthouse", "acorn squash",
    "grand piano", "red fox", "hot-air balloon", "bullfrog", "daisy", "trolleybus", "wall clock",
    "snow leopard", "violin", "ladybug", "suspension bridge", "hummingbird", "espresso",
)  # fmt: skip
REASONS = (
    ("not-found", 6120), ("connect-timeout", 2950), ("name-not-found", 2240), ("placeholder", 1380),
    ("not-an-image", 611), ("duplicate", 402), ("timeout", 260), ("near-duplicate", 233), ("forbidden", 190),
    ("too-small", 121), ("server-error", 88), ("tls", 61), ("truncated", 30), ("gone", 12),
    ("rate-limited", 9), ("check:watermark", 4),
)  # fmt: skip


def make_build(
    n_classes: int = 20, n_short: int = 2, images: int = 800, status: Status | None = None
) -> ReportData:
    """A finished build with every part of the page filled; the same every time."""
    chance = random.Random(7)
    rows = tuple(_class(i, i < n_short, images, chance) for i in range(n_classes))
    accepted, tried = sum(r.accepted for r in rows), sum(r.tried for r in rows)
    scale = max(1, (tried - accepted)) / sum(n for _, n in REASONS)
    return ReportData(
        name="twenty-things" if n_classes == 20 else f"{n_classes} classes",
        status=status or ("short" if n_short else "complete"),
        classes=rows,
        tried=tried,
        accepted=accepted,
        rejected=tuple((word, round(n * scale)) for word, n in REASONS),
        n_bytes=accepted * 108_400,
        elapsed_s=accepted / 37,
        digest="9f2c61a0e4b7d85309c1f6a4e2d98b7710c35ae46f82d90b1c7e55a3f4d60e21",
        candidates=sum(r.candidates for r in rows),
        spare=31,
        deferred=140,
        hosts=tuple(_host(i, chance) for i in range(40)),
        n_hosts=3211,
        waiting=tuple(_waiting(i) for i in range(43)) if n_short else (),
        learned=make_learned(),
        n_learned=5,
        learned_cost=(1296, 212),
        signatures=(("flickr:md5", 61), ("imgur:final_url", 23)),
        timeline=tuple(
            (t * accepted / 37 / 80, round(accepted * (1 - (1 - t / 80) ** 1.7))) for t in range(81)
        ),
        groups=make_groups(),
        crawl=make_crawl(),
        plan=_plan(rows),
        out="/data/twenty-things",
        splits=(("train", round(accepted * 0.9)), ("val", accepted - round(accepted * 0.9))),
        recipe='lists = ["imagenet-fall11"]\nclasses = 20\nimages = 800\nseed = 7\nhosts = []\n',
        lists=("imagenet-fall11",),
        finished_at_s=1_795_000_000.0,
        version="0.1.0",
    )


def make_learned() -> tuple[LearnedRow, ...]:
    """Four placeholders: of one site, of many, once accepted, and pardoned."""
    return (
        _learned(1, Proof.PROBE, 1_204, 188, (("photos1.example.org", 1_204),), 1),
        _learned(2, Proof.SAME_BODY, 71, 23, tuple((f"site{i}.example", 30 - i) for i in range(4)), 9),
        _learned(3, Proof.SAME_PICTURE, 21, 1, (("photos3.example.org", 21),), 1),
        replace(_learned(4, Proof.SAME_PICTURE, 0, 0, (), 0), pardoned=True),
    )


def _learned(
    n: int, proof: Proof, met: int, revoked: int, sites: tuple[tuple[str, int], ...], n_sites: int
) -> LearnedRow:
    labels = tuple((NAMES[n + i], met // (i + 2)) for i in range(3)) if met else ()
    url = f"http://photos{n}.example.org/2009/11/summer-holidays-at-the-sea/IMG_{n:04d}.jpg"
    jpeg = make_thumbnail(n, 96 + 30 * n)
    return LearnedRow(
        f"{n:016x}", proof, jpeg, 500, 375, url, met, revoked, sites, labels, n_sites, len(labels) + (n == 2)
    )


def make_crawl() -> tuple[CrawlPoint, ...]:
    """Running sums with the rates of 2019."""
    steps = range(0, 26_901, 250)
    return tuple(
        CrawlPoint(n // 2, int(n * 0.41), n * 0.218, n - n // 2, int(n * 0.157), n * 0.71 + (n / 900) ** 2)
        for n in steps
    )


def make_groups() -> tuple[GroupRow, ...]:
    """The published figures of the first tool."""
    return (
        GroupRow("flickr", 13_718, 11_283, 5862.15),
        GroupRow("other", 13_181, 4_136, 19_120.26),
        GroupRow("all", 26_899, 15_419, 24_982.41),
    )


def make_survey(n_classes: int = 400) -> Survey:
    """A list with classes of 1 to 2,000 URLs, half of them on Flickr."""
    urls = tuple(1 + (i * 7919) % 2000 for i in range(n_classes))
    flickr = tuple(n // 2 for n in urls)
    levels = (100, 200, 300, 500, 800, 1000, 1200, 1500)
    return Survey(
        classes=n_classes,
        urls=sum(urls),
        flickr_urls=sum(flickr),
        odd_lines=8,
        hosts=12_345,
        at_least=tuple((k, sum(n >= k for n in urls), sum(n >= k for n in flickr)) for k in levels),
        per_class=Census(tuple(f"n{i:08d}" for i in range(n_classes)), urls, flickr),
        top_hosts=(("flickr.com", sum(flickr)), ("blogspot.com", 9120), ("wikimedia.org", 4100)),
        odd_examples=(("fall11.txt", 7_204_511, "n02084071_1\t<script>document.title='ran'</script>"),),
    )


def make_thumbnail(seed: int, side_px: int = 96) -> bytes:
    """A small JPEG of two colours."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (side_px, side_px), tuple(chance.randrange(256) for _ in range(3)))
    picture.paste(tuple(chance.randrange(256) for _ in range(3)), (10, 20, 60, 80))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()


def make_sheet(row: ClassRow, n: int) -> ContactSheet:
    """A contact sheet of ``n`` thumbnails out of all that the class has."""
    found = tuple(Thumbnail(make_thumbnail(i), f"{row.id}_{i}") for i in range(n))
    return ContactSheet(row.id, row.name, row.accepted, found, href=f"report/{row.id}.html")


@pytest.fixture
def a_build() -> Callable[..., ReportData]:
    """``a_build(n_classes, n_short, images, status)``."""
    return make_build


@pytest.fixture
def a_survey() -> Callable[..., Survey]:
    """``a_survey(n_classes)``."""
    return make_survey


@pytest.fixture
def a_sheet() -> Callable[[ClassRow, int], ContactSheet]:
    """``a_sheet(row, n_thumbnails)``."""
    return make_sheet


def _class(i: int, short: bool, images: int, chance: random.Random) -> ClassRow:
    name = NAMES[i % len(NAMES)] + (f" {i // len(NAMES) + 1}" if i >= len(NAMES) else "")
    accepted = round(images * chance.uniform(0.4, 0.95)) if short else images
    tried = round(accepted / chance.uniform(0.42, 0.75))
    candidates = tried if short else round(tried * chance.uniform(1, 1.6))
    forecast = candidates * chance.uniform(0.45, 0.7)
    return ClassRow(
        f"n{2_084_071 + i * 137:08d}", name, Quota(images, images), accepted, tried, candidates, forecast
    )


def _waiting(i: int) -> WaitingHost:
    """The first asks for patience, the others failed; the last few are due at once."""
    if i == 0:
        return WaitingHost("flickr.com", 1_204, (("rate-limited", 1_204),), 1_795_003_600, 1_795_025_200)
    reasons = (("connect-timeout", 50 - i), ("reset", 3), ("server-error", 2), ("timeout", 1))[: 1 + i % 4]
    due_s = 1_795_000_000 + 700 * i if i < 38 else 0
    return WaitingHost(f"site{i}.example", sum(n for _, n in reasons), reasons, due_s, due_s)


def _host(i: int, chance: random.Random) -> HostRow:
    tried = round(14_000 / (i + 1))
    parked = i % 7 == 5
    name = "flickr.com" if i == 0 else f"photos{i}.example.org"
    accepted = 0 if parked else round(tried * chance.uniform(0.2, 0.9))
    return HostRow(name, tried, accepted, None if parked else chance.uniform(0.1, 3))


def _plan(rows: tuple[ClassRow, ...]) -> Plan:
    classes = tuple(PlannedClass(r.id, r.name, r.quota, r.candidates, r.forecast or 0, 0.03) for r in rows)
    return Plan(
        classes=classes,
        reserves=(),
        seed=7,
        rates_from="Success rates were learned from 430 tries at 3 sites, the newest 2 h old.",
        notes=(
            "“clock” means n03046257 (1,076 URLs); wall clock and digital clock are classes of their own.",
        ),
        expected_requests=31_000,
        expected_s=540,
        expected_bytes=3.6e9,
    )
