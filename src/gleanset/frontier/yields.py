"""What a try at a host is worth: learned chance of success and time per try.

Both are shrunk to what hosts of the same kind showed so far, and that to the 2019 measurement (26,899
tries: Flickr 82.2 % at 0.43 s, others 31.4 % at 1.45 s), so that one unlucky try condemns nobody.
"""

HOST_PRIOR_TRIES = 2.0
"""How many tries the kind's figures weigh against a host's own."""
KIND_PRIOR_TRIES = 20.0
"""How many hosts' worth of tries the prior weighs against what was seen in this build."""
TRIES_A_HOST = 20
"""Tries that one host contributes to its kind at most: a giant is no proof for the dwarfs."""
EXPLORATION = 0.3
"""Optimism about the untried: this is added to the chance, divided by the root of (tries + 1)."""
LEAST_TRY_S = 0.1
"""A slot is not free sooner than this, however fast a host answers."""
LEAST_CHANCE = 0.05
"""Used where the chance divides; a class must not have thousands in flight on hopeless hosts."""


OTHER, FLICKR, CDN = 0, 1, 2
"""Kinds of hosts, whose experience is pooled."""
KIND_NUMBERS = {"other": OTHER, "flickr": FLICKR, "cdn": CDN}
"""By the word that ``urls.kind_of`` has for it."""


class KindYield:
    """The pooled experience with one kind of host (Flickr, CDN, other)."""

    __slots__ = ("_prior_p", "_prior_s", "seconds_s", "successes", "tries")

    def __init__(self, success_rate: float, try_s: float) -> None:
        self._prior_p = success_rate
        self._prior_s = try_s
        self.tries = 0.0
        self.successes = 0.0
        self.seconds_s = 0.0

    @property
    def chance(self) -> float:
        return (KIND_PRIOR_TRIES * self._prior_p + self.successes) / (KIND_PRIOR_TRIES + self.tries)

    @property
    def try_s(self) -> float:
        return (KIND_PRIOR_TRIES * self._prior_s + self.seconds_s) / (KIND_PRIOR_TRIES + self.tries)


class HostYield:
    """The experience with one host."""

    __slots__ = ("kind", "seconds_s", "successes", "tries")

    def __init__(
        self, kind: KindYield, tries: float = 0.0, successes: float = 0.0, seconds_s: float = 0.0
    ) -> None:
        """``tries``, ``successes``, ``seconds_s``: of earlier runs."""
        self.kind = kind
        self.tries = tries
        self.successes = successes
        self.seconds_s = seconds_s

    def learn(self, success: bool, elapsed_s: float) -> None:
        """One try is over: ``success`` means an image that was wanted or would have been."""
        self.tries += 1
        self.successes += success
        self.seconds_s += elapsed_s
        if self.tries <= TRIES_A_HOST:
            self.kind.tries += 1
            self.kind.successes += success
            self.kind.seconds_s += elapsed_s

    @property
    def chance(self) -> float:
        """The probability that the next try brings an image, LEAST_CHANCE to 1."""
        p = (HOST_PRIOR_TRIES * self.kind.chance + self.successes) / (HOST_PRIOR_TRIES + self.tries)
        return max(LEAST_CHANCE, p)

    @property
    def score(self) -> float:
        """Expected images per second of a slot, with optimism for hosts that were hardly tried.

        No floor below the chance, and one below the time: a host that fails at once must not rise by that.
        """
        n = HOST_PRIOR_TRIES + self.tries
        chance = (HOST_PRIOR_TRIES * self.kind.chance + self.successes) / n
        try_s = (HOST_PRIOR_TRIES * self.kind.try_s + self.seconds_s) / n
        return float((chance + EXPLORATION / (self.tries + 1) ** 0.5) / max(try_s, LEAST_TRY_S))
