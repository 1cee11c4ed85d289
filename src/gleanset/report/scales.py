"""Round numbers for axes."""

import math

_TIME_STEPS_S = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
)


def ticks(top: float, about: int = 5) -> tuple[float, ...]:
    """Round steps (1, 2, 5 times a power of ten) from 0; the last is the first at or above ``top``."""
    if not top > 0:
        return (0.0, 1.0)
    rough = top / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return _steps(step, top)


def whole_ticks(top: float, about: int = 5) -> tuple[float, ...]:
    """The same for things that are counted: never a fraction."""
    found = ticks(top, about)
    return found if found[1] >= 1 else _steps(1, max(top, 1))


def time_ticks(top_s: float, about: int = 4) -> tuple[float, ...]:
    """Steps that clocks have: seconds, minutes, hours, days."""
    rough = top_s / about
    step = next((step for step in _TIME_STEPS_S if step >= rough), None)
    if step is None:
        return tuple(days * 86_400 for days in ticks(top_s / 86_400, about))
    return ticks(top_s, about) if top_s < 4 else _steps(step, top_s)


def _steps(step: float, top: float) -> tuple[float, ...]:
    return tuple(step * i for i in range(math.ceil(top / step - 1e-9) + 1))


def thin(n: int, most: int) -> list[int]:
    """At most ``most`` indices of ``range(n)``, evenly spread, first and last included."""
    if n <= most:
        return list(range(n))
    return sorted({round(i * (n - 1) / (most - 1)) for i in range(most)})
