"""What was learned of a politeness group, and outlives the run that learned it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostRecord:
    """The experience with one politeness group, older experience already faded by whoever keeps it."""

    name: str
    """The group (``flickr.com``), as ``urls.politeness_group`` says."""
    tries: float = 0.0
    """Images asked for until an end: robots.txt, redirects on their way and 429 are none."""
    successes: float = 0.0
    """Those that brought a sound picture that is no placeholder."""
    seconds_s: float = 0.0
    """Time spent on all tries."""
    answered: bool = False
    """Whether it ever sent an HTTP response."""
    rate_per_s: float | None = None
    """Requests a second that it bore without 429; None: no bound was met."""
    at_s: float = 0.0
    """Wall clock of the newest try, seconds since 1970."""
