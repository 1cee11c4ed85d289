"""The pages: one self-contained HTML file each, which opens offline and runs nothing but its own script."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..figures import count, duration, share
from ..terms.plan import Survey
from .class_view import class_groups, class_map
from .crawl_view import crawl_figures, group_lines, timeline_figure
from .data import ContactSheet, ProbeData, Reach, ReportData
from .loading import loading_lines
from .placeholder_view import placeholder_cards, placeholder_sentence, signature_lines
from .probe_view import host_lines, kind_lines, probe_sentence
from .reach_view import reach_figure
from .summary import fates_of, head_of, planned_lines, reason_groups, wanted_of, yields_figure
from .survey_view import hosts_figure, survey_figures
from .waiting_view import waiting_lines

MAX_INLINE_BYTES = 6_000_000
"""All thumbnails of one page together, as JPEG; what is beyond lies in the sheets beside the report."""
_OPEN_SHEETS = 3
_RELATIVE = re.compile(r"[A-Za-z0-9._%-]+(/[A-Za-z0-9._%-]+)*")


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    caption: str
    href: str | None
    pictures: tuple[tuple[str, str], ...]


def render_report(data: ReportData) -> str:
    """The report of a build. Takes well under a second for a thousand classes."""
    numbers = {sheet.class_id: i for i, sheet in enumerate(data.sheets)}
    timeline = timeline_figure(data.timeline, wanted_of(data))
    return _render(
        "report.html.j2",
        data=data,
        head=head_of(data),
        nav=_nav(data),
        groups=class_groups(data.classes, data.status, numbers),
        class_map=class_map(data.classes, data.status),
        licence_rows=licence_rows(data.licences),
        forecast=any(row.forecast is not None for row in data.classes),
        fates=fates_of(data),
        reasons=reason_groups(data.rejected),
        placeholders=placeholder_cards(data),
        placeholder_sentence=placeholder_sentence(data),
        signatures=signature_lines(data),
        waiting=waiting_lines(data.waiting),
        group_rows=group_lines(data.groups),
        figures=([timeline] if timeline else []) + list(crawl_figures(data.crawl)),
        sheets=list(_sheets(data.sheets)),
        open_sheets=_OPEN_SHEETS,
        planned=planned_lines(data),
        scatter=yields_figure(data),
        loading=loading_lines(data.out, data.format, [name for name, _ in data.splits]),
        finished="" if data.finished_at_s is None else moment(data.finished_at_s),
    )


def render_survey(survey: Survey, title: str, reach: Reach | None = None) -> str:
    """The analysis of a list: how many classes can have so many images, charts G1 to G3, hosts, odd lines."""
    return _render(
        "survey.html.j2",
        more="survey",
        title=title,
        survey=survey,
        sentence=_survey_sentence(survey),
        key_figures=_survey_keys(survey),
        figures=survey_figures(survey),
        reach=None if reach is None else reach_figure(reach),
        hosts_figure=hosts_figure(survey),
        licence_rows=licence_rows([(name, sum(counts)) for name, counts in survey.licences]),
        at_least=[tuple(map(count, level)) for level in survey.at_least],
    )


def render_probe(data: ProbeData, title: str) -> str:
    """What a probe measured: rates with their intervals, the first tool's statistics, charts G4 to G7."""
    whole = next((group for group in data.groups if group.name == "all"), None)
    tried, good = (whole.tried, whole.accepted) if whole else (0, 0)
    return _render(
        "probe.html.j2",
        title=title,
        data=data,
        sentence=probe_sentence(data, tried, good),
        key_figures=(
            ("URLs tried", count(tried), f"of {count(data.urls)}" if data.urls else ""),
            ("Pictures", count(good), share(good, tried)),
            ("Time", duration(data.elapsed_s), "from first to last"),
            ("Hosts asked", count(data.n_hosts), ""),
        ),
        group_rows=group_lines(data.groups),
        kind_rows=kind_lines(data.measured),
        host_rows=host_lines(data.hosts),
        figures=crawl_figures(data.crawl),
        reasons=reason_groups(data.rejected),
    )


def render_sheet(sheet: ContactSheet) -> str:
    """The whole contact sheet of one class, as a page of its own."""
    return _render("sheet.html.j2", sheet=_sheet(sheet, sheet.thumbnails))


def _render(template: str, more: str = "", **values: Any) -> str:
    """``more``: a style sheet and a script that this page needs beside those of all pages."""
    names = ("page", more) if more else ("page",)
    style, script = (Markup("\n").join(_asset(f"{name}.{kind}") for name in names) for kind in ("css", "js"))
    return (
        _environment()
        .get_template(template)
        .render(policy=_policy(style, script), style=style, script=script, **values)
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("gleanset.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(count=count, share=share, duration=duration, percent=_percent)
    return environment


@cache
def _asset(name: str) -> Markup:
    """The text of our own style sheet or script: the only thing that is ever marked as safe unread."""
    loader = _environment().loader
    assert loader is not None
    return Markup(loader.get_source(_environment(), name)[0].strip())


def _policy(style: str, script: str) -> str:
    """Nothing may load but data URIs of pictures; nothing may run but our script, word for word."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole > 0 else "0"


def _nav(data: ReportData) -> list[tuple[str, str]]:
    sections = (
        ("classes", "Classes", True),
        ("licences", "Licences", data.licences),
        ("losses", "What became of the URLs", data.accepted or data.rejected),
        ("placeholders", "Placeholders", data.learned or data.signatures),
        ("time", "The crawl", data.groups or len(data.timeline) > 1),
        ("hosts", "Hosts", data.hosts or data.waiting),
        ("sheets", "Contact sheets", data.sheets),
        ("plan", "Plan and reality", data.plan),
        ("load", "How to load it", True),
        ("recipe", "Recipe", data.recipe),
    )
    return [(id, name) for id, name, there in sections if there]


def _sheets(sheets: Sequence[ContactSheet]) -> Iterator[_Sheet]:
    """As many thumbnails of every class as fit into the page, the same number for each."""
    deepest = max((len(sheet.thumbnails) for sheet in sheets), default=0)
    layers = [sum(len(s.thumbnails[i].jpeg) for s in sheets if i < len(s.thumbnails)) for i in range(deepest)]
    most, spent = 0, 0
    for layer in layers:
        spent += layer
        most += spent <= MAX_INLINE_BYTES
    for sheet in sheets:
        yield _sheet(sheet, sheet.thumbnails[:most])


def _sheet(sheet: ContactSheet, shown: Sequence[Any]) -> _Sheet:
    caption = f"{count(sheet.n_images)} images" + (
        f", {count(len(shown))} shown" if len(shown) < sheet.n_images else ""
    )
    pictures = tuple(
        (f"data:image/jpeg;base64,{base64.b64encode(one.jpeg).decode()}", one.key) for one in shown
    )
    href = sheet.href if sheet.href and _RELATIVE.fullmatch(sheet.href) else None
    return _Sheet(sheet.name, caption, href, pictures)


def moment(at_s: float) -> str:
    """A wall clock time for people everywhere: ``26 November 2026, 14:05 UTC``."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%-d %B %Y, %H:%M UTC")


def licence_rows(licences: Sequence[tuple[str, int]]) -> list[tuple[str, str, str]]:
    """(licence, images or URLs, share of all of them)."""
    total = sum(n for _, n in licences)
    return [(name, count(n), share(n, total)) for name, n in licences if n]


def _survey_sentence(survey: Survey) -> str:
    if not survey.classes:
        return "No labelled URL was found."
    counts = sorted(survey.per_class.urls)
    middle = counts[len(counts) // 2] if counts else 0
    return (
        f"{count(survey.urls)} URLs in {count(survey.classes)} classes on {count(survey.hosts)} hosts; "
        f"{share(survey.flickr_urls, survey.urls)} are on Flickr, and the middle class has {count(middle)}."
    )


def _survey_keys(survey: Survey) -> tuple[tuple[str, str, str], ...]:
    counts = survey.per_class.urls
    without = sum(n == 0 for n in survey.per_class.flickr_urls)
    return (
        ("URLs", count(survey.urls), ""),
        ("Classes", count(survey.classes), f"{count(without)} without a Flickr URL" if without else ""),
        ("Flickr URLs", count(survey.flickr_urls), share(survey.flickr_urls, survey.urls)),
        ("Hosts", count(survey.hosts), ""),
        (
            "Per class",
            f"{count(min(counts, default=0))} to {count(max(counts, default=0))}",
            "least and most",
        ),
        ("Odd lines", count(survey.odd_lines), "left out" if survey.odd_lines else ""),
    )
