"""Who may be fetched now: quotas, politeness and luck, decided on integers and given times."""

from .frontier import Frontier, Limits
from .host import HostPrior
from .quota import ClassState, QuotaBook
from .ways import Elsewhere, Revive
from .yields import CDN, FLICKR, OTHER

__all__ = [
    "CDN",
    "FLICKR",
    "OTHER",
    "ClassState",
    "Elsewhere",
    "Frontier",
    "HostPrior",
    "Limits",
    "QuotaBook",
    "Revive",
]
