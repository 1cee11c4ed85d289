"""Lists that have a name: where their files are, how they are told to be right, and where they are kept."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ListError
from .cache import Get, Kept
from .imagenet import ImageNetList
from .opening import ListFile

_S3 = "https://inaturalist-open-data.s3.amazonaws.com"
_OI = "https://storage.googleapis.com/openimages"
_HF = "https://huggingface.co/datasets/google-research-datasets/conceptual_captions"


@dataclass(frozen=True, slots=True)
class Published:
    """One file of a named list."""

    name: str
    """What it is called in the cache."""
    addresses: tuple[str, ...] = ()
    """In the order in which they are tried; none: it has to be put there by hand."""
    sha1: str = ""
    """In hexadecimal; empty: its content changes, and is not told by a checksum."""
    counts: tuple[int, int, int] | None = None
    """(lines, classes, odd lines) of an ImageNet list that comes unpacked, in the place of a checksum."""


@dataclass(frozen=True, slots=True)
class NamedList:
    """What stands for a path on the command line. Any one of ``any_of`` will do, or all of ``files``."""

    name: str
    format: str
    about: str
    files: tuple[Published, ...] = ()
    any_of: tuple[Published, ...] = ()
    by_hand: str = ""
    """Where a person finds what no address has."""


NAMED = (
    NamedList(
        "imagenet-fall11",
        "imagenet",
        "ImageNet Fall 2011: 14,197,122 URLs in 21,841 classes, 335 MB",
        any_of=(
            Published(
                "imagenet_fall11_urls.tgz",
                (
                    "http://web.archive.org/web/20190130005544id_/"
                    "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz",
                    "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz",
                    "http://www.image-net.org/archive/imagenet_fall11_urls.tgz",
                ),
                sha1="f5fd118232b871727fe333778be81df6c6fec372",
            ),
            Published(
                "fall11_urls.txt",
                ("https://media.githubusercontent.com/media/akando42/1stPyTorch/master/fall11_urls.txt",),
                counts=(14_197_122, 21_841, 8),
            ),
        ),
        by_hand="web.archive.org, 20190130005544, or fall11_urls.txt of github.com/akando42/1stPyTorch",
    ),
    NamedList(
        "open-images-train",
        "open-images",
        "Open Images V7, the boxed training images and people's labels, 3.4 GB",
        files=(
            Published(
                "train-images-boxable-with-rotation.csv",
                (f"{_OI}/2018_04/train/train-images-boxable-with-rotation.csv",),
            ),
            Published(
                "oidv7-train-annotations-human-imagelabels.csv",
                (f"{_OI}/v7/oidv7-train-annotations-human-imagelabels.csv",),
            ),
            Published("oidv7-class-descriptions.csv", (f"{_OI}/v7/oidv7-class-descriptions.csv",)),
        ),
    ),
    NamedList(
        "open-images-validation",
        "open-images",
        "Open Images V7, the validation images and people's labels, 44 MB",
        files=(
            Published(
                "validation-images-with-rotation.csv",
                (f"{_OI}/2018_04/validation/validation-images-with-rotation.csv",),
            ),
            Published(
                "oidv7-val-annotations-human-imagelabels.csv",
                (f"{_OI}/v7/oidv7-val-annotations-human-imagelabels.csv",),
            ),
            Published("oidv7-class-descriptions.csv", (f"{_OI}/v7/oidv7-class-descriptions.csv",)),
        ),
    ),
    NamedList(
        "inaturalist",
        "inaturalist",
        "iNaturalist open data: over 70 million photos, renewed every month",
        files=tuple(
            Published(f"{table}.csv.gz", (f"{_S3}/{table}.csv.gz",))
            for table in ("taxa", "observers", "observations", "photos")
        ),
    ),
    NamedList(
        "tencent-ml-images",
        "tencent",
        "Tencent ML-Images: 6.9 million URLs from Open Images with 11,166 classes",
        files=(
            Published("train_urls_from_openimages.txt"),
            Published("dictionary_and_semantic_hierarchy.txt"),
        ),
        by_hand="github.com/Tencent/tencent-ml-images, which links Google Drive and Baidu",
    ),
    NamedList(
        "gbif",
        "gbif",
        "GBIF: the pictures of a download of your own, as multimedia.txt and occurrence.txt",
        files=(Published("multimedia.txt"), Published("occurrence.txt")),
        by_hand="gbif.org: choose occurrences with media, download them as Darwin Core archive, unpack it",
    ),
    NamedList(
        "conceptual-captions",
        "parquet",
        "Conceptual Captions with labels: 2 million URLs",
        files=(Published("labeled.parquet"),),
        by_hand=f"{_HF}, configuration `labeled`",
    ),
    NamedList(
        "yfcc100m",
        "yfcc",
        "YFCC100M: 99 million Flickr photos with the tags of their owners",
        files=(Published("yfcc100m_dataset.bz2"),),
        by_hand="multimediacommons.wordpress.com, or a CSV of mehdidc/yfcc15m",
    ),
)


def find_named(word: str) -> NamedList | None:
    """The list of this name; None: there is none."""
    return next((one for one in NAMED if one.name == word), None)


def place_of(named: NamedList, home: Path) -> Path:
    """The folder in which a named list's files are kept, and may be put by hand."""
    return home / "lists" / named.name


def have(
    named: NamedList, home: Path, get: Get, mirror: str | None, say: Callable[[str], None] = lambda _: None
) -> Path:
    """The list on this disk: a file or a folder, right as far as that can be told.

    What is there and was found right is not asked for again, so it works without a network from then on.
    ``mirror`` is tried before the known addresses, at ``MIRROR/NAME/FILE``. Raises ListError with what was
    tried, and what to put where by hand.
    """
    folder = place_of(named, home)
    tried: list[str] = []
    for file in named.any_of:
        if _have(file, folder, get, _addresses(named, file, mirror), tried, say):
            return folder / file.name
    there = [_have(file, folder, get, _addresses(named, file, mirror), tried, say) for file in named.files]
    if there and all(there):
        return folder
    wanted = " or ".join(file.name for file in named.any_of) or ", ".join(file.name for file in named.files)
    lines = "".join(f"\n  {line}" for line in tried)
    source = named.by_hand or " and ".join(url for file in named.files for url in file.addresses[:1])
    raise ListError(
        f"{named.name}: its files are not at hand, and could not be fetched.{lines}\n"
        f"Download {wanted} by hand ({source}) and put it into {folder}, then run the same command again."
    )


def _addresses(named: NamedList, file: Published, mirror: str | None) -> tuple[str, ...]:
    own = (f"{mirror.rstrip('/')}/{named.name}/{file.name}",) if mirror else ()
    return own + file.addresses


def _have(
    file: Published,
    folder: Path,
    get: Get,
    addresses: Iterable[str],
    tried: list[str],
    say: Callable[[str], None],
) -> bool:
    kept = Kept(folder / file.name)
    if kept.facts.get("right"):
        return True
    with kept.held():
        if kept.facts.get("right") or (kept.is_there and _is_right(file, kept, str(kept.path), tried)):
            return True
        for url in addresses:
            say(url)
            failed = kept.fetch(url, get)
            if failed is not None:
                tried.append(f"{url}: {failed.failure.word}{failed.detail and f' ({failed.detail})'}")
            elif _is_right(file, kept, url, tried):
                return True
            else:
                kept.drop()
    return False


def _is_right(file: Published, kept: Kept, where: str, tried: list[str]) -> bool:
    """Whether the content is what it should be; it is noted, and not looked at again."""
    if file.sha1:
        with kept.path.open("rb") as body:
            found = hashlib.file_digest(body, "sha1").hexdigest()
        if found != file.sha1:
            tried.append(f"{where}: not the file it should be (SHA-1 {found}, not {file.sha1})")
            return False
    if file.counts is not None and (counts := _counted(kept.path)) != file.counts:
        told = (
            " lines, ".join(f"{n:,}" for n in counts[:1])
            + f" lines, {counts[1]:,} classes, {counts[2]:,} odd"
        )
        tried.append(f"{where}: not the list it should be ({told})")
        return False
    if not file.sha1 and file.counts is None and kept.is_page:
        tried.append(f"{where}: not the list, a web page or nothing")
        return False
    kept.note(right=True)
    return True


def _counted(path: Path) -> tuple[int, int, int]:
    """(lines, classes, odd lines) of an ImageNet list; zeros where it is none."""
    source, n_rows, labels = ImageNetList(ListFile(path, str(path))), 0, set[str]()
    try:
        for batch in source.batches():
            n_rows += batch.num_rows
            labels.update(batch.column("label").dictionary_encode().dictionary.to_pylist())
    except ListError:
        return 0, 0, source.odd_lines
    return n_rows + source.odd_lines, len(labels), source.odd_lines


def state_of(named: NamedList, home: Path) -> Sequence[tuple[str, int, bool]]:
    """(file, bytes, whether it was found right) of what the cache has of a list."""
    folder = place_of(named, home)
    kept = [Kept(folder / file.name) for file in (*named.any_of, *named.files)]
    there = [one for one in kept if one.is_there]
    return [(one.path.name, one.path.stat().st_size, bool(one.facts.get("right"))) for one in there]
