"""What becomes of copies, of odd shapes, and of placeholders that only their owner knows."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets


def url(name: object) -> str:
    return f"http://pets.example/{name}.jpg"


def smaller(body: bytes) -> bytes:
    """The same picture in another size and compression."""
    out = BytesIO()
    with Image.open(BytesIO(body)) as image:
        image.resize((48, 36), Image.Resampling.LANCZOS).save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    """Eight good pictures."""
    one = Site()
    one.answers = {url(i): Answer(picture(i)) for i in range(8)}
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """The program before the site."""
    return Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="1")


@pytest.mark.parametrize(("policy", "n"), [("drop", 3), ("keep", 4)])
def test_near_duplicates_of_a_class_are_dropped_unless_they_are_wanted(
    program: Program, site: Site, policy: str, n: int
) -> None:
    site.answers[url("copy")] = Answer(smaller(picture(1)))
    program.write_list(("cat", url(name)) for name in (0, 1, 2, "copy"))
    said = program.build("list.tsv", "-o", "out", "--near-duplicates", policy)
    left = Left(program.folder / "out")
    left.check(said)
    assert len(left.manifest) == n
    assert said["totals"]["rejected"] == ({"near-duplicate": 1} if policy == "drop" else {})


@pytest.mark.parametrize("policy", ["drop", "keep"])
def test_what_two_classes_claim_is_out_of_both_unless_each_may_keep_it(
    program: Program, site: Site, policy: str
) -> None:
    """The same URL before any request, and the same picture at two addresses when it has come."""
    site.answers[url("other")] = Answer(picture(1))
    cats, dogs = (0, 1, 2), (0, "other", 3)
    program.write_list([("cat", url(one)) for one in cats] + [("dog", url(one)) for one in dogs])
    said = program.build("list.tsv", "-o", "out", "--label-conflicts", policy)
    left = Left(program.folder / "out")
    if policy == "drop":
        left.check(said)
        assert said["totals"]["rejected"] == {"label-conflict": 4}
        assert left.by_class == {"cat": 1, "dog": 1}
        assert url(0) not in site.hits
    else:
        assert said["totals"]["rejected"] == {}
        assert left.by_class == {"cat": 3, "dog": 3}
        assert len({row["key"] for row in left.manifest}) == 6


def test_a_placeholder_of_ones_own_is_known_and_one_found_later_goes(program: Program, site: Site) -> None:
    """A table names it; what an earlier run took for a picture is revoked, and its place refilled."""
    site.answers[url("gone")] = Answer(picture(99))
    site.answers[url("away")] = Answer(picture(98))
    names = [*range(6), "gone", "away"]
    program.write_list(("cat", url(name)) for name in names)
    (program.folder / "mine.csv").write_text(
        f"site,kind,value\nmine,md5,{hashlib.md5(picture(99)).hexdigest()}\n"
    )
    words = ("list.tsv", "-o", "out", "--images", "6:", "--placeholders", "mine.csv")
    said = program.build(*words)
    left = Left(program.folder / "out")
    left.check(said)
    assert said["totals"]["rejected"] == {"placeholder": 1}
    assert {row["url"] for row in left.manifest} == {url(name) for name in [*range(6), "away"]}
    (program.folder / "more.csv").write_text(
        f"# found by eye\nsite,kind,value,note\nmine,sha256,{hashlib.sha256(picture(98)).hexdigest()},ugly\n"
    )
    n_before = len(site.visits)
    said = program.build("-o", "out", "--placeholders", "more.csv")
    left.check(said)
    assert said["totals"]["rejected"] == {"placeholder": 2}
    assert {row["url"] for row in left.manifest} == {url(i) for i in range(6)}
    assert len(site.visits) == n_before


def test_shapes_that_are_not_wanted_are_refused(program: Program, site: Site) -> None:
    """By the shorter side, and by how long a picture may be."""
    sizes = {"small": (99, 200), "square": (100, 100), "long": (301, 100), "fine": (300, 100)}
    for name, size in sizes.items():
        out = BytesIO()
        with Image.open(BytesIO(picture(len(name)))) as image:
            image.resize(size).save(out, "PNG")
        site.answers[url(name)] = Answer(out.getvalue(), kind="image/png")
    program.write_list(("cat", url(name)) for name in sizes)
    said = program.build("list.tsv", "-o", "out", "--min-side", "100", "--max-aspect", "3")
    left = Left(program.folder / "out")
    left.check(said)
    assert {row["url"]: row["reason"] for row in left.outcomes} == {
        url("small"): "too-small",
        url("square"): "",
        url("long"): "bad-shape",
        url("fine"): "",
    }
