"""A list that knows its own classes: their names and their tree choose, as WordNet's do."""

import json
from pathlib import Path

import pytest

import gleanset
from gleanset.api.lists import choose, look
from gleanset.recipe import Recipe

HEAD = "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,"
HEAD += "OriginalMD5,Thumbnail300KURL,Rotation"
ANIMAL, DOG, CAT, CAR, PERSON = "/m/0jbk", "/m/0bt9lr", "/m/01yrx", "/m/0k4j", "/m/01g317"
BY = "https://creativecommons.org/licenses/by/2.0/"


@pytest.fixture
def open_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight images of four classes, their names, and the tree above them."""
    monkeypatch.setenv("GLEANSET_HOME", str(tmp_path / "home"))
    folder = tmp_path / "oi"
    folder.mkdir()
    ids = [f"{i:016x}" for i in range(8)]
    rows = [f"{id_},train,https://farm3.staticflickr.com/{id_}.jpg,p,{BY},a,Ann,t,,,,0.0" for id_ in ids]
    labels = [f"{id_},verification,{(DOG, CAT, CAR, PERSON)[i % 4]},1" for i, id_ in enumerate(ids)]
    tree = {"LabelName": "/m/0bl9f", "Subcategory": [
        {"LabelName": ANIMAL, "Subcategory": [{"LabelName": DOG}, {"LabelName": CAT}]},
        {"LabelName": CAR}, {"LabelName": PERSON}]}  # fmt: skip
    names = [f"{DOG},Dog", f"{CAT},Cat", f"{CAR},Car", f"{ANIMAL},Animal", f"{PERSON},Person"]
    files = {
        "oidv6-train-images-with-labels-with-rotation.csv": [HEAD, *rows],
        "oidv7-train-annotations-human-imagelabels.csv": ["ImageID,Source,LabelName,Confidence", *labels],
        "oidv7-class-descriptions.csv": ["LabelName,DisplayName", *names],
        "bbox_labels_600_hierarchy.json": [json.dumps(tree)],
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder


def test_its_classes_are_found_by_name_and_by_tree(open_images: Path) -> None:
    """Ids like /m/0bt9lr are for machines."""
    by_id = {one.id: one.name for one in gleanset.classes(open_images)}
    assert by_id == {DOG: "Dog", CAT: "Cat", CAR: "Car", PERSON: "Person"}
    assert {one.id for one in gleanset.classes(open_images, under="animal")} == {DOG, CAT}
    (pets,) = gleanset.classes(open_images, class_="Animal", merge=True)
    assert (pets.id, pets.name, pets.urls) == (ANIMAL, "Animal", 4)


def test_a_draw_from_it_has_no_people(open_images: Path) -> None:
    """Whatever the tree that says who is a person."""
    recipe = Recipe.of(lists=(str(open_images),), classes=1)
    surveyed = look(recipe)
    chosen = choose(recipe, surveyed.survey.per_class, surveyed.sources)
    assert set(chosen.labels) == {DOG, CAT, CAR}


def test_its_licences_are_counted(open_images: Path) -> None:
    """As its image table gives them."""
    assert [(name, sum(urls)) for name, urls in gleanset.survey(open_images).licences] == [("cc-by", 8)]
