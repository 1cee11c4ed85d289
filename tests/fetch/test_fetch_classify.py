"""Every error of curl and every status has a meaning that somebody chose."""

import errno

import pycurl
import pytest

from gleanset.fetch.classify import NEVER, failure_of_curl, failure_of_status, is_known
from gleanset.fetch.headers import pick_headers, retry_after_s
from gleanset.terms.outcome import Failure, Fault

EASY_ERRORS = {
    name: getattr(pycurl, name)
    for name in dir(pycurl)
    if name.startswith("E_")
    and not name.startswith(("E_MULTI_", "E_CALL_MULTI"))
    and getattr(pycurl, name) > 0
}


def test_no_error_of_curl_is_unknown() -> None:
    """When libcurl or pycurl grows a new one, somebody has to decide what it means."""
    assert len(EASY_ERRORS) > 70
    assert [name for name, code in EASY_ERRORS.items() if not is_known(code)] == []
    assert [code for code in range(1, 102) if not is_known(code)] == []


def test_what_cannot_happen_is_not_in_the_table_of_what_can() -> None:
    """One place for each error."""
    for name in ("E_FTP_WEIRD_PASS_REPLY", "E_TFTP_PERM", "E_UNKNOWN_OPTION", "E_FAILED_INIT"):
        assert EASY_ERRORS[name] in NEVER
    for name in ("E_RECV_ERROR", "E_PARTIAL_FILE", "E_OPERATION_TIMEDOUT", "E_SSL_CONNECT_ERROR"):
        assert EASY_ERRORS[name] not in NEVER


@pytest.mark.parametrize(
    ("code", "details", "failure"),
    [
        (pycurl.E_OPERATION_TIMEDOUT, {"connected": False}, Failure.CONNECT_TIMEOUT),
        (pycurl.E_OPERATION_TIMEDOUT, {"connected": True}, Failure.TIMEOUT),
        (pycurl.E_COULDNT_CONNECT, {"connected": False, "os_errno": errno.ECONNREFUSED}, Failure.REFUSED),
        (
            pycurl.E_COULDNT_CONNECT,
            {"connected": False, "os_errno": errno.ETIMEDOUT},
            Failure.CONNECT_TIMEOUT,
        ),
        (pycurl.E_SSL_CONNECT_ERROR, {"connected": False}, Failure.TLS),
        (pycurl.E_SSL_CONNECT_ERROR, {"connected": False, "os_errno": errno.ECONNRESET}, Failure.RESET),
        (pycurl.E_RECV_ERROR, {"connected": True, "os_errno": errno.ECONNRESET}, Failure.RESET),
        (pycurl.E_RECV_ERROR, {"connected": True, "message": "Illegal chunk size"}, Failure.PROTOCOL),
        (9999, {"connected": True}, Failure.PROTOCOL),
    ],
)
def test_the_circumstances_tell_apart_what_curl_does_not(
    code: int, details: dict[str, object], failure: Failure
) -> None:
    """A time-out of the connection is not one of the answer; a reset is not a malformed answer."""
    assert failure_of_curl(code, **details) is failure  # type: ignore[arg-type]


def test_only_a_whole_answer_is_no_failure() -> None:
    """200 and 203; the host is to blame for 5xx alone."""
    failures = {status: failure_of_status(status) for status in range(100, 1000)}
    assert [status for status, failure in failures.items() if failure is None] == [200, 203]
    blamed = [status for status, failure in failures.items() if failure and failure.fault is Fault.HOST]
    assert blamed == list(range(500, 600))


def test_headers_are_picked_in_order_and_unfolded() -> None:
    """The same name twice is twice there; odd lines harm nobody."""
    lines = [
        b"HTTP/1.1 200 OK\r\n",
        b"X-Robots-Tag: noai,\r\n",
        b"\tnoimageai\r\n",
        b"Server : nginx\r\n",
        b" folded into nothing\r\n",
        b"x-robots-tag:none\r\n",
        b'ETAG : "\xe4"\r\n',
        b"nonsense\r\n",
        b": empty\r\n",
        b"\r\n",
    ]
    assert pick_headers(lines) == (
        ("x-robots-tag", "noai, noimageai"),
        ("x-robots-tag", "none"),
        ("etag", '"\xe4"'),
    )


def test_a_long_value_is_shortened() -> None:
    """Findings stay small."""
    assert len(pick_headers([b"ETag: " + b"x" * 100_000])[0][1]) == 2000


def test_a_date_without_the_servers_clock_counts_from_ours() -> None:
    """A date of long ago is the past; one of 2286 is a long wait."""
    assert retry_after_s([b"Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"]) is None
    wait_s = retry_after_s([b"Retry-After: Sat, 20 Nov 2286 17:46:40 GMT"])
    assert wait_s is not None
    assert wait_s > 86400 * 365
