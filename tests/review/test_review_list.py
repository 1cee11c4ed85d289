"""``review --list``: the learned placeholders as a table for people and as JSON for programs."""

import io
import json

import pytest

from gleanset.cli.main import main

from .conftest import CATS, Folder


def test_people_get_a_table(judged: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """With the id that a pardon names."""
    judged.leave()
    assert main(["review", str(judged.root), "--list"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "URLs", "revoked", "proof", "met", "at", "for", "example"]
    assert line.split() == [
        judged.learned_id, "3", "1", "same-body", "cat2.example", "and", "2", "more", CATS[2][1],
    ]  # fmt: skip


def test_programs_get_every_site_and_label(judged: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels as the list writes them; the journal is only read, so that a build may be at work."""
    assert main(["review", str(judged.root), "--list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["placeholders"]
    assert one == {
        "id": judged.learned_id,
        "proof": "same-body",
        "met": 3,
        "revoked": 1,
        "sites": [{"site": site, "urls": 1} for site in ("cat2.example", "cat3.example", "dog2.example")],
        "labels": [{"label": "cat", "urls": 2}, {"label": "dog", "urls": 1}],
        "width_px": 200,
        "height_px": 150,
        "url": CATS[2][1],
        "pardoned": False,
    }


def test_the_line_of_the_report_pardons(
    judged: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``echo pardon,ID | gleanset review DIR --from -``, word for word."""
    judged.leave()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"pardon,{judged.learned_id}\n"))
    assert main(["review", str(judged.root), "--from", "-", "--json"]) in {0, 3}
    capsys.readouterr()
    assert main(["review", str(judged.root), "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("  pardoned")
