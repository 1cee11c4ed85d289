"""Open Images' layout: image rows joined with label rows, written for the occasion.

    python benchmarks/bench_join.py [--images N] [--labels N] [--rule each]

As published: the table of labels sorted by image id, that of the images in any order, quotes around some
titles. The whole list has 9 million images and 60 million labels; goal: surveyed in 4 GB. A tenth by default.
The join runs in a process of its own; its peak includes the pages of the sorted table that it has mapped.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from machine import machine

from gleanset.sources.base import Columns
from gleanset.sources.registry import open_sources
from gleanset.store.survey import survey_lists

CLASSES = 20_931
AT_ONCE = 500_000
IMAGES = "train-images-with-labels-with-rotation.csv"
LABELS = "oidv7-train-annotations-machine-imagelabels.csv"
HEAD = (
    "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,"
    "OriginalMD5,Thumbnail300KURL,Rotation\n"
)


def hexed(ids: np.ndarray) -> pa.StringArray:
    """(n,) numbers as strings of 16 hexadecimal digits."""
    text = ids.astype(">u8").tobytes().hex().encode()
    offsets = np.arange(0, len(text) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))


def write_lines(file: BinaryIO, rows: pa.StringArray) -> None:
    text = pc.binary_join_element_wise(rows, "", "\n")
    n_bytes = int(np.frombuffer(text.buffers()[1], np.int32)[len(text)])
    file.write(memoryview(text.buffers()[2])[:n_bytes])


def write_images(path: Path, ids: np.ndarray) -> None:
    """About 300 bytes a row; every fourth title is quoted."""
    with path.open("wb") as file:
        file.write(HEAD.encode())
        for start in range(0, len(ids), AT_ONCE):
            some = hexed(ids[start : start + AT_ONCE])
            title = pa.array(['"one, two"', "a title", "holiday", "img_0001"]).take(
                pa.array(np.arange(len(some)) % 4)
            )
            middle = "https://www.flickr.com/photos/someone/5898076654,https://creativecommons.org/licenses/by/2.0/,"
            row = pc.binary_join_element_wise(
                *(
                    some,
                    "train",
                    pc.binary_join_element_wise("https://farm3.staticflickr.com/", some, "_o.jpg", ""),
                ),
                *(middle + "https://www.flickr.com/people/someone/", "Someone", title, "4405052"),
                *(
                    "KFukvivpCM5QXl5SqKe41g==",
                    "https://c1.staticflickr.com/6/5310/5898076654_00643a940c_z.jpg",
                    "0.0",
                ),
                ",",
            )
            write_lines(file, row)


def write_labels(path: Path, ids: np.ndarray, n_labels: int, draw: np.random.Generator) -> None:
    """The labels of each image together, images in ascending order."""
    per_image = n_labels / len(ids)
    with path.open("wb") as file:
        file.write(b"ImageID,Source,LabelName,Confidence\n")
        for start in range(0, len(ids), AT_ONCE // 8):
            some = hexed(ids[start : start + AT_ONCE // 8])
            counts = draw.poisson(per_image, len(some))
            rows = np.repeat(np.arange(len(some)), counts)
            labels = pa.array(draw.integers(0, CLASSES, len(rows))).cast(pa.string())
            scores = pa.array(draw.integers(5, 10, len(rows))).cast(pa.string())
            row = pc.binary_join_element_wise(
                *(some.take(pa.array(rows)), "machine"),
                *(
                    pc.binary_join_element_wise("/m/0", labels, ""),
                    pc.binary_join_element_wise("0.", scores, ""),
                    ",",
                ),
            )
            write_lines(file, row)


def child(folder: Path, rule: str) -> None:
    started_s = time.perf_counter()
    sources = open_sources([str(folder)], Columns(), None, folder / "cache", rule or None)
    survey = survey_lists(sources, None)
    facts = {"rows": survey.urls, "classes": survey.classes, "odd": survey.odd_lines}
    facts |= {"wall_s": round(time.perf_counter() - started_s, 1), "cpu_s": round(time.process_time(), 1)}
    again_s = time.perf_counter()
    n_rows = sum(batch.num_rows for batch in sources[0].batches())
    assert n_rows == survey.urls
    facts["second_pass_s"] = round(time.perf_counter() - again_s, 1)
    facts["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(json.dumps(facts))


def main() -> None:
    parser = argparse.ArgumentParser(description="Join Open Images' tables.")
    parser.add_argument("--images", type=int, default=900_000)
    parser.add_argument("--labels", type=int, default=6_000_000)
    parser.add_argument("--rule", default="", help="as --labels of gleanset")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        child(options.folder, options.rule)
        return
    print(machine())
    draw = np.random.default_rng(7)
    with tempfile.TemporaryDirectory(prefix="bench-join-") as name:
        folder = Path(name)
        ids = np.unique(draw.integers(0, 2**63, options.images, np.uint64))
        write_labels(folder / LABELS, ids, options.labels, draw)
        write_images(folder / IMAGES, draw.permutation(ids))
        sizes = [round((folder / one).stat().st_size / 1e9, 2) for one in (IMAGES, LABELS)]
        print(f"{len(ids):,} images ({sizes[0]} GB), about {options.labels:,} labels ({sizes[1]} GB)")
        command = [sys.executable, __file__, "--folder", name, "--rule", options.rule]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


if __name__ == "__main__":
    main()
