"""One port for http and https: whoever begins with a TLS handshake is answered by TLS."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

HANDSHAKE = b"\x16"
"""The first byte of a TLS record that is a handshake (RFC 8446, 5.1); no HTTP method begins so."""


class Reception:
    """Takes connections from a listening socket and gives each a protocol, with TLS where the client asks."""

    def __init__(
        self, listener: socket.socket, certificate: str, make: Callable[[], asyncio.Protocol]
    ) -> None:
        """``certificate``: path of a PEM file with key and certificate."""
        self._listener = listener
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._guests: set[asyncio.Task[None]] = set()
        self._door = self._loop.create_task(self._receive())

    def close(self) -> None:
        """Take nobody any more; who is in stays."""
        self._door.cancel()
        self._listener.close()

    async def _receive(self) -> None:
        while True:
            connection, _ = await self._loop.sock_accept(self._listener)
            guest = self._loop.create_task(self._welcome(connection))
            self._guests.add(guest)
            guest.add_done_callback(self._guests.discard)

    async def _welcome(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            first = await self._first_byte(connection)
            tls = self._context if first == HANDSHAKE else None
            if first:
                await self._loop.connect_accepted_socket(self._make, connection, ssl=tls)
                return
        connection.close()

    async def _first_byte(self, connection: socket.socket) -> bytes:
        """Look at it and leave it there; empty where the client has gone."""
        ready = asyncio.Event()
        self._loop.add_reader(connection, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(connection)
        return connection.recv(1, socket.MSG_PEEK)
