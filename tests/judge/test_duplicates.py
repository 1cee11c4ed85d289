"""The same bytes twice: once is enough within a class, and once too often across classes."""

import hashlib

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gleanset.judge.bodies import Bodies
from gleanset.judge.judge import Judge
from gleanset.judge.placeholders import Signatures
from gleanset.terms.inspection import Inspection
from gleanset.terms.placeholder import LearnedPlaceholder
from gleanset.terms.verdict import Finding, Revoked, Ruling, Verdict

URL = "http://example.com/dog.jpg"
DOG, CAT, FOX = 0, 1, 2


def test_a_new_picture_is_wanted(judge, finding_of):
    assert judge.rule(finding_of(1), DOG, URL) == Ruling()


def test_within_a_class_the_first_one_stays(judge, finding_of):
    """A list names the same file at many addresses."""
    judge.rule(finding_of(1), DOG, URL)
    assert judge.rule(finding_of(2), DOG, URL) == Ruling("duplicate", evidence="of:1")
    assert judge.rule(finding_of(3), DOG, URL) == Ruling("duplicate", evidence="of:1")


def test_across_classes_neither_label_is_trusted(judge, finding_of):
    """One of the two labels is wrong, and nobody knows which."""
    judge.rule(finding_of(1), DOG, URL)
    revoked = (Revoked(1, "label-conflict", "of:2"),)
    assert judge.rule(finding_of(2), CAT, URL) == Ruling("label-conflict", revoked, "of:1")


@pytest.mark.parametrize("label", [DOG, CAT, FOX])
def test_later_ones_go_too_and_nobody_is_revoked_twice(judge, finding_of, label):
    judge.rule(finding_of(1), DOG, URL)
    judge.rule(finding_of(2), CAT, URL)
    assert judge.rule(finding_of(3), label, URL) == Ruling("label-conflict")


def test_a_duplicate_does_not_hide_a_conflict(judge, finding_of):
    """The one that was refused as a duplicate is no holder: only the accepted one is revoked."""
    judge.rule(finding_of(1), DOG, URL)
    judge.rule(finding_of(2), DOG, URL)
    assert judge.rule(finding_of(3), CAT, URL).revoked == (Revoked(1, "label-conflict", "of:3"),)


def test_asking_twice_for_the_same_candidate_changes_nothing(judge, finding_of):
    """The network works at least once: a lost lease may bring a body again."""
    judge.rule(finding_of(1), DOG, URL)
    assert judge.rule(finding_of(1), DOG, URL) == Ruling()
    assert judge.rule(finding_of(2), DOG, URL) == Ruling("duplicate", evidence="of:1")


def test_a_spare_holds_its_body(judge, finding_of):
    """It may be needed tomorrow, and a conflict concerns it as well."""
    spare = finding_of(1)
    judge.restore(1, DOG, Verdict.SPARE, "class-full", spare.inspection)
    assert judge.rule(finding_of(2), DOG, URL) == Ruling("duplicate", evidence="of:1")
    assert judge.rule(finding_of(3), CAT, URL).revoked == (Revoked(1, "label-conflict", "of:3"),)


def test_a_body_whose_holder_went_for_a_reason_of_its_own_is_free_again(judge, finding_of):
    judge.rule(finding_of(1), DOG, URL)
    judge.restore(1, DOG, Verdict.REVOKED, "near-duplicate", finding_of(1).inspection)
    assert judge.rule(finding_of(2), CAT, URL) == Ruling()


def test_what_a_person_refused_stays_refused_in_that_class_alone(judge, finding_of):
    """ "This is no dog" says nothing against a fox."""
    judge.rule(finding_of(1), DOG, URL)
    judge.restore(1, DOG, Verdict.REVOKED, "rejected-by-hand", finding_of(1).inspection)
    assert judge.rule(finding_of(2), DOG, URL) == Ruling("rejected-by-hand")
    assert judge.rule(finding_of(3), FOX, URL) == Ruling()
    assert judge.rule(finding_of(4), DOG, URL) == Ruling("rejected-by-hand")


def test_what_was_taken_down_never_comes_back(judge, finding_of):
    """A takedown is about the picture, not about an address or a label."""
    judge.restore(1, DOG, Verdict.REVOKED, "removed", finding_of(1).inspection)
    for label in (DOG, CAT):
        assert judge.rule(finding_of(2 + label), label, URL) == Ruling("removed")


def test_lines_without_a_picture_are_passed_over(judge, finding_of):
    judge.restore(1, DOG, Verdict.REJECTED, "not-found", None)
    assert judge.rule(finding_of(1), DOG, URL) == Ruling()


BODIES = st.integers(0, 3)
LABELS = st.integers(0, 2)
OWN_REASONS = st.sampled_from(["near-duplicate", "rejected-by-hand", "removed"])


class AnyCrawl(RuleBasedStateMachine):
    """Arrivals, second asking, spares, revocations for all reasons, and restarts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge(Signatures())
        self.journal: dict[int, tuple[int, Verdict, str, Inspection]] = {}
        self.learned: list[LearnedPlaceholder] = []

    @rule(body=BODIES, label=LABELS, spare=st.booleans())
    def arrives(self, body, label, spare):
        self._judge(len(self.journal), body, label, spare)

    @rule(data=st.data())
    def comes_again(self, data):
        held = [c for c, line in self.journal.items() if line[1] in HELD]
        if held:
            candidate = data.draw(st.sampled_from(held))
            label, verdict, _, inspection = self.journal[candidate]
            ruling = self.judge.rule(found(candidate, inspection.sha256[0]), label, URL)
            assert ruling == Ruling()
            assert self.journal[candidate][1] is verdict

    @rule(data=st.data(), reason=OWN_REASONS)
    def is_revoked(self, data, reason):
        held = [c for c, line in self.journal.items() if line[1] in HELD]
        if held:
            candidate = data.draw(st.sampled_from(held))
            label, _, _, inspection = self.journal[candidate]
            self.journal[candidate] = (label, Verdict.REVOKED, reason, inspection)
            self.judge.restore(candidate, *self.journal[candidate], host=candidate)

    @rule(order=st.randoms())
    def restarts(self, order):
        """The journal may be read in any order."""
        lines = list(self.journal.items())
        order.shuffle(lines)
        self.judge = Judge(Signatures())
        for placeholder in self.learned:
            self.judge.learn(placeholder)
        for candidate, line in lines:
            self.judge.restore(candidate, *line, host=candidate)

    def _judge(self, candidate, body, label, spare):
        finding = found(candidate, body)
        ruling = self.judge.rule(finding, label, URL)
        self.learned += ruling.learned
        for out in ruling.revoked:
            of, verdict, _, inspection = self.journal[out.candidate]
            assert (verdict in HELD) == out.held
            self.journal[out.candidate] = (of, Verdict.REVOKED, out.reason, inspection)
        verdict = Verdict.REJECTED if ruling.reason else Verdict.SPARE if spare else Verdict.ACCEPTED
        reason = ruling.reason or ("class-full" if spare else "")
        self.journal[candidate] = (label, verdict, reason, finding.inspection)

    @invariant()
    def nobody_shares_a_body(self):
        held = [line[3].sha256 for line in self.journal.values() if line[1] in HELD]
        assert len(held) == len(set(held))

    @invariant()
    def a_conflict_leaves_nobody(self):
        out = {line[3].sha256 for line in self.journal.values() if line[2] == "label-conflict"}
        assert not any(line[1] in HELD and line[3].sha256 in out for line in self.journal.values())

    @invariant()
    def refusals_have_grounds(self):
        """A duplicate has, or had, another candidate of its class with the same body."""
        for candidate, (label, _, reason, inspection) in self.journal.items():
            if reason == "duplicate":
                assert any(
                    other != candidate and line[0] == label and line[3].sha256 == inspection.sha256
                    for other, line in self.journal.items()
                )


HELD = {Verdict.ACCEPTED, Verdict.SPARE}


def found(candidate, body):
    sha256 = bytes([body]) * 32
    phash = int.from_bytes(hashlib.sha256(sha256).digest()[:8], "big")
    inspection = Inspection(1, sha256, None, phash=phash, thumbnail=hashlib.sha256(sha256).digest() * 8)
    return Finding(candidate, 1, candidate, 0.0, 0.0, inspection=inspection)


TestAnyCrawl = AnyCrawl.TestCase


def test_a_million_bodies_fit_into_200_megabytes():
    """Measured on a hundredth: the table grows by keys and one integer each."""
    import sys

    bodies = Bodies()
    for candidate in range(10_000):
        bodies.claim(candidate.to_bytes(32, "big"), candidate, candidate // 100)
    entries = bodies._entries
    n_bytes = sys.getsizeof(entries) + sum(sys.getsizeof(k) + sys.getsizeof(v) for k, v in entries.items())
    assert len(entries) == 10_000
    assert n_bytes / len(entries) < 200
