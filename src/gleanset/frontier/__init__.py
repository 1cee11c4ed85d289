"""Who may be fetched now: quotas, politeness and luck, decided on integers and given times."""

from .frontier import Frontier, Limits
from .host import HostPrior
from .quota import ClassState, QuotaBook
from .ways import Elsewhere, Revive
from .yields import CDN, FLICKR, KIND_NUMBERS, OTHER

__all__ = [
    "CDN",
    "FLICKR",
    "KIND_NUMBERS",
    "OTHER",
    "ClassState",
    "Elsewhere",
    "Frontier",
    "HostPrior",
    "Limits",
    "QuotaBook",
    "Revive",
]
