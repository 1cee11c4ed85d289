"""The headers of shards are those that Python's own tarfile writes."""

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.sinks.webdataset import _header

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}\.(jpg|cls|json)", fullmatch=True)


@given(NAMES, st.integers(0, 8**11 - 1))
def test_a_header_is_the_one_that_tarfile_writes(name: str, n_bytes: int) -> None:
    """We write it by hand for speed alone; every reader of tar has to see no difference."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = n_bytes, 0o644, 0
    assert _header(name, n_bytes) == member.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(("name", "n_bytes"), [("k" * 101, 1), ("k.jpg", 8**11)])
def test_what_does_not_fit_into_a_header_is_refused(name: str, n_bytes: int) -> None:
    """A name cut short would be another image's name."""
    with pytest.raises(ValueError, match="does not fit"):
        _header(name, n_bytes)
