"""The whole job: survey, plan, collect, pack, report; and the same again from where it stopped."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..catalog.select import Selection
from ..errors import UsageError, WorkdirError
from ..fetch.revive import near_date
from ..recipe import Recipe
from ..review.rulings import REVIEWED
from ..run.assembly import Collection, CollectSettings
from ..run.check_trial import try_check
from ..run.engine import Ending
from ..run.notes import PARDON
from ..run.patience import Patience
from ..run.screening import SCREENED
from ..store.excluded import Excluded
from ..store.ingest import build_pool
from ..store.journal import Journal, Note
from ..store.pool import Pool
from ..store.workdir import Workdir
from ..terms.plan import GroupCensus, Plan
from ..terms.tally import Tally
from . import saved
from .evidence import own_signatures, pardons, signatures
from .excluding import as_exclusions, keep, kept, screening_digest, screening_of
from .finishing import finish, form_of
from .going_on import go_on, has_login, write_recipe
from .knowing import believed
from .learning import known_hosts, learn_from
from .lists import (
    Surveyed,
    census_of,
    choose,
    graph_for,
    groups_of,
    look,
    names_and_parents,
    plan_of,
)
from .local_first import check_local, take_local
from .network import check_network, network_of
from .presence import dataset_is_whole, require_journal
from .renaming import as_chosen
from .results import Progress, Report, StoppedError, StopSignal
from .sample_first import adopt_sample, drop_sample, replanned, sample_size, take_sample
from .saved import Saved, quotas_of
from .standing import Standing


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A build that was planned, but of which nothing lies on the disk yet."""

    surveyed: Surveyed
    selection: Selection
    groups: GroupCensus
    plan: Plan
    sample: int = 0
    """URLs to ask before classes are drawn."""


def build_into(recipe: Recipe, out: Path, progress: Progress, stop: StopSignal) -> Report:
    """Begin a build, or go on with the one in ``out``."""
    try:
        return _build_into(recipe, out, progress, stop)
    except StoppedError:
        nothing: dict[str, int] = {}
        return Report("interrupted", str(out.resolve()), "", (), 0, 0, nothing, 0, 0.0, 0.0)


def _build_into(recipe: Recipe, out: Path, progress: Progress, stop: StopSignal) -> Report:
    started_s = time.monotonic()
    check_network(recipe)
    check_local(recipe.local)

    def say(tally: Tally) -> None:
        progress(replace(tally, elapsed_s=tally.elapsed_s or time.monotonic() - started_s))

    check_judgement(recipe)
    prepared = None if _occupied(out) else _prepare(recipe, say, stop)
    work = Path(recipe.work) if recipe.work else None
    with Workdir.open(out, work) as workdir:
        known = saved.read(workdir)
        if known is None:
            prepared = _sampled(workdir, recipe, prepared or _prepare(recipe, say, stop), say, stop)
            known = _begin(workdir, recipe, prepared, say)
        else:
            recipe, known = go_on(workdir, recipe, known)
        return _collect_and_finish(workdir, recipe, known, say, stop)


def _occupied(out: Path) -> bool:
    """Whether something lies in ``out``: a build to go on with, or files that are not ours."""
    return out.is_dir() and any(out.iterdir())


def _prepare(recipe: Recipe, say: Progress, stop: StopSignal) -> _Prepared:
    """Everything that can be refused, before anything is written."""
    stop.check()
    if not recipe.lists:
        raise UsageError(
            "No list was named and no build lies in that folder. Name a list of labelled image URLs: "
            "`gleanset build LIST -o DIR`."
        )
    say(Tally("reading", 0.0, note=", ".join(recipe.lists)))
    surveyed = look(recipe, stop)
    say(Tally("planning", 0.0, note=f"{surveyed.survey.urls:,} URLs of {surveyed.survey.classes:,} classes"))
    census = census_of(recipe, surveyed)
    selection = choose(recipe, census, surveyed.sources)
    groups = groups_of(recipe, surveyed)
    beliefs = believed(recipe, groups)
    plan = plan_of(recipe, groups, selection, beliefs)
    return _Prepared(surveyed, selection, groups, plan, sample_size(recipe, plan, beliefs))


def _sampled(
    workdir: Workdir, recipe: Recipe, prepared: _Prepared, say: Progress, stop: StopSignal
) -> _Prepared:
    """Ask a sample first where one is due, and plan anew on what it showed."""
    if not prepared.sample:
        drop_sample(workdir)
        return prepared
    settings = collect_settings(recipe, prepared.selection.labels, prepared.surveyed.excluded)
    take_sample(workdir, recipe, prepared.surveyed.wanted, settings, prepared.sample, say, stop)
    again: Plan | UsageError
    try:
        beliefs = believed(recipe, prepared.groups)
        again = plan_of(recipe, prepared.groups, prepared.selection, beliefs)
    except UsageError as error:
        again = error
    return replace(prepared, plan=replanned(prepared.plan, again, prepared.sample))


def _begin(workdir: Workdir, recipe: Recipe, prepared: _Prepared, say: Progress) -> Saved:
    """Write pool, recipe and plan. The plan comes last: with it the build exists."""
    plan, selection = prepared.plan, prepared.selection
    planned = (*plan.classes, *plan.reserves)
    labels = [one.label for one in planned]
    _sort(workdir, recipe, prepared.surveyed, selection, plan, say)
    names, parents = names_and_parents(labels, recipe, prepared.surveyed.sources)
    known = Saved(
        plan=plan,
        list_sha256=prepared.surveyed.digests,
        odd_lines=prepared.surveyed.survey.odd_lines,
        names={label: tuple(words) for label, words in names.items()},
        parents={label: tuple(ids) for label, ids in parents.items()},
        own_quotas=tuple(selection.quotas),
        proxy_login=has_login(recipe.proxy),
    )
    keep(workdir, prepared.surveyed.excluded)
    write_recipe(workdir, recipe, known)
    saved.write(workdir, known)
    return known


def _sort(
    workdir: Workdir, recipe: Recipe, surveyed: Surveyed, selection: Selection, plan: Plan, say: Progress
) -> None:
    """Write the pool: the same lists, recipe and plan give the same numbers."""
    labels = [one.label for one in (*plan.classes, *plan.reserves)]
    selection = selection.settled(labels)
    graph = graph_for(labels, recipe, surveyed.sources)
    note = f"sorting the URLs of {len(labels):,} classes"
    say(Tally("planning", 0.0, note=note, classes=len(plan.classes)))
    build_pool(
        [as_chosen(source, selection) for source in surveyed.sources],
        labels=labels,
        seed=recipe.seed,
        path=workdir.pool,
        hosts=recipe.hosts,
        exclude_hosts=recipe.exclude_hosts,
        more_specific=graph.most_specific,
        excluded=surveyed.excluded.urls,
        keep_conflicts=recipe.label_conflicts == "keep",
    )


def _sort_again(workdir: Workdir, recipe: Recipe, known: Saved, say: Progress, stop: StopSignal) -> None:
    """The pool was lost: make it from the lists, if they are at hand and still what they were."""
    surveyed = look(recipe, stop, kept(workdir).first)
    if [digest for _, digest in surveyed.digests] != [digest for _, digest in known.list_sha256]:
        raise WorkdirError(
            f"{workdir.pool} is gone, and the lists are not what they were. Restore one of them from a copy."
        )
    selection = choose(recipe, census_of(recipe, surveyed), surveyed.sources)
    _sort(workdir, recipe, surveyed, selection, known.plan, say)


def _collect_and_finish(
    workdir: Workdir, recipe: Recipe, known: Saved, say: Progress, stop: StopSignal
) -> Report:
    require_journal(workdir)
    if not workdir.pool.exists():
        _sort_again(workdir, recipe, known, say, stop)
    pool = Pool.open(workdir.pool)
    excluded = kept(workdir)
    digest = screening_digest(excluded, own_signatures(recipe.placeholders))
    with Journal(workdir.journal) as journal:
        adopt_sample(workdir, pool, journal)
        note_pardons(journal, pardons(recipe.pardon))
        last = last_pack(journal)
        met = last.get("status") == "complete" and last.get("quotas") == quotas_of(known.plan)
        met = met and last.get(SCREENED, "") == digest
        if met and last.get("form") == form_of(recipe) and dataset_is_whole(workdir.root):
            return Standing(known.plan, pool, journal).report(
                "complete", str(workdir.root), page=_page(workdir)
            )
        stopped, trouble = False, ""
        if not met:
            settings = collect_settings(recipe, excluded=excluded)
            take_local(workdir, recipe.local, known, pool, journal, settings, say, stop)
            collection = collection_of(workdir, recipe, known, pool, journal, excluded)
            stopped = _collect(collection, say, stop)
            trouble = learn_from(recipe, pool, journal, collection.rates_per_s())
        standing = Standing(known.plan, pool, journal)
        report = None
        with suppress(StoppedError):
            if not stopped:
                report = finish(workdir, recipe, known, pool, journal, standing, say, stop)
        report = report or standing.report("interrupted", str(workdir.root))
        return replace(report, notes=(*report.notes, trouble)) if trouble else report


def collection_of(
    workdir: Workdir, recipe: Recipe, known: Saved, pool: Pool, journal: Journal, excluded: Excluded
) -> Collection:
    """The collection of a build, with what earlier ones learned of its hosts."""
    settings = collect_settings(recipe, [one.label for one in known.plan.classes], excluded)
    settings = replace(settings, screening=screening_of(recipe, pool, excluded))
    hosts = known_hosts(recipe, pool.hosts).hosts
    return Collection(workdir, known.plan, pool, journal, replace(settings, known=hosts))


def _collect(collection: Collection, say: Progress, stop: StopSignal) -> bool:
    """Collect what is wanted; whether it was stopped before its end."""
    if collection.complete:
        return False
    if stop.requested:
        return True
    return collection.run(progress=say, stopping=lambda: stop.requested).ending is Ending.STOPPED


def last_pack(journal: Journal) -> dict[str, Any]:
    """How the last run that came to its end left the dataset; empty before, and since a review changed it."""
    packed = [note for note in journal.notes() if note.kind in {"packed", REVIEWED, PARDON}]
    return packed[-1].payload if packed and packed[-1].kind == "packed" else {}


def note_pardons(journal: Journal, pictures: Sequence[str]) -> None:
    """Write down who is pardoned, for good: the option need not be given again."""
    noted = {note.payload["picture"] for note in journal.notes() if note.kind == PARDON}
    new = [Note(PARDON, {"picture": picture}) for picture in pictures if picture not in noted]
    journal.write([], new)


def _page(workdir: Workdir) -> str:
    page = workdir.root / "report.html"
    return str(page) if page.exists() else ""


def check_judgement(recipe: Recipe) -> None:
    """Refuse what would decide about pictures and cannot, before anything is written."""
    own_signatures(recipe.placeholders)
    pardons(recipe.pardon)
    if recipe.check:
        try_check(recipe.check, str(Path.cwd()))


def collect_settings(
    recipe: Recipe, labels: Sequence[str] = (), excluded: Excluded = Excluded()
) -> CollectSettings:
    """How the recipe wants its images fetched; the labels of the plan tell how old its URLs are."""
    return CollectSettings(
        fetch=replace(
            network_of(recipe),
            timeout_s=recipe.timeout,
            robots=not recipe.ignore_robots,
            opt_outs=not recipe.ignore_opt_outs,
        ),
        treatment=recipe.treatment(),
        patience=Patience(recipe.patience, limit_s=recipe.time_limit),
        revive=recipe.revive,
        near=near_date(labels),
        concurrency=recipe.concurrency,
        per_host=recipe.per_host,
        workers=recipe.workers,
        near_duplicates=recipe.near_duplicates,
        label_conflicts=recipe.label_conflicts,
        check=recipe.check or "",
        check_folder=str(Path.cwd()),
        signatures=signatures(recipe.placeholders),
        exclusions=as_exclusions(excluded),
        pardons=pardons(recipe.pardon),
    )
