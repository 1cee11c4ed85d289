"""The hosts of a rotten web: their names, their weight, their speed, and what befalls their URLs."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from itertools import accumulate
from statistics import NormalDist

from .designs import DESIGNS, PLAIN, Habit, Serving, dealt, notice_host
from .fates import HOST_FATES, Fate, Mix
from .settings import WorldSettings

FULL = 1 << 32
"""Draws are 32-bit integers; cumulated shares are scaled to match."""

FLICKR_NAMES = (*(f"farm{n}.static.flickr.com" for n in range(1, 10)), "live.staticflickr.com")
UNAVAILABLE_HOST = "s.yimg.com"
STATIC_SITES = 4
"""Sites that hold the pictures that have moved."""
SLOWNESS = 4.0


class Character(Enum):
    """What kind of place a host is; the value begins the names of such hosts, Flickr's apart."""

    FLICKR = "flickr"
    ALIVE = "host"
    SLOW = "slow"
    BUSY = "busy"
    AILING = "ailing"
    STATIC = "static"
    ARCHIVE = "archive"
    GONE = "gone"
    REFUSED = "refused"
    BLACKHOLE = "blackhole"
    MUTE = "mute"
    DRIP = "drip"
    PARKED = "parked"


ANSWERING = (Character.ALIVE, Character.SLOW, Character.BUSY, Character.AILING)


@dataclass(frozen=True, slots=True)
class Site:
    """One host name."""

    name: str
    character: Character
    mean_s: float
    """Mean time of its answers, scaled."""
    cumulated: tuple[int, ...]
    """Upper bounds of ``fates`` among draws of 0 to ``FULL``; the last one is ``FULL``."""
    fates: tuple[Fate, ...]
    hides_missing: bool = False
    """It answers with its own placeholder for whatever it does not have."""
    habit: Habit = PLAIN

    def fate(self, draw: int) -> Fate:
        return self.fates[bisect_right(self.cumulated, draw)]


def uniform(seed: int, *words: object) -> float:
    """A number from 0 to below 1 that depends on its arguments alone."""
    text = repr((seed, *words)).encode()
    return int.from_bytes(blake2b(text, digest_size=6).digest()) / (1 << 48)


def _cumulate(parts: list[tuple[Fate, float]]) -> tuple[tuple[int, ...], tuple[Fate, ...]]:
    total = sum(share for _, share in parts)
    bounds = [round(FULL * bound / total) for bound in accumulate(share for _, share in parts)]
    return (*bounds[:-1], FULL), tuple(fate for fate, _ in parts)


def flickr_sites(settings: WorldSettings) -> tuple[Site, ...]:
    """Flickr's ten names, all alike."""
    cumulated, fates = _cumulate(settings.flickr.items())
    mean_s = settings.flickr_s * settings.time_scale
    return tuple(Site(name, Character.FLICKR, mean_s, cumulated, fates) for name in FLICKR_NAMES)


def static_sites(settings: WorldSettings) -> tuple[Site, ...]:
    """Where pictures that have moved can be found."""
    mean_s = settings.other_s * settings.time_scale / 2
    return tuple(
        Site(f"static{n}.example", Character.STATIC, mean_s, (FULL,), (Fate.MOVED,))
        for n in range(STATIC_SITES)
    )


def notice_sites(settings: WorldSettings) -> tuple[Site, ...]:
    """Where placeholders are that another site sends people to."""
    if not settings.placeholders.designed_share:
        return ()
    mean_s = settings.other_s * settings.time_scale / 2
    return tuple(
        Site(notice_host(n), Character.STATIC, mean_s, (FULL,), (Fate.NOT_FOUND,), habit=Habit(n))
        for n, design in enumerate(DESIGNS)
        if design.serving is Serving.ELSEWHERE
    )


def other_sites(settings: WorldSettings) -> tuple[tuple[Site, ...], tuple[int, ...]]:
    """All sites beside Flickr, and the upper bound of each among draws of 0 to ``FULL``."""
    sites: list[Site] = []
    weights: list[float] = []
    for character, share in _characters(settings):
        own = _zipf(max(1, round(settings.hosts * share)))
        sites += _sites_of(settings, character, own)
        weights += [share * weight for weight in own]
    total = sum(weights)
    bounds = [round(FULL * bound / total) for bound in accumulate(weights)]
    return tuple(sites), (*bounds[:-1], FULL)


def _characters(settings: WorldSettings) -> list[tuple[Character, float]]:
    """Every character that occurs, with its share of the URLs."""
    mix = settings.other
    dead = {Character(word): mix.share(fate) for fate, word in HOST_FATES.items()}
    answering = 1 - sum(dead.values())
    odd = {
        Character.SLOW: settings.slow_share,
        Character.BUSY: settings.busy_share,
        Character.AILING: settings.ailing_share,
    }
    shares = {Character.ALIVE: answering * (1 - sum(odd.values()))}
    shares |= {character: answering * share for character, share in odd.items()}
    return [(character, share) for character, share in (shares | dead).items() if share > 1e-12]


def _zipf(n: int) -> list[float]:
    """Weights of ``n`` sites that sum up to 1, as uneven as the web's."""
    raw = [(rank + 2) ** -0.9 for rank in range(n)]
    return [weight / sum(raw) for weight in raw]


def _sites_of(settings: WorldSettings, character: Character, weights: list[float]) -> list[Site]:
    ending = "invalid" if character is Character.GONE else "example"
    names = [f"{character.value}{n:03d}.{ending}" for n in range(len(weights))]
    times_s = _times_s(settings, names, weights)
    if character not in ANSWERING:
        fate = next(fate for fate, word in HOST_FATES.items() if word == character.value)
        return [
            Site(name, character, time_s, (FULL,), (fate,))
            for name, time_s in zip(names, times_s, strict=True)
        ]
    slowness = SLOWNESS if character is Character.SLOW else 1.0
    hiding = _hiding(settings.other, weights)
    goodness = _goodness(settings, names, weights)
    habits = [_habit(settings, name, rank) for rank, name in enumerate(names)]
    return [
        Site(
            name,
            character,
            time_s * slowness,
            *_cumulate(_url_fates(settings.other, goodness[k], k in hiding, habits[k])),
            hides_missing=k in hiding and habits[k] == PLAIN,
            habit=habits[k],
        )
        for k, (name, time_s) in enumerate(zip(names, times_s, strict=True))
    ]


def _habit(settings: WorldSettings, name: str, rank: int) -> Habit:
    shares = settings.placeholders
    if uniform(settings.seed, "random", name) < shares.random_share:
        return Habit(is_random=True)
    if uniform(settings.seed, "designed", name) >= shares.designed_share:
        return PLAIN
    design = dealt(settings.seed, rank)
    is_shy = uniform(settings.seed, "shy", name) < shares.shy_share
    return Habit(design, is_shy=is_shy and not DESIGNS[design].is_known)


def _times_s(settings: WorldSettings, names: list[str], weights: list[float]) -> list[float]:
    """Mean answer times that differ by site (log-normal), their weighted mean exactly as set."""
    normal = NormalDist()
    raw = [math.exp(0.5 * normal.inv_cdf(0.001 + 0.998 * uniform(settings.seed, "time", n))) for n in names]
    mean = sum(weight * time for weight, time in zip(weights, raw, strict=True))
    usual_s = settings.other_s * settings.time_scale / (1 + (SLOWNESS - 1) * settings.slow_share)
    return [usual_s * time / mean for time in raw]


def _goodness(settings: WorldSettings, names: list[str], weights: list[float]) -> list[float]:
    """The chance of a good URL by site, its weighted mean exactly that of the mix."""
    urls = [(fate, share) for fate, share in settings.other.items() if not fate.of_host]
    good = sum(share for fate, share in urls if fate.good) / sum(share for _, share in urls)
    room = settings.host_spread * min(good, 1 - good)
    raw = [2 * uniform(settings.seed, "good", name) - 1 for name in names]
    mean = sum(weight * x for weight, x in zip(weights, raw, strict=True))
    widest = max((abs(x - mean) for x in raw), default=0.0) or 1.0
    return [good + room * (x - mean) / widest for x in raw]


def _hiding(mix: Mix, weights: list[float]) -> set[int]:
    """Sites that show a placeholder instead of 404: as many as give ``placeholder`` its share of the URLs."""
    hidden, missing = mix.share(Fate.PLACEHOLDER), mix.share(Fate.NOT_FOUND)
    open_share = hidden / (hidden + missing) if hidden else 0.0
    chosen: set[int] = set()
    for k, weight in enumerate(weights):
        if open_share - weight / 2 > 0:
            chosen.add(k)
            open_share -= weight
    return chosen


def _url_fates(mix: Mix, good: float, hides: bool, habit: Habit) -> list[tuple[Fate, float]]:
    """The fates of a site's URLs, the good ones scaled to ``good`` and the bad ones to the rest.

    A site that shows a placeholder does so for all that is missing, and in one way; one that answers any
    address with a picture has 404 for those that it once had.
    """
    urls = [(fate, share) for fate, share in mix.items() if not fate.of_host]
    sound = sum(share for fate, share in urls if fate.good) or 1.0
    rotten = sum(share for fate, share in urls if not fate.good) or 1.0
    scaled = [(f, s * (good / sound if f.good else (1 - good) / rotten)) for f, s in urls]
    missing = {Fate.NOT_FOUND, Fate.PLACEHOLDER}
    shown = Fate.PLACEHOLDER if hides else Fate.NOT_FOUND
    if habit != PLAIN:
        missing |= {Fate.MOVED_PLACEHOLDER, Fate.NOT_FOUND_PICTURE}
        shown = DESIGNS[habit.design].serving.fate if habit.has_design else Fate.NOT_FOUND
    together = sum(share for fate, share in scaled if fate in missing)
    return [(f, s) for f, s in (*((f, s) for f, s in scaled if f not in missing), (shown, together)) if s > 0]
