"""A judge that reads the journal stands where the one stood that wrote it."""

import hashlib
from dataclasses import replace

import pytest

from gleanset.judge.judge import Judge, Policy
from gleanset.judge.learning import MOST_ALIKE, Learner
from gleanset.judge.placeholders import Signatures
from gleanset.terms.placeholder import LearnedPlaceholder, Proof
from gleanset.terms.verdict import Ruling, Verdict

from .scenes import Scene, copies, named

URL = "http://example.com/dog.jpg"
DOG, CAT = 0, 1
LOOK = 0x9C3A57E1_6B20D4F8


def url_of(candidate: int) -> str:
    return f"http://example.com/dog{candidate}.jpg"


def test_who_has_found_another_picture_keeps_it(judge, finding_of):
    """Looked for elsewhere, it holds a photograph; what its own site sent has nothing to do with that."""
    host = 7
    judge.rule(replace(finding_of(1, b"sign"), host=host), DOG, URL)
    judge.rule(finding_of(1, b"a photograph"), DOG, URL)
    signs = [replace(finding_of(n, b"sign"), host=host) for n in range(2, 6)]
    rulings = [judge.rule(sign, DOG, url_of(sign.candidate)) for sign in signs]
    assert rulings[-1].reason == "placeholder"
    assert [out.candidate for ruling in rulings for out in ruling.revoked] == [2, 3, 4]


@pytest.mark.parametrize("word", ["rejected-by-hand", "removed"])
def test_what_a_person_has_said_is_not_overwritten(judge, finding_of, word):
    """Else a pardon of the placeholder would bring back what they did not want."""
    sign = replace(finding_of(1, b"sign"), host=7)
    judge.restore(1, DOG, Verdict.REVOKED, word, sign.inspection, host=7)
    rulings = [judge.rule(replace(sign, candidate=n), CAT, url_of(n)) for n in range(2, 7)]
    assert [ruling.reason for ruling in rulings if ruling.learned] == ["placeholder"]
    assert 1 not in {out.candidate for ruling in rulings for out in ruling.revoked}


def test_a_pardoned_body_is_free_also_where_one_of_its_copies_is_lost(signatures, finding_of):
    """A copy whose body is gone cannot come back, and must not keep the others out."""
    first, second = finding_of(1, b"sign"), finding_of(2, b"sign")
    sha256 = first.inspection.sha256.hex()
    judge = Judge(signatures, Policy(pardons=frozenset({sha256})))
    judge.restore(
        1, DOG, Verdict.REJECTED, "placeholder", first.inspection, evidence=f"learned:{sha256[:16]}"
    )
    assert judge.rule(second, DOG, URL) == Ruling()


def test_a_kept_conflict_is_free_also_where_one_of_its_copies_is_lost(signatures, finding_of):
    """The same, where the user has come to keep what stands under two labels."""
    judge = Judge(signatures, Policy(keep_label_conflicts=True))
    judge.restore(1, DOG, Verdict.REJECTED, "label-conflict", finding_of(1).inspection, evidence="of:2")
    assert judge.rule(finding_of(2), CAT, URL) == Ruling()


@pytest.mark.parametrize(("reason", "evidence"), [("placeholder", "flickr:md5"), ("excluded", "test.csv")])
def test_what_was_refused_at_sight_is_no_evidence_afterwards(signatures, finding_of, reason, evidence):
    """While a build runs nobody counts these; a resumed one must not conclude more from the same facts."""
    judge = Judge(signatures)
    for candidate in range(4):
        seen = finding_of(candidate, b"sign").inspection
        judge.restore(candidate, DOG, Verdict.REJECTED, reason, seen, 7, evidence=evidence)
    another = finding_of(9, b"sign in other bytes").inspection
    own = finding_of(0, b"sign").inspection
    finding = finding_of(9)
    alike = replace(another, phash=own.phash, thumbnail=own.thumbnail)
    ruling = judge.rule(replace(finding, inspection=alike, host=7), CAT, URL)
    assert (ruling.reason, ruling.learned) == (None, ())


def test_a_conflict_means_the_same_after_a_restart(finding_of):
    """What was refused as a copy before its picture came into dispute is told by the journal as a copy."""

    def look(candidate: int, body: bytes, phash: int):
        finding = finding_of(candidate, body, phash=phash)
        return replace(finding, inspection=replace(finding.inspection, thumbnail=bytes(range(256))))

    rows = [(look(1, b"a", LOOK), DOG), (look(2, b"b", LOOK ^ 1), DOG), (look(3, b"c", LOOK), CAT)]
    lived, restored = Judge(Signatures()), Judge(Signatures())
    told = {}
    for finding, label in rows:
        ruling = lived.rule(finding, label, URL)
        told[finding.candidate] = (finding, label, ruling.reason or "")
        for out in ruling.revoked:
            told[out.candidate] = (*told[out.candidate][:2], out.reason)
    assert [reason for _, _, reason in told.values()] == [
        "label-conflict",
        "near-duplicate",
        "label-conflict",
    ]
    for candidate, (finding, label, reason) in told.items():
        restored.restore(candidate, label, Verdict.REJECTED, reason, finding.inspection)
    far = LOOK ^ 1 ^ 0xFFFF_0000_0000  # 17 bits from the disputed ones, 16 from their copy
    assert (
        lived.rule(look(4, b"d", far), DOG, URL).reason == restored.rule(look(4, b"d", far), DOG, URL).reason
    )


class TestManyAlike:
    """A crowd of look-alikes costs no more than a bounded number of steps at each arrival."""

    def test_their_looks_prove_nothing(self):
        """Charts by the thousand look like one another, and each is honest."""
        scene, design = crowd(), copies(named("camera_icon, sized"))[0]
        for n in range(6):
            scene.show(in_other_bytes(design, n), host=n, label=n)
        assert scene.learned == []

    def test_their_bodies_still_do(self):
        """Whatever looks like it, nobody has one photograph at five addresses."""
        scene, design = crowd(), copies(named("camera_icon, sized"))[0]
        for _ in range(5):
            scene.show(design)
        assert [one.placeholder.proof for one in scene.learned] == [Proof.SAME_BODY]


def crowd() -> Scene:
    """Pictures whose hashes are near a design's, with thumbnails of their own."""
    scene, design = Scene(), copies(named("camera_icon, sized"))[0]
    for n in range(MOST_ALIKE + 1):
        bits = 1 << n % 64 | 1 << n // 64
        thumbnail = hashlib.sha256(str(n).encode()).digest() * 8
        scene.gallery.add(design.phash ^ bits, thumbnail)
    return scene


def in_other_bytes(seen, n: int):
    return replace(seen, sha256=hashlib.sha256(f"copy {n}".encode()).digest())


def test_equally_good_looks_are_told_apart_by_their_names():
    """Which of two placeholders a picture is must not hang on which was learned first."""
    seen = copies(named("camera_icon, sized"))[0]
    twins = [
        LearnedPlaceholder(
            bytes([n]) * 32, seen.phash, seen.thumbnail, seen.width_px, seen.height_px, Proof.PROBE, "", ""
        )
        for n in range(2)
    ]
    told = []
    for order in (twins, twins[::-1]):
        learner: Learner = Scene().learner
        for placeholder in order:
            learner.learn(placeholder)
        told.append(learner.recognise(seen))
    assert told == [twins[0], twins[0]]
