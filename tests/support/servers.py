"""Small real servers on loopback: each test says, byte by byte, how its server behaves."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

Behaviour: TypeAlias = Callable[[socket.socket], None]
Serve: TypeAlias = Callable[..., "Server"]


class Server:
    """Accepts on a free loopback port until closed; every connection gets an OS thread that runs ``behave``.

    ``requests`` are the bytes read by ``read_request``; ``stop`` is set when the test is over, so that a behaviour
    that hangs or repeats itself can end.
    """

    def __init__(self, behave: Callable[["Server", socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stop = threading.Event()
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._workers = [threading.Thread(target=self._accept, daemon=True)]
        self._workers[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/"

    def close(self) -> None:
        self.stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for worker in self._workers:
            worker.join(2)
            assert not worker.is_alive(), "a test server did not end"

    def read_request(self, connection: socket.socket) -> bytes:
        """One request with its body, kept in ``requests``."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return data
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def drip(self, connection: socket.socket, data: bytes, every_s: float = 0.05) -> None:
        """Send a byte at a time until told to stop."""
        for position in range(len(data)):
            connection.sendall(data[position : position + 1])
            if self.stop.wait(every_s):
                return

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            worker = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._workers.append(worker)
            worker.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(3)
        # The client hangs up on most of these servers; that is what the tests are about.
        with contextlib.suppress(OSError):
            secured = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with secured:
                self._behave(self, secured)
        connection.close()


def answering(*pieces: bytes) -> Callable[[Server, socket.socket], None]:
    """A server that reads the request, sends these bytes and closes."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return behave


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """One answer with its length; ``content_type`` becomes ``content-type``."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


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
