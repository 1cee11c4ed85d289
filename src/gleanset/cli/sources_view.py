"""What ``gleanset sources`` prints."""

from dataclasses import asdict
from typing import Any


def sources_text(found: Any) -> str:
    """Named lists with their files, then formats with their settings."""
    lines = ["Lists by name"]
    for one in found.lists:
        lines += ["", f"  {one.name}: {one.about}"]
        lines += [f"    {file.name}  {_state(file)}" for file in one.files]
        if not all(file.is_right for file in one.files) and one.by_hand:
            lines.append(f"    by hand: {one.by_hand}")
        lines.append(f"    kept in {one.folder}")
    lines += ["", "Formats (--source)", ""]
    width = max(len(one.name) for one in found.formats)
    for one in found.formats:
        added = f" ({one.added_by})" if one.added_by else ""
        lines.append(f"  {one.name:<{width}}  {one.about}{added}")
        if one.settings:
            lines.append(f"  {'':<{width}}  settings: {', '.join(one.settings)}")
    return "\n".join(lines)


def sources_json(found: Any) -> dict[str, Any]:
    """The same for programs."""
    return {"lists": [asdict(one) for one in found.lists], "formats": [asdict(one) for one in found.formats]}


def _state(file: Any) -> str:
    if file.n_bytes is not None:
        return f"in the cache, {file.n_bytes:,} bytes" + ("" if file.is_right else ", not checked yet")
    return file.addresses[0] if file.addresses else "to be put there by hand"
