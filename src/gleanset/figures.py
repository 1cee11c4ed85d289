"""Figures as people read them: the same words in the terminal, the report and the card."""

DASH = "–"
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def count(n: float) -> str:
    """``12,345``; fractions are rounded."""
    return f"{round(n):,}"


def compact(n: float) -> str:
    """For axes and narrow places: ``950``, ``12k``, ``1.5M``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(n) >= limit:
            return f"{n / limit:.3g}{unit}"
    return f"{n:.3g}"


def share(part: float, whole: float) -> str:
    """``57.3 %``; a dash where there is no whole. Only nothing is 0 %, and only everything is 100 %."""
    if whole <= 0:
        return DASH
    percent = 100 * part / whole
    if part > 0 and percent < 0.1:
        return "<0.1 %"
    if part < whole and percent > 99.9:
        percent = 99.9
    return f"{percent:.0f} %" if percent in {0, 100} else f"{percent:.1f} %"


def share_between(value: float, low: float, high: float) -> str:
    """A share (0 to 1) with its interval: ``57.3 % (54.2 to 60.4)``."""
    return f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def seconds_between(value_s: float, low_s: float, high_s: float) -> str:
    """A time with its interval, three figures: ``0.52 s (0.49 to 0.55)``."""
    return f"{_three(value_s)} s ({_three(low_s)} to {_three(high_s)})"


def _three(value: float) -> str:
    digits = 0 if value >= 99.5 else 1 if value >= 9.95 else 2
    return f"{value:,.{digits}f}"


def size(n_bytes: float) -> str:
    """Decimal units, three figures: ``1.42 GB``."""
    value = float(n_bytes)
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.3g} {unit}"


def age(seconds_s: float) -> str:
    """Roughly, for what grows older while it is read: ``less than a minute``, ``12 min``, ``3 d``."""
    if seconds_s < 60:
        return "less than a minute"
    for unit_s, name in ((86_400, "d"), (3600, "h")):
        if seconds_s >= unit_s:
            return f"{seconds_s // unit_s:,.0f} {name}"
    return f"{seconds_s // 60:.0f} min"


def duration(seconds_s: float) -> str:
    """Two units at most: ``0.43 s``, ``45 s``, ``3 min 12 s``, ``2 h 05 min``, ``4 d 6 h``."""
    if seconds_s < 9.95:
        return f"{max(round(seconds_s, 1 if seconds_s >= 1 else 2), 0):g} s"
    whole = round(seconds_s)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
