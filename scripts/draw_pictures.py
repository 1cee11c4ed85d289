"""Draw the README's pictures from a real demo: ``python scripts/draw_pictures.py`` (needs chromium)."""

import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.segment import Segment
from rich.text import Text

import gleanset
from gleanset.cli.class_field import glyphs_for
from gleanset.cli.frame import live_frame
from gleanset.cli.progress import _STYLES
from gleanset.terms.tally import Tally

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
COLUMNS, LINES = 104, 26
PAGE_PX, CUT_PX, SHOWN_PX = 1180, 1160, 900
"""The report's width on screen, how much of its length is kept, and how wide it is drawn."""


def main() -> None:
    seen: list[Tally] = []
    with tempfile.TemporaryDirectory() as folder:
        report = gleanset.demo(Path(folder) / "demo", progress=seen.append)
        collecting = [tally for tally in seen if tally.phase == "collecting"]
        PICTURES.mkdir(exist_ok=True)
        draw_live_view(min(collecting, key=lambda tally: abs(tally.accepted - 0.65 * report.accepted)))
        draw_report(Path(report.page), Path(folder))


def draw_live_view(tally: Tally) -> None:
    """One moment of the live view, as SVG. Fonts are those of whoever looks."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in live_frame(tally, COLUMNS, LINES, glyphs_for("utf-8"), ""):
        segments = [Segment(text, _STYLES[style]) for text, style in line]
        console.print(Text.assemble(*((one.text, one.style or "") for one in segments)), soft_wrap=True)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="gleanset demo"), flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace')
    (PICTURES / "live-view.svg").write_text(svg, encoding="utf-8")


def draw_report(page: Path, folder: Path) -> None:
    """The upper part of the report, as PNG of few colours."""
    browser = shutil.which("chromium")
    assert browser is not None, "no chromium on PATH: apt-get install chromium"
    shot = folder / "report.png"
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")
    subprocess.run(
        [
            *(browser, *flags, f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=3000"),
            *(f"--window-size={PAGE_PX},{CUT_PX}", f"--screenshot={shot}", page.as_uri()),
        ],
        check=True,
        capture_output=True,
    )
    size = (SHOWN_PX, CUT_PX * SHOWN_PX // PAGE_PX)
    with Image.open(shot) as whole:
        picture = whole.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    picture.quantize(128, Image.Quantize.MAXCOVERAGE).save(PICTURES / "report.png", optimize=True)


if __name__ == "__main__":
    main()
