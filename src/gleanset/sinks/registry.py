"""Forms of datasets by the name that ``--format`` takes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..errors import UsageError
from .base import Sink, SinkSettings
from .image_folder import ImageFolder
from .webdataset import WebDataset

SINKS: Mapping[str, Callable[[SinkSettings], Sink]] = MappingProxyType(
    {"imagefolder": ImageFolder, "webdataset": WebDataset}
)


def open_sink(form: str, settings: SinkSettings) -> Sink:
    """The sink of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return SINKS[form](settings)
    except KeyError:
        raise UsageError(f"--format {form}: there is no such form. Choose from {', '.join(SINKS)}.") from None
