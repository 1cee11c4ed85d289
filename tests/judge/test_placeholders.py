"""Pictures in place of a picture: recognised by evidence, and never by looking dull."""

import csv
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gleanset.inspection.inspector import inspect_image
from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.terms.candidate import Expected
from gleanset.terms.inspection import Inspection
from gleanset.terms.verdict import Finding, Revoked, Ruling, Verdict

URL = "http://farm3.static.flickr.com/2101/1234_abcd.jpg"
FLICKR_LOOK = 0xF454DC7456D274D0
NO_IMAGE_ICON = 0xEBB0CC9CB233C54C


def flipped(value, n_bits):
    return value ^ ((1 << n_bits) - 1)


@pytest.mark.parametrize(
    ("digest", "site"),
    [
        ({"md5": "880a7a58e05d3e83797f27573bb6d35c"}, "flickr:md5"),
        ({"sha1": "6a92790b1c2a301c6e7ddef645dca1f53ea97ac2"}, "flickr:sha1"),
        ({"sha256": "0f28f49410a89e24c95acfd345210cc6f2294814584ad7c60f698fee74e46aad"}, "flickr:sha256"),
        ({"md5": "d835884373f4d6c8f24742ceabe74946"}, "imgur:md5"),
        ({"md5": "1a0a4a92f1f52631d5332ddb3f88702a"}, "lightshot:md5"),
    ],
)
def test_a_known_body_is_a_placeholder_wherever_it_comes_from(signatures, finding_of, digest, site):
    named = {kind: bytes.fromhex(value) for kind, value in digest.items()}
    assert signatures.match(finding_of(**named), "http://anywhere.example/dog.jpg") == site


def test_flickr_s_picture_is_known_by_its_look(signatures, finding_of):
    """Re-encoded copies stay within 6 bits; the nearest of 7,421 photographs is at 14."""
    for bits in range(7):
        assert signatures.match(finding_of(phash=flipped(FLICKR_LOOK, bits)), URL) == "flickr:phash"
    for bits in range(7, 15):
        assert signatures.match(finding_of(phash=flipped(FLICKR_LOOK, bits)), URL) is None


def test_icons_may_drift_farther_in_their_own_shape(signatures, finding_of):
    """Few pixels change much when they are scaled; figures drawn on white come within 12 bits."""
    for bits, size, evidence in (
        (0, (60, 60), "icon:phash"),
        (6, (500, 200), "icon:phash"),
        (7, (500, 200), None),
        (10, (60, 60), "icon:phash"),
        (10, (91, 90), "icon:phash"),
        (11, (60, 60), None),
    ):
        found = finding_of(phash=flipped(NO_IMAGE_ICON, bits), size=size)
        assert signatures.match(found, URL) == evidence, (bits, size)


@pytest.mark.parametrize(
    ("final_url", "site"),
    [
        ("http://l.yimg.com/g/images/photo_unavailable.gif", "flickr"),
        ("https://s.yimg.com/pw/images/en-us/photo_unavailable_l.png", "flickr"),
        ("https://S.YIMG.COM/pw/images/Photo_Unavailable.png?x=1#y", "flickr"),
        ("https://i.imgur.com/removed.png", "imgur"),
        ("https://i.imgur.com:443/removed.png?1", "imgur"),
        ("http://tinypic.com/images/404.gif", "tinypic"),
        ("http://www.tinypic.com/images/404.gif", "tinypic"),
        ("https://imageshack.com/", "imageshack"),
        ("https://imageshack.com", "imageshack"),
        ("http://freeimagehosting.net/", "freeimagehosting"),
    ],
)
def test_the_final_address_gives_a_placeholder_away(signatures, finding_of, final_url, site):
    assert signatures.match(finding_of(final_url=final_url), URL) == f"{site}:final_url"


@pytest.mark.parametrize(
    "final_url",
    [
        "http://evil.example/x.yimg.com/g/photo_unavailable_by_me.jpg",
        "http://yimg.com.evil.example/g/images/photo.jpg",
        "http://i.imgur.com/removed.png.jpg",
        "http://i.imgur.com.example/removed.png",
        "http://imageshack.com/photo/17",
        "http://imageshack.com/?photo=17",
    ],
)
def test_another_host_is_another_matter(signatures, finding_of, final_url):
    """Host and path are matched apart: a star does not reach from one into the other."""
    asked = final_url  # nothing was redirected
    assert signatures.match(finding_of(final_url=final_url), asked) is None


GENERIC = ["no_image.jpg", "placeholder.png", "error.jpg", "nohotlinking.jpg", "404.gif", "removed.png"]


@pytest.mark.parametrize("name", [*GENERIC, "photo_unavailable_z.png", "No_Image.JPG"])
def test_a_generic_name_counts_after_a_redirect_that_changed_the_name(signatures, finding_of, name):
    """The server itself says that what it sends is not what was asked for."""
    found = finding_of(final_url=f"http://cdn.shop.example/img/{name}")
    assert signatures.match(found, "http://shop.example/img/dog_17.jpg") == "generic:path"


@pytest.mark.parametrize("name", GENERIC)
def test_a_generic_name_in_the_list_is_somebody_s_picture(signatures, finding_of, name):
    """A person labelled that very address; a move to another host, scheme or folder changes nothing."""
    asked = f"http://shop.example/img/{name}"
    for final_url in (None, asked, f"https://cdn.shop.example/{name}", f"http://shop.example/new/{name}?v=2"):
        assert signatures.match(finding_of(final_url=final_url), asked) is None


def test_the_front_page_in_place_of_the_picture_is_a_placeholder(signatures, finding_of):
    asked = "http://shop.example/img/dog.jpg"
    assert signatures.match(finding_of(final_url="http://shop.example/"), asked) == "generic:path"
    assert signatures.match(finding_of(final_url="http://shop.example/?id=17"), asked) is None
    assert signatures.match(finding_of(final_url="http://shop.example/"), "http://shop.example/") is None


@pytest.mark.parametrize(
    "etag", ['"d835884373f4d6c8f24742ceabe74946"', 'W/"D835884373F4D6C8F24742CEABE74946"']
)
def test_an_etag_that_is_the_hash_of_a_known_body_gives_it_away(signatures, finding_of, etag):
    """Object stores use the MD5."""
    assert signatures.match(finding_of(headers=(("etag", etag),)), URL) == "imgur:md5"


def test_an_etag_of_time_and_size_counts_at_home_and_with_its_length_alone(signatures, finding_of):
    """Forty bits are no proof among a billion files."""
    headers = (("etag", '"5c4fb843-ece"'),)
    known = finding_of(headers=headers, n_bytes=3790)
    assert signatures.match(known, "https://t12.pixhost.to/thumbs/1.jpg") == "pixhost:etag"
    assert signatures.match(known, "https://pixhost.example.org/1.jpg") == "pixhost:etag"
    assert signatures.match(known, "https://mypixhost.example/1.jpg") is None
    assert signatures.match(finding_of(headers=headers, n_bytes=3791), "https://t12.pixhost.to/1.jpg") is None
    suffix = finding_of(headers=(("etag", '"1f-383c-5a4cd5b6710ed"'),), n_bytes=14396)
    assert signatures.match(suffix, "https://cdn.imagevenue.com/1.jpg") == "imagevenue:etag_suffix"


def test_a_header_may_say_404_behind_a_200(signatures, finding_of):
    said = finding_of(headers=(("x-ebay-c-extension", "RemoteIp=1.2.3.4, responseCode=404"),))
    assert signatures.match(said, "http://i.ebayimg.com/1.jpg") == "ebay:header"
    fine = finding_of(headers=(("x-ebay-c-extension", "responseCode=200"), ("content-type", "image/png")))
    assert signatures.match(fine, "http://i.ebayimg.com/1.jpg") is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_no_address_or_header_upsets_the_table(signatures, url, final_url, etag):
    """Servers write what they like into a redirect."""
    inspection = Inspection(n_bytes=9, sha256=bytes(32), flaw=None, phash=0)
    found = Finding(0, 1, 0, 0.0, 0.0, inspection=inspection, final_url=final_url, headers=(("etag", etag),))
    evidence = signatures.match(found, url)
    assert evidence is None or ":" in evidence


def test_an_unknown_kind_of_signature_is_refused():
    with pytest.raises(ValueError, match=r"kind 'colour' of site 'nasa'"):
        Signatures.parse("site,kind,value,bytes,size,note\nnasa,colour,black,,,\n")


def test_no_real_photograph_is_a_placeholder(signatures, material):
    """One false alarm in 10,000 would already be too many."""
    photos = sorted((material / "photos").glob("*/*.jpg"))[::5]
    for photo in photos:
        found = Finding(0, 1, 0, 0.0, 0.0, inspection=inspect_image(photo.read_bytes()))
        assert signatures.match(found, f"http://photos.example/{photo.name}") is None
    assert len(photos) > 200


class TestTheJudge:
    """What the judge makes of the evidence."""

    def test_a_placeholder_is_refused(self, judge, finding_of):
        ruling = judge.rule(finding_of(1, phash=FLICKR_LOOK), 0, URL)
        assert ruling == Ruling("placeholder", evidence="flickr:phash")

    def test_who_had_the_same_body_before_is_revoked(self, judge, finding_of):
        """The first answer came without the redirect that gave the second one away."""
        assert judge.rule(finding_of(1), 0, URL) == Ruling()
        unmasked = finding_of(2, final_url="https://s.yimg.com/pw/images/photo_unavailable.png")
        evidence = "flickr:final_url"
        revoked = (Revoked(1, "placeholder", evidence),)
        assert judge.rule(unmasked, 0, URL) == Ruling("placeholder", revoked, evidence)

    def test_the_body_stays_a_placeholder_without_further_evidence(self, judge, finding_of):
        judge.rule(finding_of(1, final_url="https://i.imgur.com/removed.png"), 0, URL)
        for label in (0, 1):
            assert judge.rule(finding_of(2 + label), label, URL) == Ruling("placeholder")

    def test_a_later_run_remembers_it(self, judge, finding_of):
        judge.restore(1, 0, Verdict.REJECTED, "placeholder", finding_of(1).inspection)
        assert judge.rule(finding_of(2), 0, URL) == Ruling("placeholder")

    def test_a_candidate_is_not_revoked_by_its_own_answer(self, judge, finding_of):
        """Asked again, it was redirected: the refusal is enough."""
        judge.rule(finding_of(1), 0, URL)
        again = finding_of(1, final_url="https://i.imgur.com/removed.png")
        assert judge.rule(again, 0, URL) == Ruling("placeholder", evidence="imgur:final_url")


def manifest_of(body, phash):
    return Expected(hashlib.sha256(body).digest(), phash)


def original_of(body, n_bytes=None):
    return Expected(md5=hashlib.md5(body).digest(), n_bytes=len(body) if n_bytes is None else n_bytes)


class TestOriginalsThatAListDescribes:
    """Open Images knows size and MD5 of the files that it saw; nobody vouches for what they show."""

    def test_the_file_that_was_described_is_wanted(self, judge, finding_of):
        assert judge.rule(finding_of(1, b"dog"), 0, URL, original_of(b"dog")) == Ruling()

    def test_another_file_has_changed_and_the_evidence_says_how_it_is_known(self, judge, finding_of):
        found = finding_of(1, b"dog")
        assert judge.rule(found, 0, URL, original_of(b"cat")) == Ruling("changed", evidence="md5")
        assert judge.rule(found, 0, URL, Expected(n_bytes=4)) == Ruling("changed", evidence="size")
        assert judge.rule(found, 0, URL, original_of(b"dog")) == Ruling(), "it held nothing meanwhile"

    def test_size_alone_or_md5_alone_is_enough(self, judge, finding_of):
        md5 = hashlib.md5(b"dog").digest()
        assert judge.rule(finding_of(1, b"dog"), 0, URL, Expected(md5=md5)) == Ruling()
        assert judge.rule(finding_of(2, b"cat"), 0, URL, Expected(n_bytes=3)) == Ruling()

    def test_where_no_md5_was_taken_none_differs(self, judge, finding_of):
        """Earlier versions took none of large bodies, and their pictures may be judged again."""
        found = finding_of(1, b"dog")
        found = replace(found, inspection=replace(found.inspection, md5=None))
        assert judge.rule(found, 0, URL, original_of(b"cat")) == Ruling()

    def test_a_placeholder_is_one_whether_or_not_it_was_described(self, judge, finding_of):
        """The list may have been made when the picture was gone already."""
        for number, said in enumerate([original_of(b"gone"), original_of(b"dog")]):
            ruling = judge.rule(finding_of(number, b"gone", phash=FLICKR_LOOK), 0, URL, said)
            assert ruling.reason == "placeholder"
        assert judge.rule_move("https://i.imgur.com/removed.png", URL, original_of(b"dog")).reason

    def test_copies_and_conflicts_are_found_like_among_any(self, judge, finding_of):
        """MD5 says that it is the file, not that it is wanted twice."""
        look = 0x9C3A57E16B20D4F8
        first = finding_of(1, b"dog", phash=look)
        assert judge.rule(first, 0, URL, original_of(b"dog")) == Ruling()
        same = finding_of(2, b"dog", phash=look)
        assert judge.rule(same, 0, URL, original_of(b"dog")).reason == "duplicate"
        near = finding_of(3, b"dog again", phash=look)
        near = replace(near, inspection=replace(near.inspection, thumbnail=first.inspection.thumbnail))
        assert judge.rule(near, 0, URL, original_of(b"dog again")).reason == "near-duplicate"
        assert judge.rule(same, 1, URL, original_of(b"dog")).reason == "label-conflict"


class TestRebuildingAManifest:
    """Each row of a manifest says what it should bring."""

    def test_the_same_bytes_are_wanted(self, judge, finding_of):
        expected = manifest_of(b"dog", 0)
        assert judge.rule(finding_of(1, b"dog"), 0, URL, expected) == Ruling()

    def test_the_same_bytes_need_no_further_proof(self, judge, finding_of):
        """The manifest's maker had accepted them; the table of placeholders may have grown since."""
        expected = manifest_of(b"dog", FLICKR_LOOK)
        assert judge.rule(finding_of(1, b"dog", phash=FLICKR_LOOK), 0, URL, expected) == Ruling()

    def test_the_same_picture_in_other_bytes_has_drifted_and_is_wanted(self, judge, finding_of):
        """Hosts re-encode and shrink what they keep."""
        look = 0x9C3A57E16B20D4F8
        for bits in (0, 1, 10):
            found = finding_of(bits, b"other bytes %d" % bits, phash=flipped(look, bits))
            assert judge.rule(found, 0, URL, manifest_of(b"dog", look)) == Ruling()

    def test_another_picture_at_the_address_has_changed(self, judge, finding_of):
        look = 0x9C3A57E16B20D4F8
        found = finding_of(1, b"advertisement", phash=flipped(look, 11))
        assert judge.rule(found, 0, URL, manifest_of(b"dog", look)) == Ruling("changed")

    def test_a_changed_picture_holds_nothing(self, judge, finding_of):
        found = finding_of(1, b"cat", phash=flipped(0, 40))
        assert judge.rule(found, 0, URL, manifest_of(b"dog", 0)) == Ruling("changed")
        assert judge.rule(finding_of(2, b"cat"), 1, URL) == Ruling()

    def test_a_placeholder_at_the_address_is_called_by_its_name(self, judge, finding_of):
        found = finding_of(1, b"grey", phash=FLICKR_LOOK)
        assert judge.rule(found, 0, URL, manifest_of(b"dog", 0)).reason == "placeholder"

    def test_the_rules_on_labels_hold_for_manifests_too(self, judge, finding_of):
        """Merged manifests may disagree."""
        judge.rule(finding_of(1, b"dog"), 0, URL, manifest_of(b"dog", 0))
        ruling = judge.rule(finding_of(2, b"dog"), 1, URL, manifest_of(b"dog", 0))
        assert ruling == Ruling("label-conflict", (Revoked(1, "label-conflict", "of:2"),), "of:1")


def test_the_table_that_ships_is_well_formed(signatures, project_root):
    """Each row has a site, a kind and a value, and is found by at least the kinds that exist."""
    with (project_root / "src" / "gleanset" / "data" / "placeholders.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert all(row["site"] and row["kind"] and row["value"] for row in rows)
    assert isinstance(Judge(signatures), Judge)
    assert {len(row["value"]) for row in rows if row["kind"] == "md5"} == {32}
    assert {len(row["value"]) for row in rows if row["kind"] == "phash"} == {16}
