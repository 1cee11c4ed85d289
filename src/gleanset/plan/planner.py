"""From a census and a selection to a plan. Pure: equal arguments give equal plans."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..catalog.select import Selection
from ..errors import UsageError
from ..terms.plan import GroupCensus, Plan, PlannedClass, Quota
from .beliefs import Beliefs
from .draw import Drawn, Prospect, draw_classes
from .forecast import Forecast, Pace, bytes_on_disk
from .totals import Room, spread

_SHOWN = 5
_PROBABLE = 0.5


def make_plan(
    census: GroupCensus,
    selection: Selection,
    *,
    draw: int | None = None,
    quota: Quota = Quota(),
    total: int | None = None,
    seed: int = 0,
    beliefs: Beliefs | None = None,
    pace: Pace = Pace(),
    size_px: int | None = None,
) -> Plan:
    """Decide which classes are built with which quotas, and forecast what comes of it.

    ``draw``: how many classes there shall be, the explicit ones among them; None: all that were selected,
    except those without any URL that nobody named. ``total``: images over all classes, spread evenly within
    ``quota`` (``totals.spread``). ``quota`` is for classes without one of their own. ``beliefs`` None: those
    of 2019, which decide about draws and shares as long as nothing was measured of late, so that a little
    or old knowledge moves no draw. UsageError: too few classes qualify, or the total cannot be had, each with
    what would fit.
    """
    if total is not None and total < 1:
        raise UsageError(f"--total {total}: a dataset has at least one image.")
    share = -(-total // draw) if total is not None and draw else 0
    believed = beliefs or Beliefs.of()
    members = [selection.members_of(label) for label in selection.labels]
    forecast = Forecast(census, members, believed)
    deciding = forecast
    if believed.records and not believed.measured:
        deciding = Forecast(census, members, Beliefs.of())
    drawn = _chosen(_prospects(deciding, selection, quota, share), selection, draw, seed, believed.measured)
    classes = drawn.classes if total is None else _shared_out(drawn.classes, total)
    likely = sum(min(forecast.images[one.number], _most(one.quota)) for one in drawn.classes)
    planned = _planned(classes, selection, forecast)
    effort = forecast.effort([one.number for one in classes], [one.quota.at_most for one in classes], pace)
    images = likely if total is None else min(total, likely)
    return Plan(
        classes=planned,
        reserves=_planned([_standing_by(one) for one in drawn.reserves], selection, forecast),
        seed=seed,
        total=total,
        rates_from=believed.source,
        notes=(*selection.notes, *drawn.notes, *_beyond_forecast(total, likely), *_warnings(planned)),
        expected_requests=effort.requests,
        expected_s=effort.elapsed_s,
        expected_bytes=bytes_on_disk(images, size_px),
    )


def _prospects(forecast: Forecast, selection: Selection, quota: Quota, share: int) -> tuple[Prospect, ...]:
    """In the order of the selection; a merged class has the URLs of all its members."""
    return tuple(
        Prospect(label, selection.quotas.get(label, quota), number, urls, images, share)
        for number, (label, urls, images) in enumerate(
            zip(selection.labels, forecast.urls, forecast.images, strict=True)
        )
    )


def _chosen(
    prospects: Sequence[Prospect], selection: Selection, draw: int | None, seed: int, trusted: bool
) -> Drawn:
    """The explicit classes, and those drawn beside them, or all others that have a URL."""
    named = tuple(one for one in prospects if one.label in selection.explicit)
    others = [one for one in prospects if one.label not in selection.explicit]
    if draw is None:
        return _all_with_urls(named, others)
    if draw < max(1, len(named)):
        raise UsageError(
            f"--classes {draw}: {len(named)} classes are named already. It counts them too; a number from "
            f"{max(1, len(named))} on would fit."
        )
    drawn = draw_classes(
        others,
        draw - len(named),
        seed=seed,
        trusted=trusted,
        named=[one.label for one in named],
        above=selection.relatives(),
    )
    reserves = drawn.reserves if drawn.classes else ()
    return replace(drawn, classes=(*named, *drawn.classes), reserves=reserves)


def _all_with_urls(named: Sequence[Prospect], others: Sequence[Prospect]) -> Drawn:
    taken = [one for one in others if one.urls]
    n_empty = len(others) - len(taken)
    notes = (f"Classes without any URL are left out: {n_empty:,}.",) if n_empty else ()
    if not named and not taken:
        raise UsageError("None of the chosen classes has a URL from these hosts.")
    return Drawn((*named, *taken), (), notes)


def _shared_out(classes: Sequence[Prospect], total: int) -> tuple[Prospect, ...]:
    """The classes with their shares of the total as exact quotas."""
    rooms = [_room(one) for one in classes]
    least, most = sum(room.least for room in rooms), sum(room.most for room in rooms)
    if total < least:
        raise UsageError(
            f"--total {total}: the {len(classes):,} classes want {least:,} images at the least. "
            "Choose fewer classes, or a larger total."
        )
    if total > most:
        raise UsageError(
            f"--total {total}: the {len(classes):,} classes have {most:,} URLs to take within their quotas. "
            f"--total {most} or less would fit, or more classes."
        )
    shares = spread(total, rooms)
    return tuple(replace(one, quota=Quota(n, n)) for one, n in zip(classes, shares, strict=True))


def _room(one: Prospect) -> Room:
    """A class with a URL brings an image at least; a quota that exceeds the URLs stays and will be short."""
    least = max(one.quota.at_least, min(1, one.urls))
    most = max(least, min(one.urls, _most(one.quota)))
    return Room(least, max(least, min(most, int(one.forecast))), most)


def _standing_by(one: Prospect) -> Prospect:
    """A reserve, with its even share where there is a total."""
    if not one.share:
        return one
    wanted = max(one.quota.at_least, min(one.share, one.urls, _most(one.quota)))
    return replace(one, quota=Quota(wanted, wanted))


def _most(quota: Quota) -> int:
    return sys.maxsize if quota.at_most is None else quota.at_most


def _planned(
    classes: Sequence[Prospect], selection: Selection, forecast: Forecast
) -> tuple[PlannedClass, ...]:
    wanted = [one.quota.at_least for one in classes]
    chances = forecast.shortfall_chances([one.number for one in classes], wanted)
    return tuple(
        PlannedClass(
            label=one.label,
            name=selection.names.get(one.label, one.label),
            quota=one.quota,
            candidates=one.urls,
            forecast=forecast.images[one.number],
            shortfall_chance=chance,
            named=one.label in selection.explicit,
        )
        for one, chance in zip(classes, chances, strict=True)
    )


def _beyond_forecast(total: int | None, likely: float) -> Iterator[str]:
    if total is not None and total > likely:
        yield f"The total is {total:,} images, but the forecast is only {likely:,.0f}."


def _warnings(planned: Sequence[PlannedClass]) -> Iterator[str]:
    """Who will be short for certain, and who by the forecast: it is still read when all turned out well."""
    certain = [one for one in planned if one.candidates < one.quota.at_least]
    likely = [
        one for one in planned if one.candidates >= one.quota.at_least and one.shortfall_chance > _PROBABLE
    ]
    if certain:
        yield f"{_listed(certain)} fewer URLs than images wanted and will be short."
    if likely:
        yield f"By the forecast, {_listed(likely)} a chance over 50 % to fall short."


def _listed(classes: Sequence[PlannedClass]) -> str:
    shown = ", ".join(
        one.name if one.name == one.label else f"{one.name} ({one.label})" for one in classes[:_SHOWN]
    )
    if len(classes) == 1:
        return f"1 class, {shown}, has"
    more = ", .." if len(classes) > _SHOWN else ""
    return f"{len(classes):,} classes ({shown}{more}) have"
