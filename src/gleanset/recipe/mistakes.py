"""Mistakes in options, explained: what was found, where, and what would be right."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

from ..errors import UsageError


def nearest(word: str, known: Iterable[str]) -> str:
    """``" Did you mean images?"``, or nothing where no word is near."""
    spelled = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f" Did you mean {spelled[near[0]]}?" if near else ""


def unknown(place: str, word: str, known: Iterable[str], what: str = "option") -> UsageError:
    """The refusal of a word that is no option."""
    return UsageError(f"{place}. There is no such {what}.{nearest(word, known)}")


def explained(error: ValidationError, places: Mapping[str, str]) -> UsageError:
    """All mistakes of one validation, a line each; ``places`` says where each field was set."""
    lines = []
    for detail in error.errors():
        field = str(detail["loc"][0]) if detail["loc"] else ""
        cause = detail.get("ctx", {}).get("error")
        lines.append(f"{places.get(field, field)}. {cause or detail['msg'] + '.'}".lstrip(". "))
    return UsageError("\n".join(dict.fromkeys(lines)))
