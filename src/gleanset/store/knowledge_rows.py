"""What is kept of a host, and how it fades and adds up. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from ..terms.knowledge import HostRecord
from ..urls import kind_of

HALF_LIFE_S = 30 * 24 * 3600.0
"""After a month an experience counts half. A choice: long enough that monthly builds profit, short enough
that a site which died does not keep its good name over a season."""
FORGOTTEN_S = 10 * HALF_LIFE_S
"""A thousandth is left by then."""

Line = tuple[str, float, float, float, int, float | None, float]
"""name, tries, successes, seconds_s, answered, rate_per_s, at_s."""


@dataclass(frozen=True, slots=True)
class KindRecord:
    """The experience with all hosts of one kind together."""

    record: HostRecord
    """Its name is the kind: ``flickr``, ``cdn``, ``other``."""
    probed_at_s: float | None = None
    """When ``probe`` measured it last, seconds since 1970; None: it knows of builds alone."""

    @property
    def kind(self) -> str:
        return self.record.name


def faded(record: HostRecord, now_s: float) -> HostRecord:
    """The record as it counts at ``now_s``: halved for every `HALF_LIFE_S` since its newest try."""
    part = 0.5 ** (max(0.0, now_s - record.at_s) / HALF_LIFE_S)
    return replace(
        record,
        tries=record.tries * part,
        successes=record.successes * part,
        seconds_s=record.seconds_s * part,
    )


def together(one: HostRecord, other: HostRecord) -> HostRecord:
    """Both experiences, as they count at the newer one's last try. The order does not matter."""
    older, newer = sorted((one, other), key=_age)
    older = faded(older, newer.at_s)
    return replace(
        newer,
        tries=older.tries + newer.tries,
        successes=older.successes + newer.successes,
        seconds_s=older.seconds_s + newer.seconds_s,
        answered=older.answered or newer.answered,
        rate_per_s=older.rate_per_s if newer.rate_per_s is None else newer.rate_per_s,
    )


def kinds_of(records: Iterable[HostRecord]) -> dict[str, HostRecord]:
    """The same experience summed up by kind. A kind has no rate of its own."""
    sums: dict[str, HostRecord] = {}
    for record in records:
        more = replace(record, name=kind_of(record.name), rate_per_s=None)
        sums[more.name] = together(sums[more.name], more) if more.name in sums else more
    return sums


def not_after(record: HostRecord, now_s: float) -> HostRecord:
    """The record, its date no later than now: a clock that ran ahead must not keep it fresh for years."""
    return record if record.at_s <= now_s else replace(record, at_s=now_s)


def line_of(record: HostRecord) -> Line:
    """The row that `record_of` reads back."""
    return (
        record.name,
        record.tries,
        record.successes,
        record.seconds_s,
        int(record.answered),
        record.rate_per_s,
        record.at_s,
    )


def record_of(line: Line) -> HostRecord:
    """A row of the table as a value."""
    name, tries, successes, seconds_s, answered, rate_per_s, at_s = line
    return HostRecord(name, tries, successes, seconds_s, bool(answered), rate_per_s, at_s)


def _age(record: HostRecord) -> tuple[float, float]:
    """Older ones first; of one moment, the lower rate is the later word."""
    return record.at_s, -inf if record.rate_per_s is None else -record.rate_per_s
