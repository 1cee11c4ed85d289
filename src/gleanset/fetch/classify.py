"""What curl's errors and HTTP's statuses mean to us: one table each, and no default in silence."""

import errno

import pycurl

from gleanset.terms.outcome import Failure

OK_STATUSES = frozenset({200, 203})
"""203: a proxy on the way changed something, the picture is judged by its bytes."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_STATUSES = {
    204: Failure.EMPTY,
    206: Failure.PROTOCOL,  # nobody asked for a part
    401: Failure.FORBIDDEN,
    402: Failure.FORBIDDEN,
    403: Failure.FORBIDDEN,
    404: Failure.NOT_FOUND,
    410: Failure.GONE,
    420: Failure.RATE_LIMITED,  # Twitter's and Pinterest's old word for it
    429: Failure.RATE_LIMITED,
    451: Failure.FORBIDDEN,
}

_BY_CURL = {
    1: Failure.PROTOCOL,  # UNSUPPORTED_PROTOCOL: an answer without a status line (HTTP/0.9)
    3: Failure.BAD_URL,
    5: Failure.NAME_TIMEOUT,  # the proxy's name
    6: Failure.NAME_NOT_FOUND,
    7: Failure.REFUSED,
    8: Failure.PROTOCOL,  # WEIRD_SERVER_REPLY
    16: Failure.PROTOCOL,  # HTTP2: framing
    18: Failure.RESET,  # PARTIAL_FILE: a body shorter than promised
    22: Failure.HTTP_ERROR,
    23: Failure.PROTOCOL,  # WRITE_ERROR: a decoder inside curl; our own cuts are known before we ask here
    26: Failure.RESET,
    27: Failure.RESET,  # OUT_OF_MEMORY
    28: Failure.TIMEOUT,
    33: Failure.PROTOCOL,
    35: Failure.TLS,
    42: Failure.BLOCKED_ADDRESS,  # ABORTED_BY_CALLBACK: the guard alone aborts
    47: Failure.TOO_MANY_REDIRECTS,
    51: Failure.TLS,
    52: Failure.RESET,  # GOT_NOTHING
    53: Failure.TLS,
    54: Failure.TLS,
    55: Failure.RESET,
    56: Failure.RESET,
    58: Failure.TLS,
    59: Failure.TLS,
    60: Failure.TLS,
    61: Failure.PROTOCOL,  # BAD_CONTENT_ENCODING
    63: Failure.TOO_LARGE,
    64: Failure.TLS,
    65: Failure.RESET,
    66: Failure.TLS,
    67: Failure.FORBIDDEN,
    77: Failure.TLS,
    80: Failure.TLS,
    81: Failure.RESET,
    82: Failure.TLS,
    83: Failure.TLS,
    89: Failure.RESET,
    90: Failure.TLS,
    91: Failure.TLS,
    92: Failure.RESET,  # HTTP2_STREAM: the server gave this request up
    93: Failure.RESET,
    94: Failure.FORBIDDEN,
    95: Failure.PROTOCOL,
    96: Failure.REFUSED,
    97: Failure.REFUSED,  # PROXY
    98: Failure.TLS,
    99: Failure.RESET,
    100: Failure.PROTOCOL,  # TOO_LARGE: headers beyond libcurl's own bounds
    101: Failure.TLS,
}

NEVER = (
    frozenset(
        # Set-up, which fails for all requests or none: FAILED_INIT, NOT_BUILT_IN, FUNCTION_NOT_FOUND,
        # BAD_FUNCTION_ARGUMENT, INTERFACE_FAILED, UNKNOWN_OPTION, BAD_CALLING_ORDER ..
        {2, 4, 24, 34, 41, 43, 44, 45, 46, 48, 50, 57, 62, 75, 76}
        # Other protocols: FTP, FILE, LDAP, TELNET, TFTP, RTSP, SSH ..
        | {*range(9, 16), 17, 19, 20, 21, 25, 29, 30, 31, 32, 36, 37, 38, 39, 40, 49}
        | {*range(68, 75), 78, 79, 84, 85, 86, 87, 88}
        # E_ALREADY_COMPLETE, a relic
        | {99_999}
    )
    - _BY_CURL.keys()
)
"""Errors of libcurl that a GET by http or https does not have."""

_BY_ERRNO = {
    errno.ETIMEDOUT: Failure.CONNECT_TIMEOUT,
    errno.ECONNRESET: Failure.RESET,
    errno.EPIPE: Failure.RESET,
}
_MALFORMED = ("chunk", "header", "HTTP/")
"""Words in curl's message for a RECV_ERROR that say that the answer was read, and was wrong."""


def failure_of_status(status: int) -> Failure | None:
    """What a final status means; None: there is a body to look at. Redirects with a target are no ends."""
    if status in OK_STATUSES:
        return None
    if 500 <= status < 600:
        return Failure.SERVER_ERROR
    return _STATUSES.get(status, Failure.HTTP_ERROR)


def failure_of_curl(code: int, *, connected: bool, os_errno: int = 0, message: str = "") -> Failure:
    """What an error of curl means for the URL.

    ``connected``: whether the handshakes had ended, so that a time-out is not the connection's.
    """
    failure = _BY_CURL.get(code, Failure.PROTOCOL)
    if failure is Failure.TIMEOUT and not connected:
        return Failure.CONNECT_TIMEOUT
    if code in (pycurl.E_COULDNT_CONNECT, pycurl.E_SSL_CONNECT_ERROR):
        return _BY_ERRNO.get(os_errno, failure)
    if code == pycurl.E_RECV_ERROR and not os_errno and any(word in message for word in _MALFORMED):
        return Failure.PROTOCOL
    return failure


def is_known(code: int) -> bool:
    """Whether somebody has thought about this error."""
    return code in _BY_CURL or code in NEVER
