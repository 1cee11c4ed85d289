"""The house stands: imports point down, no circle, minds touch nothing, workers stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

MINDS = ("catalog", "frontier", "inspection", "judge", "report", "plan")
TOUCHING = {"asyncio", "glob", "http", "io", "multiprocessing", "os", "pathlib", "random", "secrets"}
TOUCHING |= {"select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "time"}
TOUCHING |= {"urllib.request"}
ALLOWED = {
    ("inspection", "io"): "BytesIO: codecs read from bytes in memory through it",
    ("frontier", "random"): "random.Random(seed) alone: a seeded generator inside",
    ("plan", "random"): "random.Random(seed) alone: a rehearsal's luck",
}
LIGHT = (
    "gleanset.fetch.http",
    "gleanset.inspection.inspector",
    "gleanset.store.blobs",
    "gleanset.run.worker",
)
HEAVY = ("duckdb", "pyarrow", "pydantic", "click", "rich", "jinja2", "gleanset.recipe", "gleanset.api")


@pytest.fixture(scope="module")
def source(project_root: Path) -> Path:
    """The package's own folder."""
    return project_root / "src" / "gleanset"


def test_the_floors_of_pyproject_hold(project_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors above hall above meetings above wings above ground, and no wing knows another."""
    monkeypatch.chdir(project_root)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == EXIT_STATUS_SUCCESS


def test_no_import_runs_in_a_circle() -> None:
    """A circle means that two files are one thought."""
    graph = grimp.build_graph("gleanset", exclude_type_checking_imports=True, cache_dir=None)
    circles = [
        (module, target)
        for module in graph.modules - {"gleanset"}
        for target in graph.find_modules_directly_imported_by(module) - {"gleanset"}
        if graph.chain_exists(target, module)
    ]
    assert circles == []


def _imports(path: Path) -> set[str]:
    """Every module that a file imports absolutely, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_minds_touch_no_file_socket_clock_or_chance(source: Path) -> None:
    """What only thinks can be rehearsed, replayed and explained."""
    touching = [
        f"{path.relative_to(source)}: {name}"
        for mind in MINDS
        for path in sorted((source / mind).rglob("*.py"))
        for name in sorted(_imports(path) & TOUCHING)
        if (mind, name) not in ALLOWED
    ]
    assert touching == []


def test_chance_in_a_mind_is_seeded(source: Path) -> None:
    """``random.random()`` reads the machine; ``random.Random(seed)`` reads its seed."""
    for mind in MINDS:
        for path in (source / mind).rglob("*.py"):
            drawn = {name for name in _imports(path) if name.startswith("random.")}
            assert "random" not in _imports(path) or drawn == {"random.Random"}, path


def test_minds_do_not_ask_what_time_it_is(source: Path) -> None:
    """A date may be written from a number that was handed in; ``now`` is the meetings' business."""
    for mind in MINDS:
        for path in (source / mind).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}:
                    assert getattr(node.value, "id", "") not in {"datetime", "date"}, f"{path}:{node.lineno}"


def test_a_worker_loads_no_heavy_library() -> None:
    """Each costs every worker tens of megabytes and a third of a second."""
    program = f"import sys, importlib; [importlib.import_module(n) for n in {LIGHT}];"
    program += f"print([n for n in {HEAVY} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_every_public_function_and_class_says_what_it_means(source: Path) -> None:
    """Methods of values may speak for themselves; what a module offers is explained, and so is the module."""
    silent = []
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        public = [node for node in named if not node.name.startswith("_")]
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(str(path.relative_to(source)))
        silent += [f"{path.name}:{one.lineno} {one.name}" for one in public if ast.get_docstring(one) is None]
    assert silent == []


def test_the_library_prints_nothing(source: Path) -> None:
    """Results go through ``cli.output``; a notebook that calls ``build`` sees no line of ours."""
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                pytest.fail(f"{path}:{node.lineno} prints")
