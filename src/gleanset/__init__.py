"""gleanset: turn a labelled list of image URLs into an exact, clean, balanced dataset.

    import gleanset
    report = gleanset.build(["urls.tsv"], "dataset", classes=10, images=100)

The verbs mirror the commands, with the same option names. They are loaded when first used, so that importing
this package, as every worker does, costs nothing.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "ClassLine",
    "ClassResult",
    "GleansetError",
    "Inspection",
    "LearnedLine",
    "ListForecast",
    "Plan",
    "Probe",
    "Quota",
    "Report",
    "Sources",
    "StopSignal",
    "Survey",
    "Tally",
    "TreeLine",
    "UsageError",
    "__version__",
    "address_allowed",
    "build",
    "class_tree",
    "classes",
    "demo",
    "inspect_image",
    "list_forecast",
    "pack",
    "placeholders",
    "plan",
    "probe",
    "probe_charts",
    "probe_page",
    "report",
    "review",
    "sources",
    "status",
    "survey",
    "survey_charts",
    "survey_page",
]

if TYPE_CHECKING:
    from .api import (
        ClassLine,
        ClassResult,
        LearnedLine,
        ListForecast,
        Probe,
        Report,
        Sources,
        StopSignal,
        TreeLine,
        address_allowed,
        build,
        class_tree,
        classes,
        demo,
        inspect_image,
        list_forecast,
        pack,
        placeholders,
        plan,
        probe,
        probe_charts,
        probe_page,
        report,
        review,
        sources,
        status,
        survey,
        survey_charts,
        survey_page,
    )
    from .errors import GleansetError, UsageError
    from .terms.inspection import Inspection
    from .terms.plan import Plan, Quota, Survey
    from .terms.tally import Tally

_ELSEWHERE = {
    "GleansetError": "errors",
    "UsageError": "errors",
    "Inspection": "terms.inspection",
    "Plan": "terms.plan",
    "Quota": "terms.plan",
    "Survey": "terms.plan",
    "Tally": "terms.tally",
}
"""Public names that need not the whole hall."""


class _Front(ModuleType):
    """``plan``, ``pack``, ``report`` and ``sources`` are rooms of this house and verbs of its callers.

    Importing a room would bind its module over the verb; here the verb stays.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Front


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'gleanset' has no attribute {name!r}")
    return getattr(import_module(f".{_ELSEWHERE.get(name, 'api')}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
