"""Lists that lie at an address: fetched into the cache, asked again each time whether they changed.

``http(s)://`` goes through the same guard as pictures. Any other scheme (``s3://``, ``gs://``, ``hf://``) is
fsspec's, which brings its own client and credentials.
"""

import hashlib
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import ListError
from .cache import Get, Kept

_WEB = ("http://", "https://")
_ENDINGS = (
    *(".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".json"),
    *(".gz", ".bz2", ".xz", ".zst", ".tgz"),
)
_EXTRAS = {"s3": "pip install 'gleanset[s3]'", "s3a": "pip install 'gleanset[s3]'"}


def is_address(word: str) -> bool:
    """Whether a LIST is an address and not a path."""
    scheme, found, _ = word.partition("://")
    return bool(found) and scheme.isalnum()


def have_remote(url: str, home: Path, get: Get) -> Path:
    """The list at an address, on this disk: a file, or for a folder of an object store a folder.

    Where nobody answers, what was fetched before serves. Raises ListError where nothing was.
    """
    folder = home / "lists" / hashlib.sha256(url.encode()).hexdigest()[:16]
    return _have_web(url, folder, get) if url.lower().startswith(_WEB) else _have_objects(url, folder)


def _have_web(url: str, folder: Path, get: Get) -> Path:
    kept = Kept(folder / _name_of(url))
    with kept.held():
        failed = kept.fetch(url, get)
    if failed is not None and not kept.is_there:
        detail = f" ({failed.detail})" if failed.detail else ""
        raise ListError(
            f"{url}: it could not be fetched: {failed.failure.word}{detail}. "
            "Check the address, or download it by hand and name the file."
        )
    return kept.path


def _name_of(url: str) -> str:
    name = posixpath.basename(unquote(urlsplit(url).path)).replace("\0", "")
    return name[:100] if name.strip(". ") else "list"


def _have_objects(url: str, folder: Path) -> Path:
    system, path = _opened(url)
    try:
        is_folder = system.isdir(path)
        names = [one for one in sorted(system.find(path)) if one.endswith(_ENDINGS)] if is_folder else [path]
        for name in names:
            inside = name.removeprefix(path).strip("/").replace("..", "_") or _name_of(url)
            kept = Kept(folder / inside)
            with kept.held():
                _have_object(system, name, url, kept)
    except Exception as error:
        raise ListError(
            f"{url}: it cannot be read ({type(error).__name__}: {str(error)[:200]}). "
            "Check the address and your credentials."
        ) from error
    if not names:
        raise ListError(f"{url}: no tables in it. Lists end in {', '.join(_ENDINGS)}.")
    return folder if is_folder else folder / _name_of(url)


def _have_object(system: Any, path: str, url: str, kept: Kept) -> None:
    same = str(system.ukey(path))
    if kept.facts.get("same") == same:
        return
    draft = kept.path.with_name(f"{kept.path.name}.part")
    system.get_file(path, str(draft))
    draft.replace(kept.path)
    kept.note(url=url, same=same)


def _opened(url: str) -> tuple[Any, str]:
    """fsspec's file system and path; a public bucket needs no account."""
    scheme = url.partition("://")[0].lower()
    extra = _EXTRAS.get(scheme, f"pip install fsspec and what it needs for {scheme}://")
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ListError(f"{url}: addresses of this kind need a package more: {extra}.") from error
    try:
        system, path = url_to_fs(url, skip_instance_cache=True)
        if scheme in ("s3", "s3a") and not _has_account():
            system, path = url_to_fs(url, skip_instance_cache=True, anon=True)
    except (ImportError, ValueError) as error:
        raise ListError(f"{url}: addresses of this kind need a package more: {extra} ({error}).") from error
    return system, str(path)


def _has_account() -> bool:
    from botocore.session import get_session

    return get_session().get_credentials() is not None
