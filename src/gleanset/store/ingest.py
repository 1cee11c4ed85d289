"""From lists to what is in them, and to the pool of candidates."""

from .survey import survey_lists

__all__ = ["survey_lists"]
