"""Placeholders that nobody knew: a build finds them out and makes good for them."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from gleanset.store.journal import JournalReader

from .program import Left, Program
from .site import Answer, Site, Visit, picture

pytestmark = pytest.mark.sockets
HOST = "www.photos.example"
WANTED = 12


def sorry(serial: int, quality: int = 80) -> bytes:
    """The same sign at every request, in other bytes each time."""
    sign = Image.new("RGB", (320, 240), (236, 238, 240))
    draw = ImageDraw.Draw(sign)
    draw.rectangle((20, 20, 300, 220), outline=(120, 120, 130), width=6)
    draw.line((40, 40, 280, 200), fill=(200, 40, 40), width=14)
    draw.text((90, 150), "sorry, this picture is gone", fill=(60, 60, 60))
    out = BytesIO()
    sign.save(out, "JPEG", quality=quality, comment=f"request {serial}".encode())
    return out.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()


def removed(serials: Iterator[int] | None = None) -> Callable[[Visit], Answer]:
    numbers = serials or iter(range(10_000))
    return lambda visit: (
        Answer(b"none", 404, "text/plain") if visit.path == "/robots.txt" else Answer(sorry(next(numbers)))
    )


def a_list(site: Site, program: Program, n_good: int, n_gone: int, host: str = HOST) -> str:
    """Two classes on one host: some pictures are there, for all other addresses it sends its sign."""
    rows = []
    for c, label in enumerate(("cat", "dog")):
        for i in range(n_good):
            url = f"http://{host}/{label}/{i}_good.jpg"
            site.answers[url] = Answer(picture(1000 * c + i))
            rows.append((label, url))
        rows += [(label, f"http://{host}/{label}/{i}_gone.jpg") for i in range(n_gone)]
    return program.write_list(rows)


def probes_of(site: Site) -> list[Visit]:
    """Requests for addresses that no list has."""
    listed = ("good", "gone", "robots")
    return [visit for visit in site.visits if not any(word in visit.path for word in listed)]


def test_a_sign_that_is_sent_for_whatever_is_gone_is_found_out(tmp_path: Path, site: Site) -> None:
    """No list of known placeholders has it; every class gets its quota of real pictures all the same."""
    site.otherwise[HOST] = removed()
    program = Program(tmp_path, site.resolve_rules)
    listed = a_list(site, program, n_good=WANTED, n_gone=40)
    said = program.build(listed, "-o", "set", "--images", str(WANTED))
    assert [one["accepted"] for one in said["classes"]] == [WANTED, WANTED]
    left = Left(tmp_path / "set")
    left.check(said)
    assert all("good" in row["url"] for row in left.manifest)
    assert {row["reason"] for row in left.outcomes if "gone" in row["url"]} == {"placeholder"}
    assert 1 <= len(probes_of(site)) <= 2
    with JournalReader(tmp_path / "set" / ".gleanset" / "journal.sqlite") as journal:
        learned = [note.payload for note in journal.notes() if note.kind == "placeholder"]
    assert {one["site"] for one in learned} <= {HOST, "photos.example"}


def test_a_host_that_admits_to_probes_is_found_out_by_counting(tmp_path: Path, site: Site) -> None:
    """It sends its sign only for pictures that it once had."""
    program = Program(tmp_path, site.resolve_rules)
    listed = a_list(site, program, n_good=WANTED, n_gone=20)
    for label in ("cat", "dog"):
        for i in range(20):
            site.answers[f"http://{HOST}/{label}/{i}_gone.jpg"] = Answer(sorry(i, 60 + i))
    said = program.build(listed, "-o", "set", "--images", str(WANTED))
    assert [one["accepted"] for one in said["classes"]] == [WANTED, WANTED]
    assert all("good" in row["url"] for row in Left(tmp_path / "set").manifest)


def test_a_site_whose_rules_forbid_it_is_not_probed(tmp_path: Path, site: Site) -> None:
    """Its pictures are allowed one by one; addresses that cannot exist are not."""
    rules = b"User-agent: *\nAllow: /*good.jpg\nAllow: /*gone.jpg\nDisallow: /\n"
    site.answers[f"http://{HOST}/robots.txt"] = Answer(rules, 200, "text/plain")
    site.otherwise[HOST] = removed()
    program = Program(tmp_path, site.resolve_rules)
    program.build(a_list(site, program, n_good=WANTED, n_gone=4), "-o", "set")
    assert not probes_of(site)


def test_a_site_is_not_probed_again_by_the_run_that_goes_on(tmp_path: Path, site: Site) -> None:
    """What was learned is in the journal, and the same command goes on with it."""
    site.otherwise[HOST] = removed()
    program = Program(tmp_path, site.resolve_rules)
    listed = a_list(site, program, n_good=WANTED, n_gone=20)
    program.build(listed, "-o", "set", "--images", f"{WANTED}:", code=0)
    n_probes = len(probes_of(site))
    for i in range(20, 30):
        site.answers[f"http://{HOST}/late/{i}_good.jpg"] = Answer(picture(5000 + i))
    program.run("build", listed, "-o", "set", "--images", f"{WANTED + 1}:").must(3)
    assert len(probes_of(site)) == n_probes
    assert all("good" in row["url"] for row in Left(tmp_path / "set").manifest)


def test_a_check_of_the_user_is_not_asked_about_probes(tmp_path: Path, site: Site) -> None:
    """What a site sends for an address that cannot exist is no row of anybody's list."""
    site.otherwise[HOST] = removed()
    program = Program(tmp_path, site.resolve_rules)
    rows = a_list(site, program, WANTED, 0)
    (tmp_path / "mychecks.py").write_text(
        "import ctypes\ndef f(picture, row):\n    if picture.size == (320, 240):\n"
        "        ctypes.string_at(0)\n"
    )
    said = program.build(rows, "-o", "out", "--images", str(WANTED), "--check", "mychecks:f")
    Left(tmp_path / "out").check(said)
    assert len(probes_of(site)) == 2
    assert said["totals"]["rejected"] == {}
