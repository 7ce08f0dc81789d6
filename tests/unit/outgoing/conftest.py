import socket
import ssl
from collections.abc import Callable, Iterator

import pytest

from tests.unit.outgoing.servers import Server

Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(behave)`` starts a server; all of them end with the test."""
    servers: list[Server] = []

    def start(behave: Callable[[Server, socket.socket], None], tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(behave, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
