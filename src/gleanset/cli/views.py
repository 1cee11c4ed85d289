"""Results as people and programs read them."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..figures import count, duration, share, size
from ..recipe import quota_text
from ..terms.plan import Plan, PlannedClass, Survey
from .output import printable, table
from .rehearsal_view import rehearsal_json, rehearsal_text

if TYPE_CHECKING:
    from ..api import ClassLine, ClassResult, Report

SHOWN = 20
"""Lines of a long table that a terminal gets; ``--json`` has them all."""
NOTABLE = (100, 200, 300, 500, 800, 1000, 1200, 1500)


def survey_json(survey: Survey) -> dict[str, Any]:
    """The shape that ``survey --json`` promises."""
    return {
        "classes": survey.classes,
        "urls": survey.urls,
        "flickr_urls": survey.flickr_urls,
        "odd_lines": survey.odd_lines,
        "hosts": survey.hosts,
        "at_least": [
            {"images": images, "classes": classes, "classes_flickr": flickr}
            for images, classes, flickr in survey.at_least
        ],
        "licences": [{"licence": name, "urls": sum(counts)} for name, counts in survey.licences],
        "top_hosts": [{"host": host, "urls": urls} for host, urls in survey.top_hosts],
        "odd_examples": [
            {"list": name, "line": line, "text": text} for name, line, text in survey.odd_examples
        ],
    }


def survey_text(survey: Survey) -> str:
    """What is in a list, in the order in which one asks."""
    facts = [
        ("classes", count(survey.classes)),
        ("URLs", count(survey.urls)),
        ("on Flickr", f"{count(survey.flickr_urls)} ({share(survey.flickr_urls, survey.urls)})"),
        ("hosts", count(survey.hosts)),
        ("odd lines", count(survey.odd_lines)),
    ]
    steps = [("URLs or more", "classes", "on Flickr alone")]
    steps += [(count(n), count(every), count(flickr)) for n, every, flickr in survey.at_least if n in NOTABLE]
    hosts = [("most URLs", ""), *((host, count(urls)) for host, urls in survey.top_hosts[:10])]
    licences = [("licence", "URLs"), *((name, count(sum(urls))) for name, urls in survey.licences[:10])]
    odd = [f"odd: {name}:{line}: {printable(text)}" for name, line, text in survey.odd_examples[:3]]
    parts = [
        table(facts, right=(1,)),
        table(steps, right=(0, 1, 2)),
        table(hosts, right=(1,)),
        table(licences, right=(1,)) if survey.licences else "",
        "\n".join(odd),
    ]
    return "\n\n".join(part for part in parts if part)


def classes_json(lines: Sequence["ClassLine"]) -> dict[str, Any]:
    """Every class as an object."""
    return {
        "classes": [
            {
                "id": line.id,
                "name": line.name,
                "urls": line.urls,
                "flickr_urls": line.flickr_urls,
                "forecast": round(line.forecast, 1),
            }
            for line in lines
        ]
    }


def is_found(line: "ClassLine", words: str) -> bool:
    """Whether the id or one of the names holds every one of these words; ``tabby-cat`` is ``tabby cat``."""
    wanted = words.casefold().replace("-", " ").replace("_", " ").split()
    known = (name.casefold().replace("-", " ") for name in (line.id, line.name, *line.names))
    return words.casefold() in line.id.casefold() or any(
        all(word in name for word in wanted) for name in known
    )


CLASS_HEAD = ("id", "name", "urls", "flickr_urls", "forecast")


def classes_csv(lines: Sequence["ClassLine"]) -> str:
    """The class table of the first tool (``classes_in_imagenet.csv``), with a forecast."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CLASS_HEAD)
    writer.writerows((one.id, one.name, one.urls, one.flickr_urls, round(one.forecast)) for one in lines)
    return out.getvalue().rstrip("\n")


def classes_text(lines: Sequence["ClassLine"]) -> str:
    """The class table, aligned."""
    rows: list[Sequence[str]] = [CLASS_HEAD]
    rows += [
        (one.id, one.name, count(one.urls), count(one.flickr_urls), count(one.forecast)) for one in lines
    ]
    return table(rows, right=(2, 3, 4))


def plan_json(plan: Plan) -> dict[str, Any]:
    """The whole plan."""
    return {
        "classes": [_planned_json(one) for one in plan.classes],
        "reserves": [_planned_json(one) for one in plan.reserves],
        "seed": plan.seed,
        "total": plan.total,
        "rates_from": plan.rates_from,
        "notes": list(plan.notes),
        "expected_requests": round(plan.expected_requests),
        "expected_s": round(plan.expected_s, 1),
        "expected_bytes": round(plan.expected_bytes),
        "rehearsals": [rehearsal_json(one) for one in plan.rehearsals],
    }


def _planned_json(one: PlannedClass) -> dict[str, Any]:
    return {
        "id": one.label,
        "name": one.name,
        "quota": one.quota.at_least,
        "quota_at_most": one.quota.at_most,
        "candidates": one.candidates,
        "forecast": round(one.forecast, 1),
        "shortfall_chance": round(one.shortfall_chance, 4),
    }


def plan_text(plan: Plan) -> str:
    """What a build would do: the classes at most risk first, then the sums."""
    risky = sorted(plan.classes, key=lambda one: (-one.shortfall_chance, one.forecast, one.label))
    rows: list[Sequence[str]] = [("id", "name", "quota", "URLs", "forecast", "chance of falling short")]
    rows += [
        (one.label, one.name, quota_shown(one), count(one.candidates), count(one.forecast), _chance(one))
        for one in risky[:SHOWN]
    ]
    more = len(plan.classes) - SHOWN
    rest = [f".. and {count(more)} classes that are at less risk"] if more > 0 else []
    played = rehearsal_text(plan) if plan.rehearsals else []
    sums = [plan_sums(plan), *map(printable, plan.notes)]
    return "\n".join([table(rows, right=(2, 3, 4, 5)), *rest, "", *sums, *played])


def plan_sums(plan: Plan) -> str:
    """One paragraph: classes, requests, time, disk, and where the rates come from."""
    reserves = f" and {count(len(plan.reserves))} in reserve" if plan.reserves else ""
    return (
        f"{_classes(len(plan.classes))}{reserves}, about {count(plan.expected_requests)} requests, "
        f"{duration(plan.expected_s)} and {size(plan.expected_bytes)} on disk (both copies). "
        f"{plan.rates_from}"
    ).rstrip()


def quota_shown(one: PlannedClass) -> str:
    """``800``, ``300:800``, or ``all``."""
    return quota_text(one.quota) if one.quota.at_least or one.quota.at_most is not None else "all"


def _classes(n: int) -> str:
    return "1 class" if n == 1 else f"{count(n)} classes"


def _chance(one: PlannedClass) -> str:
    return share(one.shortfall_chance, 1.0)


def report_text(report: "Report") -> str:
    """How a build stands or ended: the sums, then the classes that are short."""
    if report.status == "interrupted" and not report.classes:
        return "interrupted before anything was collected; the same command begins again"
    short = [one for one in report.classes if one.short]
    n = len(report.classes)
    lines = [
        f"{report.status}: {count(report.accepted)} images in {_classes(n)}, {size(report.bytes)}, "
        f"in {report.out}",
        f"{count(n - len(short))} of {count(n)} classes have their quota; {count(report.tried)} URLs tried "
        f"({share(report.accepted, report.tried)} accepted) in {duration(report.elapsed_s)}",
    ]
    lines += [f"digest {report.digest}"] if report.digest else []
    lines += [f"report {report.page}"] if report.page else []
    lines += [report.again.told(_moment)] if report.again else []
    return "\n".join([*lines, *map(printable, report.notes), *_shortfall(short)])


def _moment(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).strftime("%-d %B, %H:%M")


def _shortfall(short: Sequence["ClassResult"]) -> list[str]:
    """The classes below their quota as a table; nothing where there are none."""
    if not short:
        return []
    rows: list[Sequence[str]] = [("short", "name", "quota", "accepted", "tried", "URLs", "to be asked")]
    rows += [
        (
            one.id,
            one.name,
            "all" if one.quota is None and not one.least else count(one.least),
            count(one.accepted),
            count(one.tried),
            count(one.candidates),
            count(one.undecided),
        )
        for one in short[:SHOWN]
    ]
    more = len(short) - SHOWN
    rest = [f".. and {count(more)} more, all in classes.csv"] if more > 0 else []
    return ["", table(rows, right=(2, 3, 4, 5, 6)), *rest]
