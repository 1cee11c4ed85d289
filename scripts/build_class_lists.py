"""Write the named class lists of ``src/gleanset/data/classes`` from packages that carry them.

    pip download --no-deps -d FOLDER timm==1.0.31 tensorflow-datasets==4.9.10 nbdt==0.0.4
    python scripts/build_class_lists.py FOLDER [src/gleanset/data/classes]

A list is a set of wnids, which are facts; nothing else is taken. What two packages carry is compared.
``imagenet-100.txt`` and ``unsafe.txt`` come from no package and are left as they are: the comments at their
tops say where they are from. The same packages give the same bytes.
"""

import io
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

TIMM = "timm/data/_info/"
FROM_TIMM = {
    "imagenet-1k": (1_000, "imagenet_synsets.txt", "ILSVRC 2012, 1,000 classes"),
    "imagenet-21k": (21_841, "imagenet22k_synsets.txt", "the Fall 2011 release, 21,841 classes"),
    "imagenet-21k-p": (11_221, "imagenet21k_miil_synsets.txt", "Fall 2011, classes of 500 images or more"),
    "imagenet-w21-p": (10_450, "imagenet21k_miil_w21_synsets.txt", "Winter 2021, of 500 images or more"),
    "imagenet-12k": (11_821, "imagenet12k_synsets.txt", "Fall 2011, 11,821 classes with many images"),
    "imagenet-a": (200, "imagenet_a_synsets.txt", "ImageNet-A, Hendrycks et al. 2019"),
    "imagenet-r": (200, "imagenet_r_synsets.txt", "ImageNet-R, Hendrycks et al. 2020"),
    "mini-imagenet": (100, "mini_imagenet_synsets.txt", "mini-ImageNet, Vinyals et al. 2016"),
}
"""Name to (classes, file, what it is)."""
IMAGENETTE = "tensorflow_datasets/image_classification/imagenette_labels.txt"
NBDT = "nbdt-0.0.4/nbdt/wnids/"
_PLAIN_UP_TO = 1_000


def wnids(text: str) -> list[str]:
    """The first word of every line."""
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def write(folder: Path, name: str, n: int, origin: str, ids: Iterable[str]) -> None:
    """One file a list, sorted; long ones as xz."""
    known = sorted(set(ids))
    if len(known) != n:
        raise SystemExit(f"{name}: {len(known):,} classes instead of {n:,}.")
    text = "".join(f"{line}\n" for line in (f"# {name}: {origin}", *known))
    path = folder / f"{name}.txt"
    if n <= _PLAIN_UP_TO:
        path.write_text(text, encoding="ascii")
    else:
        packed = lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)
        path.with_suffix(".txt.xz").write_bytes(packed)


def main(arguments: list[str]) -> None:
    packages = Path(arguments[0])
    here = Path(__file__).resolve().parent.parent / "src/gleanset/data/classes"
    folder = Path(arguments[1]) if len(arguments) > 1 else here
    timm = zipfile.ZipFile(next(packages.glob("timm-*.whl")))
    lists = {name: wnids(timm.read(TIMM + file).decode()) for name, (_, file, _) in FROM_TIMM.items()}
    for name, (n, file, what) in FROM_TIMM.items():
        write(folder, name, n, f"{what}. From {file} of timm 1.0.31 (Apache-2.0).", lists[name])
    tfds = zipfile.ZipFile(next(packages.glob("tensorflow_datasets-*.whl")))
    ids = wnids(tfds.read(IMAGENETTE).decode())
    write(
        folder, "imagenette", 10, "Imagenette, 10 classes. From tensorflow-datasets 4.9.10 (Apache-2.0).", ids
    )
    with tarfile.open(fileobj=io.BytesIO(next(packages.glob("nbdt-*.tar.gz")).read_bytes())) as nbdt:
        small, large = (nbdt.extractfile(NBDT + file) for file in ("TinyImagenet200.txt", "Imagenet1000.txt"))
        assert small is not None
        assert large is not None
        write(
            folder,
            "tiny-imagenet",
            200,
            "Tiny ImageNet, 200 classes. From nbdt 0.0.4 (MIT).",
            wnids(small.read().decode()),
        )
        if set(wnids(large.read().decode())) != set(lists["imagenet-1k"]):
            raise SystemExit("imagenet-1k: timm and nbdt name different classes.")


if __name__ == "__main__":
    main(sys.argv[1:])
