"""Three lines that open the dataset."""

from collections.abc import Sequence


def loading_lines(out: str, format: str, splits: Sequence[str]) -> str:
    """Python that opens the first split, or everything, with the library most used for ``format``."""
    split = splits[0] if splits else "train"
    name = split if split.isidentifier() else "dataset"
    data = f"{out.rstrip('/') or '.'}/data"
    shards = f"{data}/{split}-*"
    match format:
        case "webdataset":
            return (
                "import glob, webdataset as wds\n"
                f"{name} = wds.WebDataset(sorted(glob.glob({shards + '.tar'!r})), shardshuffle=False)\n"
                f'image, label = next(iter({name}.decode("pil").to_tuple("jpg;png;webp", "cls")))'
            )
        case "parquet":
            return (
                "from datasets import load_dataset\n"
                f'{name} = load_dataset("parquet", data_files={shards + ".parquet"!r}, split="train")\n'
                f'image, label = {name}[0]["image"], {name}[0]["label"]'
            )
        case "tfrecord":
            return (
                "import tensorflow as tf\n"
                f"files = tf.io.gfile.glob({shards + '.tfrecord*'!r})\n"
                f"{name} = tf.data.TFRecordDataset(files)"
            )
        case _:
            folder = f"{data}/{split}" if splits else data
            return (
                "from torchvision.datasets import ImageFolder\n"
                f"{name} = ImageFolder({folder!r})\n"
                f"image, label = {name}[0]"
            )
