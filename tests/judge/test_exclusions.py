"""Pictures that must not get in: known by their bytes, or by their looks."""

import hashlib
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gleanset.inspection.inspector import inspect
from gleanset.judge.exclusions import BARE_MAX_BITS, Exclusion, Exclusions
from gleanset.terms.inspection import Inspection, Treatment


def clouds(number: int) -> Image.Image:
    """A picture like no other."""
    grid = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((320, 240), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, quality: int = 90) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def seen(body: bytes) -> Inspection:
    return inspect(body, Treatment())[0]


def looks_of(number: int) -> Exclusion:
    one = seen(encoded(clouds(number)))
    return Exclusion(f"test/{number}.jpg", one.sha256, one.phash, one.thumbnail)


def test_nothing_is_excluded_where_nothing_was_named() -> None:
    assert not Exclusions()
    assert Exclusions().match(seen(encoded(clouds(0)))) is None


@pytest.mark.parametrize("name", ["sha256", "sha1", "md5"])
def test_a_body_is_known_by_any_of_its_digests(name: str) -> None:
    body = encoded(clouds(1))
    one = replace(seen(body), md5=hashlib.md5(body).digest(), sha1=hashlib.sha1(body).digest())
    digests = [hashlib.new(name, str(i).encode()).digest() for i in range(50)]
    others = [Exclusion(f"other-{i}", digest) for i, digest in enumerate(digests)]
    excluded = Exclusions([*others, Exclusion("hashes.txt", hashlib.new(name, body).digest())])
    assert excluded.match(one) == "hashes.txt"
    assert excluded.match(seen(encoded(clouds(2)))) is None
    assert excluded.wants_all_digests == (name != "sha256")


def test_a_digest_that_ends_in_zeros_is_that_digest() -> None:
    """Arrays of bytes drop trailing zeros."""
    body = seen(encoded(clouds(1)))
    cut = bytes(31) + b"\x01"
    zeros = b"\x01" + bytes(31)
    excluded = Exclusions([Exclusion("a", zeros), Exclusion("b", cut)])
    assert excluded.match(replace(body, sha256=zeros)) == "a"
    assert excluded.match(replace(body, sha256=cut)) == "b"
    assert excluded.match(replace(body, sha256=b"\x01\x00" + bytes(29) + b"\x01")) is None


def test_a_body_is_known_by_what_another_dataset_made_of_it() -> None:
    """A dataset of pictures that were resized may hold the same file."""
    out = BytesIO()
    clouds(3).save(out, "GIF")
    one = seen(out.getvalue())
    assert one.stored is not None
    assert Exclusions([Exclusion("data/3.jpg", one.stored.sha256)]).match(one) == "data/3.jpg"


@pytest.mark.parametrize("scale", [0.5, 0.7, 1.5, 2.0])
def test_a_resized_and_re_encoded_copy_is_known_by_its_looks(scale: float) -> None:
    image = clouds(4)
    copy = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    excluded = Exclusions(map(looks_of, range(8)))
    assert excluded.match(seen(encoded(copy, 70))) == "test/4.jpg"


def test_other_pictures_are_not_known() -> None:
    excluded = Exclusions(map(looks_of, range(20)))
    assert [excluded.match(seen(encoded(clouds(i)))) for i in range(20, 40)] == [None] * 20


def test_a_hash_alone_has_to_be_nearer() -> None:
    """There is no thumbnail that could confirm it."""
    one = seen(encoded(clouds(5)))
    assert one.phash is not None
    near, far = (one.phash ^ (2**bits - 1) for bits in (BARE_MAX_BITS, BARE_MAX_BITS + 1))
    assert Exclusions([Exclusion("near.txt", phash=near)]).match(one) == "near.txt"
    assert Exclusions([Exclusion("far.txt", phash=far)]).match(one) is None


def test_a_hash_named_twice_is_known_by_the_first_name() -> None:
    one = seen(encoded(clouds(6)))
    twice = Exclusions([Exclusion("a", phash=one.phash), Exclusion("b", phash=one.phash), looks_of(7)])
    assert twice.match(one) == "a"
    assert twice.match(seen(encoded(clouds(7)))) == "test/7.jpg"
