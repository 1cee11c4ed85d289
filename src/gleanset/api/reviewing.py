"""Looking through what was kept: the page, a file of decisions, and what either comes to."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import GleansetError, UsageError
from ..figures import count
from ..recipe import Recipe
from ..review.album import Album
from ..review.decisions import Decision, DecisionLog, read_decisions
from ..review.desk import Desk
from ..review.gallery import Gallery, Sight
from ..review.page import review_page
from ..review.rulings import REVIEWED, rule
from ..review.server import Review
from ..run.notes import PARDON
from ..store.blobs import BlobReader
from ..store.journal import Journal, JournalReader
from ..store.pool import Pool
from ..store.workdir import STATE_NAME, Workdir
from ..terms.tally import Tally
from . import saved
from .building import collection_of
from .excluding import kept
from .finishing import finish
from .presence import require_journal, stored_recipe
from .results import Progress, Report, Status, StoppedError, StopSignal
from .saved import Saved
from .standing import Standing

LOG = "review.csv"
LISTEN_S, HEARD_S = 0.1, 5.0
"""How often a stop is looked for; how long the page has to fetch the last word."""
_FEW = 5
"""Classes that are named as short."""
Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Build:
    """A build that is held."""

    workdir: Workdir
    recipe: Recipe
    known: Saved
    pool: Pool
    journal: Journal

    def standing(self) -> Standing:
        """Where it stands now."""
        return Standing(self.known.plan, self.pool, self.journal)


def apply_file(out: Path, decisions: str | Path, say: Progress, stop: StopSignal) -> Report:
    """Put a file of decisions in force; ``-`` is standard input."""
    there(out)
    wanted = _read(decisions)
    with held_build(out) as build:
        return _apply(build, wanted, None, say, stop)


def serve_page(
    out: Path, port: int, *, refills: bool, announce: Announce, say: Progress, stop: StopSignal
) -> Report:
    """Serve the page until the person is done, then put the decisions in force."""
    there(out)
    with held_build(out) as build:
        standing = build.standing()
        with closing(BlobReader(build.workdir.blobs)) as blobs:
            review = review_of(build, standing, blobs, port, refills)
            with review:
                announce(review.url)
                while not review.done.wait(LISTEN_S):
                    if stop.requested:
                        return _kept(standing.report("interrupted", str(build.workdir.root)), review.desk)
                return _finished(build, review, refills, say, stop)


def review_of(build: Build, standing: Standing, blobs: BlobReader, port: int, refills: bool) -> Review:
    """The page of a build, not served yet."""
    inside = sorted(standing.inside, key=lambda c: standing.planned[c].label)
    shelves = [(c, standing.planned[c].label, standing.planned[c].name) for c in inside]
    album = Album(standing.rows(), build.pool, shelves)
    labels = [planned.name for planned in standing.planned]
    sight = Sight(build.workdir.root.name, build.pool, album, standing.placeholders, labels)
    desk = Desk(_log(build), build.pool, album.images, album.by_hand, standing.placeholders)
    command = f"gleanset build -o {shlex.quote(str(build.workdir.root))}"
    page = review_page(build.workdir.root.name, command, refills=refills)
    return Review(Gallery(sight, desk, blobs), desk, page, port)


def _finished(build: Build, review: Review, refills: bool, say: Progress, stop: StopSignal) -> Report:
    """Apply what was decided, and let the page know how that went."""

    def told(tally: Tally) -> None:
        review.tell("applying", done=tally.packed, total=tally.to_pack)
        say(tally)

    try:
        report = _apply(build, review.desk.close(), _log(build), told, stop)
    except GleansetError as error:
        review.tell("failed", title="That did not work", said=str(error))
        review.seen.wait(HEARD_S)
        raise
    short = report.status == "short"
    goes_on = " The build goes on in the terminal." if short and refills else ""
    said = f"{_told(report)}{goes_on}"
    review.tell("applied", title=_TITLES[report.status], said=said, next=short and not refills)
    review.seen.wait(HEARD_S)
    return report


_TITLES: dict[Status, str] = {
    "complete": "Done",
    "short": "Done, with gaps",
    "interrupted": "Stopped; the same command goes on",
}


def _kept(report: Report, desk: Desk) -> Report:
    """With a word on what waits for the next review."""
    n = len(desk.decisions())
    are = "decision is" if n == 1 else "decisions are"
    waits = f"{count(n)} {are} kept, not in force yet; the same command goes on."
    return replace(report, notes=(*report.notes, waits)) if n else report


def _told(report: Report) -> str:
    lacking = [(one.name, one.least - one.accepted) for one in report.classes if one.accepted < one.least]
    named = [f"{name} {count(n)}" for name, n in lacking[:_FEW]]
    if len(lacking) > _FEW:
        named.append(f"{count(len(lacking) - _FEW)} more classes")
    images, classes = count(report.accepted), count(len(report.classes))
    missing = f" Missing: {', '.join(named)}." if named else ""
    return f"{images} images in {classes} classes.{missing}"


def _apply(
    build: Build, decisions: Sequence[Decision], log: DecisionLog | None, say: Progress, stop: StopSignal
) -> Report:
    """Tell the journal, let spares and pardoned images step in, and pack. ``log``: where they were kept.

    A kill in between is made good by the next review, or build: the journal knows that its pack is stale.
    """
    workdir, journal = build.workdir, build.journal
    standing = build.standing()
    labels = [planned.label for planned in standing.planned]
    ruled = rule(decisions, standing.rows, build.pool, labels, standing.placeholders)
    if ruled:
        journal.write(ruled.settlements, ruled.notes())
    if log is not None:
        log.clear()
    if not is_stale(journal):
        return standing.report("short" if standing.short else "complete", str(workdir.root))
    # The replay gives places anew: to spares, and to what was pardoned. Nobody is asked.
    collection_of(workdir, build.recipe, build.known, build.pool, journal, kept(workdir))
    standing = build.standing()
    try:
        return finish(workdir, build.recipe, build.known, build.pool, journal, standing, say, stop)
    except StoppedError:
        return standing.report("interrupted", str(workdir.root))


def is_stale(journal: JournalReader) -> bool:
    """Whether a review has changed what is accepted since the dataset was packed."""
    kinds = [note.kind for note in journal.notes() if note.kind in {"packed", REVIEWED, PARDON}]
    return bool(kinds) and kinds[-1] != "packed"


def _log(build: Build) -> DecisionLog:
    return DecisionLog(build.workdir.state / LOG)


def there(out: Path) -> Workdir:
    """The places of a build.

    Raises:
        UsageError: there is none.
    """
    root = out.resolve()
    if not (root / STATE_NAME).is_dir():
        raise UsageError(f"{root}: no build is here. Name the folder that `gleanset build -o` was given.")
    return Workdir.at(out)


@contextmanager
def held_build(out: Path) -> Iterator[Build]:
    """The build in ``out``, while nobody else is at work there.

    Raises:
        LockedError: somebody is.
    """
    with Workdir.open(out) as workdir:
        known = saved.read_planned(workdir)
        recipe = stored_recipe(workdir)
        require_journal(workdir)
        pool = Pool.open(workdir.pool)
        with Journal(workdir.journal) as journal:
            yield Build(workdir, recipe, known, pool, journal)


def _read(decisions: str | Path) -> list[Decision]:
    """The lines of a file, or of standard input.

    Raises:
        UsageError: it cannot be read, or a line is none.
    """
    if str(decisions) == "-":
        return read_decisions(sys.stdin, "stdin")
    try:
        with Path(decisions).open(encoding="utf-8-sig", newline="") as lines:
            return read_decisions(lines, Path(decisions).name)
    except OSError as error:
        raise UsageError(f"--from {decisions}: {error.strerror}. Name a file of decisions.") from error
