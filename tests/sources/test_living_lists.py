"""iNaturalist, GBIF, Tencent ML-Images and YFCC100M: what can be chosen, and what is left out."""

import gzip
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gleanset.errors import ListError, UsageError
from gleanset.sources.base import Columns, LabelRule, Source
from gleanset.sources.registry import open_sources

A, B, C = (f"http://{name}.example/1.jpg" for name in "abc")


def opened(path: Path, fmt: str | None = None, rule: LabelRule | None = None) -> Source:
    (source,) = open_sources([str(path)], Columns(), fmt, None, rule)
    return source


def rows(source: Source) -> list[dict[str, Any]]:
    return [row for batch in source.batches() for row in batch.to_pylist()]


def put(folder: Path, name: str, *lines: str) -> Path:
    body = "".join(f"{line}\n" for line in lines).encode()
    (folder / name).write_bytes(gzip.compress(body) if name.endswith("gz") else body)
    return folder / name


TAXA = [
    "taxon_id\tancestry\trank_level\trank\tname\tactive",
    "3\t48460/1/3\t50\tclass\tAves\ttrue",
    "4\t48460/1/3/4\t20\tgenus\tOenanthe\ttrue",
    "5\t48460/1/3/4/5\t10\tspecies\tOenanthe oenanthe\ttrue",
    "6\t48460\\1\\3\\4\\5\\6\t5\tsubspecies\tOenanthe oenanthe leucorhoa\ttrue",
    "7\t48460/2/7\t20\tgenus\tOenanthe\ttrue",
    "8\t48460/2/7/8\t10\tspecies\tOenanthe crocata\ttrue",
]
SEEN = [(6, "research"), (8, "research"), (5, "needs_id"), (3, "research"), ("", "casual")]


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """Five photos: two of research grade with a species, one waiting, one of a class, one of nothing."""
    ids = [uuid.UUID(int=at) for at in range(len(SEEN))]
    observations = [
        f"{one}\t7\t\t\t\t{taxon}\t{grade}\t\t" for one, (taxon, grade) in zip(ids, SEEN, strict=True)
    ]
    photos = [f"{one}\t{at}\t{one}\t{7 + at}\tjpeg\tCC-BY\t1\t1\t0" for at, one in enumerate(ids)]
    put(tmp_path, "taxa.csv.gz", *TAXA)
    put(tmp_path, "observers.csv.gz", "observer_id\tlogin\tname", "7\tann\tAnn Lee", "8\tbob\t")
    head = "observation_uuid\tobserver_id\tlatitude\tlongitude\tpositional_accuracy\ttaxon_id\tquality_grade"
    put(tmp_path, "observations.csv.gz", f"{head}\tobserved_on\tanomaly_score", *observations)
    head = "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition"
    put(tmp_path, "photos.csv.gz", head, *photos)
    return tmp_path


def test_photos_of_research_grade_are_labelled_with_their_species(birds: Path) -> None:
    """A subspecies counts for its species; licence and the observer's name come along."""
    first, second = rows(opened(birds))
    assert first == {
        "url": "https://inaturalist-open-data.s3.amazonaws.com/photos/0/medium.jpeg",
        "label": "Oenanthe oenanthe",
        "origin": "0",
        "licence": "CC-BY",
        "author": "Ann Lee",
    }
    assert (second["label"], second["author"]) == ("Oenanthe crocata", "bob")


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ("rank=class", ["Aves", "Aves"]),
        ("rank=genus", ["Oenanthe (4)", "Oenanthe (7)"]),
        ("rank=taxon", ["Oenanthe oenanthe leucorhoa", "Oenanthe crocata", "Aves"]),
        ("grade=needs_id", ["Oenanthe oenanthe"]),
        ("grade=any,rank=species", ["Oenanthe oenanthe", "Oenanthe crocata", "Oenanthe oenanthe"]),
    ],
)
def test_rank_and_grade_are_chosen(birds: Path, settings: str, labels: list[str]) -> None:
    """A bird and a plant of one name are two classes."""
    assert [row["label"] for row in rows(opened(birds, f"inaturalist:{settings}"))] == labels


def test_the_size_is_part_of_the_address(birds: Path) -> None:
    """One photo is kept in six sizes."""
    (row, _) = rows(opened(birds, "inaturalist:size=original"))
    assert row["url"].endswith("/photos/0/original.jpeg")
    with pytest.raises(UsageError, match=r"size=huge\. It is one of original, large"):
        opened(birds, "inaturalist:size=huge")


def test_observers_may_be_missing_and_observations_may_not(birds: Path) -> None:
    """The largest tables are the ones that people forget."""
    (birds / "observers.csv.gz").unlink()
    assert [row["author"] for row in rows(opened(birds))] == [None, None]
    (birds / "observations.csv.gz").unlink()
    with pytest.raises(ListError, match=r"without observations\. Put observations\.csv\.gz beside"):
        opened(birds)


def test_a_column_that_is_missing_is_named_with_those_there_are(birds: Path) -> None:
    """A table that was cut by hand, or published anew in another form."""
    head = "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicence"
    put(birds, "photos.csv.gz", head, f"{uuid.UUID(int=0)}\t0\t{uuid.UUID(int=0)}\t7\tjpg\tCC0")
    with pytest.raises(ListError, match=r"photos\.csv\.gz: no column 'license'\. It has: 'photo_uuid'"):
        rows(opened(birds))


def test_different_observations_never_pass_for_one_another(tmp_path: Path, birds: Path) -> None:
    """Keys have 64 bits and UUIDs 128: where two fall on one key the other half tells them apart."""
    from gleanset.sources.index import _SPREAD

    high, low = 12345, 678
    twin = uuid.UUID(int=((high + 1) << 64) | ((low - int(_SPREAD)) % 2**64))
    one = uuid.UUID(int=(high << 64) | low)
    head = "observation_uuid\tobserver_id\tlatitude\tlongitude\tpositional_accuracy\ttaxon_id\tquality_grade"
    seen = [f"{twin}\t7\t\t\t\t8\tresearch\t\t", f"{one}\t7\t\t\t\t5\tresearch\t\t"]
    put(birds, "observations.csv.gz", f"{head}\tobserved_on\tanomaly_score", *seen)
    head = "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition"
    photos = [f"{id_}\t{at}\t{id_}\t7\tjpg\t\t1\t1\t0" for at, id_ in enumerate((one, twin))]
    put(birds, "photos.csv.gz", head, *photos)
    assert [row["label"] for row in rows(opened(birds))] == ["Oenanthe oenanthe", "Oenanthe crocata"]


GBIF_HEAD = (
    "gbifID\ttype\tformat\tidentifier\treferences\ttitle\tdescription\tsource\taudience\tcreated\tcreator\t"
    "contributor\tpublisher\tlicense\trightsHolder"
)


def gbif_line(id_: int, url: str, creator: str = "") -> str:
    return f'{id_}\tStillImage\timage/jpeg\t{url}\t\ta "title\t\t\t\t\t{creator}\t\t\tCC0\tHolder'


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An unpacked archive with three pictures of two occurrences."""
    put(tmp_path, "multimedia.txt", GBIF_HEAD, gbif_line(2, A, "Ann"), gbif_line(1, B), gbif_line(2, C))
    put(
        tmp_path,
        "occurrence.txt",
        "gbifID\tspecies\tfamily\ttaxonKey",
        "1\tParus major\tParidae\t9",
        "2\t\tLaridae\t8",
    )
    return tmp_path


def test_pictures_are_labelled_by_their_occurrence(archive: Path) -> None:
    """By species, or by any rank; what is not identified so far is left out."""
    (row,) = rows(opened(archive))
    assert (row["url"], row["label"], row["author"], row["licence"]) == (B, "Parus major", "Holder", "CC0")
    families = rows(opened(archive, "gbif:rank=family"))
    assert [(row["url"], row["label"]) for row in families] == [
        (A, "Laridae"),
        (B, "Paridae"),
        (C, "Laridae"),
    ]
    assert [row["author"] for row in families] == ["Ann", "Holder", "Holder"]


def test_multimedia_alone_finds_the_occurrences_beside_it(archive: Path) -> None:
    """People name the file that has the addresses."""
    assert rows(opened(archive / "multimedia.txt")) == rows(opened(archive))


def test_an_archive_is_read_as_it_was_downloaded(archive: Path, tmp_path: Path) -> None:
    """GBIF hands out a zip, which has more in it; a damaged one says so."""
    packed = tmp_path / "0012345.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name in ("multimedia.txt", "occurrence.txt"):
            out.write(archive / name, name)
        out.writestr("verbatim.txt", "gbifID\tspecies\tx\n")
    expected = rows(opened(archive, "gbif:rank=family"))
    assert rows(opened(packed, "gbif:rank=family")) == expected
    assert [row["label"] for row in rows(opened(packed))] == ["Parus major"]
    body = packed.read_bytes()
    at = body.index(b"occurrence.txt") + 30
    packed.write_bytes(body[:at] + bytes(20) + body[at + 20 :])
    with pytest.raises(ListError, match="the archive is damaged"):
        opened(packed)


def test_scores_choose_among_tencents_classes(tmp_path: Path) -> None:
    """Numbers without the dictionary, wnids with it; the hierarchy makes them specific."""
    path = put(tmp_path, "train_urls.txt", f"{A}\t1:1\t2:0.9\t9:0.1", f"{B} 0:0.5 1:1.0")
    assert [row["label"] for row in rows(opened(path))] == ["1", "1"]
    head = "category_index\tcategory_id\tindex_of_parent_category\tcategory name"
    entries = ["0\tn01\t-1\tthing", "1\tn02\t0\tdog, domestic dog", "2\tn03\t1\ttabby"]
    put(tmp_path, "dictionary_and_semantic_hierarchy.txt", head, *entries)
    assert [row["label"] for row in rows(opened(path))] == ["n02", "n02"]
    assert [row["label"] for row in rows(opened(path, None, "specific"))] == ["n03", "n02"]
    assert [row["label"] for row in rows(opened(path, None, "each"))] == ["n02", "n03", "n01", "n02"]
    dog = opened(path).synsets[1]  # type: ignore[attr-defined]
    assert (dog.id, dog.names, dog.parents) == ("n02", ("dog", "domestic dog"), ("n01",))


def test_a_folder_of_tencents_files_gives_its_lists(tmp_path: Path) -> None:
    """The dictionary and the lists of ids without addresses are no lists of URLs."""
    put(tmp_path, "train_urls_from_openimages.txt", f"{A}\t1:1")
    put(tmp_path, "val_urls_from_openimages.txt", f"{B}\t1:1")
    put(tmp_path, "train_image_id_from_imagenet.txt", "n04310904/n04310904_8388.JPEG\t2367:1")
    head = "category_index\tcategory_id\tindex_of_parent_category\tcategory name"
    put(tmp_path, "dictionary_and_semantic_hierarchy.txt", head, "0\tn01\t-1\tthing", "1\tn02\t0\tdog")
    sources = open_sources([str(tmp_path)], Columns(), None)
    assert [(source.format, len(rows(source))) for source in sources] == [("tencent", 1), ("tencent", 1)]


def test_a_dictionary_that_is_none_is_refused(tmp_path: Path) -> None:
    """Labels from the wrong file would be the worst of all."""
    path = put(tmp_path, "train_urls.txt", f"{A}\t1:1")
    wrong = put(tmp_path, "words.txt", "head", "5\tn01\t-1\tthing")
    with pytest.raises(ListError, match="no dictionary of Tencent ML-Images"):
        opened(path, f"tencent:dictionary={wrong}")
    with pytest.raises(ListError, match="the dictionary cannot be read"):
        opened(path, f"tencent:dictionary={wrong}x")


def test_each_tag_of_a_photo_is_a_label(tmp_path: Path) -> None:
    """With a header, as copies have it, in any order; texts are decoded."""
    head = "photoid,title,usertags,downloadurl,licensename,unickname"
    path = put(tmp_path, "yfcc15m.csv", head, f'7,My+dog%21,"dog,big+dog,%C3%A9t%C3%A9",{A},CC BY,Ann+Lee')
    found = rows(opened(path))
    assert [row["label"] for row in found] == ["dog", "big dog", "été"]
    assert found[0] | {"label": ""} == {
        **{"url": A, "label": "", "origin": "7", "licence": "CC BY", "author": "Ann Lee"},
        "caption": "My dog!",
    }
    assert [row["label"] for row in rows(opened(path, None, "first"))] == ["dog"]
    with pytest.raises(ListError, match="no table of YFCC100M"):
        opened(put(tmp_path, "other.csv", "url,label", f"{A},x"), "yfcc")


def test_the_edition_with_line_numbers_is_read_as_well(tmp_path: Path) -> None:
    """25 columns: a number before the photo's id and a hash behind it."""
    first = ["0", "7", "hash", "9@N00", "Ann", "2010", "1", "", "", "", "dog", "", "", "", ""]
    path = put(
        tmp_path, "yfcc100m", "\t".join([*first, "http://p", A, "CC", "l", "1", "1", "s", "s", "jpg", "0"])
    )
    assert [(row["url"], row["origin"], row["label"]) for row in rows(opened(path))] == [(A, "7", "dog")]


CAPTIONS = [
    f"a picture of {what} in the snow" for what in ("a dog", "two cats", "an emu", "a cow", "a house")
]


@pytest.mark.parametrize(
    ("name", "lines", "form"),
    [
        ("cc12m.tsv", [f"{A}?{at}\t{text}" for at, text in enumerate(CAPTIONS)], "tsv"),
        ("cc3m.tsv", [f"{text}\t{A}?{at}" for at, text in enumerate(CAPTIONS)], "tsv"),
        ("laion.csv", ["URL,TEXT,WIDTH", *(f"{A}?{at},{text},9" for at, text in enumerate(CAPTIONS))], "csv"),
    ],
)
def test_urls_with_captions_are_one_class(name: str, lines: list[str], form: str, tmp_path: Path) -> None:
    """What img2dataset takes has no labels; a class for every sentence would be none."""
    source = opened(put(tmp_path, name, *lines))
    found = rows(source)
    assert (source.format, {row["label"] for row in found}) == (form, {name.partition(".")[0]})
    assert [row["caption"] for row in found] == CAPTIONS


def test_short_texts_beside_urls_are_labels(tmp_path: Path) -> None:
    """As they always were."""
    lines = [f"{A}?{at}\t{label}" for at, label in enumerate(["big dog", "cat", "emu", "cow", "house cat"])]
    assert len({row["label"] for row in rows(opened(put(tmp_path, "list.tsv", *lines)))}) == 5


@pytest.mark.material
def test_tencents_own_sample_is_read(material: Path) -> None:
    """A hundred rows, 827 labels."""
    path = material / "lists/tencent_ml_images_train_urls_tiny.txt"
    source = opened(path)
    assert (len(rows(source)), source.odd_lines) == (100, 0)
    assert len(rows(opened(path, None, "each"))) == 827


@pytest.mark.material
def test_gbifs_own_sample_is_read(material: Path, tmp_path: Path) -> None:
    """Published rows, with occurrences made up for them."""
    body = (material / "lists/samples/gbif_multimedia.txt").read_text()
    ids = [line.partition("\t")[0] for line in body.splitlines()[1:]]
    (tmp_path / "multimedia.txt").write_text(body)
    put(tmp_path, "occurrence.txt", "gbifID\tspecies\ttaxonKey", *(f"{id_}\tParus major\t1" for id_ in ids))
    found = rows(opened(tmp_path))
    assert [row["author"] for row in found] == ["Marc de Bont", "Theo Bakker", "Kim, Hyun-tae"]
    assert found[0]["url"] == "https://observation.org/photos/8126181.jpg"
