"""Who may be fetched now: quotas, politeness and luck, decided on integers and given times."""

from .frontier import Frontier, Limits
from .host import HostPrior
from .quota import ClassState, QuotaBook

__all__ = ["ClassState", "Frontier", "HostPrior", "Limits", "QuotaBook"]
