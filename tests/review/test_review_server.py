"""The page is for the person at this machine alone: no guessed path, no foreign name, no foreign site."""

import json
import socket
from io import BytesIO

import pytest
from PIL import Image

from gleanset.api.reviewing import held_build, review_of
from gleanset.errors import LockedError, UsageError
from gleanset.store.blobs import BlobReader

from .conftest import CATS, DOGS, HOSTILE, STAND_IN, Folders, Open, picture, serving

pytestmark = pytest.mark.sockets


@pytest.mark.parametrize(
    "path",
    [
        "/", "/overview", "//overview", "/TOKEN", "/x/overview", "/TOKENx/overview", "/../TOKEN/overview",
        "/%2e%2e/etc/passwd", "/etc/passwd", "/favicon.ico",
    ],
)  # fmt: skip
def test_without_the_whole_token_nothing_is_said(unmoved: Open, path: str) -> None:
    """Not even whether there is such a thing."""
    status, _, body = unmoved.ask(path.replace("TOKEN", unmoved.review.token), whole=True)
    assert status == 403
    assert b"cat" not in body


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd", "small/../../../etc/passwd", "small/%2e%2e%2fetc%2fpasswd", "small/..",
        "class/-1", "class/99", "class/x", "small/99999999", "small/999999999999999999999", "small/",
        "nothing", "large/ff", "placeholder/00", "review.js", "journal.sqlite", ".gleanset/journal.sqlite",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(unmoved: Open, path: str) -> None:
    """There are no files behind the page: what is not asked for by number is not there."""
    status, _, body = unmoved.ask(path)
    assert status in {403, 404}
    assert set(json.loads(body)) == {"error"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:PORT", "127.0.0.1.evil.example:PORT", "127.0.0.1:PORT:evil", "", "0"],
)
def test_a_foreign_name_is_refused(unmoved: Open, host: str) -> None:
    """DNS rebinding: a site lets its own name point here, and its script would read along."""
    for path, body in (("", None), ("overview", None), ("small/0", None), ("turn", {"what": 0})):
        status, _, answer = unmoved.ask(path, body, Host=host.replace("PORT", str(unmoved.review.port)))
        assert (status, json.loads(answer)["error"]) == (403, "This name is not this machine.")
    assert unmoved.review.desk.counts()["rejected"] == 0


def test_two_names_or_none_are_refused(unmoved: Open) -> None:
    """As a smuggler would send them."""
    target = f"/{unmoved.review.token}/overview"
    for hosts in ("", "Host: 127.0.0.1\r\nHost: evil.example\r\n"):
        with socket.create_connection(("127.0.0.1", unmoved.review.port), timeout=20) as line:
            line.sendall(f"GET {target} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
            assert b" 403 " in line.makefile("rb").readline()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:80", "127.0.0.1:9000"])
def test_this_machine_may_be_called_by_its_names(unmoved: Open, host: str) -> None:
    """Also through a tunnel, whose port is another."""
    assert unmoved.ask("overview", Host=host)[0] == 200


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"Origin": "http://evil.example"}),
        (403, {"Origin": "null"}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        (403, {"Sec_Fetch_Site": "same-site"}),
        (415, {"Content_Type": "text/plain"}),
        (415, {"Content_Type": "application/x-www-form-urlencoded"}),
        (413, {"Content_Length": "99999999"}),
        (413, {"Content_Length": "-1"}),
    ],
)
def test_another_site_decides_nothing(unmoved: Open, status: int, headers: dict[str, str]) -> None:
    """A form or a script elsewhere may send requests here, even with a token that leaked."""
    assert unmoved.ask("turn", {"what": 0}, **headers)[0] == status
    assert not unmoved.review.done.is_set()
    assert unmoved.review.desk.decisions() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"1", b"\xff\xff", b"[" * 4000])
def test_what_is_no_json_object_is_refused(unmoved: Open, body: bytes) -> None:
    assert unmoved.ask("turn", body)[0] == 400


@pytest.mark.parametrize("what", [-1, 10**6, True, 1.0, None, [], {}, "", "zz", "00" * 8, "00" * 32])
def test_only_what_is_there_can_be_decided(unmoved: Open, what: object) -> None:
    """A URL that was never asked, a placeholder, a number out of nowhere: none is an image of the dataset."""
    assert unmoved.ask("turn", {"what": what})[0] == 404
    assert unmoved.review.desk.decisions() == []


def test_quarantined_pictures_cannot_be_rejected(unmoved: Open) -> None:
    """They are out already."""
    placeholder = unmoved.number(CATS[2][1])
    assert unmoved.ask("turn", {"what": placeholder})[0] == 404


def test_answers_may_not_be_framed_sniffed_or_read_elsewhere(unmoved: Open) -> None:
    for path in ("", "overview", f"small/{unmoved.number(CATS[0][1])}", "nothing"):
        headers = unmoved.ask(path)[1]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in headers


def test_the_token_is_new_every_time_and_long(unmoved: Open) -> None:
    """256 bits, in the alphabet of addresses."""
    other = unmoved.again()
    with other:
        assert other.token != unmoved.review.token
        assert len(other.token) == 43
        assert other.port != unmoved.review.port


def test_a_port_that_is_taken_is_refused(opened: Open) -> None:
    with pytest.raises(UsageError, match=rf"--port {opened.review.port}: .*leave --port out"):
        review_of(opened.build, opened.build.standing(), BlobReader(opened.build.workdir.blobs),
                  opened.review.port, refills=False)  # fmt: skip


def test_the_page_knows_what_is_there(unmoved: Open) -> None:
    """Classes, and each kind of quarantine by its size."""
    said = unmoved.said("overview")
    assert [(one["id"], one["images"], one["rejected"]) for one in said["classes"]] == [
        ("cat", 2, 0), ("dog", 2, 0)
    ]  # fmt: skip
    sizes = {name: said[name] for name in ("placeholders", "known", "conflicts", "near", "hand")}
    assert sizes == {"placeholders": 1, "known": 1, "conflicts": 1, "near": 1, "hand": 0}
    (case,) = unmoved.said("near")["cases"]
    assert [one["url"] for one in case["images"]] == [DOGS[0][1], DOGS[4][1]]
    (case,) = unmoved.said("conflicts")["cases"]
    assert {one["label"] for one in case["images"]} == {"cat", "dog"}
    (card,) = unmoved.said("learned")["cards"]
    assert (card["met"], card["revoked"], card["n_sites"], card["pardoned"]) == (3, 1, 3, False)
    assert dict(map(tuple, card["labels"])) == {"cat": 2, "dog": 1}
    (card,) = unmoved.said("known")["cards"]
    assert (card["signature"], card["met"]) == ("flickr:md5", 1)


def test_pictures_are_drawn_anew(unmoved: Open) -> None:
    """Whatever the body hides stays where it is."""
    number = unmoved.number(CATS[0][1])
    id_ = unmoved.said("learned")["cards"][0]["picture"]
    bodies = {f"small/{number}": picture(0), f"large/{number}": picture(0), f"placeholder/{id_}": STAND_IN}
    for path, body in bodies.items():
        status, headers, jpeg = unmoved.ask(path)
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        assert jpeg != body
        with Image.open(BytesIO(jpeg)) as shown, Image.open(BytesIO(body)) as came:
            assert shown.size == came.size
            mean, wanted = (one.convert("RGB").resize((1, 1)).getpixel((0, 0)) for one in (shown, came))
            assert mean == pytest.approx(wanted, abs=4)


def test_a_damaged_body_costs_its_picture_alone(opened: Open) -> None:
    for segment in opened.build.workdir.blobs.iterdir():
        segment.write_bytes(b"\0" * segment.stat().st_size)
    assert opened.ask(f"small/{opened.number(CATS[0][1])}")[0] == 404
    assert opened.ask(f"placeholder/{opened.said('learned')['cards'][0]['picture']}")[0] == 200
    assert opened.ask("overview")[0] == 200


def test_strangers_words_reach_the_page_as_data(folder: Folders) -> None:
    """No label and no URL is ever part of the document."""
    url = "http://evil.example/%3Cscript%3E'%22.jpg"
    one = folder([(HOSTILE, url), *DOGS])
    one.accept(url, picture(1))
    one.leave()
    with serving(one.root) as opened:
        assert opened.said("overview")["classes"][0]["name"] == HOSTILE
        assert HOSTILE.encode() not in opened.ask("")[2]
        assert b"evil.example" not in opened.ask("")[2]


def test_each_decision_is_kept_before_it_is_confirmed(opened: Open) -> None:
    """A kill the moment after costs nothing; the next review begins where this one was."""
    cat, dog = opened.number(CATS[0][1]), opened.number(DOGS[0][1])
    log = opened.build.workdir.state / "review.csv"
    key = opened.build.pool.key
    id_ = opened.said("learned")["cards"][0]["picture"]
    assert opened.said("turn", {"what": cat})["now"] is True
    assert log.read_text() == f"reject,{key(cat)}\n"
    assert opened.said("turn", {"what": id_})["decided"] == {"rejected": 1, "restored": 0, "pardoned": 1}
    assert opened.said("turn", {"what": dog})["now"] is True
    assert opened.said("turn", {"what": cat})["now"] is False
    assert opened.said("undo", {})["what"] == dog
    assert opened.said("undo", {})["what"] == id_
    assert opened.said("undo", {})["what"] is None
    assert opened.said("turn", {"what": dog})["now"] is True
    log_before = log.read_text()
    again = opened.again()
    with again:
        assert again.desk.decided_images() == [dog]
        assert again.gallery.overview()["classes"][1]["rejected"] == 1
    assert log.read_text() == log_before


def test_decisions_about_what_is_gone_are_dropped_and_counted(opened: Open) -> None:
    """Between two reviews a build may have gone on."""
    (opened.build.workdir.state / "review.csv").write_text("reject,nobody\npardon,0011223344556677\n")
    again = opened.again()
    with again:
        assert again.desk.n_stale == 2
        assert again.desk.decisions() == []


def test_nothing_more_is_decided_once_the_person_is_done(opened: Open) -> None:
    """What is applied is what was shown."""
    cat = opened.number(CATS[0][1])
    opened.said("done", {})
    assert opened.review.done.is_set()
    opened.review.desk.close()
    status, _, body = opened.ask("turn", {"what": cat})
    assert status == 409
    assert "being applied" in json.loads(body)["error"]


def test_the_build_is_held_while_the_page_is_open(unmoved: Open) -> None:
    """Nobody collects or packs under the eyes of the person who decides."""
    with pytest.raises(LockedError), held_build(unmoved.build.workdir.root):
        pass
