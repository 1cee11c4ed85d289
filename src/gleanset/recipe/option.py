"""What an option is: where it stands in the help, how it is written, what it may be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "which classes",
    "how many",
    "from where",
    "how",
    "manners",
    "network",
    "which images",
    "what comes out",
    "how it talks",
]


@dataclass(frozen=True, slots=True)
class Option:
    """One option: read by ``read``, bounded, explained in one line."""

    group: Group
    read: Callable[[object], object]
    metavar: str
    """How the value is written in the help; empty for a switch."""
    help: str
    collects: bool = False
    """Whether it changes what is collected. Others may change from run to run of one build."""
    at_least: float | None = None
    at_most: float | None = None
    otherwise: str = ""
    """What happens when it is left out, where the default does not say so itself."""
    many: bool = False
    bare: str | None = None
    """The value when the flag is given without one; None: it needs one."""
    is_path: bool = False
    """Whether it names a file that is read: seen from another folder, the same file is meant."""
    adds: bool = False
    """Whether what is said anew comes on top of what an earlier run of the build was told."""

    def value(self, raw: object) -> object:
        """The checked value of ``raw``. Raises ``ValueError`` with a sentence."""
        value = self.read(raw)
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._check_bounds(value)
        return value

    def _check_bounds(self, value: float) -> None:
        hint = f" Leave it out: {self.otherwise}." if self.otherwise else ""
        if self.at_least is not None and value < self.at_least:
            raise ValueError(f"It is at least {self.at_least:,g}.{hint}")
        if self.at_most is not None and value > self.at_most:
            raise ValueError(f"It is at most {self.at_most:,g}.{hint}")

    @property
    def is_switch(self) -> bool:
        return not self.metavar


def option_name(field: str) -> str:
    """The word that users write for a field: ``not_under`` is ``not-under``, ``class_`` is ``class``."""
    return field.rstrip("_").replace("_", "-")


def variable_name(field: str) -> str:
    """Its environment variable: ``GLEANSET_NOT_UNDER``."""
    return "GLEANSET_" + field.rstrip("_").upper()
