"""A list as numbers: one pass, which rows may be sampled, and which lists they came from."""

from pathlib import Path

from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.frame import Frame, read_frame

LIST = b"""n00000001_1\thttp://farm1.static.flickr.com/1/1_a.jpg
n00000001_2\thttp://live.staticflickr.com/1/2_a.jpg
n00000002_1\thttp://a.example/flickr.jpg
odd
n00000002_2\tno address
"""


def framed(folder: Path, *bodies: bytes, hosts: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Frame:
    paths = [folder / f"list{i}.txt" for i in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    return read_frame(open_sources([str(p) for p in paths], Columns(), None, None), hosts, without)


def named(frame: Frame) -> list[tuple[str, str]]:
    return [
        (frame.labels[c], frame.groups[h] if h >= 0 else "")
        for c, h in zip(frame.label, frame.host, strict=True)
    ]


def test_rows_have_their_class_and_their_politeness_group(tmp_path: Path) -> None:
    """Flickr's two domains are one group; a row without a host has none."""
    assert named(framed(tmp_path, LIST)) == [
        ("n00000001", "flickr.com"),
        ("n00000001", "flickr.com"),
        ("n00000002", "a.example"),
        ("n00000002", ""),
    ]


def test_unwanted_hosts_cannot_be_sampled(tmp_path: Path) -> None:
    only = named(framed(tmp_path, LIST, hosts=("flickr",)))
    without = named(framed(tmp_path, LIST, without=("flickr",)))
    assert [bool(group) for _, group in only] == [True, True, False, False]
    assert [bool(group) for _, group in without] == [False, False, True, False]


def test_rows_of_several_lists_are_counted_on(tmp_path: Path) -> None:
    """So that a row's number tells its list."""
    frame = framed(tmp_path, LIST, b"n00000003_1\thttp://b.example/1.jpg\n" * 3)
    assert frame.lengths == (4, 3)
    assert len(frame.label) == 7 and frame.labels[frame.label[-1]] == "n00000003"
