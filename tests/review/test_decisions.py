"""A file of decisions is a table that people write, and a log that survives a kill."""

from pathlib import Path

import pytest

from gleanset.errors import UsageError
from gleanset.review.decisions import Action, Decision, DecisionLog, read_decisions


def lines(text: str) -> list[tuple[str, str, str]]:
    return [(one.action.value, one.what, one.label) for one in read_decisions(text.splitlines(True), "d.csv")]


def test_a_table_is_read_with_or_without_its_head() -> None:
    """Comments, empty lines, blanks around words and a third field are all what people write."""
    body = 'reject,n1_1\n\n# looked twice\n Pardon , 00ff00ff00ff00ff \nundo,"http://a.example/1,2.jpg",cat\n'
    wanted = [
        ("reject", "n1_1", ""),
        ("pardon", "00ff00ff00ff00ff", ""),
        ("undo", "http://a.example/1,2.jpg", "cat"),
    ]
    assert lines(body) == lines("action,what,label\n" + body) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reject,a\nrejekt,b\n", r"d\.csv:2: rejekt,b\. 'rejekt' is no action\. Did you mean reject\?"),
        ("zzz,b\n", r"d\.csv:1: zzz,b\. 'zzz' is no action\. Write reject, pardon or undo"),
        ("reject\n", r"d\.csv:1: reject\. It names nothing"),
        ("reject,a,b,c\n", r"d\.csv:1: reject,a,b,c\. A line has two or three fields"),
        ('reject,"a\n', r"d\.csv:1: .* Write a line as action,what"),
    ],
)
def test_a_slip_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lines(text)


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "review.csv")
    assert log.read() == []
    kept = [
        Decision(Action.REJECT, "a,b"),
        Decision(Action.UNDO, "a,b", "cat"),
        Decision(Action.PARDON, "ff"),
    ]
    for one in kept:
        log.add(one)
    assert [(one.action, one.what, one.label) for one in log.read()] == [
        (one.action, one.what, one.label) for one in kept
    ]
    log.clear()
    log.clear()
    assert log.read() == []


def test_a_torn_line_is_no_decision_and_is_written_over(tmp_path: Path) -> None:
    """A kill while the disk takes a line must neither reject half a key nor spoil the next one."""
    log = DecisionLog(tmp_path / "review.csv")
    log.add(Decision(Action.REJECT, "n1_1"))
    whole = log.path.read_bytes()
    for end in range(1, 10):
        log.path.write_bytes(whole + b"reject,n1_22222"[:end])
        assert [one.what for one in log.read()] == ["n1_1"]
        log.add(Decision(Action.REJECT, "n1_3"))
        assert [one.what for one in log.read()] == ["n1_1", "n1_3"]
