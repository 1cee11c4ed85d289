"""What decisions come to in the journal and in the dataset, without a request."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gleanset import api
from gleanset.errors import LockedError, UsageError
from gleanset.terms.verdict import Verdict

from .conftest import CATS, DOGS, Folder, picture


def decide(one: Folder, *lines: str) -> api.Report:
    """Put lines in force."""
    one.leave()
    file = one.root.parent / "decisions.csv"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return api.review(one.root, decisions=file)


def dataset(one: Folder) -> list[str]:
    """URLs of the packed images."""
    return sorted(pq.read_table(one.root / "manifest.parquet").column("url").to_pylist())


def fate(one: Folder, url: str) -> tuple[Verdict, str]:
    row = one.rows()[url]
    return row.verdict, row.reason


BY_HAND = (Verdict.REVOKED, "rejected-by-hand")
CAT, DOG = CATS[0][1], DOGS[0][1]


@pytest.mark.parametrize("name", ["key", "url", "sha256", "SHA256"])
def test_an_image_is_named_by_key_url_or_sha256(judged: Folder, name: str) -> None:
    row = judged.rows()[CAT]
    assert row.inspection is not None
    digest = row.inspection.sha256.hex()
    key = judged.pool.key(row.candidate)
    names = {"key": key, "url": CAT, "sha256": digest, "SHA256": digest.upper()}
    report = decide(judged, f"reject,{names[name]}")
    assert fate(judged, CAT) == BY_HAND
    assert report.status == "short"
    assert dataset(judged) == sorted([CATS[1][1], DOGS[0][1], DOGS[1][1]])
    assert judged.notes("reviewed") == [{"rejected": 1, "restored": 0, "pardoned": 0}]


def test_a_spare_takes_the_place_at_once(judged: Folder) -> None:
    """It was good all the time; nobody has to be asked."""
    judged.judge(CATS[5][1], picture(500), Verdict.SPARE, "class-full")
    report = decide(judged, f"reject,{CAT}")
    assert report.status == "complete"
    assert dataset(judged) == sorted([CATS[1][1], CATS[5][1], DOGS[0][1], DOGS[1][1]])


def test_the_label_narrows_what_is_meant(judged: Folder) -> None:
    with pytest.raises(UsageError, match=r"decisions\.csv:1: reject,.*,dog\. No image in class dog has this"):
        decide(judged, f"reject,{CAT},dog")
    assert decide(judged, f"reject,{CAT},cat").status == "short"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("reject,nobody", "No image has this key, URL or SHA-256"),
        (f"reject,{CATS[5][1]}", "No image has this"),
        ("undo,nobody", "No image has this"),
        ("pardon,0011223344556677", "No placeholder of this build"),
    ],
)
def test_a_decision_about_nothing_is_refused_and_nothing_changes(
    judged: Folder, line: str, message: str
) -> None:
    """Not even the sound line before it is put in force: a file holds together."""
    before = judged.rows()
    with pytest.raises(UsageError, match=rf"decisions\.csv:2: {line}\. {message}"):
        decide(judged, f"reject,{CAT}", line)
    assert judged.rows() == before
    assert judged.notes("reviewed") == judged.notes("packed") == []


def test_the_same_file_twice_changes_nothing_more(judged: Folder) -> None:
    first = decide(judged, f"reject,{CAT}")
    again = decide(judged, f"reject,{CAT}")
    assert first.digest == again.digest
    assert len(judged.notes("reviewed")) == 1


def test_the_last_word_of_a_file_wins(judged: Folder) -> None:
    decide(judged, f"reject,{CAT}", f"undo,{CAT}", f"reject,{DOG}")
    assert fate(judged, CAT) == (Verdict.ACCEPTED, "")
    assert fate(judged, DOG) == BY_HAND


def test_a_rejection_can_be_taken_back_later(judged: Folder) -> None:
    """The body is still there: the image comes back without a request."""
    before = decide(judged, f"reject,{DOG}")
    assert DOG not in dataset(judged)
    assert before.status == "short"
    after = decide(judged, f"undo,{DOG}")
    assert after.status == "complete"
    assert DOG in dataset(judged)


def test_what_took_the_place_meanwhile_keeps_it(judged: Folder) -> None:
    """Quotas stay exact: who comes back into a full class is spare."""
    judged.judge(DOGS[2][1], picture(300), Verdict.SPARE, "class-full")
    decide(judged, f"reject,{DOG}")
    report = decide(judged, f"undo,{DOG}")
    assert fate(judged, DOG) == (Verdict.SPARE, "class-full")
    assert report.accepted == 4


def test_a_picture_that_another_class_has_taken_since_does_not_come_back(judged: Folder) -> None:
    """One picture under two labels is a conflict, whoever asks for it."""
    decide(judged, f"reject,{DOG}")
    judged.come_back()
    judged.accept(CATS[5][1], picture(10))
    with pytest.raises(UsageError, match="The same picture has since been taken as cat; reject"):
        decide(judged, f"undo,{DOG}")
    assert fate(judged, DOG) == BY_HAND


def test_a_pardon_is_noted_for_the_next_replay(judged: Folder) -> None:
    """Once, by id; a pardon that is in force cannot be undone, only its images rejected."""
    id_ = judged.learned_id
    decide(judged, f"pardon,{id_}")
    decide(judged, f"pardon,{id_}")
    assert judged.notes("pardon") == [{"picture": id_}]
    with pytest.raises(UsageError, match=r"This pardon is in force"):
        decide(judged, f"undo,{id_}")
    (line,) = api.placeholders(judged.root)
    assert (line.id, line.pardoned) == (id_, True)


def test_known_placeholders_and_bodies_are_pardoned_by_sha256(judged: Folder) -> None:
    seen = judged.rows()[DOGS[3][1]].inspection
    assert seen is not None
    decide(judged, f"pardon,{seen.sha256.hex()}")
    assert judged.notes("pardon") == [{"picture": seen.sha256.hex()}]


def test_a_pardon_can_be_undone_before_it_is_in_force(judged: Folder) -> None:
    id_ = judged.learned_id
    decide(judged, f"pardon,{id_}", f"undo,{id_}", f"reject,{CAT}")
    assert judged.notes("pardon") == []


def test_nobody_reviews_a_build_at_work(judged: Folder) -> None:
    """The folder is held; the journal has one pen."""
    with pytest.raises(LockedError, match="is at work here"):
        api.review(judged.root, decisions=_file(judged, f"reject,{CAT}"))


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no build is here"):
        api.review(tmp_path / "nothing", decisions="-")
    assert not (tmp_path / "nothing").exists()


def test_a_review_that_ended_before_packing_is_made_good(judged: Folder) -> None:
    """The journal was told, the dataset not yet: the next review packs, though it has nothing to decide."""
    decide(judged, f"reject,{CATS[1][1]}")
    stop = api.StopSignal()
    stop.request()
    ended = api.review(judged.root, decisions=_file(judged, f"reject,{CAT}"), stop=stop)
    assert ended.status == "interrupted"
    assert CAT in dataset(judged)
    assert fate(judged, CAT) == BY_HAND
    decide(judged, "# nothing")
    assert dataset(judged) == sorted([DOGS[0][1], DOGS[1][1]])


def _file(one: Folder, *lines: str) -> Path:
    file = one.root.parent / "other.csv"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file
