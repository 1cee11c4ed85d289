"""Before classes are drawn on old rates: a sample of the candidates is asked, and counts for the build.

It is collected beside the build's own state, since candidates are numbered by the plan that it serves. When
the plan is made, what came of the sample is adopted: bodies are moved, rows are numbered anew and written in
one transaction. A kill at any moment costs nothing but the way back to it.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from ..errors import UsageError, storage_errors
from ..plan.beliefs import Beliefs
from ..recipe import Recipe
from ..run.assembly import Collection, CollectSettings
from ..run.notes import REST
from ..run.patience import Patience
from ..store.durable import sync_folder, write_atomically
from ..store.journal import Journal, JournalReader
from ..store.journal_rows import JournalRow, Note
from ..store.pool import Pool
from ..store.rows import LabelledRows
from ..store.workdir import Workdir
from ..terms.outcome import FAILURE_BY_WORD, Failed
from ..terms.plan import Plan, PlannedClass, Quota
from ..terms.tally import Tally
from ..terms.verdict import Finding, Judgement, Settlement, Verdict
from ..urls import host_of, politeness_group
from .learning import learn_from
from .results import Progress, StopSignal
from .sample import draw_sample, write_sample

MOST, LEAST = 1000, 150
"""URLs; fewer would not be a measurement (`plan.beliefs.ENOUGH_TRIES`), and are not asked."""
SHARE = 0.05
"""Of the candidates, at most: a build that wants little must not ask for much."""
LONGEST_S = 60.0
LONGEST_PATIENCE_S = 5.0
ENOUGH, ENOUGH_S = 0.8, 7.0
"""Share of the sample that is decided, and seconds, after which the rest is not waited for: a connection is
given up after 5 s, so that dead sites have shown themselves by then.
"""
_FOLDER = "gleanset-sample"
"""No other name: ``--work`` may name a folder with a person's own things, and this one is deleted."""
_KEY, _PREFIX, _ADOPTED = "recipe.sha256", "sample-", "sample-adopted"


def sample_size(recipe: Recipe, plan: Plan, beliefs: Beliefs) -> int:
    """How many URLs are asked before the draw; 0: none, since none is due or the list is too short for it."""
    if beliefs.measured or recipe.drawn or not plan.drawn:
        return 0
    n_urls = sum(one.candidates for one in (*plan.classes, *plan.reserves))
    size = min(MOST, int(SHARE * n_urls))
    return size if size >= LEAST else 0


def take_sample(
    workdir: Workdir,
    recipe: Recipe,
    sources: Sequence[LabelledRows],
    settings: CollectSettings,
    size: int,
    say: Progress,
    stop: StopSignal,
) -> None:
    """Ask a sample, or go on with one, and keep what it teaches of hosts.

    Raises:
        StoppedError: ``stop`` asked for an end; the same call goes on.
    """
    inner = _place(workdir)
    key = f"{recipe.collection_digest([source.digest() for source in sources])} {size}\n"
    if not _is_for(inner, key):
        drop_sample(workdir)
        with storage_errors("making the folder", inner.state):
            inner.state.mkdir()
        say(Tally("planning", 0.0, note=f"choosing a sample of {size:,} URLs"))
        drawn = draw_sample(recipe, sources, size, stop)
        write_sample(recipe, sources, drawn, inner.pool)
        write_atomically(inner.state / _KEY, key)
    pool = Pool.open(inner.pool)
    with Journal(inner.journal) as journal:
        settings = replace(settings, patience=_brief(recipe))
        collection = Collection(inner, _everything(pool, recipe.seed), pool, journal, settings)
        note = f"sampling {pool.n:,} URLs before classes are drawn"
        if not collection.complete:
            began_s = time.monotonic()
            collection.run(
                progress=lambda tally: say(replace(tally, note=note)),
                stopping=lambda: stop.requested or _is_enough(collection, pool.n, began_s),
            )
        learn_from(recipe, pool, journal)
    stop.check()


def _is_enough(collection: Collection, n: int, began_s: float) -> bool:
    """Whether nearly all is decided, and what hangs has had the time to fail once, which counts as dead."""
    decided = collection.statistics.tried >= ENOUGH * n
    return decided and time.monotonic() - began_s >= ENOUGH_S


def drop_sample(workdir: Workdir) -> None:
    """Forget a sample that serves no plan any more."""
    shutil.rmtree(workdir.state / _FOLDER, ignore_errors=True)


def adopt_sample(workdir: Workdir, pool: Pool, journal: Journal) -> None:
    """Make the sample's answers the build's own, as far as their classes are in it, and once."""
    inner = _place(workdir)
    if not inner.state.is_dir():
        return
    if not any(note.kind == _ADOPTED for note in journal.notes()) and inner.journal.exists():
        sample = Pool.open(inner.pool)
        numbers = _numbers(sample, pool)
        places = {name: place for place, name in enumerate(pool.hosts)}
        with JournalReader(inner.journal) as told:
            rows = [row for row in told.rows() if row.candidate in numbers]
            rests = [note for note in told.notes() if note.kind == REST]
        _move_bodies(inner, workdir)
        settlements = [_settlement(row, numbers[row.candidate], sample, places) for row in rows]
        journal.write(settlements, [*rests, Note(_ADOPTED, {"rows": len(rows)})])
    drop_sample(workdir)


def replanned(plan: Plan, plan_again: Plan | UsageError, size: int) -> Plan:
    """The plan on the rates of the sample; where these refuse the draw, the plan as it was, which says so."""
    said = (
        f"About {size:,} URLs were sampled before classes were drawn, since little was known of their hosts; "
        "what they brought counts."
    )
    if isinstance(plan_again, Plan):
        return replace(plan_again, notes=(*plan_again.notes, said))
    return replace(plan, notes=(*plan.notes, said, f"By that sample: {plan_again}"))


def _place(workdir: Workdir) -> Workdir:
    return Workdir(workdir.root, workdir.state / _FOLDER)


def _is_for(inner: Workdir, key: str) -> bool:
    """Whether a sample was drawn for just this recipe; its key is written last."""
    try:
        return (inner.state / _KEY).read_text(encoding="utf-8") == key
    except (OSError, UnicodeDecodeError):
        return False


def _brief(recipe: Recipe) -> Patience:
    limits_s = [LONGEST_S] if recipe.time_limit is None else [LONGEST_S, recipe.time_limit]
    return Patience(min(recipe.patience, LONGEST_PATIENCE_S), limit_s=min(limits_s))


def _everything(pool: Pool, seed: int) -> Plan:
    """Every URL of every class, once."""
    return Plan(tuple(PlannedClass(label, label, Quota(), 0, 0.0, 0.0) for label in pool.labels), (), seed)


def _numbers(sample: Pool, pool: Pool) -> Mapping[int, int]:
    """Candidate of the sample to the same URL's candidate in the build, where it is of the same class."""
    urls = [sample.url(i) for i in range(sample.n)]
    found = {
        (url, pool.labels[pool.label[number]]): number
        for url, number in pool.find_all(pa.array(urls, pa.string()))
    }
    keys = [(url, sample.labels[sample.label[i]]) for i, url in enumerate(urls)]
    return {i: found[key] for i, key in enumerate(keys) if key in found}


def _move_bodies(inner: Workdir, workdir: Workdir) -> None:
    """Segments under names that no worker of the build gives; those that were moved before are there."""
    if not inner.blobs.is_dir():
        return
    with storage_errors("moving the sample's bodies", workdir.blobs):
        workdir.blobs.mkdir(exist_ok=True)
        for segment in sorted(inner.blobs.glob("*.seg")):
            segment.replace(workdir.blobs / f"{_PREFIX}{segment.name}")
        sync_folder(workdir.blobs)


def _settlement(row: JournalRow, number: int, sample: Pool, places: Mapping[str, int]) -> Settlement:
    """The row as the build's own. What was accepted waits as spare: the replay admits what has a place."""
    verdict, reason = row.verdict, row.reason
    if verdict is Verdict.ACCEPTED:
        verdict, reason = Verdict.SPARE, Judgement.CLASS_FULL.word
    if row.at_s is None or row.elapsed_s is None:
        return Settlement(number, verdict, reason, row.attempts, None, row.due_at_s)
    return Settlement(
        number, verdict, reason, row.attempts, _finding(row, number, sample, places), row.due_at_s
    )


def _finding(row: JournalRow, number: int, sample: Pool, places: Mapping[str, int]) -> Finding:
    failure = FAILURE_BY_WORD.get(row.reason)
    failed = None
    if row.inspection is None and failure is not None:
        failed = Failed(failure, row.status, row.detail)
    return Finding(
        number,
        row.attempts,
        places.get(_group(row, sample), len(places)),
        row.elapsed_s or 0.0,
        row.at_s or 0.0,
        failed=failed,
        inspection=row.inspection,
        blob=replace(row.blob, segment=f"{_PREFIX}{row.blob.segment}") if row.blob else None,
        status=row.status,
        final_url=row.final_url,
        headers=row.headers,
        address=row.address,
        revived=row.revived or "",
    )


def _group(row: JournalRow, sample: Pool) -> str:
    """The group that a row's request went to last."""
    if row.host is not None and row.host < len(sample.hosts):
        return sample.hosts[row.host]
    return politeness_group(host_of(row.final_url)) if row.final_url else ""
