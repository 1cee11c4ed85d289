"""The chaos matrix stands on the fetcher's hostile web and DNS."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "fetch"))

from hostile_web import Client, HostileServer, NameServer
from tarpit import Tarpit


@pytest.fixture
def web() -> Iterator[HostileServer]:
    """A web server that does whatever it is told."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    """A DNS that answers what it is told and counts the questions."""
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def client(web: HostileServer) -> Client:
    """A fetcher's user, to whom every name is the hostile web."""
    return Client(web)


@pytest.fixture
def resolving(web: HostileServer, names: NameServer) -> Client:
    """One who asks the test's DNS and may go to loopback as if it were public."""
    settings = {"resolve": (), "dns_servers": (names.address,), "allow_private": ("127.0.0.0/8", "::1")}
    return Client(web, settings)


@pytest.fixture
def tarpit() -> Iterator[Tarpit]:
    """Hundreds of connections that lead nowhere, in one thread."""
    one = Tarpit()
    yield one
    one.close()
