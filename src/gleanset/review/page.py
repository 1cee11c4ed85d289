"""The page itself: one document with our own style and script, which loads nothing but our pictures."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Page:
    """A document and the headers of every answer."""

    html: str
    headers: dict[str, str]


def review_page(name: str, command: str, *, refills: bool) -> Page:
    """The page of the build ``name``.

    Args:
        command: what fills gaps afterwards, as it is typed.
        refills: whether that happens by itself.
    """
    style = Markup(_text("gleanset.report", "page.css") + _text("gleanset.review", "review.css"))
    script = Markup(_text("gleanset.review", "review.js"))
    values: dict[str, Any] = {"name": name, "command": command, "refills": refills}
    html = _environment().get_template("review.html.j2").render(style=style, script=script, **values)
    policy = (
        f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(
        html,
        {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


@cache
def _environment() -> Environment:
    loader = PackageLoader("gleanset.review")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@cache
def _text(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text(encoding="utf-8").strip() + "\n"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
