"""Going on with a build: its recipe as it is kept, and what may be said anew."""

from dataclasses import replace
from urllib.parse import urlsplit

from ..errors import UsageError
from ..recipe import Recipe, quota_text
from ..store.durable import write_atomically
from ..store.workdir import Workdir
from ..terms.plan import PlannedClass, Quota
from . import saved
from .excluding import kept, refreshed
from .lists import open_lists
from .presence import stored_recipe
from .saved import Saved


def write_recipe(workdir: Workdir, recipe: Recipe, known: Saved) -> None:
    """Keep what the build was asked for, beside the dataset and with the state."""
    from .. import __version__

    drawn = {}
    if recipe.classes is not None:
        drawn = {
            "classes": [one.label for one in known.plan.classes],
            "reserves": [one.label for one in known.plan.reserves],
        }
    extra = {
        "list-sha256": dict(known.list_sha256),
        "exclude-sha256": {part.path: part.sha256 for part in kept(workdir).parts},
        "versions": {"gleanset": __version__},
    }
    text = recipe.to_toml({**extra, "drawn": drawn} if drawn else extra)
    write_atomically(workdir.state / "recipe.toml", text)
    write_atomically(workdir.recipe, text)


def go_on(workdir: Workdir, recipe: Recipe, known: Saved) -> tuple[Recipe, Saved]:
    """The recipe of the build in the folder, with what was said now where that may change."""
    stored = stored_recipe(workdir)
    merged = recipe.over(stored)
    _refuse_other_lists(recipe, stored, known)
    as_before = merged.model_copy(update={"images": stored.images})
    if changed := as_before.changes(stored):
        raise UsageError(
            f"{workdir.root} holds a build of another recipe: {'; '.join(changed)}. "
            "Leave these options out to go on with it, or choose another folder."
        )
    if merged.images != stored.images:
        _refuse_shares(known, merged)
        quotas = tuple(_requota(one, merged, known) for one in known.plan.classes)
        reserves = tuple(_requota(one, merged, known) for one in known.plan.reserves)
        known = replace(known, plan=replace(known.plan, classes=quotas, reserves=reserves))
        saved.write(workdir, known)
    known = _same_proxy(workdir, recipe, merged, known)
    parts_before = kept(workdir).parts
    if refreshed(workdir, merged.exclude).parts != parts_before or merged != stored:
        write_recipe(workdir, merged, known)
    return merged, known


def _same_proxy(workdir: Workdir, recipe: Recipe, merged: Recipe, known: Saved) -> Saved:
    """The recipe on disk has the proxy's address alone: whoever goes on has to name its password again."""
    said = "proxy" in recipe.model_fields_set
    if known.proxy_login and not said:
        raise UsageError(
            f"--proxy {merged.proxy}: this build began with a name and password for the proxy, which are not "
            "kept. Name it again, in full, with --proxy or GLEANSET_PROXY."
        )
    if not said or has_login(recipe.proxy) == known.proxy_login:
        return known
    known = replace(known, proxy_login=has_login(recipe.proxy))
    saved.write(workdir, known)
    return known


def has_login(proxy: str | None) -> bool:
    """Whether a proxy's URL names a user."""
    return "@" in urlsplit(proxy or "").netloc


def _refuse_shares(known: Saved, recipe: Recipe) -> None:
    """The quotas of a build with a total are shares of it, which another ``--images`` would not add up to."""
    if known.plan.total is not None:
        raise UsageError(
            f"--images {quota_text(recipe.images or Quota())}: this build spreads --total {known.plan.total} "
            "over its classes, and goes on with those shares. Leave --images out, or choose another folder."
        )


def _requota(one: PlannedClass, recipe: Recipe, known: Saved) -> PlannedClass:
    if one.label in known.own_quotas or recipe.images is None:
        return one
    return replace(one, quota=recipe.images)


def _refuse_other_lists(recipe: Recipe, stored: Recipe, known: Saved) -> None:
    """The lists that are named now must be those of the build, by content."""
    if not recipe.lists or "-" in recipe.lists:
        return
    now = [source.digest() for source in open_lists(recipe.over(stored))]
    if now != [digest for _, digest in known.list_sha256]:
        began = ", ".join(f"{name}, SHA-256 {digest[:12]}" for name, digest in known.list_sha256)
        raise UsageError(
            f"{', '.join(recipe.lists)}: not the list that the build in this folder began with ({began}). "
            "Choose another folder for another list."
        )
