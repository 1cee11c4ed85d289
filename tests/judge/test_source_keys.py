"""What counts as one source of a picture: sizes and labels of one URL do not multiply it."""

from dataclasses import replace

import pytest

from gleanset.judge.judge import Judge, Policy
from gleanset.judge.sources import source_key

BASE = "http://farm1.example.com/12/4059230001_a1b2c3d4e5"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{BASE}.jpg", f"{BASE}_b.jpg"),
        (f"{BASE}_m.jpg", f"{BASE}_sq.jpg"),
        ("http://a.org/u/2010/dog-300x200.jpg", "http://a.org/u/2010/dog.jpg"),
        ("http://a.org/u/2010/dog-1024x768.jpg", "http://a.org/u/2010/dog-150x150.jpg"),
        ("http://u.org/c/thumb/a/ab/Dog.jpg/320px-Dog.jpg", "http://u.org/c/a/ab/Dog.jpg"),
        ("http://a.org/rex-640.jpg", "http://a.org/rex-1280.jpg"),
        ("http://a.org/small/rex.jpg", "http://a.org/large/rex.jpg"),
        ("http://a.org/thumbs/tn_rex.jpg", "http://a.org/rex.jpg"),
        ("http://a.org/rex.jpg?w=300", "http://a.org/rex.jpg?w=900"),
        ("http://a.org/rex.jpg", "https://a.org/rex.jpg"),
    ],
)
def test_sizes_of_a_picture_are_one_source(one, other):
    """Sites name them in a handful of ways."""
    assert source_key(one) == source_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a.org/dog_7.jpg", "http://a.org/dog_8.jpg"),
        ("http://a.org/dog_17.jpg", "http://a.org/dog_1874.jpg"),
        ("http://a.org/dog_0017.jpg", "http://a.org/dog_0018.jpg"),
        ("http://a.org/17/1.jpg", "http://a.org/18/1.jpg"),
        ("http://a.org/rex.jpg", "http://b.org/rex.jpg"),
        ("http://a.org/show?id=17", "http://a.org/show?id=18"),
        ("http://a.org/rex.jpg", "http://a.org/max.jpg"),
        ("http://a.org/s.jpg", "http://a.org/b.jpg"),
        (f"{BASE}.jpg", f"{BASE.replace('4059230001', '4059230002')}.jpg"),
    ],
)
def test_other_pictures_are_other_sources(one, other):
    assert source_key(one) != source_key(other)


def test_a_photograph_in_six_sizes_is_no_placeholder(judge, finding_of):
    """One photograph, one host, one label: the first size stays, the others are copies of it."""
    sizes = [replace(finding_of(n, b"rex"), host=7) for n in range(6)]
    rulings = [
        judge.rule(one, 0, f"{BASE}{size}.jpg")
        for one, size in zip(sizes, ("", "_s", "_m", "_z", "_b", "_o"), strict=True)
    ]
    assert [ruling.reason for ruling in rulings] == [None, *["duplicate"] * 5]
    assert not any(ruling.learned for ruling in rulings)


def test_one_url_under_many_labels_is_one_where_conflicts_are_kept(signatures, finding_of):
    """The user wants it in each of its classes; that says nothing about the picture."""
    judge = Judge(signatures, Policy(keep_label_conflicts=True))
    rulings = [judge.rule(replace(finding_of(n, b"rex"), host=7), n, f"{BASE}.jpg") for n in range(6)]
    assert {ruling.reason for ruling in rulings} == {None}
