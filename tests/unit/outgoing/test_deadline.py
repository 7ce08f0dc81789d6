"""One deadline over the whole exchange, whatever the server or the resolver does with the time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from interactor.outgoing import OutgoingClient, OutgoingError
from tests.support.servers import Serve, Server, answering
from tests.unit.outgoing.test_exchanges import request

TIMEOUT_MS = 150
SLACK_S = 0.5

Behave = Callable[[Server, socket.socket], None]


def expect_timeout(client: OutgoingClient, url: str, **changes: Any) -> None:
    started = time.monotonic()
    with pytest.raises(OutgoingError) as caught:
        client.send(request(url, timeout_ms=TIMEOUT_MS, **changes))
    took = time.monotonic() - started
    assert caught.value.kind == "timeout"
    assert str(TIMEOUT_MS) in caught.value.message
    assert TIMEOUT_MS / 1000 - 0.01 <= took < TIMEOUT_MS / 1000 + SLACK_S
    assert TIMEOUT_MS - 10 <= caught.value.duration_ms < TIMEOUT_MS + SLACK_S * 1000


def hangs_at_once(server: Server, connection: socket.socket) -> None:
    server.stop.wait(3)


def hangs_after_the_request(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    server.stop.wait(3)


def hangs_after_the_headers(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")
    server.stop.wait(3)


def dripping(head: bytes, rest: bytes) -> Behave:
    def drips(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(head)
        server.drip(connection, rest)

    return drips


@pytest.mark.parametrize(
    "behave",
    [
        hangs_at_once,
        hangs_after_the_request,
        hangs_after_the_headers,
        dripping(b"", b"HTTP/1.1 200 " + b"O" * 100),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 20),
        dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", b"x" * 100),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100),
        dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 20),
        dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", b"x" * 100),
        dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 20),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 5),
    ],
    ids=[
        "hangs at once",
        "hangs after the request",
        "hangs after the headers",
        "drips the status",
        "drips headers",
        "drips a body of known length",
        "drips a body without length",
        "drips chunks",
        "drips a chunk size",
        "drips trailers",
        "drips interim answers",
    ],
)
def test_a_slow_server_is_left_at_the_deadline(serve: Serve, behave: Behave) -> None:
    expect_timeout(OutgoingClient(allow_loopback=True), serve(behave).url)


def test_a_server_that_does_not_read_is_left_at_the_deadline(serve: Serve) -> None:
    body = b"x" * 30_000_000  # more than the kernel buffers for both sides
    expect_timeout(OutgoingClient(allow_loopback=True), serve(hangs_at_once).url, method="POST", body=body)


def test_a_server_that_hangs_in_the_tls_handshake_is_left_at_the_deadline(serve: Serve) -> None:
    url = serve(hangs_at_once).url.replace("http://", "https://")
    expect_timeout(OutgoingClient(allow_loopback=True), url)


def test_a_server_that_drips_the_tls_handshake_is_left_at_the_deadline(serve: Serve) -> None:
    def drips(server: Server, connection: socket.socket) -> None:
        connection.recv(1000)
        server.drip(connection, b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + b"\x03" * 1000)

    expect_timeout(OutgoingClient(allow_loopback=True), serve(drips).url.replace("http://", "https://"))


def test_a_slow_resolver_is_left_at_the_deadline() -> None:
    answered = threading.Event()

    def resolve(*_: object) -> list[tuple[Any, ...]]:
        answered.wait(3)
        return []

    expect_timeout(OutgoingClient(resolve=resolve), "http://slow.example.com/")
    answered.set()


def test_the_time_a_resolver_took_is_missing_from_the_rest(serve: Serve) -> None:
    server = serve(hangs_after_the_request)

    def resolve(*_: object) -> list[tuple[Any, ...]]:
        threading.Event().wait(0.08)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    expect_timeout(OutgoingClient(True, resolve), f"http://slow.example.com:{server.port}/")


def test_addresses_that_do_not_answer_share_the_time(serve: Serve) -> None:
    """A full backlog drops connections: the first address of two hangs, the second answers within the deadline."""
    server = serve(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))
    full = socket.socket()
    full.bind(("127.0.0.2", server.port))
    full.listen(0)
    waiting = [socket.socket() for _ in range(3)]
    try:
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.2", server.port))

        def resolve(*_: object) -> list[tuple[Any, ...]]:
            return [(0, 0, 0, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]

        client = OutgoingClient(True, resolve)
        response = client.send(request(f"http://two.example.com:{server.port}/", timeout_ms=400))
    finally:
        for each in [full, *waiting]:
            each.close()
    assert response.status == 204
    assert response.duration_ms >= 190


def test_a_late_resolver_failure_of_any_kind_harms_nobody(recwarn: pytest.WarningsRecorder) -> None:
    answered = threading.Event()

    def resolve(*_: object) -> list[tuple[Any, ...]]:
        answered.wait(3)
        raise ssl.SSLError("anything")

    expect_timeout(OutgoingClient(resolve=resolve), "http://slow.example.com/")
    answered.set()
    assert not recwarn.list
