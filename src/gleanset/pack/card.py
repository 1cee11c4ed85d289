"""The dataset card: what is inside, how it was made, how to load and cite it. For people and Hugging Face."""

import json
import re
from collections.abc import Sequence
from datetime import datetime

from ..figures import count, size
from .job import Crawl, PackJob, PackResult

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!&~$])")
_MOST_CLASSES = 50
_WAYS = {"wayback": "as copies of the Internet Archive"}
SplitSizes = Sequence[tuple[str | None, int]]
"""(name, images); (None, images) alone where there are no splits; empty where there are no images."""


def render_card(job: PackJob, result: PackResult, crawl: Crawl, splits: SplitSizes) -> str:
    """The whole ``README.md``; ``splits`` are (name, images), (None, n) where there are none.

    Words from the list or from the web are escaped: they cannot become markup, a link or a line of YAML.
    """
    parts = (
        _front_matter(job, result, splits),
        f"# {_said(job.story.title)}",
        _inside(job, result, splits),
        _loading(job, result, splits),
        _methods(job, result, crawl),
        _rights(job),
        _citing(job, result),
    )
    return "\n\n".join(parts) + "\n"


def _front_matter(job: PackJob, result: PackResult, splits: SplitSizes) -> str:
    """Names the files of each split, so that no loader takes a table beside ``data`` for the dataset."""
    category = next((name for limit, name in _SIZES if result.n_images < limit), "n>10M")
    lines = ["---", f"pretty_name: {json.dumps(_line(job.story.title))}", "license: other"]
    lines += ["task_categories:", "- image-classification", "size_categories:", f"- {category}"]
    if splits:
        lines += ["configs:", "- config_name: default"]
        if job.form == "imagefolder":
            lines.append("  drop_labels: false")  # else `datasets` drops them where there is one class alone
        lines.append("  data_files:")
    for name, _ in splits:
        lines += [f"  - split: {_hf_split(name)}", f"    path: {json.dumps(_pattern(job.form, name))}"]
    return "\n".join([*lines, "---"])


def _hf_split(name: str | None) -> str:
    r"""As `datasets` names splits: ``\w+`` alone, and ``validation`` for ``val``."""
    return "validation" if name == "val" else re.sub(r"\W", "_", name or "train")


def _pattern(form: str, split: str | None) -> str:
    if form == "webdataset":
        return f"data/{split or 'train'}-*.tar"
    return f"data/{split}/**" if split else "data/**"


def _inside(job: PackJob, result: PackResult, splits: SplitSizes) -> str:
    filled = [one for one in job.classes if result.accepted[one.label]]
    text = f"{count(result.n_images)} images ({size(result.n_bytes)}) in {count(len(filled))} classes."
    if any(name for name, _ in splits):
        text += " Splits: " + ", ".join(f"{_said(name or '')} {count(n)}" for name, n in splits) + "."
    shown = sorted(filled, key=lambda one: result.folders[one.label])[:_MOST_CLASSES]
    rows = [
        f"| {_said(one.label)} | {_said(one.name)} | {count(result.accepted[one.label])} |" for one in shown
    ]
    if len(filled) > len(shown):
        rows.append(f"| .. | {count(len(filled) - len(shown))} more in `classes.csv` | |")
    table = "\n".join(["| class | name | images |", "| --- | --- | ---: |", *rows])
    return (
        f"{text} `manifest.parquet` has one row an image (where it came from, what it is), "
        "`outcomes.parquet` one row for every URL whose fate was decided, `classes.csv` the classes. "
        f"Digest: `{result.digest}`.\n\n{table}"
    )


def _loading(job: PackJob, result: PackResult, splits: SplitSizes) -> str:
    first = splits[0][0] if splits else None
    if job.form == "webdataset":
        ours = f"""import glob, webdataset
shards = sorted(glob.glob("data/{first or "train"}-*.tar"))
dataset = webdataset.WebDataset(shards, shardshuffle=False).decode("pil").to_tuple("jpg;png;webp", "cls")"""
    else:
        ours = f"""from torchvision.datasets import ImageFolder
dataset = ImageFolder("data{f"/{first}" if first else ""}")
image, class_index = dataset[0]"""
    theirs = f"""from datasets import load_dataset
dataset = load_dataset(".", split="{_hf_split(first)}")
image = dataset[0]"""
    blocks = f"## Loading\n\nFrom inside this folder:\n\n```python\n{ours}\n```\n\n"
    if job.form == "webdataset" and len(result.formats) > 1:
        return blocks + (
            "The Hugging Face loader takes shards of one image format alone, and this set has "
            f"{', '.join(sorted(result.formats))}. `gleanset pack --format imagefolder` suits it."
        )
    return blocks + f"```python\n{theirs}\n```"


def _methods(job: PackJob, result: PackResult, crawl: Crawl) -> str:
    lists = ", ".join(
        f"{_said(name)} (SHA-256 `{digest}`)" if digest else _said(name) for name, digest in job.story.lists
    )
    sentences = [
        f"The images were gathered by gleanset {_said(job.story.version)}".rstrip()
        + (f" from the URLs of {lists}." if lists else " from a list of labelled URLs."),
        _when(crawl.first, crawl.last),
        f"{count(crawl.tried)} URLs were asked.",
        _reasons(crawl),
        _revived(result),
        "Kept is what decodes to its end without a fault, is no placeholder that was known or found out, and "
        "no copy of another image of the set. The labels are the list's.",
        *map(_said, job.story.notes),
    ]
    return "## Methods\n\n" + " ".join(filter(None, sentences))


def _when(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    days = sorted({f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"})
    return f"They were fetched {'on' if len(days) == 1 else 'from'} {' to '.join(days)} (UTC)."


def _reasons(crawl: Crawl) -> str:
    if not crawl.reasons:
        return ""
    said = ", ".join(f"{_said(reason)} {count(n)}" for reason, n in crawl.reasons)
    return f"Not in the set, by reason: {said}."


def _revived(result: PackResult) -> str:
    """Who trains on the set should know that some pictures are not from where the list says."""
    if not result.revived:
        return ""
    total = count(sum(n for _, n in result.revived))
    ways = ", ".join(
        f"{count(n)} {_WAYS.get(way, 'at an address that replaced it')} (`{way}`)"
        for way, n in result.revived
    )
    return (
        f"Of the images {total} were no longer at the list's address and were found elsewhere: {ways}; "
        "`revived` and `final_url` in `manifest.parquet` name them."
    )


def _rights(job: PackJob) -> str:
    text = (
        "## Rights\n\nThe images belong to their authors. This collection grants no rights to them; "
        "`manifest.parquet` names the address of each, and its licence and author where the list has them. "
        "Before you publish images or models, see what the law of your country and those licences allow."
    )
    if job.story.contact:
        text += f" To have an image removed, write to {_said(job.story.contact)}."
    return text


def _citing(job: PackJob, result: PackResult) -> str:
    version = f" {_said(job.story.version)}" if job.story.version else ""
    return (
        "## Citing\n\nName the lists above as their authors ask, and this collection as: "
        f'"{_said(job.story.title)}, gathered with gleanset{version}, digest {result.digest[:16]}". '
        "`recipe.toml` repeats the choice of classes; `manifest.parquet`, given to gleanset as a list, "
        "fetches the same images again from where they came."
    )


def _line(foreign: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in foreign).split())


def _said(foreign: str) -> str:
    """A word from outside as plain text of Markdown."""
    return _MARKUP.sub(r"\\\1", _line(foreign)).replace("\\<", "&lt;").replace("\\>", "&gt;")
