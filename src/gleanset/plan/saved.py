"""A plan as plain values, so that a build that goes on finds the plan it began with."""

from dataclasses import asdict
from typing import Any

from ..terms.plan import Plan


def to_plain(plan: Plan) -> dict[str, Any]:
    """The plan as lists, dictionaries, numbers and texts. ``api.saved`` reads it again, and checks it."""
    return asdict(plan)
