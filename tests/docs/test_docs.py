"""The docs keep step: what exists is documented, what is documented exists."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gleanset
from gleanset.cli.first_tool import OURS
from gleanset.cli.main import doors
from gleanset.recipe import OPTIONS, TALK, option_name
from gleanset.terms.inspection import Flaw
from gleanset.terms.outcome import Failure
from gleanset.terms.verdict import Judgement, Verdict

FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def pages(project_root: Path) -> list[Path]:
    """Every page that people read."""
    return [
        project_root / "README.md",
        project_root / "CHANGELOG.md",
        *sorted((project_root / "docs").rglob("*.md")),
    ]


def _blocks(pages: list[Path], language: str) -> Iterator[tuple[str, str]]:
    for page in pages:
        for match in FENCED.finditer(page.read_text(encoding="utf-8")):
            if match[1] == language:
                yield page.name, match[2]


def test_the_command_line_reference_is_what_the_options_say(project_root: Path) -> None:
    """``make docs`` writes it; a changed option without a changed page ends here."""
    script = project_root / "scripts" / "write_cli_reference.py"
    spec = importlib.util.spec_from_file_location("write_cli_reference", script)
    assert spec is not None and spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "run `make docs`"


def test_every_command_and_option_is_in_the_reference(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    for name, command in doors().commands.items():
        assert f"`gleanset {name}" in text
        for param in command.params:
            for flag in param.opts:
                assert not flag.startswith("--") or re.search(rf"`{flag}[ `]", text), f"{name} {flag}"
    for field in (*OPTIONS, *TALK):
        assert f"`--{option_name(field)}" in text


@pytest.mark.parametrize("words", [Failure, Flaw, Judgement], ids=lambda words: words.__name__)
def test_every_reason_is_explained(project_root: Path, words: type[Failure | Flaw | Judgement]) -> None:
    text = (project_root / "docs" / "reference" / "reasons.md").read_text(encoding="utf-8")
    assert [one.word for one in words if f"| `{one.word}` |" not in text] == []


def test_every_verdict_is_explained(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "reasons.md").read_text(encoding="utf-8")
    assert [one.value for one in Verdict if f"| `{one.value}` |" not in text] == []


def test_no_reason_is_explained_that_does_not_exist(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "reasons.md").read_text(encoding="utf-8")
    known = {one.word for kind in (Failure, Flaw, Judgement) for one in kind} | {one.value for one in Verdict}
    assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == known


def test_fault_and_transience_in_the_reference_are_those_of_the_code(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "reasons.md").read_text(encoding="utf-8")
    faults = {"host": "host", "url": "URL", "us": "ours"}
    for one in Failure:
        passing = "yes" if one.transient else "no"
        assert f"| `{one.word}` | {faults[one.fault.value]} | {passing} |" in text, one.word


def test_every_argument_of_the_first_tool_has_its_row(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "coming-from.md").read_text(encoding="utf-8")
    assert [name for name in OURS if f"-{name}" not in text] == []


def test_every_public_name_of_python_is_documented(project_root: Path) -> None:
    text = (project_root / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    quiet = {"__version__", "ClassResult", "Quota"}
    assert [name for name in gleanset.__all__ if name not in quiet and name not in text] == []


def test_every_column_of_the_tables_is_documented(project_root: Path) -> None:
    from gleanset.pack.manifest import MANIFEST, OUTCOMES

    text = (project_root / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    assert [name for name in (*MANIFEST.names, *OUTCOMES.names) if f"`{name}`" not in text] == []


def test_options_that_the_docs_name_exist(pages: list[Path]) -> None:
    """In commands of ours alone; other programs have options of their own."""
    flags = {flag for command in doors().commands.values() for param in command.params for flag in param.opts}
    flags |= {"--help", "--version", "-h"}
    strange = [
        (page, flag)
        for page, code in _blocks(pages, "console")
        for line in code.splitlines()
        if line.startswith("$ gleanset")
        for flag in re.findall(r"(?<!\S)--?[a-z][a-z-]*", line.split("|")[0].split("#")[0].split(";")[0])
        if flag not in flags
    ]
    assert strange == []


def test_python_blocks_parse(pages: list[Path]) -> None:
    blocks = list(_blocks(pages, "python"))
    assert len(blocks) >= 5
    for _, code in blocks:
        ast.parse(code)


def test_commands_of_the_readme_are_targets_of_the_makefile(project_root: Path, pages: list[Path]) -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (project_root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {
        word
        for _, code in _blocks(pages, "console")
        for word in re.findall(r"^\$ make (\w+)", code, re.MULTILINE)
    }
    assert {"demo", "test"} <= named <= targets


def test_links_between_pages_lead_somewhere(pages: list[Path]) -> None:
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not target.startswith(("http", "mailto:")) and not (page.parent / target).exists()
    ]
    assert broken == []


def test_links_into_a_page_name_one_of_its_headings(pages: list[Path]) -> None:
    """As GitHub makes anchors: lower case, blanks as dashes, no other signs."""

    def anchors(page: Path) -> set[str]:
        heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}

    broken = [
        f"{page.name}: {target}#{anchor}"
        for page in pages
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not target.startswith("http") and anchor not in anchors(page.parent / target if target else page)
    ]
    assert broken == []


def test_every_page_of_the_four_kinds_can_be_reached_from_the_index(project_root: Path) -> None:
    docs = project_root / "docs"
    seen: set[Path] = set()
    todo = [docs / "index.md"]
    while todo:
        page = todo.pop()
        if page not in seen:
            seen.add(page)
            links = LINK.findall(page.read_text(encoding="utf-8"))
            todo += [(page.parent / link).resolve() for link in links if link.endswith(".md")]
    assert {page for page in docs.glob("*/*.md") if page.resolve() not in seen} == set()


def test_every_decision_is_in_the_list_of_decisions(project_root: Path) -> None:
    folder = project_root / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in folder.glob("0*.md") if page.name not in listed] == []
