"""A probe: an even sample of a list is asked by the real engine, and what it shows is stated and kept."""

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import GleansetError, UsageError, storage_errors
from ..recipe import Recipe
from ..run.assembly import Collection
from ..run.engine import Ending
from ..store.excluded import Excluded
from ..store.journal import Journal, JournalReader
from ..store.mounts import machine_mounts, network_type
from ..store.pool import Pool
from ..store.workdir import Workdir, held
from ..terms.plan import Plan, PlannedClass, Quota
from ..terms.tally import Tally
from ..terms.verdict import Verdict
from .building import check_judgement, collect_settings
from .excluding import read_exclusions
from .learning import is_picture, is_try, learn_from, seconds_of
from .lists import home, licensed, open_lists, without
from .measuring import Answers, host_lines, kind_lines
from .network import check_network
from .probed import Probe
from .renaming import Watched
from .results import Progress, StoppedError, StopSignal
from .sample import Drawn, draw_sample, write_sample
from .traces import Sides

_FOLDERS = "probes"
"""In GLEANSET_HOME, where a probe works; what it fetched is gone when it ends."""
_STALE_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """What came of a sample."""

    pool: Pool
    answers: Answers
    crawl: Sides
    rejected: Counter[str]
    ending: Ending
    elapsed_s: float
    note: str


def probe_lists(recipe: Recipe, size: int, progress: Progress, stop: StopSignal) -> Probe:
    """Sample, ask, measure, keep.

    Raises:
        UsageError: an option or a list is refused; nothing was written.
    """
    if size < 1:
        raise UsageError(f"--sample {size}. A sample has at least one URL.")
    check_network(recipe)
    check_judgement(recipe)
    excluded = read_exclusions(recipe.exclude)
    progress(Tally("reading", 0.0, note=", ".join(recipe.lists)))
    opened = licensed(recipe, open_lists(recipe, stop.check))
    sources = without([Watched(source, stop.check) for source in opened], excluded)
    try:
        drawn = draw_sample(recipe, sources, size, stop)
        with _work_folder() as folder, Workdir.open(folder / "probe") as workdir:
            note = f"sampling {len(drawn.rows):,} of {drawn.n_urls:,} URLs"
            progress(Tally("planning", 0.0, note=note))
            write_sample(recipe, sources, drawn, workdir.pool)
            asked = _ask(recipe, excluded, drawn, workdir, progress, stop)
            return _measured(recipe, drawn, asked)
    except StoppedError:
        return Probe("interrupted", recipe.lists, 0, 0, 0, recipe.seed, (), (), 0, {}, (), 0.0)


def _ask(
    recipe: Recipe, excluded: Excluded, drawn: Drawn, workdir: Workdir, progress: Progress, stop: StopSignal
) -> _Asked:
    """Ask every URL of the sample once, under all the rules of a build, and keep what it teaches."""
    pool = Pool.open(workdir.pool)
    names = drawn.selection.names
    classes = tuple(PlannedClass(label, names[label], Quota(), 0, 0.0, 0.0) for label in pool.labels)
    plan = Plan(classes, (), recipe.seed)
    elapsed_s = 0.0

    def say(tally: Tally) -> None:
        nonlocal elapsed_s
        elapsed_s = tally.elapsed_s
        progress(replace(tally, note=f"a sample of {pool.n:,} URLs", wanted=None))

    with Journal(workdir.journal) as journal:
        collection = Collection(workdir, plan, pool, journal, collect_settings(recipe, excluded=excluded))
        ending = collection.run(progress=say, stopping=lambda: stop.requested).ending
        trouble = learn_from(recipe, pool, journal, probed=True)
        answers, crawl, rejected = _read(recipe, pool, journal)
        return _Asked(pool, answers, crawl, rejected, ending, elapsed_s, trouble)


def _read(recipe: Recipe, pool: Pool, journal: JournalReader) -> tuple[Answers, Sides, Counter[str]]:
    """The journal of a sample as numbers, as curves, and the reasons of what brought no picture."""
    decided, good, seconds = np.zeros(pool.n, bool), np.zeros(pool.n), np.zeros(pool.n)
    rejected: Counter[str] = Counter()
    crawl = Sides()
    for row in journal.rows():
        i, picture = row.candidate, is_picture(row)
        seconds[i], good[i] = seconds_of(row, recipe.timeout), picture
        decided[i] = row.verdict is not Verdict.DEFERRED or is_try(row)
        if not picture:
            rejected[row.reason] += 1
        if decided[i] and row.elapsed_s is not None:
            crawl.add(bool(pool.flickr[pool.host[i]]), picture, seconds[i])
    rejected.update(pool.unfit.column("reason").to_pylist())
    return Answers(pool, decided, good, seconds), crawl, rejected


def _measured(recipe: Recipe, drawn: Drawn, asked: _Asked) -> Probe:
    groups = kind_lines(asked.answers, drawn)
    hosts, n_hosts = host_lines(asked.answers, drawn)
    open_ = int((~asked.answers.decided).sum())
    notes = (*drawn.selection.notes, *_doubts(open_, asked.ending), *filter(None, (asked.note,)))
    return Probe(
        status="interrupted" if asked.ending is Ending.STOPPED else "complete",
        lists=recipe.lists,
        urls=drawn.n_urls,
        classes=len(set(drawn.strata.label.tolist())),
        sampled=asked.pool.n,
        seed=recipe.seed,
        groups=groups,
        hosts=hosts,
        n_hosts=n_hosts,
        rejected=dict(asked.rejected.most_common()),
        crawl=asked.crawl.points(),
        elapsed_s=asked.elapsed_s,
        notes=notes,
    )


def _doubts(n_open: int, ending: Ending) -> Iterator[str]:
    if ending is not Ending.SETTLED:
        yield (
            "Stopped before all of the sample was asked. What was learned until then is kept; the hosts that "
            "promised most were asked first, so the figures flatter the list."
        )
    if n_open:
        yield (
            f"{n_open:,} URLs of the sample have no answer; the others of their hosts, or of their kind of "
            "host, stand for them."
        )


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder for one probe, gone afterwards; what a killed one left is removed.

    It lies in GLEANSET_HOME, or with the machine's temporary files where that is on a network file system.
    """
    parent = home().resolve() / _FOLDERS
    if network_type(parent, machine_mounts()):
        parent = Path(tempfile.gettempdir()).resolve() / f"gleanset-{os.getuid()}"
    with storage_errors("making the folder", parent):
        parent.mkdir(parents=True, exist_ok=True)
        _tidy([entry for entry in parent.iterdir() if entry.is_dir() and not entry.is_symlink()])
        folder = Path(tempfile.mkdtemp(prefix="probe-", dir=parent))
    try:
        with held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(folders: Sequence[Path]) -> None:
    """Remove those that nobody holds. One that was made a moment ago may be held in the next."""
    for folder in folders:
        if time.time() - folder.stat().st_mtime < _STALE_S:
            continue
        try:
            with held(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except GleansetError:
            continue
