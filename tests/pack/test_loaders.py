"""What Hugging Face `datasets` makes of a pack, where it is installed; it is no dependency of ours."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gleanset.pack.packer import pack

LOAD = """
import json, sys
from datasets import ClassLabel, Image, load_dataset
wanted = {"image": Image, "label": ClassLabel}
loaded = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
kinds = {
    name: [len(split), *(isinstance(split.features[column], kind) for column, kind in wanted.items())]
    for name, split in loaded.items()
}
print(json.dumps(kinds))
"""


def loaded(out: Path, cache: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, out, cache], stdout=subprocess.PIPE, text=True, check=True, timeout=100
    )
    return json.loads(done.stdout)


if find_spec("datasets"):

    def test_datasets_finds_images_and_class_labels(a_collection: Any, job_for: Any, tmp_path: Path) -> None:
        """The tables beside ``data`` do not take the labels away, nor become the dataset themselves."""
        pack(job_for(a_collection, split=(("train", 0.5), ("val", 0.5))))
        kinds = loaded(tmp_path / "out", tmp_path / "cache")
        assert sum(n for n, _, _ in kinds.values()) == 24
        assert set(kinds) == {"train", "validation"}
        assert all(image and label for _, image, label in kinds.values())

    def test_datasets_keeps_the_label_of_a_single_class(
        an_empty_collection: Any, job_for: Any, tmp_path: Path
    ) -> None:
        """By itself it drops a label that is the same everywhere."""
        an_empty_collection.add("n02084071")
        pack(job_for(an_empty_collection))
        assert loaded(tmp_path / "out", tmp_path / "cache") == {"train": [1, True, True]}
