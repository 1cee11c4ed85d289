"""``--exclude``: URLs are never asked, copies of a test set's pictures are refused, and the quota refills."""

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from .program import Left, Program
from .site import Answer, Site, picture

pytestmark = pytest.mark.sockets


def url(number: int) -> str:
    return f"http://pets.example/{number}.jpg"


@pytest.fixture
def site() -> Iterator[Site]:
    """Sixteen good pictures of two classes."""
    one = Site()
    one.answers = {url(i): Answer(picture(i)) for i in range(16)}
    yield one
    one.close()


@pytest.fixture
def program(site: Site, tmp_path: Path) -> Program:
    """The program in a folder with the list of the site."""
    made = Program(tmp_path, site.resolve_rules, IGNORE_ROBOTS="1")
    made.write_list(("cat" if i < 8 else "dog", url(i)) for i in range(16))
    return made


def reasons(left: Left) -> dict[str, str]:
    """URL to why it is not in the dataset, as far as anything is known of it."""
    return {row["url"]: row["reason"] for row in left.outcomes if row["verdict"] != "accepted"}


def test_an_excluded_url_is_never_asked(program: Program, site: Site) -> None:
    """However it is written; in the tables it stands with its reason."""
    (program.folder / "out.txt").write_text(f"http://PETS.example:80/3.jpg#here\n{url(9)}\n{url(99)}\n")
    said = program.build("list.tsv", "-o", "out", "--exclude", "out.txt")
    left = Left(program.folder / "out")
    left.check(said)
    assert left.by_class == {"cat": 7, "dog": 7}
    assert said["totals"]["rejected"] == {"excluded": 2}
    assert reasons(left) == {url(3): "excluded", url(9): "excluded"}
    assert not {url(3), url(9)} & site.hits.keys()


def test_a_plan_counts_without_excluded_urls(program: Program) -> None:
    """What is never asked fills no quota."""
    (program.folder / "out.txt").write_text("".join(f"{url(i)}\n" for i in range(6)))
    said = program.run("classes", "list.tsv", "--exclude", "out.txt", "--csv").must(0).out
    assert [line.split(",")[2] for line in said.split()[1:]] == ["2", "8"]


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "sha1"])
def test_a_body_is_refused_by_its_hash(program: Program, site: Site, algorithm: str) -> None:
    digest = hashlib.new(algorithm, picture(3)).hexdigest()
    (program.folder / "hashes.txt").write_text(f"{digest}  3.jpg\n")
    said = program.build("list.tsv", "-o", "out", "--exclude", "hashes.txt", "--images", "7")
    left = Left(program.folder / "out")
    left.check(said)
    assert left.by_class == {"cat": 7, "dog": 7}
    assert url(3) not in {row["url"] for row in left.manifest}


def test_a_copy_of_a_test_sets_picture_is_refused(program: Program, site: Site) -> None:
    """Resized and encoded anew: nobody would find it by its hash. That is what decontamination is for."""
    tests = program.folder / "testset" / "deep"
    tests.mkdir(parents=True)
    with Image.open(BytesIO(picture(5))) as image:
        image.resize((96, 72), Image.Resampling.LANCZOS).save(tests / "a.png")
    (tests / "b.jpg").write_bytes(picture(12))
    (tests / "readme.txt").write_text("no picture")
    said = program.build("list.tsv", "-o", "out", "--exclude", "testset")
    left = Left(program.folder / "out")
    left.check(said)
    assert reasons(left) == {url(5): "excluded", url(12): "excluded"}
    assert left.by_class == {"cat": 7, "dog": 7}


def test_another_datasets_manifest_is_subtracted(program: Program, site: Site) -> None:
    """Its rows are not asked; the same picture at another address is refused."""
    program.write_list([("cat", url(i)) for i in range(4)], "few.tsv")
    program.build("few.tsv", "-o", "first")
    site.answers["http://mirror.example/a.jpg"] = Answer(picture(0))
    program.write_list([("cat", url(i)) for i in range(8)] + [("cat", "http://mirror.example/a.jpg")])
    n_before = len(site.visits)
    said = program.build("list.tsv", "-o", "second", "--exclude", "first/manifest.parquet")
    left = Left(program.folder / "second")
    left.check(said)
    assert {row["url"] for row in left.manifest} == {url(i) for i in range(4, 8)}
    asked = {visit.url for visit in site.visits[n_before:]}
    assert asked == {*(url(i) for i in range(4, 8)), "http://mirror.example/a.jpg"}


@pytest.mark.parametrize("full", [False, True])
def test_what_is_excluded_later_goes_and_is_replaced(program: Program, site: Site, full: bool) -> None:
    """A build that was done is not done any more; nothing else is asked anew."""
    words = ("list.tsv", "-o", "out", "--images", "8" if full else "6")
    program.build(*words)
    left = Left(program.folder / "out")
    before = {row["url"] for row in left.manifest}
    gone, also_gone = sorted(before)[:2]
    (program.folder / "urls.txt").write_text(f"{gone}\n")
    (program.folder / "testset").mkdir()
    number = int(also_gone.rsplit("/", 1)[1][:-4])
    (program.folder / "testset" / "x.jpg").write_bytes(picture(number))
    said = program.build(*words, "--exclude", "urls.txt", "--exclude", "testset", code=3 if full else 0)
    left.check(said)
    assert {url_: reasons(left).get(url_) for url_ in (gone, also_gone)} == {
        gone: "excluded",
        also_gone: "excluded",
    }
    assert not {gone, also_gone} & {row["url"] for row in left.manifest}
    assert all(site.hits[one] == 1 for one in before)
    if not full:
        assert sum(left.by_class.values()) == 12
    n_before = len(site.visits)
    assert program.build("-o", "out", code=3 if full else 0)["digest"] == said["digest"]
    assert len(site.visits) == n_before


def test_what_was_never_asked_and_is_excluded_later_is_not_asked(program: Program, site: Site) -> None:
    """The quota is raised and the list is used up: one URL stays alone."""
    program.build("list.tsv", "-o", "out", "--images", "3")
    left = Left(program.folder / "out")
    never = next(url(i) for i in range(16) if url(i) not in site.hits)
    (program.folder / "urls.txt").write_text(f"{never}\n")
    said = program.build("-o", "out", "--images", "8", "--exclude", "urls.txt", code=3)
    left.check(said)
    assert said["totals"]["accepted"] == 15
    assert reasons(left) == {never: "excluded"}
    assert never not in site.hits


def test_an_exclusion_is_kept_with_the_build(program: Program, site: Site) -> None:
    """The file may be gone by the time that the build goes on; what it named stays out."""
    (program.folder / "out.txt").write_text(f"{hashlib.sha256(picture(3)).hexdigest()}\n")
    program.build("list.tsv", "-o", "out", "--images", "2", "--exclude", "out.txt")
    (program.folder / "out.txt").unlink()
    said = program.build("-o", "out", "--images", "8", code=3)
    left = Left(program.folder / "out")
    left.check(said)
    assert reasons(left) == {url(3): "excluded"}
    assert "exclude-sha256" in (program.folder / "out" / "recipe.toml").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--exclude", "nowhere.txt"), "--exclude nowhere.txt: there is no such file or folder."),
        (("--exclude", "empty"), "--exclude empty: no picture lies in that folder."),
        (("--exclude", "bad.txt"), "--exclude bad.txt: line 2 is 'abcdef'."),
        (("--near-duplicates", "drp"), "It is one of drop, keep. Did you mean drop?"),
        (("--label-conflicts", "both"), "It is one of drop, keep."),
        (("--placeholders", "nowhere.csv"), "--placeholders nowhere.csv: there is no such file."),
        (("--placeholders", "bad.csv"), "--placeholders bad.csv: line 3: 'xyz' is no md5"),
        (("--placeholders", "kind.csv"), "--placeholders kind.csv: line 2: placeholders: kind 'colour'"),
        (("--placeholders", "bad.txt"), "It names the columns: site,kind,value"),
        (("--pardon", "nowhere"), "--pardon nowhere: there is no such file. An id has 16"),
        (("--pardon", "bad.txt"), "--pardon bad.txt: line 1 is"),
    ],
)
def test_what_cannot_be_understood_is_refused_before_anything_is_written(
    program: Program, site: Site, words: tuple[str, ...], sentence: str
) -> None:
    folder = program.folder
    (folder / "empty").mkdir()
    (folder / "bad.txt").write_text(f"{'ab' * 20}\nabcdef\n")
    (folder / "bad.csv").write_text(f"site,kind,value\nmine,md5,{'ab' * 16}\nmine,md5,xyz\n")
    (folder / "kind.csv").write_text("site,kind,value\nmine,colour,red\n")
    ended = program.run("build", "list.tsv", "-o", "out", *words).must(2)
    assert sentence in ended.err
    assert not (folder / "out").exists()
    assert not site.visits
