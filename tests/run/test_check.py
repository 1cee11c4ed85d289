"""The user's own check: found where it lies, asked with what it wants, and borne with."""

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gleanset.errors import UsageError
from gleanset.inspection.inspector import inspect
from gleanset.run.check import MOST_IN_A_ROW, Check, Checker, CheckTroubleError
from gleanset.run.check_trial import try_check
from gleanset.run.check_words import MOST, CheckWords
from gleanset.run.hand import environment
from gleanset.terms.inspection import Inspection, Treatment

ABOUT = {"url": "http://pets.example/a.jpg", "label": "cat"}


def seen(
    form: str = "JPEG", mode: str = "RGB", treatment: Treatment = Treatment()
) -> tuple[Inspection, bytes]:
    """A sound picture of 320x240, as the inspector sees it, and what is stored of it."""
    out = BytesIO()
    Image.linear_gradient("L").resize((320, 240)).convert(mode).save(out, form)
    found, body = inspect(out.getvalue(), treatment)
    assert body is not None
    return found, body


def asked(check: Check, *, proven: bool = True) -> Inspection:
    found, body = seen()
    return Checker(check, proven=proven).look(found, body, ABOUT, ABOUT["url"])


@pytest.mark.parametrize("answer", [None, False, "", np.bool_(False)])
def test_nothing_false_and_no_text_keep_the_picture(answer: object) -> None:
    assert asked(lambda *_: answer) == seen()[0]


def test_a_word_rejects_it_and_nothing_of_it_is_kept() -> None:
    found = asked(lambda *_: "too-blurry-2")
    assert (found.refused, found.flaw, found.stored) == ("too-blurry-2", None, None)
    assert found.phash == seen()[0].phash


def test_a_check_sees_what_the_dataset_would_get_and_hears_what_is_known() -> None:
    """The picture as it is stored, always in RGB; of the row, the facts of the picture as it came."""
    heard: list[Any] = []
    found, body = seen("GIF", "P", Treatment(size_px=120))
    Checker(lambda *said: heard.extend(said), proven=False).look(
        found, body, {**ABOUT, "licence": "cc0"}, "http://cdn.example/b.gif"
    )
    image, row = heard
    assert isinstance(image, Image.Image)
    assert (image.mode, image.size) == ("RGB", (160, 120))
    assert row == {
        "url": "http://pets.example/a.jpg",
        "label": "cat",
        "licence": "cc0",
        "final_url": "http://cdn.example/b.gif",
        "host": "pets.example",
        "width": 320,
        "height": 240,
        "format": "gif",
        "sha256": found.sha256.hex(),
    }


def test_a_grey_picture_is_shown_in_rgb() -> None:
    found, body = seen("PNG", "L")
    checker = Checker(lambda image, _: image.mode.lower(), proven=True)
    assert checker.look(found, body, ABOUT, "").refused == "rgb"


def raises(*_: object) -> None:
    raise RuntimeError("no\nface <model>")


def test_a_check_that_fails_on_the_first_picture_is_mistaken() -> None:
    with pytest.raises(CheckTroubleError, match="RuntimeError: no"):
        asked(raises, proven=False)


def test_a_check_that_has_worked_may_fail_now_and_then() -> None:
    """The picture is lost, the story is in the log."""
    found = asked(raises)
    assert (found.refused, found.stored) == ("error", None)
    assert "RuntimeError: no" in found.detail
    assert found.detail.isprintable()


def test_a_check_that_fails_all_the_time_is_broken_by_now() -> None:
    found, body = seen()
    checker = Checker(raises, proven=True)
    for _ in range(MOST_IN_A_ROW - 1):
        assert checker.look(found, body, ABOUT, "").refused == "error"
    with pytest.raises(CheckTroubleError):
        checker.look(found, body, ABOUT, "")


@pytest.mark.parametrize("answer", [True, 1, "Too Blurry", "x" * 41, "a_b", "é", ["odd"], "a\n", b"odd"])
def test_an_answer_that_is_no_word_is_a_failure(answer: object) -> None:
    with pytest.raises(CheckTroubleError, match="It answers None to keep a picture"):
        asked(lambda *_: answer, proven=False)


def test_the_first_hundred_words_are_kept() -> None:
    """Those of earlier runs among them."""
    words = CheckWords()
    words.recall("check:old")
    words.recall("not-found")
    assert [words.bounded(f"word-{i}") for i in range(MOST - 1)][-1] == f"word-{MOST - 2}"
    assert [words.bounded(word) for word in ("old", "word-0", "new", "newer")] == [
        "old",
        "word-0",
        "other",
        "other",
    ]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


CHECK = "def f(picture, row):\n    return None\n"


def test_a_file_with_the_name_of_a_library_is_refused(tmp_path: Path) -> None:
    """It would be imported in the library's place, or not at all."""
    write(tmp_path, statistics=CHECK, numpy=CHECK)
    for name in ("statistics", "numpy"):
        with pytest.raises(UsageError, match=f"{name}.py has the name of a library"):
            try_check(f"{name}:f", str(tmp_path))


def test_the_folder_is_searched_for_the_check_alone(tmp_path: Path) -> None:
    """No file of it is taken for a library; siblings of the check are found."""
    write(
        tmp_path,
        fractions="raise SystemExit('shadowed')",
        sibling="LIMIT = 100\n",
        mine=f"import fractions, sibling\n{CHECK}",
    )
    try_check("mine:f", str(tmp_path))


def test_the_folder_goes_before_what_is_installed(tmp_path: Path) -> None:
    """A file ``checks.py`` is meant, whoever else has called a package so."""
    here, installed = tmp_path / "here", tmp_path / "installed"
    for folder, text in ((here, CHECK), (installed, "g = 1")):
        folder.mkdir()
        write(folder, mychecks=text)
    command = "from gleanset.run.check import load_check; import sys; load_check('mychecks:f', sys.argv[1])"
    path = os.pathsep.join([str(installed), environment()["PYTHONPATH"]])
    ended = subprocess.run(
        [sys.executable, "-P", "-c", command, str(here)],
        env={**environment(), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_a_function_may_lie_deep_in_a_package(tmp_path: Path) -> None:
    """Dots lead to it on both sides of the colon."""
    package = tmp_path / "mine" / "of"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    write(package, faces=f"class Faces:\n    @staticmethod\n    {CHECK.replace(chr(10), chr(10) + '    ')}")
    try_check("mine.of.faces:Faces.f", str(tmp_path))
    with pytest.raises(UsageError, match=r"there is no module mine\.on, neither in"):
        try_check("mine.on.faces:Faces.f", str(tmp_path))


def test_what_a_module_prints_and_reads_disturbs_nobody(tmp_path: Path) -> None:
    write(tmp_path, mine=f"import sys\nprint('hello' * 1000)\nassert sys.stdin.read() == ''\n{CHECK}")
    try_check("mine:f", str(tmp_path))


def test_the_failure_of_an_import_is_told_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, mine="import json\njson.loads('{')\n")
    with pytest.raises(UsageError, match=r"importing mine failed: json.*Expecting property name"):
        try_check("mine:f", str(tmp_path))
    assert json.loads("{}") == {}
