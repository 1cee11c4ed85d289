"""ImageNet's Fall 2011 format, with everything that its 14 million lines hold."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from gleanset.errors import ListError
from gleanset.sources import opening
from gleanset.sources.base import Columns, Source
from gleanset.sources.registry import open_sources

CLEAN = b"n02084071_7\thttp://a.example/dog.jpg\nn02084071_12\thttp://b.example/dog.jpg\n"


def opened(path: Path, fmt: str | None = None) -> Source:
    (source,) = open_sources([str(path)], Columns(), fmt)
    return source


def rows(source: Source) -> list[tuple[str, str, str]]:
    return [
        (row["url"], row["label"], row["origin"]) for batch in source.batches() for row in batch.to_pylist()
    ]


def listed(folder: Path, body: bytes, name: str = "fall11_urls.txt") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


def test_an_id_is_a_class_and_a_serial(tmp_path: Path) -> None:
    """The id also names the picture in ImageNet's own archives."""
    source = opened(listed(tmp_path, CLEAN))
    assert source.format == "imagenet"
    assert rows(source) == [
        ("http://a.example/dog.jpg", "n02084071", "n02084071_7"),
        ("http://b.example/dog.jpg", "n02084071", "n02084071_12"),
    ]
    assert source.odd_lines == 0


@pytest.mark.parametrize(
    "odd",
    [
        *(b"", b"n02084071_9", b"http://a.example/no-id.jpg", b"n02084071_9 http://a.example/blank.jpg"),
        *(
            b"n02084071_9\thttp://a.example/\tmore",
            b"\t\t",
            b"\thttp://a.example/x",
            b"n02084071_9\t",
            b"\x00",
        ),
    ],
)
def test_a_line_without_exactly_two_fields_is_odd(tmp_path: Path, odd: bytes) -> None:
    """The real list has eight of them: they are counted and shown with their number, and end nothing."""
    source = opened(listed(tmp_path, CLEAN + odd + b"\n" + CLEAN))
    assert len(rows(source)) == 4
    assert source.odd_lines == 1
    ((file, number, _),) = source.odd_examples
    assert (Path(file).name, number) == ("fall11_urls.txt", 3)


def test_a_list_can_be_read_twice(tmp_path: Path) -> None:
    """A survey and a build read the same list: what was odd is not counted twice."""
    source = opened(listed(tmp_path, CLEAN + b"odd\n"))
    assert rows(source) == rows(source)
    assert source.odd_lines == 1


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (b"http://a.example/caf\xe9.jpg", "http://a.example/caf%E9.jpg"),
        (b"http://a.example/\xc3\xa9\xe9\xff.jpg", "http://a.example/é%E9%FF.jpg"),
        (b"http://a.example/\xc3\xa9.jpg", "http://a.example/é.jpg"),
        (b"http://a.example/a,b \"c\" 'd'.jpg", "http://a.example/a,b \"c\" 'd'.jpg"),
        (b"http://a.example/?a=1&amp;b=2", "http://a.example/?a=1&amp;b=2"),
        (b"http://a.example/a\rb", "http://a.example/a\rb"),
        (b"http://a.example/\x00b", "http://a.example/\x00b"),
        (b"http://a.example/" + b"x" * (1 << 20), "http://a.example/" + "x" * (1 << 20)),
        (b"no url at all", "no url at all"),
    ],
    ids=[*["latin-1", "mixed", "utf-8", "comma", "escape", "return", "nul", "megabyte", "words"]],
)
def test_a_url_is_read_as_bytes(tmp_path: Path, url: bytes, read: str) -> None:
    """The list is not quite UTF-8: stray bytes are percent-encoded one by one, everything else stays."""
    source = opened(listed(tmp_path, CLEAN + b"n02084071_99\t" + url + b"\n" + CLEAN))
    assert rows(source)[2] == (read, "n02084071", "n02084071_99")
    assert source.odd_lines == 0


@pytest.mark.parametrize(
    "body",
    [CLEAN.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + CLEAN, CLEAN[:-1], CLEAN.replace(b"\n", b"\r\n")[:-1]],
    ids=["crlf", "bom", "no-last-newline", "return-without-newline"],
)
def test_other_systems_wrote_lists_too(tmp_path: Path, body: bytes) -> None:
    """A list that went through Windows is the same list."""
    source = opened(listed(tmp_path, body))
    assert rows(source) == rows(opened(listed(tmp_path, CLEAN, "clean.txt")))
    assert source.odd_lines == 0


def archived(body: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    return file.getvalue()


@pytest.mark.parametrize("name", ["fall11.txt", "fall11.gz", "fall11.tgz", "fall11"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, archived], ids=["plain", "gzip", "tar"])
def test_compression_is_told_by_content(tmp_path: Path, name: str, pack) -> None:  # type: ignore[no-untyped-def]
    """Browsers unpack files on the way and keep the ending."""
    source = opened(listed(tmp_path, pack(CLEAN), name))
    assert [origin for _, _, origin in rows(source)] == ["n02084071_7", "n02084071_12"]


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    """Half a download must not become half a dataset."""
    body = gzip.compress(CLEAN * 100_000)
    with pytest.raises(ListError, match=r"ends too early.*Download it again"):
        rows(opened(listed(tmp_path, body[: len(body) // 2], "fall11.gz")))


def test_lines_are_whole_across_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk ends anywhere; line numbers and rows do not notice."""
    lines = [
        f"n00000001_{number}\thttp://a.example/{'x' * (number % 50)}{number}.jpg" for number in range(500)
    ]
    lines[333] = "odd"
    path = listed(tmp_path, "\n".join(lines).encode())
    whole = rows(opened(path))
    monkeypatch.setattr(opening, "CHUNK_BYTES", 97)
    source = opened(path)
    assert rows(source) == whole
    assert source.odd_examples[0][1:] == (334, "odd")


def test_a_forced_format_takes_other_ids(tmp_path: Path) -> None:
    """``--source imagenet`` reads any id; the label ends at the last underscore."""
    source = opened(
        listed(tmp_path, b"my_class_1\thttp://a.example/1\nplain\thttp://a.example/2\n"), "imagenet"
    )
    assert [(label, origin) for _, label, origin in rows(source)] == [
        ("my_class", "my_class_1"),
        ("plain", "plain"),
    ]


def test_the_digest_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    """It goes into the recipe: reading first or asking first gives the same, compressed or not."""
    import hashlib

    path = listed(tmp_path, gzip.compress(CLEAN), "fall11.gz")
    read, unread = opened(path), opened(path)
    rows(read)
    assert read.known_digest == unread.digest() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_list_without_one_good_line_is_refused(tmp_path: Path) -> None:
    """It is the wrong file, not a bad list."""
    with pytest.raises(ListError, match=r"none of its 2 lines.*--source"):
        rows(opened(listed(tmp_path, b"a\nb\n"), "imagenet"))


def test_at_most_twenty_odd_lines_are_kept_to_be_shown(tmp_path: Path) -> None:
    """Memory stays flat however bad the list is."""
    source = opened(listed(tmp_path, CLEAN * 100 + b"odd\n" * 99))
    rows(source)
    assert source.odd_lines == 99
    assert [number for _, number, _ in source.odd_examples] == list(range(201, 221))
