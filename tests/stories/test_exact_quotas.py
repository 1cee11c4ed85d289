"""How many: every form of a quota, what happens to classes that cannot meet it, and what a copy accepts."""

from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gleanset import api

from .program import Left
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets


class Bench:
    """The library before a small site: lists of classes with so many live and so many dead URLs."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.site = site

    def list(self, **classes: tuple[int, int]) -> str:
        """A list with ``label=(live, dead)`` URLs; its path."""
        rows = ["label,url"]
        for place, (label, (live, dead)) in enumerate(classes.items()):
            urls = [f"http://host{n % 10}.example/{label}/{n}.jpg" for n in range(live + dead)]
            for n, url in enumerate(urls[:live]):
                self.site.answers[url] = Answer(picture(1000 * place + n))
            rows += [f"{label},{url}" for url in urls]
        path = self.folder / "list.csv"
        path.write_text("\n".join(rows) + "\n")
        return str(path)

    def build(self, source: str, out: str = "d", **options: Any) -> tuple[api.Report, Left]:
        """A build that is checked, and what it left."""
        usual = {"resolve": self.site.resolve_rules, "workers": 1, "patience": 1}
        report = api.build([source], self.folder / out, **usual, **options)
        left = Left(self.folder / out)
        left.check(report.to_json())
        return report, left


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty bench."""
    site = Site()
    yield Bench(tmp_path, site)
    site.close()


def accepted(report: api.Report) -> Mapping[str, int]:
    return {one.id: one.accepted for one in report.classes}


@pytest.mark.parametrize(
    ("images", "expected", "status"),
    [
        ("12", {"ant": 12, "bee": 12, "cow": 12}, "complete"),
        ("10:20", {"ant": 20, "bee": 15, "cow": 12}, "complete"),
        ("10:", {"ant": 30, "bee": 15, "cow": 12}, "complete"),
        ("14:", {"ant": 30, "bee": 15, "cow": 12}, "short"),
        ("13:16", {"ant": 16, "bee": 15, "cow": 12}, "short"),
        (None, {"ant": 30, "bee": 15, "cow": 12}, "complete"),
    ],
)
def test_a_quota_in_all_its_forms(
    bench: Bench, images: str | None, expected: dict[str, int], status: str
) -> None:
    """Exactly M, between K and M, at least K, all there are; fewer than the least is short."""
    source = bench.list(ant=(30, 5), bee=(15, 10), cow=(12, 10))
    report, left = bench.build(source, images=images)
    assert accepted(report) == expected
    assert left.by_class == expected
    assert report.status == status


def test_a_total_is_met_exactly_and_evenly(bench: Bench) -> None:
    """Sixteen and sixteen of 32; 17 and 16 of 33."""
    source = bench.list(ant=(60, 0), bee=(60, 0))
    for total, shares in ((32, [16, 16]), (33, [17, 16])):
        report, left = bench.build(source, f"d{total}", total=total)
        assert report.status == "complete"
        assert list(accepted(report).values()) == shares
        assert len(left.images) == total


def test_what_a_class_cannot_give_to_a_total_the_others_do(bench: Bench) -> None:
    """Its URLs promised more; the sum is met to the image all the same."""
    report, left = bench.build(bench.list(ant=(60, 0), bee=(4, 56), cow=(60, 0)), total=45)
    assert report.status == "complete"
    assert len(left.images) == 45
    assert left.by_class["bee"] == 4
    assert abs(left.by_class["ant"] - left.by_class["cow"]) <= 1


def test_a_total_beyond_all_there_is_is_short(bench: Bench) -> None:
    """Everything is taken, and the build says that it is not enough."""
    report, _ = bench.build(bench.list(ant=(10, 8), bee=(10, 8)), total=30)
    assert report.status == "short"
    assert report.accepted == 20


def test_a_drawn_class_that_dies_is_replaced_from_the_reserves(bench: Bench) -> None:
    """All classes have as many URLs, two of them dead ones. Whatever was drawn, three full ones come out."""
    source = bench.list(ant=(20, 20), bee=(2, 38), cow=(20, 20), dog=(20, 20), eel=(0, 40))
    replaced = 0
    for seed in (1, 2):
        report, left = bench.build(source, f"seed{seed}", classes=3, images=15, seed=seed)
        assert report.status == "complete"
        assert accepted(report) == dict.fromkeys(("ant", "cow", "dog"), 15)
        assert left.by_class == dict.fromkeys(("ant", "cow", "dog"), 15)
        labels = {row["label"] for row in left.outcomes}
        replaced += len(labels & {"bee", "eel"})
    assert replaced, "neither draw met a dead class: the test would show nothing"


def test_without_reserves_the_shortfall_is_reported(bench: Bench) -> None:
    """The dataset is packed all the same."""
    source = bench.list(ant=(20, 20), bee=(2, 38))
    report, left = bench.build(source, classes=2, images=15)
    assert report.status == "short"
    assert accepted(report) == {"ant": 15, "bee": 2}
    assert left.by_class == {"ant": 15, "bee": 2}


def test_a_class_that_was_named_is_kept_though_short(bench: Bench) -> None:
    """A person's word is not overruled by a forecast, nor by reserves."""
    source = bench.list(ant=(20, 20), bee=(2, 38), cow=(20, 20), dog=(20, 20))
    report, _ = bench.build(source, class_=("bee",), classes=2, images=15, seed=3)
    assert report.status == "short"
    assert len(report.classes) == 2
    assert accepted(report)["bee"] == 2
    assert sorted(accepted(report).values()) == [2, 15]


def test_more_images_later_go_on_from_what_is_there(bench: Bench) -> None:
    """A raised quota asks only for what is missing; a lowered one asks nobody."""
    source = bench.list(ant=(30, 0), bee=(30, 0))
    _, first = bench.build(source, images=10)
    asked = Counter(bench.site.hits)
    kept = {row["url"] for row in first.manifest}
    report, left = bench.build(source, images=20)
    assert accepted(report) == {"ant": 20, "bee": 20}
    assert kept <= {row["url"] for row in left.manifest}
    assert all(bench.site.hits[url] == asked[url] for url in kept), "what was accepted is not asked again"
    assert sum(asked.values()) < len(bench.site.visits)
    n_visits = len(bench.site.visits)
    report, left = bench.build(source, images=5)
    assert left.by_class == {"ant": 5, "bee": 5}
    assert len(bench.site.visits) == n_visits


def test_a_picture_of_two_classes_is_trusted_in_neither(bench: Bench) -> None:
    """And the quotas are refilled, though one of the two had been accepted."""
    source = bench.list(ant=(16, 0), bee=(16, 0))
    claimed = [f"http://host{n}.example/{label}/{n}.jpg" for label in ("ant", "bee") for n in range(3)]
    for url in claimed:
        bench.site.answers[url] = Answer(picture(77_000 + int(url.split("/")[-1][0])))
    report, left = bench.build(source, images="13:")
    assert accepted(report) == {"ant": 13, "bee": 13}
    fates = {row["url"]: (row["verdict"], row["reason"]) for row in left.outcomes}
    assert {fates[url][1] for url in claimed} == {"label-conflict"}
    assert {fates[url][0] for url in claimed} <= {"rejected", "revoked"}


def test_a_url_of_two_classes_is_asked_for_neither(bench: Bench) -> None:
    """And one that its own class lists twice is one candidate, however it is spelt."""
    source = bench.list(ant=(8, 0), bee=(8, 0))
    shared = "http://host0.example/ant/0.jpg"
    with Path(source).open("a") as file:
        file.write(
            f"bee,{shared}\nant,http://host1.example/ant/1.jpg\nant,HTTP://HOST2.example:80/ant/2.jpg#top\n"
        )
    report, left = bench.build(source)
    assert accepted(report) == {"ant": 7, "bee": 8}
    assert bench.site.hits[shared] == 0
    assert max(bench.site.hits.values()) == 1
    assert {row["reason"] for row in left.outcomes if row["url"] == shared} == {"label-conflict"}


def test_a_second_copy_of_a_picture_is_a_duplicate(bench: Bench) -> None:
    """One of the class's two URLs with the same bytes stays."""
    source = bench.list(ant=(10, 0))
    twins = ["http://host0.example/ant/0.jpg", "http://host1.example/ant/1.jpg"]
    bench.site.answers |= dict.fromkeys(twins, Answer(picture(5_000)))
    report, left = bench.build(source)
    assert report.rejected == {"duplicate": 1}
    assert sum(row["url"] in twins for row in left.manifest) == 1


def test_a_copy_takes_the_same_and_the_drifted_and_refuses_the_changed(bench: Bench) -> None:
    """Encoded anew, a picture is still that picture; another picture under the same URL is not."""
    source = bench.list(ant=(10, 0))
    first, _ = bench.build(source)
    drifted, changed = "http://host3.example/ant/3.jpg", "http://host4.example/ant/4.jpg"
    again = BytesIO()
    Image.open(BytesIO(picture(3))).save(again, "JPEG", quality=60)
    bench.site.answers |= {drifted: Answer(again.getvalue()), changed: Answer(picture(4_444))}
    report, left = bench.build(str(bench.folder / "d" / "manifest.parquet"), "copy")
    fates = {row["url"]: (row["verdict"], row["reason"]) for row in left.outcomes}
    assert fates.pop(changed) == ("rejected", "changed")
    assert set(fates.values()) == {("accepted", "")}
    assert report.accepted == 9
    assert report.digest != first.digest
