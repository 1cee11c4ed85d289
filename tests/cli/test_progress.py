"""The live view: what is drawn, how often, and where."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gleanset.cli.class_field import FINE, PLAIN, Glyphs, Line, glyphs_for
from gleanset.cli.frame import PHASES, last_frame, live_frame, plain_line
from gleanset.cli.progress import DRAINING, FRAME_S, LINE_S, LiveView
from gleanset.clock import ManualClock
from gleanset.terms.tally import ClassProgress, Tally


def a_tally(n_classes: int = 20, part: float = 0.4, wanted: int = 800) -> Tally:
    """A build on its way, its third class short."""
    classes = tuple(
        ClassProgress(f"class {i}", round(part * wanted), wanted, 50, "short" if i == 2 else "open")
        for i in range(n_classes)
    )
    accepted = sum(one.accepted for one in classes)
    return Tally(
        phase="collecting",
        elapsed_s=134.0,
        classes_done=3,
        classes=n_classes,
        accepted=accepted,
        wanted=n_classes * wanted,
        tried=accepted * 2,
        in_flight=512,
        images_per_s=412.3,
        bytes_per_s=18.2e6,
        bytes_total=1_400_000_000,
        hosts_active=318,
        hosts_parked=41,
        reasons=(("not-found", 31_204), ("connect-timeout", 12_001), ("placeholder", 4_410)),
        eta_s=660.0,
        per_class=classes,
        groups=(("flickr", 1000, 800, 430.0), ("other", 1000, 300, 1390.0), ("all", 2000, 1100, 1820.0)),
    )


def text_of(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


class Terminal(io.StringIO):
    """A terminal that keeps what was written to it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    """A log file."""

    encoding = "utf-8"


@pytest.fixture
def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """80 columns, 24 lines, colours."""
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_the_view_says_what_people_ask() -> None:
    """Classes done, rates, hosts, failures by reason, time left."""
    said = "\n".join(text_of(live_frame(a_tally(), 100, 40, FINE)))
    for word in ("collecting", "11 min 00 s left", "40.0 %", "6,400 / 16,000 images", "3 of 20", "412.3/s",
                 "18.2 MB/s", "512", "318, 41 parked", "not-found 31,204", "connect-timeout", "80.0 %",
                 "0.54 s an image", "class 0", "320/800"):  # fmt: skip
        assert word in said, word


@given(
    st.integers(0, 120),
    st.floats(0, 1),
    st.integers(10, 200),
    st.integers(1, 60),
    st.sampled_from([FINE, PLAIN]),
    st.sampled_from(sorted(PHASES)),
    st.sampled_from(["", DRAINING]),
)
def test_no_picture_leaves_its_terminal(
    n: int, part: float, width: int, height: int, glyphs: Glyphs, phase: str, warning: str
) -> None:
    """A line too long wraps, a line too many scrolls: both would tear the view."""
    tally = replace(a_tally(n, part), phase=phase, note="a note", packed=3, to_pack=9)  # type: ignore[arg-type]
    for lines in (
        live_frame(tally, width, height, glyphs, warning),
        last_frame(tally, width, height, glyphs),
    ):
        assert all(cell_len(text) <= width for text in text_of(lines))
        assert len(lines) <= max(height, 1)
    if warning and height > 1 and width > len(warning) + 2:
        assert warning in "\n".join(text_of(live_frame(tally, width, height, glyphs, warning)))


@pytest.mark.parametrize(("width", "height"), [(60, 24), (80, 24), (200, 50), (60, 8)])
def test_the_first_lines_stay_on_small_terminals(width: int, height: int) -> None:
    """How far and how long: before all else."""
    said = "\n".join(text_of(live_frame(a_tally(200), width, height, FINE)))
    assert "collecting" in said
    assert "40.0 %" in said
    assert "images" in said


def test_few_classes_are_listed_and_many_become_a_field() -> None:
    """Twenty have names, a thousand have a glyph each, and the emptiest still have names."""
    few = "\n".join(text_of(live_frame(a_tally(20), 80, 24, FINE)))
    assert all(f"class {i} " in few for i in range(20))
    many = a_tally(1000)
    behind = replace(many.per_class[700], name="straggler", accepted=1)
    classes = (*many.per_class[:700], behind, *many.per_class[701:])
    said = text_of(live_frame(replace(many, per_class=classes), 120, 40, FINE))
    field = [line for line in said if re.fullmatch(r"  [·▁▂▃▄▅▆▇█]+", line)]
    assert sum(len(line) - 2 for line in field) == 1000
    assert any("straggler" in line and "1/800" in line for line in said)


def test_more_classes_than_cells_share_glyphs() -> None:
    """21,841 classes on 80 x 24: one glyph for some neighbours."""
    said = text_of(live_frame(a_tally(21_841), 80, 24, FINE))
    field = [line for line in said if re.fullmatch(r"  [·▁▂▃▄▅▆▇█]+", line)]
    assert 0 < len(field) < 12


@pytest.mark.parametrize("glyphs", [FINE, PLAIN])
def test_full_looks_different_from_nearly_full_without_colours(glyphs: Glyphs) -> None:
    """799 of 800 is not done."""
    nearly, full, empty = (
        text_of(live_frame(replace(a_tally(1), per_class=(ClassProgress("c", n, 800, 1),)), 80, 24, glyphs))[
            -1
        ]
        for n in (799, 800, 0)
    )
    bars = [line.replace("799/", "").replace("800/", "").replace("0/", "") for line in (nearly, full, empty)]
    assert len(set(bars)) == 3


def test_names_of_strangers_do_not_steer_the_terminal() -> None:
    """A label may hold an escape sequence that clears the screen or sets its title."""
    tally = a_tally(3)
    evil = replace(tally.per_class[0], name="\x1b[2J\x1b]0;owned\x07 cat\n")
    tally = replace(
        tally, per_class=(evil, *tally.per_class[1:]), note="\x1b[31m", reasons=(("check:\x1b[1m", 3),)
    )
    said = "".join(text_of(live_frame(tally, 100, 30, FINE))) + plain_line(tally)
    assert all(character.isprintable() for character in said)
    assert "cat" in said


def test_packing_counts_what_is_packed() -> None:
    """The bar starts anew: collecting is over."""
    said = "\n".join(
        text_of(live_frame(replace(a_tally(), phase="packing", packed=30, to_pack=120), 80, 24, FINE))
    )
    assert "25.0 %" in said
    assert "30 / 120 packed" in said


DOWN = "no host answers for 12 s: is the network down? Nothing is charged"


@pytest.mark.parametrize("height", [2, 3, 8, 24])
def test_what_slows_a_build_down_has_a_line_of_its_own(height: int) -> None:
    """Whoever looks at a view that stands still shall see why, on a small terminal too."""
    said = text_of(live_frame(replace(a_tally(), note=DOWN), 80, height, FINE))
    assert said[1] == f"  ! {DOWN}"
    assert DOWN not in said[0]
    assert f"collecting  ! {DOWN}  6,400" in plain_line(replace(a_tally(), note=DOWN))


def test_it_is_said_what_is_waited_for() -> None:
    """Nothing is under way, and nothing is broken: hosts are parked."""
    waiting = replace(a_tally(), in_flight=0, next_in_s=95.0)
    sentence = "! 41 hosts are parked; nobody can be asked for another 1 min 35 s"
    assert f"  {sentence}" in text_of(live_frame(waiting, 80, 24, FINE))
    assert sentence in plain_line(waiting)
    assert "1 host is parked" in plain_line(replace(waiting, hosts_parked=1))
    assert "nobody" not in plain_line(replace(waiting, next_in_s=None))


def test_in_a_log_trouble_is_said_when_it_begins_and_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds are long for somebody whose cable came loose; how long it lasts is no news each second."""
    monkeypatch.setenv("TERM", "dumb")
    stream, clock = Pipe(), ManualClock()
    with LiveView(stream=stream, clock=clock) as view:
        for note in ("", "no host answers for 1 s", "no host answers for 2 s", "", ""):
            view(replace(a_tally(), note=note))
            clock.advance(0.5)
    assert ["answers" in line for line in stream.getvalue().splitlines()] == [False, True, False]


def test_a_build_without_a_quota_has_no_percentage() -> None:
    """ "All there are" has no known end."""
    said = "\n".join(text_of(live_frame(replace(a_tally(), wanted=None, eta_s=None), 80, 24, FINE)))
    assert "6,400 images" in said
    assert "left" not in said


@pytest.mark.parametrize(
    ("encoding", "glyphs"), [("utf-8", FINE), ("UTF8", FINE), ("ascii", PLAIN), (None, PLAIN)]
)
def test_terminals_without_unicode_get_ascii(encoding: str | None, glyphs: Glyphs) -> None:
    """A question mark for every bar helps nobody."""
    assert glyphs_for(encoding) is glyphs
    if glyphs is PLAIN:
        assert "".join(text_of(live_frame(a_tally(300), 80, 30, glyphs))).isascii()


def test_at_most_eight_pictures_a_second(a_terminal: Terminal) -> None:
    """However often the engine calls."""
    clock = ManualClock()
    with LiveView(stream=a_terminal, clock=clock) as view:
        for _ in range(2000):
            view(a_tally())
            clock.advance(0.001)
        drawn = a_terminal.getvalue().count("collecting")
    assert 8 <= drawn <= 2 / FRAME_S + 1


def test_a_dear_picture_is_drawn_less_often(a_terminal: Terminal) -> None:
    """A picture that takes 10 ms may come every 0.6 s: below 2 % of a core."""

    class Slow(ManualClock):
        def now_s(self) -> float:
            self.advance(0.01)
            return super().now_s()

    clock = Slow()
    with LiveView(stream=a_terminal, clock=clock) as view:
        while clock.wall_s() - 1_700_000_000 < 12:
            view(a_tally())
        assert a_terminal.getvalue().count("collecting") <= 12 / 0.6 + 2


def test_a_change_of_phase_never_waits(a_terminal: Terminal) -> None:
    """Also where it lasts only a moment."""
    with LiveView(stream=a_terminal, clock=ManualClock()) as view:
        for phase in ("reading", "planning", "collecting", "packing", "done"):
            view(replace(a_tally(), phase=phase))
        drawn = a_terminal.getvalue()
    assert all(PHASES[phase] in drawn for phase in ("reading", "planning", "collecting", "packing", "done"))


def test_the_last_state_is_what_stays(a_terminal: Terminal) -> None:
    """The tally that came just before the end was too early for a drawing of its own."""
    with LiveView(stream=a_terminal, clock=ManualClock()) as view:
        view(a_tally(part=0.5))
        view(a_tally(part=0.99))
        assert "99.0 %" not in a_terminal.getvalue()
    assert "99.0 %" in a_terminal.getvalue()
    assert a_terminal.getvalue().endswith("\x1b[?25h")


def test_the_cursor_comes_back_after_an_error(a_terminal: Terminal) -> None:
    """A terminal without a cursor is a broken terminal."""
    with pytest.raises(ValueError, match="boom"), LiveView(stream=a_terminal, clock=ManualClock()) as view:
        view(a_tally())
        raise ValueError("boom")
    assert "\x1b[?25l" in a_terminal.getvalue()
    assert a_terminal.getvalue().endswith("\x1b[?25h")


def test_draining_is_said_with_the_next_tally(a_terminal: Terminal) -> None:
    """The first Ctrl-C gets an answer, though the picture of a moment ago is still fresh."""
    with LiveView(stream=a_terminal, clock=ManualClock()) as view:
        view(a_tally())
        view.draining()
        view(a_tally())
        assert DRAINING in a_terminal.getvalue()


def test_no_color_is_respected(a_terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor still moves; colours stay away."""
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7][0-9;]*m")
    with LiveView(stream=a_terminal, clock=ManualClock()) as view:
        view(a_tally())
    assert colour.search(a_terminal.getvalue())
    monkeypatch.setenv("NO_COLOR", "1")
    pale = Terminal()
    with LiveView(stream=pale, clock=ManualClock()) as view:
        view(a_tally())
    assert "40.0 %" in pale.getvalue()
    assert not colour.search(pale.getvalue())


@pytest.mark.parametrize("make", [Pipe, Terminal])
def test_elsewhere_a_line_every_ten_seconds(
    make: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For logs, and for terminals that cannot move their cursor."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream, clock = make(), ManualClock()
    with LiveView(stream=stream, clock=clock) as view:
        for _ in range(350):
            view(a_tally())
            clock.advance(0.1)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + 34.9 // LINE_S
    assert "\x1b" not in stream.getvalue()
    assert lines[0] == (
        "collecting  6,400 of 16,000 (40.0 %) images  3 of 20 classes  12,800 tried  412.3/s  18.2 MB/s  "
        "512 in flight  41 parked  2 min 14 s  11 min 00 s left"
    )


def test_a_log_has_its_warning_once_and_its_end() -> None:
    """Two tallies after the warning, one warning; the last tally is never lost."""
    stream, clock = Pipe(), ManualClock()
    with LiveView(stream=stream, clock=clock) as view:
        view(a_tally(part=0.1))
        view.draining()
        for part in (0.2, 0.3):
            view(a_tally(part=part))
            clock.advance(LINE_S)
        view(a_tally(part=0.35))
        view(a_tally(part=0.9))
    said = stream.getvalue()
    assert said.count(DRAINING) == 1
    assert "(90.0 %)" in said.splitlines()[-1]


def test_quiet_is_silent(a_terminal: Terminal) -> None:
    """Not even the cursor is hidden."""
    with LiveView(quiet=True, stream=a_terminal, clock=ManualClock()) as view:
        view(a_tally())
        view.draining()
        view(a_tally())
    assert a_terminal.getvalue() == ""


CHILD = """
import os, sys
sys.path.insert(0, {tests!r})
from test_progress import LiveView, ManualClock, a_tally
clock = ManualClock()
with LiveView(clock=clock) as view:
    view(a_tally())
    os.write(1, b"|")
    os.read(0, 1)
    clock.advance(1)
    view(a_tally())
    os.write(1, b"|")
"""


def test_a_narrower_terminal_gets_a_clean_picture() -> None:
    """Its lines were re-wrapped into more rows: all of these are wiped before the next drawing."""
    ours, theirs = pty.openpty()
    _resize(theirs, 80, 60)
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "NO_COLOR"}}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(tests=str(Path(__file__).parent))],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm", "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        first = _until_bar(ours)
        _resize(theirs, 50, 60)
        os.write(ours, b"\n")
        second = _until_bar(ours)
        os.close(theirs)
        assert child.wait(timeout=30) == 0
    finally:
        child.kill()
        os.close(ours)
    lines = [line for line in first.splitlines() if line]
    up = re.search(r"\x1b\[(\d+)A", second)
    assert up is not None
    assert int(up[1]) > len(live_frame(a_tally(), 79, 30, FINE))
    assert len(lines) > 10
    drawn = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]|\r", "", second.replace("\r\n", "\n"))
    assert all(cell_len(line) < 50 for line in drawn.splitlines())


def _resize(terminal: int, width: int, height: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def _until_bar(terminal: int) -> str:
    found = b""
    while b"|" not in found:
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, f"nothing came after {found!r}"
        found += os.read(terminal, 65_536)
    return found.partition(b"|")[0].decode()
