"""A plan as plain values, so that a build that goes on finds the plan it began with."""

from dataclasses import asdict, fields
from typing import Any

from ..terms.plan import Plan, PlannedClass, Quota


def to_plain(plan: Plan) -> dict[str, Any]:
    """The plan as lists, dictionaries, numbers and texts."""
    return asdict(plan)


def from_plain(plain: dict[str, Any]) -> Plan:
    """The plan that ``to_plain`` took apart. Raises KeyError or TypeError for anything else."""
    known = {field.name for field in fields(Plan)}
    values = {name: value for name, value in plain.items() if name in known}
    values["classes"] = tuple(_planned(one) for one in plain["classes"])
    values["reserves"] = tuple(_planned(one) for one in plain["reserves"])
    values["notes"] = tuple(plain["notes"])
    return Plan(**values)


def _planned(plain: dict[str, Any]) -> PlannedClass:
    return PlannedClass(**{**plain, "quota": Quota(**plain["quota"])})
