"""The page's server: on loopback alone, behind a word that nobody can guess, and deaf to other sites.

What keeps strangers out, each by itself: the socket is bound to 127.0.0.1; every path begins with 256 random
bits; the Host header must name this machine, so that no foreign name can be pointed here (DNS rebinding);
what changes something must be JSON from this very page (``Origin``, ``Sec-Fetch-Site``), which no form of
another site can send; no answer may be framed or read by another site. No path leads to a file.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from ..errors import GleansetError, UsageError
from .desk import Desk
from .gallery import Gallery
from .page import Page

ADDRESS = "127.0.0.1"
OUR_NAMES = frozenset({"127.0.0.1", "localhost"})
"""With any port: a tunnel may end at another one, and no foreign name is among these."""
MOST_SAID = 4096
"""Bytes of a request's body."""
_ROUTE = re.compile(r"/(?P<token>[\w-]+)/(?P<what>[a-z]*)(?:/(?P<which>[0-9a-f]{1,64}))?")
_LONGEST_NUMBER = 15


class Review:
    """A page that is being served: its address, and what happens when the person is done."""

    def __init__(self, gallery: Gallery, desk: Desk, page: Page, port: int = 0) -> None:
        """``port``: 0 for one that is free.

        Raises:
            UsageError: the port is taken, or not for us.
        """
        self.gallery = gallery
        self.desk = desk
        self.page = page
        self.token = secrets.token_urlsafe(32)
        self.done = Event()
        """The person is: what is decided shall be applied."""
        self.seen = Event()
        """The page has heard how that went."""
        self._progress: dict[str, Any] = {"phase": "looking"}
        try:
            self._server = _Server((ADDRESS, port), _handler(self))
        except OSError as error:
            raise UsageError(
                f"--port {port}: {error.strerror}. Choose another, or leave --port out for one that is free."
            ) from error
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}/{self.token}/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tell(self, phase: str, **words: Any) -> None:
        """Let the page know how applying goes: ``applying``, then ``applied`` or ``failed``."""
        self._progress = {"phase": phase, **words}

    def progress(self) -> dict[str, Any]:
        """The last of it; noted as heard where it is the end."""
        said = self._progress
        if said["phase"] in {"applied", "failed"}:
            self.seen.set()
        return said


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news."""


def _handler(review: Review) -> type[BaseHTTPRequestHandler]:
    """The class that the standard library wants, around one review."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "gleanset", ""
        timeout = 60

        def do_GET(self) -> None:
            route = self._route()
            if route is None:
                return
            what, which = route
            start = _number(parse_qs(urlsplit(self.path).query).get("from", ["0"])[0]) or 0
            match what:
                case "":
                    self._send(HTTPStatus.OK, review.page.html.encode(), "text/html; charset=utf-8")
                case "small" | "large" | "placeholder":
                    self._send_picture(what, which)
                case _:
                    self._say(_answer(review, what, which, start))

        def do_POST(self) -> None:
            route = self._route()
            if route is None:
                return
            wish = self._wish()
            if wish is None:
                return
            try:
                self._say(_deed(review, route[0], wish))
            except GleansetError as error:
                self._refuse(HTTPStatus.CONFLICT, str(error))

        def _route(self) -> tuple[str, str] | None:
            """(what, which) of a request that may be answered; any other one has been refused."""
            found = _ROUTE.fullmatch(urlsplit(self.path).path)
            token = found["token"] if found else ""
            if not _is_ours(self.headers.get_all("Host", [])):
                self._refuse(HTTPStatus.FORBIDDEN, "This name is not this machine.")
            elif found is None or not hmac.compare_digest(token.encode(), review.token.encode()):
                self._refuse(HTTPStatus.FORBIDDEN, "The address is not whole. Copy it anew.")
            else:
                return found["what"], found["which"] or ""
            return None

        def _wish(self) -> dict[str, Any] | None:
            """What the page wants changed; None: another site asks, or it is no JSON, and was refused."""
            origin = self.headers.get("Origin")
            site = self.headers.get("Sec-Fetch-Site", "same-origin")
            length = _number(self.headers.get("Content-Length", ""))
            if site != "same-origin" or (origin and origin != f"http://{self.headers['Host']}"):
                self._refuse(HTTPStatus.FORBIDDEN, "Another site asks.")
            elif self.headers.get_content_type() != "application/json":
                self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Only JSON is read.")
            elif length is None or length > MOST_SAID:
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MOST_SAID} bytes are read.")
            elif (wish := _json_object(self.rfile.read(length))) is None:
                self._refuse(HTTPStatus.BAD_REQUEST, "That is no JSON object.")
            else:
                return wish
            return None

        def _say(self, answer: Mapping[str, Any] | None) -> None:
            if answer is None:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no such thing.")
                return
            self._send(HTTPStatus.OK, json.dumps(answer).encode(), "application/json")

        def _send_picture(self, what: str, which: str) -> None:
            number = _number(which)
            jpeg = None
            if what == "placeholder":
                jpeg = review.gallery.placeholder(which)
            elif number is not None:
                jpeg = review.gallery.picture(number, large=what == "large")
            if jpeg is None:
                self._refuse(HTTPStatus.NOT_FOUND, "No such picture is kept.")
                return
            self._send(HTTPStatus.OK, jpeg, "image/jpeg", "private, max-age=3600, immutable")

        def _refuse(self, status: HTTPStatus, why: str) -> None:
            self.close_connection = True
            self._send(status, json.dumps({"error": why}).encode(), "application/json")

        def _send(self, status: HTTPStatus, body: bytes, kind: str, cache: str = "no-store") -> None:
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": cache}
            for name, value in (headers | review.page.headers).items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The terminal is for the person."""

    return Handler


def _is_ours(hosts: list[str]) -> bool:
    """Whether a request means this machine, by a name that nobody else can own."""
    name, _, port = hosts[0].lower().partition(":") if len(hosts) == 1 else ("", "", "")
    return name in OUR_NAMES and (not port or _number(port) is not None)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def _answer(review: Review, what: str, which: str, start: int) -> Mapping[str, Any] | None:
    """What the page asks to know; None: there is no such thing."""
    gallery = review.gallery
    match what:
        case "overview":
            return gallery.overview()
        case "progress":
            return review.progress()
        case "class":
            number = _number(which)
            return None if number is None else gallery.of_class(number, start)
        case "learned":
            return gallery.learned(start)
        case "known":
            return gallery.known(start)
        case "conflicts":
            return gallery.conflicts(start)
        case "near":
            return gallery.near(start)
        case "hand":
            return gallery.by_hand(start)
    return None


def _deed(review: Review, what: str, wish: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Do what the page wants; None: that cannot be wanted."""
    match what, wish:
        case "turn", {"what": bool()}:
            return None
        case "turn", {"what": int() | str() as subject} if review.gallery.may_decide(subject):
            return {"now": review.desk.turn(subject), **review.gallery.decided()}
        case "undo", {}:
            return {"what": review.desk.undo(), **review.gallery.decided()}
        case "done", {}:
            review.tell("applying")
            review.done.set()
            return {}
    return None
