"""One request, one answer: what is sent, what is read, and servers that do not keep to HTTP."""

import socket
from typing import Any

import pytest

from interactor.outgoing import OutgoingClient, OutgoingError, OutgoingRequest, OutgoingResponse
from tests.support.servers import Serve, Server, answer, answering

LIMIT = 1000


def request(url: str, **changes: Any) -> OutgoingRequest:
    given: dict[str, Any] = {
        "method": "GET",
        "headers": {},
        "body": None,
        "timeout_ms": 2000,
        "max_response_bytes": LIMIT,
    }
    return OutgoingRequest(url=url, **{**given, **changes})


def send(url: str, truncate: bool = False, **changes: Any) -> OutgoingResponse:
    return OutgoingClient(allow_loopback=True).send(request(url, **changes), truncate=truncate)


def failure(url: str, truncate: bool = False, **changes: Any) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        send(url, truncate, **changes)
    return caught.value


def test_a_request_arrives_as_it_was_given_and_its_answer_as_it_was_sent(serve: Serve) -> None:
    server = serve(answering(answer("201 Created", b'{"ok":true}', Content_Type="application/json", X_One="1")))
    response = send(
        f"{server.url}a%20b?c=d#e", method="POST", headers={"X-Name": "Zoë ✓", "User-Agent": "test"}, body=b"\x00body"
    )
    line, *headers = server.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert line == b"POST /a%20b?c=d HTTP/1.1"
    assert sorted(header.lower() for header in headers) == [
        b"accept-encoding: identity",
        b"connection: close",
        b"content-length: 5",
        f"host: 127.0.0.1:{server.port}".encode(),
        b"user-agent: test",
        "x-name: zoë ✓".encode(),
    ]
    assert server.requests[0].endswith(b"\r\n\r\n\x00body")
    assert (response.status, response.body) == (201, b'{"ok":true}')
    assert response.headers == {"content-length": "11", "content-type": "application/json", "x-one": "1"}
    assert 0 <= response.duration_ms < 2000


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_is_sent(serve: Serve, method: str) -> None:
    server = serve(answering(answer()))
    assert send(server.url, method=method).status == 200
    assert server.requests[0].startswith(method.encode() + b" / HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["get", "HEAD", "CONNECT", "TRACE", "OPTIONS", "GET / HTTP/1.1\r\nX: y\r\n", ""])
def test_any_other_method_is_refused_before_anything_is_sent(serve: Serve, method: str) -> None:
    server = serve(answering(answer()))
    assert failure(server.url, method=method).kind == "invalid"
    assert server.connections == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nY: b"},
        {"X": "a\rb"},
        {"X": "a\x00b"},
        {"X": "a\x7f"},
        {"X": "\ud800"},
        {"X\r\nY": "a"},
        {"X: Y": "a"},
        {"X ": "a"},
        {" X": "a"},
        {"": "a"},
        {"Ä": "a"},
        {"X": "a" * 40_000},
        {f"X-{number}": "a" for number in range(101)},
    ],
    ids=repr,
)
def test_headers_that_could_change_the_message_are_refused_before_anything_is_sent(
    serve: Serve, headers: dict[str, str]
) -> None:
    server = serve(answering(answer()))
    assert failure(server.url, headers=headers).kind == "invalid"
    assert server.connections == 0


def test_headers_of_the_connection_are_the_clients_own(serve: Serve) -> None:
    server = serve(answering(answer()))
    theirs = {
        "HOST": "evil.example",
        "Content-Length": "0",
        "Transfer-Encoding": "chunked",
        "Connection": "keep-alive",
        "Expect": "100-continue",
        "Accept-Encoding": "gzip",
        "Upgrade": "h2c",
        "TE": "trailers",
        "Proxy-Authorization": "Basic x",
    }
    send(server.url, method="POST", headers=theirs, body=b"four")
    head = server.requests[0].lower()
    assert head.count(b"host:") == 1
    assert b"evil" not in head
    assert b"content-length: 4" in head
    assert b"accept-encoding: identity" in head
    for name in (b"transfer-encoding", b"keep-alive", b"expect", b"upgrade", b"\r\nte:", b"proxy-"):
        assert name not in head


def test_the_later_of_two_spellings_of_one_header_is_sent(serve: Serve) -> None:
    server = serve(answering(answer()))
    send(server.url, headers={"x-a": "1", "X-A": "2"})
    assert server.requests[0].lower().count(b"x-a:") == 1
    assert b"x-a: 2" in server.requests[0].lower()


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Serve) -> None:
    elsewhere = serve(answering(answer()))
    server = serve(answering(answer("302 Found", Location=elsewhere.url)))
    response = send(server.url)
    assert (response.status, response.headers["location"]) == (302, elsewhere.url)
    assert elsewhere.connections == 0


def test_proxies_and_netrc_of_the_environment_are_ignored(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    proxy = serve(answering(answer("502 Bad Gateway")))
    server = serve(answering(answer()))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv(name.upper(), proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert send(server.url).status == 200
    assert proxy.connections == 0
    assert b"authorization" not in server.requests[0].lower()


def test_a_chunked_answer_is_put_together(serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    server = serve(answering(head + b"3\r\nabc\r\n", b"4;name=value\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n"))
    assert send(server.url).body == b"abcdefg"


def test_interim_answers_are_skipped(serve: Serve) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    server = serve(answering(*interim, b"HTTP/1.1 102 Processing\r\n\r\n" + answer(body=b"last")))
    response = send(server.url)
    assert (response.status, response.body) == (200, b"last")
    assert "link" not in response.headers


def test_endless_interim_answers_are_cut_off(serve: Serve) -> None:
    server = serve(answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000))
    assert failure(server.url).kind == "too_large"


def test_an_answer_without_a_length_ends_with_the_connection(serve: Serve) -> None:
    server = serve(answering(b"HTTP/1.0 200 OK\r\n\r\nall of it"))
    assert send(server.url).body == b"all of it"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_that_has_no_body_is_complete_without_one(serve: Serve, status: str) -> None:
    server = serve(answering(f"HTTP/1.1 {status}\r\n\r\n".encode()))
    assert send(server.url).body == b""


def test_a_packed_body_is_not_unpacked(serve: Serve) -> None:
    server = serve(answering(answer(body=b"\x1f\x8bnot even gzip", Content_Encoding="gzip")))
    assert send(server.url).body == b"\x1f\x8bnot even gzip"


def test_repeated_headers_are_joined(serve: Serve) -> None:
    server = serve(
        answering(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nX-B: long\r\n  folded\r\ncontent-length: 0\r\n\r\n")
    )
    headers = send(server.url).headers
    assert headers["x-a"] == "1, 2"
    assert headers["x-b"].split() == ["long", "folded"]


def test_an_answer_that_comes_before_the_request_was_read_is_still_read(serve: Serve) -> None:
    def behave(server: Server, connection: socket.socket) -> None:
        connection.recv(1000)
        # Closing with the rest unread resets the connection while the client is still sending.
        connection.sendall(answer("413 Content Too Large", b"too much"))

    server = serve(behave)
    assert send(server.url, method="POST", body=b"x" * 30_000_000).status == 413


# Sizes

FULL = answer(body=b"x" * LIMIT)
OVER = answer(body=b"x" * (LIMIT + 1))
OVER_UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LIMIT + 1)
OVER_CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * (LIMIT + 1) + b"0\r\n\r\n"


def test_a_body_of_exactly_the_limit_is_whole(serve: Serve) -> None:
    assert len(send(serve(answering(FULL)).url).body) == LIMIT


@pytest.mark.parametrize("sent", [OVER, OVER_UNTIL_CLOSE, OVER_CHUNKED], ids=["length", "until close", "chunked"])
def test_a_body_over_the_limit_is_too_large_or_cut_as_asked(serve: Serve, sent: bytes) -> None:
    server = serve(answering(sent))
    error = failure(server.url)
    assert (error.kind, str(LIMIT) in error.message) == ("too_large", True)
    assert send(server.url, truncate=True).body == b"x" * LIMIT


def test_an_endless_body_is_cut_as_asked_without_waiting_for_its_end(serve: Serve) -> None:
    def behave(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stop.is_set():
            connection.sendall(b"x" * 1000)

    server = serve(behave)
    assert failure(server.url).kind == "too_large"
    assert len(send(server.url, truncate=True).body) == LIMIT


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: %b\r\n" % (n, b"y" * 10_000) for n in range(50)) + b"\r\n",
        b"HTTP/1.1 200 " + b"y" * 100_000,
        b"y" * 100_000,
    ],
    ids=["one header", "many", "many long ones", "status line", "no HTTP"],
)
@pytest.mark.parametrize("truncate", [True, False])
def test_a_header_bomb_is_cut_off(serve: Serve, sent: bytes, truncate: bool) -> None:
    assert failure(serve(answering(sent)).url, truncate).kind in ("too_large", "connection")


@pytest.mark.parametrize(
    "sent",
    [b"1;" + b"x" * 50_000, b"0\r\n" + b"A: b\r\n" * 50_000, b"1;" + b"x" * 9_000 + b"\r\ny\r\n1;" + b"x" * 90_000],
    ids=["chunk extension", "trailers", "several"],
)
def test_bytes_that_are_no_body_are_bounded_too(serve: Serve, sent: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    server = serve(answering(head, sent + b"z" * 500_000))
    assert failure(server.url).kind in ("too_large", "connection")


# Servers that break off, or do not speak HTTP


BROKEN_BODIES = [
    b"HTTP/1.1 200 OK\r\ncontent-le",
    b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot hex\r\nabcde\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nabcde\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\ncontent-length: 1_0\r\n\r\n0123456789",
    b"HTTP/1.1 200 OK\r\nno colon here\r\ncontent-length: 2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nok",
]
NO_ANSWERS = [
    b"",
    b"HTTP/1.1 two hundred\r\n\r\n",
    b"HTTP/1.1 99 Low\r\n\r\n",
    b"HTTP/3 200 OK\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.0\r\n",
    b"\r\n\r\n",
    b"\x00" * 100,
    b"\x15\x03\x01\x00\x02\x02\x28",
]


@pytest.mark.parametrize("sent", [*BROKEN_BODIES, *NO_ANSWERS], ids=repr)
def test_an_answer_that_is_cut_short_or_not_http_is_a_connection_error(serve: Serve, sent: bytes) -> None:
    error = failure(serve(answering(sent)).url)
    assert error.kind == "connection"
    assert "127.0.0.1" not in error.message


@pytest.mark.parametrize("sent", BROKEN_BODIES, ids=repr)
def test_where_the_status_counts_a_broken_body_is_no_error(serve: Serve, sent: bytes) -> None:
    answer = send(serve(answering(sent)).url, truncate=True)
    assert answer.status == 200
    # Whatever can be told of the body is part of what came.
    assert answer.body in sent


@pytest.mark.parametrize("sent", NO_ANSWERS, ids=repr)
def test_where_the_status_counts_there_must_be_one(serve: Serve, sent: bytes) -> None:
    assert failure(serve(answering(sent)).url, truncate=True).kind == "connection"


def test_where_the_status_counts_a_body_that_drips_is_not_waited_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behave(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 410 Gone\r\nretry-after: 7\r\ncontent-length: 500\r\n\r\nok")
        server.stop.wait(20)

    monkeypatch.setattr("interactor.outgoing.wire.GLANCE_SECONDS", 0.1)
    answer = send(serve(behave).url, truncate=True, timeout_ms=10_000)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (410, b"ok", "7")
    assert answer.duration_ms < 5_000


def test_a_reset_connection_is_a_connection_error(serve: Serve) -> None:
    def behave(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    assert failure(serve(behave).url).kind == "connection"


def test_a_closed_port_is_a_connection_error_that_names_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(f"http://localhost:{port}/")
    assert (error.kind, error.message) == ("connection", "Could not connect: connection refused")


def test_nothing_of_the_url_but_the_host_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    server = serve(answering(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"))
    failure(f"{server.url}?token=hush-hush")
    assert "hush-hush" not in caplog.text
