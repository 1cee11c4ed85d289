"""Lists by name and by address: fetched once, under the guard, whole or not at all."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import gleanset
from gleanset.errors import ListError
from gleanset.fetch.base import FetchSettings
from gleanset.fetch.download import Downloader
from gleanset.sources.base import Reading
from gleanset.sources.cache import Get, Kept
from gleanset.sources.imagenet_api import ImageNetApi
from gleanset.sources.named import NAMED, NamedList, Published, have, place_of, state_of
from gleanset.terms.outcome import Failed, Failure

from .list_server import ListServer, serving

pytestmark = pytest.mark.sockets
URL = "http://lists.example/data/list.csv"
BODY = b"url,label\n" + b"".join(b"http://a.example/%d.jpg,cat\n" % at for at in range(20_000))


@pytest.fixture
def server() -> Iterator[ListServer]:
    """Has one list."""
    with serving() as lists:
        lists.files["/data/list.csv"] = BODY
        yield lists


@pytest.fixture
def get(server: ListServer) -> Get:
    """What downloads from it."""
    return Downloader(FetchSettings(resolve=(server.resolve,)))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_an_address_is_fetched_once_and_asked_whether_it_changed(server: ListServer, home: Path) -> None:
    """A survey and a build of the same address download it once; a new edition is noticed."""
    options = {"resolve": server.resolve}
    assert gleanset.survey(URL, **options).urls == 20_000
    assert gleanset.survey(URL, **options).urls == 20_000
    assert [headers.get("if-none-match", "")[:1] for _, _, headers in server.asked] == ["", '"']
    server.files["/data/list.csv"] = BODY + b"http://b.example/1.jpg,dog\n"
    assert gleanset.survey(URL, **options).classes == 2


def test_what_was_fetched_serves_without_a_network(server: ListServer, home: Path) -> None:
    """Whoever fetched a list can go on in a train."""
    gleanset.survey(URL, resolve=server.resolve)
    server.status = 503
    assert gleanset.survey(URL, resolve=server.resolve).urls == 20_000


def test_an_address_that_cannot_be_had_says_why(server: ListServer, home: Path) -> None:
    """And nothing is kept of the page that came instead."""
    with pytest.raises(ListError, match=r"could not be fetched: not-found \(HTTP 404\)"):
        gleanset.survey("http://lists.example/gone.csv", resolve=server.resolve)
    with pytest.raises(ListError, match="could not be fetched: blocked-address"):
        gleanset.survey(f"http://127.0.0.1:{server.port}/data/list.csv")
    assert [path for path in home.rglob("*") if path.name == "gone.csv"] == []


def test_private_addresses_are_allowed_where_the_user_says_so(server: ListServer, home: Path) -> None:
    """The guard of the pictures guards the lists as well, with the same option to lift it."""
    url = f"http://127.0.0.1:{server.port}/data/list.csv"
    assert gleanset.survey(url, allow_private="127.0.0.0/8").urls == 20_000


def test_redirects_are_followed_under_the_guard(server: ListServer, get: Get, tmp_path: Path) -> None:
    """A mirror may send us to its storage, and not into our own network."""
    server.moved = {
        "/a": "/b",
        "/b": "http://other.example/data/list.csv",
        "/in": "http://10.0.0.1/",
        "/round": "/round",
        "/file": "file:///etc/passwd",
    }
    with (tmp_path / "a").open("wb") as file:
        answer = get("http://lists.example/a", file)
    assert not isinstance(answer, Failed) and answer[0] == 200
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.asked[-1][0] == "other.example"
    for path, failure in [
        ("/in", Failure.BLOCKED_ADDRESS),
        ("/round", Failure.TOO_MANY_REDIRECTS),
        ("/file", Failure.PROTOCOL),
    ]:
        with (tmp_path / "b").open("wb") as file:
            answer = get(f"http://lists.example{path}", file)
        assert isinstance(answer, Failed) and answer.failure is failure
        assert (tmp_path / "b").stat().st_size == 0


def test_a_download_that_breaks_is_gone_on_with(server: ListServer, get: Get, tmp_path: Path) -> None:
    """Of 335 MB nobody begins anew."""
    kept = Kept(tmp_path / "list.csv")
    server.breaks_after = 100_000
    with kept.held():
        assert kept.fetch(URL, get) is not None
        assert not kept.is_there
        assert kept.fetch(URL, get) is None
    assert kept.path.read_bytes() == BODY
    assert server.asked[-1][2]["range"] == "bytes=100000-"


def test_what_changed_meanwhile_is_begun_anew(server: ListServer, get: Get, tmp_path: Path) -> None:
    """The first half of one edition and the second of another make no list."""
    kept = Kept(tmp_path / "list.csv")
    server.breaks_after = 100_000
    with kept.held():
        assert kept.fetch(URL, get) is not None
        server.files["/data/list.csv"] = BODY[::-1]
        assert kept.fetch(URL, get) is None
    assert kept.path.read_bytes() == BODY[::-1]


def test_without_a_validator_nothing_is_gone_on_with(server: ListServer, get: Get, tmp_path: Path) -> None:
    """Nobody could tell whether the rest belongs to the beginning."""
    server.has_etags = False
    kept = Kept(tmp_path / "list.csv")
    server.breaks_after = 100_000
    with kept.held():
        assert kept.fetch(URL, get) is not None
        assert kept.fetch(URL, get) is None
    assert kept.path.read_bytes() == BODY
    assert "range" not in server.asked[-1][2]


def test_a_failure_leaves_an_older_file_alone(server: ListServer, get: Get, tmp_path: Path) -> None:
    """A build that was begun with it can go on."""
    kept = Kept(tmp_path / "list.csv")
    with kept.held():
        assert kept.fetch(URL, get) is None
        server.files["/data/list.csv"] = BODY * 2
        server.breaks_after = 1000
        assert kept.fetch(URL, get) is not None
    assert kept.path.read_bytes() == BODY


def test_a_wish_to_stop_is_heard_in_the_middle(server: ListServer, tmp_path: Path) -> None:
    """Ctrl-C does not wait for 335 MB."""

    def stop() -> None:
        raise InterruptedError

    get = Downloader(FetchSettings(resolve=(server.resolve,)), stop)
    kept = Kept(tmp_path / "list.csv")
    with kept.held(), pytest.raises(Exception) as stopped:
        kept.fetch(URL, get)
    assert isinstance(stopped.value.__cause__ or stopped.value, InterruptedError)
    assert not kept.is_there


def test_two_processes_fetch_a_list_once(server: ListServer, home: Path) -> None:
    """The second waits, and finds it there."""
    code = f"import gleanset; print(gleanset.survey({URL!r}, resolve={server.resolve!r}).urls)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == ["20000"] * 2
    whole = [headers for _, _, headers in server.asked if "if-none-match" not in headers]
    assert len(whole) == 1


def packed(text: bytes) -> bytes:
    """A .tgz with one list in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return out.getvalue()


FALL = b"n02084071_1\thttp://a.example/1.jpg\nn02123045_2\thttp://a.example/2.jpg\nodd\n"
TGZ = packed(FALL)
SHA1 = hashlib.sha1(TGZ).hexdigest()
NAME = NamedList(
    "fall",
    "imagenet",
    "a small one",
    any_of=(
        Published("fall.tgz", ("http://one.example/fall.tgz", "http://two.example/fall.tgz"), sha1=SHA1),
        Published("fall.txt", ("http://three.example/fall.txt",), counts=(3, 2, 1)),
    ),
    by_hand="somewhere",
)


def test_mirrors_are_tried_in_their_order(server: ListServer, get: Get, tmp_path: Path) -> None:
    """The first that has the right file is the last that is asked."""
    server.files["/fall.tgz"] = TGZ
    assert have(NAME, tmp_path, get, None).read_bytes() == TGZ
    assert [host for host, _, _ in server.asked] == ["one.example"]
    server.status = 500
    assert have(NAME, tmp_path, get, None).read_bytes() == TGZ
    assert len(server.asked) == 1, "what was found right is never asked for again"


def test_a_mirror_of_ones_own_goes_first(server: ListServer, get: Get, tmp_path: Path) -> None:
    """``GLEANSET_MIRROR`` is a folder by name."""
    server.files["/lists/fall/fall.tgz"] = TGZ
    have(NAME, tmp_path, get, "http://mine.example/lists/")
    assert [(host, path) for host, path, _ in server.asked] == [("mine.example", "/lists/fall/fall.tgz")]


def test_a_wrong_file_is_not_taken(server: ListServer, get: Get, tmp_path: Path) -> None:
    """An HTML page with status 200 is what dead mirrors serve."""
    server.files["/fall.tgz"] = b"<html>we moved</html>"
    server.files["/fall.txt"] = FALL
    assert have(NAME, tmp_path, get, None).read_bytes() == FALL
    assert [host for host, _, _ in server.asked] == ["one.example", "two.example", "three.example"]


def test_an_unpacked_list_is_told_by_its_counts(server: ListServer, get: Get, tmp_path: Path) -> None:
    """Lines, classes, odd lines: half a list is none."""
    server.files["/fall.txt"] = FALL[: FALL.index(b"n02123045")]
    with pytest.raises(ListError) as refusal:
        have(NAME, tmp_path, get, None)
    message = str(refusal.value)
    assert "http://one.example/fall.tgz: not-found (HTTP 404)" in message
    assert "not the list it should be (1 lines, 1 classes, 0 odd)" in message
    assert f"(somewhere) and put it into {place_of(NAME, tmp_path)}" in message
    assert state_of(NAME, tmp_path) == []


def test_what_is_put_there_by_hand_is_checked_and_taken(server: ListServer, get: Get, tmp_path: Path) -> None:
    """Once; from then on it is known."""
    folder = place_of(NAME, tmp_path)
    folder.mkdir(parents=True)
    (folder / "fall.tgz").write_bytes(TGZ)
    assert have(NAME, tmp_path, get, None) == folder / "fall.tgz"
    assert server.asked == []
    assert state_of(NAME, tmp_path) == [("fall.tgz", len(TGZ), True)]


def test_a_file_of_ones_own_that_is_wrong_is_not_destroyed(
    server: ListServer, get: Get, tmp_path: Path
) -> None:
    """It may be something else that somebody needs; it is named in the message."""
    folder = place_of(NAME, tmp_path)
    folder.mkdir(parents=True)
    (folder / "fall.txt").write_bytes(b"n02084071_1\thttp://a.example/1.jpg\n")
    with pytest.raises(ListError, match=r"fall\.txt: not the list it should be"):
        have(NAME, tmp_path, get, None)
    assert (folder / "fall.txt").exists()


def test_the_real_list_is_told_by_its_published_checksum() -> None:
    """335 MB; viset's imagenet.py has its SHA-1."""
    (fall,) = [one for one in NAMED if one.name == "imagenet-fall11"]
    assert fall.any_of[0].sha1 == "f5fd118232b871727fe333778be81df6c6fec372"
    assert fall.any_of[1].counts == (14_197_122, 21_841, 8)


def test_a_name_that_is_nearly_one_is_answered_with_the_nearest(home: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(ListError, match="Did you mean imagenet-fall11"):
        gleanset.survey("imagenet-fal11")


def test_sources_shows_what_is_in_the_cache(home: Path) -> None:
    """Names, where their files come from, and what is there."""
    folder = home / "lists" / "imagenet-fall11"
    folder.mkdir(parents=True)
    (folder / "fall11_urls.txt").write_bytes(FALL)
    found = gleanset.sources()
    (fall,) = [one for one in found.lists if one.name == "imagenet-fall11"]
    assert [(file.name, file.n_bytes, file.is_right) for file in fall.files] == [
        ("imagenet_fall11_urls.tgz", None, False),
        ("fall11_urls.txt", len(FALL), False),
    ]
    assert fall.folder == str(folder)
    assert {"open-images", "csv"} <= {one.name for one in found.formats}


API = "http://image-net.example/api/text/imagenet.synset.geturls?wnid="


@pytest.fixture
def api(server: ListServer) -> ListServer:
    """Three classes: one with URLs and a broken line, one that is not ready, one that is gone."""
    path = "/api/text/imagenet.synset."
    server.files |= {
        f"{path}obtain_synset_list": b"n02084071\r\nn02123045\r\nn00000001\r\n\r\n",
        f"{path}geturls?wnid=n02084071": b"http://a.example/1.jpg\r\n\r\nhttp://a.example/2.jpg\r\nx\r\n",
        f"{path}geturls?wnid=n02123045": b"The synset is not ready yet. Please stay tuned!",
    }
    return server


def asked_of(api: ListServer) -> list[str]:
    return [path.rpartition(".")[2].rpartition("=")[2] for path in api.paths]


def test_classes_are_asked_one_by_one_with_a_pause(api: ListServer, get: Get, tmp_path: Path) -> None:
    """And never twice, however often the list is read."""
    pauses: list[float] = []
    source = ImageNetApi(f"imagenet-api:{API}", tmp_path, get, Reading(), wait=pauses.append)
    for _ in range(2):
        rows = [(row["url"], row["label"]) for batch in source.batches() for row in batch.to_pylist()]
        assert rows == [("http://a.example/1.jpg", "n02084071"), ("http://a.example/2.jpg", "n02084071")]
        assert [text for _, _, text in source.odd_examples] == [
            *("n00000001: HTTP 404", "n02084071: x"),
            "n02123045: The synset is not ready yet. Please stay tuned!",
        ]
    assert asked_of(api) == ["obtain_synset_list", "n00000001", "n02084071", "n02123045"]
    assert pauses == [1.0] * 3
    assert len(source.digest()) == 64
    again = ImageNetApi(f"imagenet-api:{API}", tmp_path, get, Reading())
    assert again.digest() == source.digest()
    assert len(api.asked) == 4


def test_only_chosen_classes_are_asked_for(api: ListServer, home: Path) -> None:
    """21,841 requests for one class would be rude."""
    options = {"resolve": api.resolve, "class_": "n02084071", "source": "imagenet-api:pause=0"}
    (line,) = gleanset.classes(f"imagenet-api:{API}", **options)
    assert (line.id, line.urls) == ("n02084071", 2)
    assert asked_of(api) == ["n02084071"]


def test_an_api_that_fails_keeps_what_came(api: ListServer, get: Get, tmp_path: Path) -> None:
    """It is asked three times, longer and longer apart, and gone on with another day."""
    pauses: list[float] = []
    wanted = ["n02084071", "n02123045"]
    source = ImageNetApi(API, tmp_path, get, Reading(), wanted, wait=pauses.append)
    next(source.batches())
    api.status = 503
    with pytest.raises(ListError, match=r"server-error HTTP 503\. What came before is kept"):
        list(source.batches())
    assert asked_of(api) == ["n02084071", *["n02123045"] * 3]
    assert pauses == [1.0, 2.0, 4.0]
    api.status = 200
    assert sum(batch.num_rows for batch in source.batches()) == 2
    assert asked_of(api)[4:] == ["n02123045"]


def test_a_wnid_file_says_which_classes(api: ListServer, home: Path, tmp_path: Path) -> None:
    """Where the API names none, or a person knows better."""
    wnids = tmp_path / "wnids.txt"
    wnids.write_text("n02084071\n")
    source = f"imagenet-api:pause=0,wnids={wnids}"
    assert gleanset.survey(API, source=source, resolve=api.resolve).urls == 2
    assert asked_of(api) == ["n02084071"]


def test_compressed_lists_are_fetched_as_they_are(server: ListServer, home: Path) -> None:
    """A query behind the name does not hide what the file is."""
    server.files["/l.csv.gz?v=2"] = gzip.compress(BODY)
    assert gleanset.survey("http://lists.example/l.csv.gz?v=2", resolve=server.resolve).urls == 20_000
    (facts,) = home.rglob("l.csv.gz.json")
    assert json.loads(facts.read_text())["url"].endswith("?v=2")


def test_a_part_that_nobody_asked_for_is_no_list(server: ListServer, get: Get, tmp_path: Path) -> None:
    """Some caches answer with what they have."""
    server.files["/part"] = BODY
    server.status = 206
    with (tmp_path / "a").open("wb") as file:
        answer = get("http://lists.example/part", file)
    assert isinstance(answer, Failed)
    assert (tmp_path / "a").stat().st_size == 0


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html><p>moved", b"\n <html>", b"", b"\xef\xbb\xbf<?xml version='1.0'?>"]
)
def test_a_page_in_place_of_an_unpublished_checksum_is_not_taken(
    server: ListServer, get: Get, tmp_path: Path, page: bytes
) -> None:
    """Nothing says what the file should be, but a list it is not; the next mirror has it."""
    name = NamedList(
        "loose",
        "csv",
        "a small one",
        any_of=(Published("loose.csv", ("http://one.example/a.csv", "http://two.example/b.csv")),),
        by_hand="somewhere",
    )
    server.files["/a.csv"] = page
    server.files["/b.csv"] = BODY
    assert have(name, tmp_path, get, None).read_bytes() == BODY
