"""When the same picture has come too often to be a photograph: the rules of proof."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from .looks import LOOK_AGREEMENT
from .sightings import Row

N_URLS: Final = 3
"""Different URLs that suffice for one picture where they stand under several labels."""
N_URLS_OF_HOST: Final = 5
"""Different URLs of one host that suffice even under one label."""
PLAIN_SHARE: Final = 0.45
"""A picture of which so much has one shade, or is smooth, is suspicious, no more: its copies may differ
further, and may come from hosts that showed it once each. 0.33 is the highest of 1,296 photographs, 0.43 of
12,000 drawn pictures."""
CROWD_WIDTH: Final = 6
"""Pictures that miss perfect agreement by up to six times what a rule allows make a crowd: a shelf of bottles
has pictures at every degree of likeness, a placeholder has copies of itself and then nothing for long."""
MAX_CROWD_SHARE: Final = 1 / 4
"""How large the crowd may be beside those that agree, since designs with captions have outliers."""
CROWD_AGREEMENT: Final = 1 - CROWD_WIDTH * (1 - LOOK_AGREEMENT)
"""What agrees less is in nobody's crowd."""
TIGHT: Final = 0.998
"""Every rule is tried with this agreement too: else two designs of one author are in each other's crowd."""


class _Rule(NamedTuple):
    """What look-alikes have to fulfil, together, to be one placeholder."""

    one_host: bool
    """Whether only those of the newest one's host count."""
    plain: bool
    """Whether the rule is for plain pictures alone."""
    n_urls: int
    n_strays: int
    """How many of them stand under another label than most do: a series of honest pictures has its one label,
    and now and then a mistaken one."""
    agreement: float


_RULES: Final = (
    _Rule(True, True, N_URLS, 2, LOOK_AGREEMENT),
    _Rule(True, True, N_URLS_OF_HOST, 0, 0.995),
    _Rule(True, False, N_URLS + 1, 2, 0.99),
    _Rule(True, False, N_URLS_OF_HOST, 0, 0.998),
    _Rule(False, True, N_URLS, 2, LOOK_AGREEMENT),
    _Rule(False, False, N_URLS_OF_HOST, 2, 0.995),
    _Rule(False, False, N_URLS_OF_HOST, 1, 0.998),
)
"""Found by trying sixty designs against series of bottles, coins, moons and bursts (decision 32). What is not
plain has to agree better, or more often: bursts of photographs under two labels do not get there."""


class Alike(NamedTuple):
    """Someone whose picture agrees with the newest one at least as a crowd does."""

    agreement: float
    place: int
    row: Row


def may_be_shown_too_often(host: int, alike: Sequence[Alike], plain: bool) -> bool:
    """Whether a rule has enough of them, the crowd aside: spares most pictures the full question."""
    return any(_has_enough(rule, host, alike) for rule in _RULES if plain or not rule.plain)


def is_shown_too_often(host: int, size: int, alike: Sequence[Alike], plain: bool) -> bool:
    """Whether pictures that agree with the newest one, of this host and this size, are one placeholder.

    Those of its size are judged apart as well: a design that is laid out anew for each size makes a crowd of
    its own.
    """
    of_size = [one for one in alike if one.row.size == size]
    rules = [rule for rule in _RULES if plain or not rule.plain]
    return any(_holds(rule, host, some) for rule in rules for some in (alike, of_size))


def is_sent_too_often(rows: Sequence[Row], plain: bool) -> bool:
    """Whether one body came for so many URLs that it can be no photograph.

    A popular photograph stands on three sites under two labels as well: that is a label conflict, and no more
    unless it is plain, or one host sends it twice, or there are five of them.
    """
    urls = {row.source for row in rows}
    of_hosts = Counter(host for _, host in {(row.source, row.host) for row in rows})
    of_one_host = max(of_hosts.values(), default=0)
    if of_one_host >= N_URLS_OF_HOST:
        return True
    several = len(urls) >= N_URLS and len({row.label for row in rows}) > 1
    return several and (plain or of_one_host > 1 or len(urls) >= N_URLS_OF_HOST)


def _has_enough(rule: _Rule, host: int, alike: Sequence[Alike]) -> bool:
    """Whether so many agree, the crowd aside."""
    return _are_enough(rule, _urls(rule, host, alike, rule.agreement))


def _holds(rule: _Rule, host: int, alike: Sequence[Alike]) -> bool:
    """Whether so many agree, and hardly anyone nearly."""
    for least in {rule.agreement, TIGHT}:
        agreed = _urls(rule, host, alike, least)
        crowd = _urls(rule, host, alike, 1 - CROWD_WIDTH * (1 - least)).keys() - agreed.keys()
        if _are_enough(rule, agreed) and len(crowd) <= MAX_CROWD_SHARE * len(agreed):
            return True
    return False


def _are_enough(rule: _Rule, agreed: Mapping[int, int]) -> bool:
    of_most = max(Counter(agreed.values()).values(), default=0)
    return len(agreed) >= rule.n_urls and len(agreed) - of_most >= rule.n_strays


def _urls(rule: _Rule, host: int, alike: Sequence[Alike], least: float) -> dict[int, int]:
    """Sources within the rule's hosts that agree at least so well, and their labels."""
    return {
        one.row.source: one.row.label
        for one in alike
        if one.agreement >= least and (one.row.host == host or not rule.one_host)
    }
