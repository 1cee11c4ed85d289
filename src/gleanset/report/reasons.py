"""What each reason means, in plain words."""

from ..terms.inspection import Flaw
from ..terms.outcome import Failure
from ..terms.verdict import Judgement

FAILED, FLAWED, UNWANTED = "No picture came", "Not a usable picture", "Not wanted"
KINDS = (FAILED, FLAWED, UNWANTED)
_KIND = (
    dict.fromkeys((f.word for f in Failure), FAILED)
    | dict.fromkeys((f.word for f in Flaw), FLAWED)
    | dict.fromkeys((j.word for j in Judgement), UNWANTED)
)

_MEANING = {
    "blocked-address": "The URL leads to a private or reserved address, which no list may reach.",
    "bad-url": "Not an http or https address that could be asked.",
    "name-not-found": "The site's name no longer exists.",
    "name-timeout": "The name servers of the site did not answer.",
    "refused": "The machine is there, but nothing listens on that port.",
    "connect-timeout": "No connection came about in time; most such sites are gone.",
    "tls": "The site's certificate or encryption is broken or out of date.",
    "reset": "The connection was cut before the picture was complete.",
    "timeout": "The picture was not complete within the time allowed for one URL.",
    "too-slow": "The site sent so little, for so long, that we hung up.",
    "too-large": "The body is larger than the limit for one picture.",
    "too-many-redirects": "The address pointed on and on, or in a circle.",
    "protocol": "The answer was not proper HTTP.",
    "empty": "The site answered with nothing.",
    "not-found": "404: the picture has been taken down or moved.",
    "gone": "410: the site says that the picture was removed for good.",
    "forbidden": "401, 403 or 451: the site does not give this picture to us.",
    "rate-limited": "429: the site asked us to slow down, and time ran out before it could be asked again.",
    "server-error": "500 to 599: the site has a fault of its own.",
    "http-error": "Another HTTP status that brings no picture.",
    "opted-out": "robots.txt or a header asks that this not be taken for data mining.",
    "not-an-image": "Something else came, most often a web page.",
    "undecodable": "It begins like a picture, but no decoder can open it.",
    "truncated": "The file ends before the picture does.",
    "too-small": "Smaller than the least side asked for.",
    "bad-shape": "Far too long or too wide.",
    "too-many-pixels": "So many pixels that opening it could exhaust memory.",
    "blank": "One flat colour, with nothing to see.",
    "decoder-crash": "The decoder died of it; such files are often hostile.",
    "placeholder": "A stand-in such as “this photo is no longer available”.",
    "duplicate": "Byte for byte a picture that its class already has.",
    "near-duplicate": "The same picture as one already there, in another size or compression.",
    "label-conflict": "The same URL or the same bytes under several classes: at most one can be right.",
    "class-full": "Good, but its class already had all that was wanted.",
    "class-replaced": "Good, but its class fell short and a reserve took its place.",
    "excluded": "On the list of pictures that this dataset must not contain.",
    "removed": "Taken down by request; it will not be fetched again.",
    "changed": "Another picture than the manifest promises, or another file than the list describes.",
    "rejected-by-hand": "Someone looked at it and said no.",
}


def kind_of(reason: str) -> str:
    """The heading under which a reason is listed; words of others' checks count as "not wanted"."""
    return _KIND.get(reason, UNWANTED)


def meaning_of(reason: str) -> str:
    """One sentence for people; never empty."""
    if reason.startswith("check:"):
        return f"Your own check answered “{reason.removeprefix('check:')}”."
    return _MEANING.get(reason, "A reason that this version has no words for.")
