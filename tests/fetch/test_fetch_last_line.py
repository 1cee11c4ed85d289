"""The last line of the guard: whatever came through before, no socket opens and no byte leaves unchecked."""

import contextlib

import pycurl
import pytest
from hostile_web import HostileServer

from gleanset.fetch.base import FetchSettings
from gleanset.fetch.guard import Guard
from gleanset.fetch.transfer import Transfer
from gleanset.terms.outcome import Failure

pytestmark = pytest.mark.sockets


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "127.1", "0x7f000001", "localhost"])
def test_no_socket_opens_to_an_address_that_nobody_checked(web: HostileServer, host: str) -> None:
    """However the URL spells it, curl hands us the number, and the number is not permitted."""
    with contextlib.closing(Transfer(FetchSettings(), Guard(), None, None)) as transfer:
        transfer.begin(f"http://{host}:{web.port}/ok", None, (("93.184.216.34", 80),), 5.0, verify=True)
        with pytest.raises(pycurl.error):
            transfer.easy.perform()
        assert transfer.cut is Failure.BLOCKED_ADDRESS
    assert web.n_connections == 0


def test_no_byte_leaves_on_an_old_connection_that_is_no_longer_permitted(web: HostileServer) -> None:
    """A connection used again is checked like a new one."""
    with contextlib.closing(Transfer(FetchSettings(), Guard(), None, None)) as transfer:
        url, place = f"http://site.example:{web.port}/ok", ("127.0.0.1", web.port)
        transfer.begin(url, place, (place,), 5.0, verify=True)
        transfer.easy.perform()
        assert transfer.status == 200
        transfer.begin(url, place, (), 5.0, verify=True)
        with pytest.raises(pycurl.error):
            transfer.easy.perform()
        assert transfer.cut is Failure.BLOCKED_ADDRESS
    assert web.hits == {"/ok": 1}
    assert web.n_connections == 1
