"""Which classes are drawn, and in which order the others stand by."""

import bisect
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..terms.plan import Quota


@dataclass(frozen=True, slots=True)
class Prospect:
    """A class that might be built."""

    label: str
    quota: Quota
    number: int
    """Its place among the classes that may be built."""
    urls: int
    """Its candidates."""
    forecast: float
    share: int = 0
    """Its even share of ``--total``: it should bring so many, but need not."""

    @property
    def possible(self) -> bool:
        """Whether it has enough URLs, should every one of them bring an image."""
        return self.urls >= max(1, self.quota.at_least)

    @property
    def promising(self) -> bool:
        """Whether its forecast reaches the quota."""
        return self.possible and self.forecast >= self.quota.at_least

    @property
    def ready(self) -> bool:
        """Whether its forecast reaches the quota and the even share."""
        return self.promising and self.forecast >= self.share


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outcome of a draw."""

    classes: tuple[Prospect, ...]
    reserves: tuple[Prospect, ...]
    """In the order in which they step in."""
    notes: tuple[str, ...] = ()


def draw_classes(
    prospects: Sequence[Prospect],
    n: int,
    *,
    seed: int,
    trusted: bool,
    named: Collection[str] = (),
    above: Mapping[str, frozenset[str]] | None = None,
) -> Drawn:
    """Draw ``n`` of ``prospects``: at random among the ready ones, then by forecast, the best first.

    The order is that of ``md5(seed|label)``: it does not depend on the list's order, and a class that comes
    or goes moves no other. Reserves follow in the same order. Forecasts decide who may be drawn at all only
    where they are ``trusted``, that is measured of late. ``named`` classes are in already. ``above``: a class
    to those above it; of classes that lie above one another only the lowest that qualify are drawn, and none
    that lies above or below a named one. UsageError: too few qualify, with what would fit.
    """
    qualified = [one for one in prospects if (one.promising if trusted else one.possible)]
    apart = _apart(qualified, named, above or {})
    if len(apart) < n:
        reach = _reached_by(prospects, n, trusted, named, above or {})
        raise UsageError(_refusal(prospects, n, (len(qualified), len(apart)), reach, trusted, len(named)))
    qualified = apart
    ready = [one for one in qualified if one.ready]
    rest = [one for one in qualified if not one.ready]
    order = [
        *sorted(ready, key=lambda one: rank(seed, one.label)),
        *sorted(rest, key=lambda one: (-one.forecast, rank(seed, one.label))),
    ]
    chosen = tuple(sorted(order[:n], key=lambda one: one.label))
    return Drawn(chosen, tuple(order[n:]), _notes(n, len(ready), trusted))


def _apart(
    qualified: Sequence[Prospect], named: Collection[str], above: Mapping[str, frozenset[str]]
) -> list[Prospect]:
    """Those of which none lies above another, nor above or below a named one."""
    higher = {label for one in (*(q.label for q in qualified), *named) for label in above.get(one, ())}
    return [
        one
        for one in qualified
        if one.label not in higher and above.get(one.label, frozenset()).isdisjoint(named)
    ]


def rank(seed: int, label: str) -> bytes:
    """The place of a class in every draw with this seed."""
    return hashlib.md5(f"{seed}|{label}".encode(errors="surrogatepass"), usedforsecurity=False).digest()


def _notes(n: int, n_ready: int, trusted: bool) -> tuple[str, ...]:
    if n_ready >= n:
        return ()
    doubt = "" if trusted else " These rates are not of late, so they may do better or worse."
    return (
        f"{n_ready:,} of the {n:,} drawn classes are forecast to bring the images wanted of each; the other "
        f"{n - n_ready:,} were taken by forecast, the best first.{doubt}",
    )


def _reached_by(
    prospects: Sequence[Prospect],
    n: int,
    trusted: bool,
    named: Collection[str],
    above: Mapping[str, frozenset[str]],
) -> int:
    """The largest number of images that ``n`` of them bring or have the URLs for; 0: there is none."""
    brought = {one.label: int(one.forecast) if trusted else one.urls for one in prospects}

    def enough(images: int) -> bool:
        return len(_apart([one for one in prospects if brought[one.label] >= images], named, above)) >= n

    numbers = sorted({images for images in brought.values() if images > 0}, reverse=True)
    place = bisect.bisect_left(numbers, True, key=enough)
    return numbers[place] if place < len(numbers) else 0


def _refusal(
    prospects: Sequence[Prospect], n: int, qualified: tuple[int, int], reach: int, trusted: bool, named: int
) -> str:
    """How many classes qualify (what the first tool said as well), and which numbers would fit.

    ``qualified``: all of them, and those among them that may be drawn together.
    """
    n_qualified, n_apart = qualified
    why = f"{'are forecast to bring' if trusted else 'have the URLs for'} {_quota_words(prospects)}"
    found = f"--classes {n + named}: {n:,} classes are to be drawn, but "
    if n_qualified < n or n_apart == n_qualified:
        found += f"only {n_qualified:,} of {len(prospects):,} {why}."
    else:
        apart = f"only {n_apart:,} lie neither above nor below another chosen one"
        found += f"of the {n_qualified:,} that {why} {apart}."
    fits = [f"--classes {n_apart + named}"] if n_apart else []
    fits += ["--nested"] if n_apart < n <= n_qualified else []
    if reach and len({one.quota for one in prospects}) == 1:
        fits.append(f"--images {_lowered(prospects[0].quota, reach)}")
    return f"{found} What would fit: {' or '.join(fits)}." if fits else found


def _quota_words(prospects: Sequence[Prospect]) -> str:
    wanted = {max(1, one.quota.at_least) for one in prospects}
    if len(wanted) != 1:
        return "their quota"
    return "an image" if wanted == {1} else f"{wanted.pop():,} images"


def _lowered(quota: Quota, at_least: int) -> str:
    """The quota as ``--images`` takes it, with another lower end."""
    if quota.at_most is None:
        return f"{at_least}:"
    return str(at_least) if quota.at_most == quota.at_least else f"{at_least}:{quota.at_most}"
