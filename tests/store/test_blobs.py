"""Bodies survive what their writers do not."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.errors import StorageError
from gleanset.store.blobs import HEADER_BYTES, BlobReader, BlobWriter, Record, scan
from gleanset.terms.verdict import BlobRef

BODIES = (b"first body", b"", b"x" * 500, b"GLB\x01 looks like a record", b"last")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[BlobReader]:
    reader = BlobReader(tmp_path)
    yield reader
    reader.close()


def written(folder: Path, segment_bytes: int = 1 << 20, prefix: str = "w0") -> list[BlobRef]:
    """The references of `BODIES`, flushed and closed; candidate i has body i."""
    writer = BlobWriter(folder, prefix, segment_bytes)
    refs = [writer.append(body, candidate) for candidate, body in enumerate(BODIES)]
    writer.close()
    return refs


@contextmanager
def no_file_longer_than(n_bytes: int) -> Iterator[None]:
    """The kernel refuses writes beyond this length, in the middle of one if need be (as a full disk does)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def few_descriptors(more: int) -> Iterator[None]:
    """This process may open so many more files than the first free number."""
    probe = os.dup(0)
    os.close(probe)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_body_comes_back_as_it_went_in(tmp_path: Path, reader: BlobReader) -> None:
    """Whatever a body holds, empty or like a record itself."""
    assert [reader.read(ref) for ref in written(tmp_path)] == list(BODIES)


def test_a_payload_is_the_body_or_nothing(tmp_path: Path, reader: BlobReader) -> None:
    """Without checksums, for those who know a better one; but never a part for the whole."""
    refs = written(tmp_path)
    assert [reader.payload(ref) for ref in refs] == list(BODIES)
    last = refs[-1]
    with (tmp_path / last.segment).open("r+b") as segment:
        segment.truncate(last.offset + HEADER_BYTES + last.length - 1)
    with pytest.raises(StorageError, match=str(last.offset)):
        reader.payload(last)


@given(bodies=st.lists(st.binary(max_size=200), max_size=20), segment_bytes=st.integers(1, 300))
def test_scan_finds_what_append_wrote(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], segment_bytes: int
) -> None:
    """For any bodies and any size of segment, in order."""
    folder = tmp_path_factory.mktemp("blobs")
    writer = BlobWriter(folder, "p", segment_bytes)
    refs = [writer.append(body, 10 * i) for i, body in enumerate(bodies)]
    writer.close()
    found = [record for path in sorted(folder.iterdir()) for record in scan(path)]
    assert found == [Record(10 * i, ref) for i, ref in enumerate(refs)]


def test_segments_are_numbered_and_end_near_their_size(tmp_path: Path) -> None:
    """A segment takes no further record once it has its size."""
    refs = written(tmp_path, segment_bytes=40)
    assert [ref.segment for ref in refs] == [
        "w0-000001.seg",
        "w0-000001.seg",
        "w0-000002.seg",
        "w0-000003.seg",
        "w0-000004.seg",
    ]


def test_flush_tells_how_far_the_segment_is_durable(tmp_path: Path) -> None:
    """The journal may name nothing beyond this."""
    writer = BlobWriter(tmp_path, "w0")
    assert writer.flush() == ("", 0)
    writer.append(b"abc", 1)
    assert writer.flush() == ("w0-000001.seg", HEADER_BYTES + 3)
    writer.close()
    assert (tmp_path / "w0-000001.seg").stat().st_size == HEADER_BYTES + 3


def test_a_new_writer_leaves_old_segments_alone(tmp_path: Path) -> None:
    """What a killed writer left, torn or not, is never continued."""
    written(tmp_path)
    before = (tmp_path / "w0-000001.seg").read_bytes()
    assert {ref.segment for ref in written(tmp_path)} == {"w0-000002.seg"}
    assert (tmp_path / "w0-000001.seg").read_bytes() == before


def test_a_torn_tail_is_found_at_every_length(tmp_path: Path, reader: BlobReader) -> None:
    """Cut anywhere inside the last record: it is gone, all others are there."""
    refs = written(tmp_path)
    segment = tmp_path / "w0-000001.seg"
    whole = segment.read_bytes()
    for length in range(refs[-1].offset, len(whole)):
        segment.write_bytes(whole[:length])
        assert [record.ref for record in scan(segment)] == refs[:-1]
        with pytest.raises(StorageError, match=rf"w0-000001\.seg.*offset {refs[-1].offset}"):
            reader.read(refs[-1])


def test_every_flipped_bit_is_found(tmp_path: Path, reader: BlobReader) -> None:
    """One bit anywhere in a segment costs the record it lies in, and no other."""
    refs = written(tmp_path)
    segment = tmp_path / "w0-000001.seg"
    whole = segment.read_bytes()
    for at in range(0, 8 * len(whole), 5):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        segment.write_bytes(damaged)
        hit = next(ref for ref in reversed(refs) if ref.offset <= at // 8)
        assert [record.ref for record in scan(segment)] == [ref for ref in refs if ref != hit]
        with pytest.raises(StorageError, match="damaged"):
            reader.read(hit)


def test_a_record_hidden_in_a_body_is_not_taken_for_one(tmp_path: Path) -> None:
    """A server may send bytes that are a whole record; they stay the inside of its own."""
    forged = tmp_path / "forged"
    writer = BlobWriter(forged, "f")
    writer.append(b"evil", 7)
    writer.close()
    writer = BlobWriter(tmp_path, "w0")
    writer.append((forged / "f-000001.seg").read_bytes(), 1)
    writer.close()
    assert [record.candidate for record in scan(tmp_path / "w0-000001.seg")] == [1]


def test_a_disk_that_fills_up_stops_the_writer_cleanly(tmp_path: Path, reader: BlobReader) -> None:
    """The half-written record is taken away, and with space again the same writer goes on."""
    writer = BlobWriter(tmp_path, "w0")
    first = writer.append(b"a" * 1000, 1)
    with no_file_longer_than(1500), pytest.raises(StorageError, match=r"writing .*w0-000001\.seg.*ulimit"):
        writer.append(b"b" * 1000, 2)
    assert (tmp_path / "w0-000001.seg").stat().st_size == HEADER_BYTES + 1000
    second = writer.append(b"b" * 1000, 2)
    writer.close()
    assert [reader.read(first)[:1], reader.read(second)[:1]] == [b"a", b"b"]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """The error names the folder, not an errno."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=str(tmp_path / "file")):
        BlobWriter(tmp_path / "file" / "blobs", "w0").append(b"", 0)


@pytest.mark.parametrize(
    "segment", ["../w0-000001.seg", "/etc/passwd", "a/b.seg", "", ".seg", "w0-000001.tar"]
)
def test_no_reference_leads_out_of_the_folder(reader: BlobReader, segment: str) -> None:
    """A damaged journal must not make us read other people's files."""
    with pytest.raises(StorageError, match="no name of a blob segment"):
        reader.read(BlobRef(segment, 0, 1))


def test_a_missing_segment_is_named(reader: BlobReader) -> None:
    """What to look for is in the message."""
    with pytest.raises(StorageError, match=r"w9-000001\.seg"):
        reader.read(BlobRef("w9-000001.seg", 0, 1))


def test_a_reader_holds_few_files_open(tmp_path: Path, reader: BlobReader) -> None:
    """A thousand segments must not use up the file descriptors."""
    refs = []
    for i in range(100):
        refs += written(tmp_path, prefix=f"p{i}")[:1]
    with few_descriptors(80):
        assert {reader.read(ref) for ref in refs * 2} == {BODIES[0]}


def test_importing_blobs_stays_light() -> None:
    """Every worker process pays for this import."""
    heavy = "{'numpy', 'pyarrow', 'duckdb', 'sqlite3', 'pydantic', 'rich'}"
    code = f"import sys, gleanset.store.blobs; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
