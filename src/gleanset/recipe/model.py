"""Every option of a build, once: type, default, bounds, unit and a line of help."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from ..terms.inspection import Resize, StoredFormat, Treatment
from ..terms.plan import Quota
from ..urls import Ceilings
from . import forms
from .option import Option

Texts = tuple[str, ...]
Copies = Literal["drop", "keep"]
_WORDS, _ITEMS = forms.many(forms.text, commas=False), forms.many(forms.text, commas=True)
_FORMATS, _ENCODINGS = ("imagefolder", "webdataset"), ("jpeg", "png", "webp")
_SOURCES = (
    *("imagenet", "csv", "tsv", "jsonl", "parquet", "urls", "manifest"),
    *("open-images", "inaturalist", "gbif", "tencent", "conceptual-captions", "yfcc", "imagenet-api"),
)
_LABELS = ("first", "most-confident", "specific", "each")
_WAYS = ("rewrites", "wayback")
_COPIES = ("drop", "keep")
_RESIZES, _DIRS = ("shorter", "longer", "crop", "squash", "pad"), ("id", "name")


LabelRule = Literal["first", "most-confident", "specific", "each"]


class Checked(BaseModel):
    """A model whose fields are read by their own ``Option`` before their type is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, raw: Any, info: ValidationInfo) -> Any:
        option = declared(cls).get(info.field_name or "")
        return raw if option is None or raw is None else option.value(raw)


@cache
def declared(model: type[BaseModel]) -> dict[str, Option]:
    """A model's options by field name, in the order of the help."""
    fields = model.model_fields.items()
    return {name: meta for name, field in fields for meta in field.metadata if isinstance(meta, Option)}


class Talk(Checked):
    """How a command talks. No part of a recipe: nothing that is built depends on it."""

    # fmt: off
    json_: Annotated[bool, Option("how it talks", forms.switch, "",
        "print the result as one line of JSON, the last on stdout")] = False
    quiet: Annotated[bool, Option("how it talks", forms.switch, "",
        "no progress, only results and errors")] = False
    verbose: Annotated[bool, Option("how it talks", forms.switch, "",
        "errors with their traceback")] = False
    # fmt: on


class Options(Checked):
    """Everything that ``build`` and ``plan`` can be told. ``None`` and ``()`` are "left out"."""

    # One option a paragraph, as in a table: the formatter would make 400 lines of it.
    # fmt: off
    classes: Annotated[int | None, Option("which classes", forms.whole, "N",
        "draw N classes at random among those whose forecast reaches the quota",
        collects=True, at_least=1, otherwise="every chosen class is taken")] = None
    class_: Annotated[Texts, Option("which classes", _WORDS, "ID_OR_NAME",
        "take this class; it is kept and reported even if it falls short",
        collects=True, many=True)] = ()
    class_table: Annotated[str | None, Option("which classes", forms.text, "FILE.csv",
        "choose, rename and merge by a table: from,class[,images][,split]; one column is enough; "
        "or by a list's name, such as imagenet-1k",
        collects=True, is_path=True)] = None
    under: Annotated[Texts, Option("which classes", _WORDS, "SYNSET",
        "only classes in this WordNet subtree", collects=True, many=True)] = ()
    not_under: Annotated[Texts, Option("which classes", _WORDS, "SYNSET",
        "no class of this WordNet subtree", collects=True, many=True)] = ()
    leaves: Annotated[bool, Option("which classes", forms.switch, "",
        "only classes that have no other class beneath them", collects=True)] = False
    merge: Annotated[bool, Option("which classes", forms.switch, "",
        "a chosen class takes all URLs of the classes beneath it", collects=True)] = False
    nested: Annotated[bool, Option("which classes", forms.switch, "",
        "a drawn class may lie above another; otherwise only the lowest that qualify are drawn",
        collects=True)] = False
    keep_unsafe: Annotated[bool, Option("which classes", forms.switch, "",
        "draw classes of people too, offensive ones among them", collects=True)] = False
    hierarchy: Annotated[str | None, Option("which classes", forms.existing_file, "FILE",
        "the tree of the labels: a table of child,parent[,name], or Open Images' JSON",
        collects=True, is_path=True, otherwise="WordNet's nouns")] = None
    seed: Annotated[int, Option("which classes", forms.whole, "N",
        "seed of the draw, of the order of URLs and of the shuffle",
        collects=True, at_least=0, at_most=2**32 - 1)] = 0

    images: Annotated[Quota | None, Option("how many", forms.quota, "M|K:M|K:",
        "images a class: exactly M, between K and M, at least K",
        collects=True, otherwise="all there are")] = None
    total: Annotated[int | None, Option("how many", forms.whole, "N",
        "images over all classes together", collects=True, at_least=1, otherwise="no limit")] = None

    hosts: Annotated[Texts, Option("from where", _ITEMS, "PATTERN",
        "only these hosts: flickr (a named group), example.com with its subdomains, img*.example.com",
        collects=True, many=True, otherwise="all hosts")] = ()
    licence: Annotated[Texts, Option("from where", forms.many(forms.licence, commas=True), "NAME,..",
        "only URLs under these licences: cc0, cc-by, cc-by-*, .., unknown",
        collects=True, many=True, otherwise="all of them")] = ()
    exclude_hosts: Annotated[Texts, Option("from where", _ITEMS, "PATTERN",
        "none of these hosts", collects=True, many=True)] = ()
    source: Annotated[str | None, Option("from where", forms.list_format(*_SOURCES), "FORMAT[:KEY=VALUE,..]",
        "the format of the lists, with its settings where it has some: " + ", ".join(_SOURCES),
        collects=True, otherwise="guessed from their content")] = None
    url_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the URL", collects=True, otherwise="guessed from its name")] = None
    label_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the label", collects=True, otherwise="guessed from its name")] = None
    caption_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the caption", collects=True, otherwise="guessed from its name")] = None
    keep_cols: Annotated[Texts, Option("from where", _ITEMS, "NAME,..",
        "further columns that go into the manifest as they are; every list has to have them",
        collects=True, many=True)] = ()
    licence_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the licence", collects=True, otherwise="guessed from its name")] = None
    author_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the author", collects=True, otherwise="guessed from its name")] = None
    split_col: Annotated[str | None, Option("from where", forms.text, "NAME",
        "the column with the split", collects=True, otherwise="guessed from its name")] = None
    labels: Annotated[LabelRule | None, Option("from where", forms.one_of(*_LABELS),
        "|".join(_LABELS), "which label counts where an image has several; each: all of them",
        collects=True, otherwise="the most confident where there are scores, else the first")] = None
    local: Annotated[str | None, Option("from where", forms.text, "DIR",
        "take pictures from this folder or the .tar archives in it before the web is asked",
        is_path=True, otherwise="none are at hand")] = None
    exclude: Annotated[Texts, Option("from where", _WORDS, "FILE_OR_DIR",
        "nothing of this: hashes, URLs, a manifest, or the pictures of a test set; its URLs are never asked, "
        "copies of its pictures are refused", many=True, is_path=True, adds=True)] = ()
    revive: Annotated[Texts, Option("from where", forms.many(forms.one_of(*_WAYS), commas=True),
        ",".join(_WAYS), "look for dead pictures elsewhere: at the addresses that replaced theirs, "
        "in the Internet Archive", many=True, otherwise="dead is dead")] = ()

    concurrency: Annotated[int | None, Option("how", forms.whole, "N",
        "requests under way at once", at_least=1, at_most=2000,
        otherwise="chosen from the limit of open files, at most 2,000")] = None
    per_host: Annotated[Ceilings, Option("how", forms.ceilings, "[PATTERN=]N",
        "requests under way at one site, as a ceiling; for the hosts that match, or for all others: "
        "Flickr, object stores and some archives have their own unless a pattern says otherwise",
        at_least=1, at_most=forms.MOST_PER_HOST, many=True)] = Ceilings()
    timeout: Annotated[float, Option("how", forms.duration, "TIME",
        "time for one image, from the look-up of the name to the last byte",
        at_least=0.1, at_most=3600)] = 30.0
    patience: Annotated[float, Option("how", forms.duration, "TIME",
        "how long parked hosts that have answered before are waited for when no other is left",
        at_least=0)] = 300.0
    time_limit: Annotated[float | None, Option("how", forms.duration, "TIME",
        "stop collecting after this time and pack what there is",
        at_least=1, otherwise="no limit")] = None
    workers: Annotated[int | None, Option("how", forms.whole, "N",
        "worker processes", at_least=1, at_most=1024, otherwise="one a core")] = None
    work: Annotated[str | None, Option("how", forms.text, "DIR",
        "folder for journal, pool and blobs; on a local disk",
        otherwise=".gleanset in the dataset's folder")] = None

    contact: Annotated[str | None, Option("manners", forms.contact, "MAIL_OR_URL",
        "where site owners can reach you; goes into the User-Agent and the card",
        otherwise="none is named")] = None
    user_agent: Annotated[str | None, Option("manners", forms.text, "TEXT",
        "the name that hosts see", otherwise="gleanset/VERSION")] = None
    ignore_robots: Annotated[bool, Option("manners", forms.switch, "",
        "ask for what a site's robots.txt forbids as well; goes into the card", collects=True)] = False
    ignore_opt_outs: Annotated[bool, Option("manners", forms.switch, "",
        "take pictures whose headers ask not to be taken for data mining as well; goes into the card",
        collects=True)] = False

    proxy: Annotated[str | None, Option("network", forms.proxy, "URL",
        "go through this proxy", otherwise="none is used")] = None
    cacert: Annotated[str | None, Option("network", forms.existing_file, "FILE",
        "trust the certificates in this file", is_path=True, otherwise="the system's")] = None
    insecure: Annotated[bool, Option("network", forms.switch, "",
        "accept bad certificates, and record it")] = False
    resolve: Annotated[Texts, Option("network", forms.many(forms.resolve_rule, commas=True),
        "PATTERN=ADDRESS[:PORT]",
        "find the hosts that match at this address and port alone; * is every name", many=True)] = ()
    allow_private: Annotated[Texts, Option("network", forms.many(forms.network, commas=True), "[CIDR]",
        "let in private addresses of this range, on any port; without a range: all of them",
        many=True, bare="all")] = ()

    min_side: Annotated[int, Option("which images", forms.pixels, "PX",
        "the shorter side has at least so many pixels",
        collects=True, at_least=1, at_most=20_000)] = 33
    max_aspect: Annotated[float | None, Option("which images", forms.ratio, "RATIO",
        "longer side over shorter side, at most",
        collects=True, at_least=1, at_most=50, otherwise="50, the decoder's own limit")] = None
    near_duplicates: Annotated[Copies, Option("which images", forms.one_of(*_COPIES), "|".join(_COPIES),
        "whether a class may have the same picture twice, in another size or compression",
        collects=True)] = "drop"
    label_conflicts: Annotated[Copies, Option("which images", forms.one_of(*_COPIES), "|".join(_COPIES),
        "whether a URL or picture that several classes claim is out of all of them, or stays in each",
        collects=True)] = "drop"
    check: Annotated[str | None, Option("which images", forms.function, "MODULE:FUNCTION",
        "call this for every picture that would be kept; a word that it returns rejects the picture",
        collects=True, otherwise="no picture is checked")] = None
    placeholders: Annotated[Texts, Option("which images", _WORDS, "FILE.csv",
        "placeholders of your own: site,kind,value[,bytes,size,note,thumbnail]",
        many=True, is_path=True, adds=True)] = ()
    pardon: Annotated[Texts, Option("which images", _ITEMS, "FILE_OR_ID",
        "what was taken for a placeholder and is none: its id, its SHA-256, or a file of such",
        many=True, is_path=True, adds=True)] = ()

    format: Annotated[Literal["imagefolder", "webdataset"], Option("what comes out",
        forms.one_of(*_FORMATS), "|".join(_FORMATS), "the form of the dataset")] = "imagefolder"
    split: Annotated[tuple[tuple[str, float], ...] | None, Option("what comes out", forms.split,
        "NAME=SHARE,..", "splits and their shares, such as train=0.9,val=0.1",
        otherwise="no splits")] = None
    size: Annotated[int | None, Option("what comes out", forms.pixels, "PX",
        "resize to this side; smaller pictures are rejected, nothing is enlarged",
        collects=True, at_least=1, at_most=20_000, otherwise="no picture is resized")] = None
    resize: Annotated[Resize, Option("what comes out", forms.one_of(*_RESIZES), "|".join(_RESIZES),
        "which side --size measures, or how a square is made of it", collects=True)] = "shorter"
    encode: Annotated[StoredFormat | None, Option("what comes out", forms.one_of(*_ENCODINGS),
        "|".join(_ENCODINGS), "encode every picture in this format",
        collects=True, otherwise="only what trainers cannot open is encoded, as JPEG")] = None
    quality: Annotated[int, Option("what comes out", forms.whole, "N",
        "quality of what is encoded", collects=True, at_least=1, at_most=100)] = 95
    shard_size: Annotated[int, Option("what comes out", forms.size, "SIZE",
        "size of a shard, where the format has shards", at_least=10_000)] = 256_000_000
    class_dirs: Annotated[Literal["id", "name"], Option("what comes out", forms.one_of(*_DIRS),
        "|".join(_DIRS), "what class folders are called")] = "id"
    # fmt: on

    def treatment(self) -> Treatment:
        """What is wanted of a picture and how it is stored."""
        return Treatment(
            min_side_px=self.min_side,
            max_aspect=self.max_aspect,
            size_px=self.size,
            resize=self.resize,
            encode=self.encode,
            quality=self.quality,
        )


OPTIONS = declared(Options)
"""The options of ``build`` and ``plan`` by field name, in the order of the help."""

TALK = declared(Talk)
