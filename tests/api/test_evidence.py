"""What people know of placeholders: tables of their own, and pardons."""

from pathlib import Path

import pytest

from gleanset.api.evidence import COLUMNS, own_signatures, pardons, signatures
from gleanset.errors import UsageError
from gleanset.judge.placeholders import Signatures

MD5, SHA256, ID = "ab" * 16, "cd" * 32, "0123456789abcdef"


def written(folder: Path, text: str, name: str = "mine.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_own_tables_stand_behind_the_shipped_one(tmp_path: Path) -> None:
    """In any order of columns, with comments and without those that may be absent."""
    one = written(tmp_path, f"kind,value,site\n# seen in May\nmd5,{MD5},mine\n\n")
    other = written(tmp_path, f'site,kind,value,note,size\nyours,phash,{ID},"a, b",60x60\n', "other.csv")
    shipped = signatures(())
    text = signatures((one, other))
    assert text.startswith(shipped)
    assert text.removeprefix(shipped).splitlines() == [
        f"mine,md5,{MD5},,,,",
        f'yours,phash,{ID},,60x60,"a, b",',
    ]
    Signatures.parse(text)


def test_the_shipped_table_passes_the_check_of_own_ones(tmp_path: Path) -> None:
    """It is the example that people copy from."""
    shipped = signatures(())
    assert shipped.partition("\n")[0] == ",".join(COLUMNS)
    table = written(tmp_path, shipped)
    assert len(own_signatures((table,)).splitlines()) == len(shipped.splitlines()) - 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (f"mine,colour,{MD5}", "line 3: placeholders: kind 'colour' of site 'mine' is none of etag"),
        ("mine,md5,xyz", "line 3: 'xyz' is no md5, which has 32 hexadecimal digits"),
        (f"mine,sha256,{MD5}", "is no sha256, which has 64"),
        ("mine,phash,0x12", "is no phash, which has 16"),
        (f",md5,{MD5}", "line 3 has no site"),
        ("mine,path,", "line 3 has no value"),
        (f"mine,md5,{MD5},many", "line 3: bytes 'many' is no whole number"),
        (f"mine,phash,{ID},,60", "line 3: size '60' is not written like 500x374"),
        (f"mine,phash,{ID},,60x60,,ff", "line 3: thumbnail 'ff' has not 512"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, row: str, fault: str) -> None:
    table = written(tmp_path, f"{','.join(COLUMNS)}\n# one\n{row}\n")
    with pytest.raises(UsageError, match=r"--placeholders .*mine.csv:? ") as refused:
        own_signatures((table,))
    assert fault in str(refused.value)


@pytest.mark.parametrize("text", ["", "a,b\n", f"mine,md5,{MD5}\n"])
def test_a_table_without_its_header_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="It names the columns: site,kind,value"):
        own_signatures((written(tmp_path, text),))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="it is not UTF-8 text"):
        own_signatures((str(tmp_path / "x"),))
    with pytest.raises(UsageError, match="it cannot be read"):
        own_signatures((str(tmp_path),))


def test_pardons_are_ids_digests_and_files_of_them(tmp_path: Path) -> None:
    """As the report and outcomes.parquet show them."""
    listed = written(tmp_path, f"# mine\n{SHA256.upper()}  a.jpg\n\nlearned:{ID}, the logo\n")
    assert pardons((ID, f"learned:{'f' * 16}", listed, SHA256)) == (ID, "f" * 16, SHA256)


@pytest.mark.parametrize("text", ["abc\n", f"{MD5}\n", f"mine:{ID}\n"])
def test_what_is_no_pardon_is_named_by_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"line 1 is .* A line is the id of a learned placeholder"):
        pardons((written(tmp_path, text),))


@pytest.mark.parametrize("text", ["", "\n\n", "# nobody yet\n"])
def test_a_file_that_pardons_nobody_is_refused(tmp_path: Path, text: str) -> None:
    """Somebody meant to pardon something, and would look for it in vain."""
    with pytest.raises(UsageError, match="the file names no picture"):
        pardons((written(tmp_path, text),))


@pytest.mark.parametrize("value", ["*", "*/*", "**"])
def test_an_address_that_fits_everything_is_refused(tmp_path: Path, value: str) -> None:
    """Every picture would be a placeholder."""
    table = written(tmp_path, f"{','.join(COLUMNS)}\nmine,final_url,{value},,,,\n")
    with pytest.raises(UsageError, match="would make a placeholder of everything"):
        own_signatures((table,))
