"""What a sink writes and a manifest records."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One image on its way into the dataset."""

    key: str
    label: str
    class_dir: str
    class_index: int
    split: str | None
    extension: str
    """``jpg``, ``png`` or ``webp``: by the decoded format, never from the URL."""
    body: bytes
    facts: dict[str, object]
    """The manifest's row without ``path``: what WebDataset's ``.json`` holds."""
