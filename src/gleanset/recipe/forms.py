"""What people write, as values: ``300:800``, ``5min``, ``256MB``, ``train=0.9,val=0.1``.

Each reader takes text from a flag or a variable, or a value from TOML or Python, and answers with the
value. It raises ``ValueError`` with a sentence that says what would be right.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from ..terms.licence import canonical
from ..terms.plan import Quota
from ..urls import Ceilings

Reader = Callable[[object], object]

_SECONDS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "k": 10**3, "m": 10**6, "g": 10**9}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*")
_WHOLE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:_\d+)*")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_SPLIT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_HOST_PATTERN = re.compile(r"[A-Za-z0-9_.*-]+")
MOST_PER_HOST = 256


def whole(raw: object) -> int:
    """A whole number: ``800``, ``14_197_122``, ``14,197,122``."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    text = str(raw).strip()
    sign = -1 if text.startswith("-") else 1
    if isinstance(raw, str) and _WHOLE.fullmatch(text.removeprefix("-")):
        return sign * int(text.removeprefix("-").replace(",", "").replace("_", ""))
    raise ValueError("It is a whole number.")


def pixels(raw: object) -> int:
    """A length in pixels: ``224``, ``224px``."""
    try:
        return whole(raw.strip().removesuffix("px").rstrip() if isinstance(raw, str) else raw)
    except ValueError:
        raise ValueError("It is a whole number of pixels, such as 224.") from None


def ratio(raw: object) -> float:
    """A finite number: ``3``, ``2.5``."""
    try:
        number = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("It is a number, such as 2.5.")
    return number


def duration(raw: object) -> float:
    """Seconds: ``30``, ``30s``, ``5min``, ``1h30min``."""
    total = _measured(raw, _SECONDS, bare=1.0)
    if total is None:
        raise ValueError("It is a time such as 30s, 5min or 2h; a bare number is seconds.")
    return total


def size(raw: object) -> int:
    """Bytes: ``256MB``, ``1.5 GiB``, ``1000000``."""
    total = _measured(raw, _BYTES, bare=1)
    if total is None:
        raise ValueError("It is a size such as 256MB or 1GiB; a bare number is bytes.")
    return round(total)


def _measured(raw: object, units: Mapping[str, float], bare: float) -> float | None:
    """The sum of ``number unit`` parts; None: not such a text."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw * bare if math.isfinite(raw) and raw >= 0 else None
    text = str(raw).strip().lower()
    parts = _PART.findall(text)
    if not isinstance(raw, str) or not parts or "".join(text.split()) != "".join(a + b for a, b in parts):
        return None
    if len(parts) == 1 and not parts[0][1]:
        return float(parts[0][0]) * bare
    if any(unit not in units for _, unit in parts):
        return None
    return sum(float(number) * units[unit] for number, unit in parts)


def quota(raw: object) -> Quota:
    """Images a class: ``800`` exactly, ``300:800`` between, ``500:`` at least."""
    if isinstance(raw, Quota):
        return _sane(raw)
    low, colon, high = str(raw).partition(":")
    try:
        if not colon:
            exact = whole(raw)
            return _sane(Quota(exact, exact))
        return _sane(Quota(whole(low), whole(high) if high.strip() else None))
    except ValueError as error:
        if "quota" in str(error):
            raise
    raise ValueError("A quota is a number (800), a range (300:800) or a least number (500:).")


def _sane(wanted: Quota) -> Quota:
    if wanted.at_least < 1 and not (wanted.at_least == 0 and (wanted.at_most or 0) >= 1):
        raise ValueError("A quota is at least 1. Leave it out to take every image.")
    if wanted.at_most is not None and wanted.at_most < wanted.at_least:
        raise ValueError(f"This quota ends ({wanted.at_most}) below its start ({wanted.at_least}).")
    return wanted


def split(raw: object) -> tuple[tuple[str, float], ...]:
    """Shares by name: ``train=0.9,val=0.1``, or a table of TOML, or a mapping. They add up to 1."""
    shares = tuple((name.strip(), ratio(share)) for name, share in _pairs(raw))
    names = [name for name, _ in shares]
    if bad := next((name for name in names if not _SPLIT_NAME.fullmatch(name)), None):
        raise ValueError(f"{bad!r} is no name for a split: letters, digits, - and _ alone.")
    if len({name.lower() for name in names}) < len(names):
        raise ValueError("A split is named twice.")
    if any(share <= 0 for _, share in shares):
        raise ValueError("Each share is above 0. Leave a split out rather than giving it nothing.")
    if not math.isclose(total := math.fsum(share for _, share in shares), 1.0, abs_tol=1e-9):
        raise ValueError(f"The shares add up to {total:g}; they have to add up to 1.")
    return shares


def _pairs(raw: object) -> Iterable[tuple[str, object]]:
    if isinstance(raw, Mapping):
        return [(str(name), share) for name, share in raw.items()]
    if isinstance(raw, str):
        cut = [part.partition("=") for part in raw.split(",")]
        if all(equals for _, equals, _ in cut):
            return [(name, share) for name, _, share in cut]
    elif isinstance(raw, tuple):
        return [(str(name), share) for name, share in raw]
    raise ValueError("A split is written train=0.9,val=0.1.")


def ceilings(raw: object) -> Ceilings:
    """Requests under way at one site: ``8``, ``8,flickr=12``, a list of such, or a table of TOML
    (``default = 8``, ``flickr = 12``).
    """
    if isinstance(raw, Ceilings):
        raw = {"default": raw.default, **dict(raw.rules)}
    default, rules = None, dict[str, int]()
    for pattern, number in _ceilings(raw):
        most = _ceiling(number)
        if pattern == "default" and default not in {None, most}:
            raise ValueError(f"The ceiling of all hosts is given twice, {default} and {most}.")
        if pattern == "default":
            default = most
        elif rules.setdefault(pattern, most) != most:
            raise ValueError(f"{pattern} is given two ceilings, {rules[pattern]} and {most}.")
    return Ceilings(Ceilings().default if default is None else default, tuple(rules.items()))


def _ceilings(raw: object) -> Iterable[tuple[str, object]]:
    """(pattern or ``default``, number) of each part."""
    if isinstance(raw, Mapping):
        for name, number in raw.items():
            yield _host_pattern(str(name)), number
    elif isinstance(raw, list | tuple):
        for part in raw:
            yield from _ceilings(part)
    else:
        for part in str(raw).split(",") if isinstance(raw, str) else [raw]:
            pattern, equals, number = str(part).rpartition("=")
            yield (_host_pattern(pattern), number) if equals else ("default", part)


def _ceiling(raw: object) -> int:
    try:
        most = whole(raw)
    except ValueError:
        most = 0
    if not 1 <= most <= MOST_PER_HOST:
        raise ValueError(f"A ceiling is a whole number from 1 to {MOST_PER_HOST}, such as 4 or flickr=12.")
    return most


def _host_pattern(raw: str) -> str:
    pattern = raw.strip().lower()
    if not _HOST_PATTERN.fullmatch(pattern):
        raise ValueError(f"{pattern!r} is no pattern of hosts: flickr, example.com, or img*.example.com.")
    return pattern


def switch(raw: object) -> bool:
    """On or off: ``true``, ``1``, ``yes``, ``off``."""
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if isinstance(raw, str) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError("It is true or false.")


def text(raw: object) -> str:
    """One line of text, not empty."""
    if isinstance(raw, Path):
        raw = str(raw)
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("It is a text, and not an empty one.")
    if any(ord(character) < 32 or ord(character) == 127 for character in raw):
        raise ValueError("It holds a control character.")
    return raw.strip()


def one_of(*words: str) -> Reader:
    """A reader for one of a few words; a slip is answered with the nearest."""

    def read(raw: object) -> str:
        if isinstance(raw, str) and raw in words:
            return raw
        near = get_close_matches(str(raw).lower(), words, n=1)
        raise ValueError(f"It is one of {', '.join(words)}." + (f" Did you mean {near[0]}?" if near else ""))

    return read


def licence(raw: object) -> str:
    """A licence by any of its names, as its short one; a pattern stands as it is."""
    words = text(raw)
    return words.casefold() if "*" in words else canonical(words)


def list_format(*names: str) -> Reader:
    """A format of lists, perhaps with settings behind a colon; plug-ins are known by name."""
    read_name = one_of(*names)

    def read(raw: object) -> str:
        name = str(raw).partition(":")[0].strip()
        added: Collection[str] = () if name in names else _added("gleanset.sources")
        return str(raw).strip() if name in added else f"{read_name(name)}{str(raw).strip()[len(name) :]}"

    return read


def _added(group: str) -> Collection[str]:
    from importlib.metadata import entry_points

    return entry_points(group=group).names


def many(read: Reader, *, commas: bool) -> Reader:
    """A reader for an option that may be given several times; with ``commas`` also in one go."""

    def read_all(raw: object) -> tuple[object, ...]:
        items: Sequence[object] = raw if isinstance(raw, list | tuple) else [raw]
        if commas:
            given, items = items, [part for item in items for part in str(item).split(",") if part.strip()]
            if given and not items:
                raise ValueError("It is empty.")
        return tuple(dict.fromkeys(read(item) for item in items))

    return read_all


def contact(raw: object) -> str:
    """A mail address or a page where the crawler's owner can be reached."""
    words = text(raw)
    if " " in words or not ("@" in words.strip("@") or words.startswith(("http://", "https://"))):
        raise ValueError("It is a mail address or an http(s) address where you can be reached.")
    return words


def proxy(raw: object) -> str:
    """The address of a proxy."""
    words = text(raw)
    schemes = ("http://", "https://", "socks5://", "socks5h://")
    if not words.startswith(schemes):
        raise ValueError(f"A proxy begins with one of {', '.join(schemes)}.")
    return words


def function(raw: object) -> str:
    """``MODULE:FUNCTION``, or a function of a module; its arguments are looked at when it is loaded."""
    words = text(_named(raw) if callable(raw) else raw)
    module, colon, name = words.partition(":")
    if module.endswith(".py") and "/" not in module:
        raise ValueError(f"A module, not a file: write {module[:-3]}:{name or 'FUNCTION'}.")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise ValueError("It is written MODULE:FUNCTION, such as mychecks:no_faces.")
    return words


def _named(called: object) -> str:
    """What a worker, which is a program of its own, would have to import."""
    module, name = getattr(called, "__module__", ""), getattr(called, "__qualname__", "")
    if module in {"", None, "__main__"} or not name.replace(".", "").isidentifier():
        raise ValueError(
            "Workers are programs of their own and cannot see this function. "
            "Write it into a file, mychecks.py, and name it: mychecks:no_faces."
        )
    return f"{module}:{name}"


def existing_file(raw: object) -> str:
    """The path of a file that is there."""
    if not Path(path := text(raw)).is_file():
        raise ValueError("There is no such file.")
    return path


def resolve_rule(raw: object) -> str:
    """``PATTERN=ADDRESS[:PORT]``: names that match are found at this address alone."""
    pattern, equals, target = text(raw).partition("=")
    address, port = _address_and_port(target)
    try:
        ipaddress.ip_address(address)
        sound = 0 < int(port or 80) < 65536
    except ValueError:
        sound = False
    if not (pattern and equals and sound) or " " in pattern:
        raise ValueError("It is written PATTERN=ADDRESS[:PORT], such as *.example.com=127.0.0.1:8080.")
    return f"{pattern}={target}"


def _address_and_port(target: str) -> tuple[str, str]:
    if target.startswith("["):
        address, _, port = target[1:].partition("]")
        return address, port.removeprefix(":")
    if target.count(":") > 1:
        return target, ""
    address, _, port = target.partition(":")
    return address, port


def network(raw: object) -> str:
    """Addresses that are let in: a CIDR, or ``all``."""
    words = text(raw)
    if words.lower() == "all":
        return "all"
    try:
        return str(ipaddress.ip_network(words))
    except ValueError as error:
        raise ValueError(f"It is a range such as 10.0.0.0/8, or all ({error}).") from None
