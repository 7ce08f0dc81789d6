"""Receivers of all bad kinds: each costs one attempt and no more, and holds up nobody else.

The real outgoing client, real sockets on loopback, and the real deliverer; only the clock and AWS are stood in for.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from interactor.core.times import SECOND
from interactor.outgoing import OutgoingClient, OutgoingResponse
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.fixtures import Deploy
from tests.support.deployed.hooks import HALTED, SUBSCRIPTIONS, delivery, log, subscribe
from tests.support.outside import answer as answered
from tests.support.servers import Server
from tests.support.servers import answer as http
from tests.support.workflows.definitions import halting, one

Behave = Callable[[Server, socket.socket], None]
TIMEOUT_MS = 300
ATTEMPTS = 2
GIGABYTE = 2**30


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Behave], Server]]:
    servers: list[Server] = []

    def start(behave: Behave) -> Server:
        servers.append(Server(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def api(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    made = deploy(WebhookRetryDelays="0,1", OutboundAllowLoopback="true")
    monkeypatch.setattr("interactor.webhooks.post.TIMEOUT", TIMEOUT_MS)
    made.services("deliver_webhooks").logic.outgoing = OutgoingClient(allow_loopback=True)
    made.define(one(halting()))
    return made


def replies(*pieces: bytes) -> Behave:
    def behave(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return behave


def hangs(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    server.stop.wait(3)


def drips(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    server.drip(connection, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + b"x" * 100)


def drips_the_body(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
    server.drip(connection, b"x" * 100)


def sends_a_gigabyte(server: Server, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.sendall(f"HTTP/1.1 500 No\r\ncontent-length: {GIGABYTE}\r\n\r\n".encode())
    piece = b"x" * 65536
    while not server.stop.is_set():
        connection.sendall(piece)


def closes_at_once(server: Server, connection: socket.socket) -> None:
    connection.close()


REDIRECT = http("302 Found", location="http://127.0.0.1:1/elsewhere")
BAD: dict[str, tuple[Behave, int | None, str | None]] = {
    "hangs": (hangs, None, "timeout"),
    "drips its status": (drips, None, "timeout"),
    "sends a gigabyte": (sends_a_gigabyte, 500, None),
    "closes at once": (closes_at_once, None, "connection"),
    "closes after the request": (replies(), None, "connection"),
    "speaks something else": (replies(b"SSH-2.0-OpenSSH_9.6\r\n"), None, "connection"),
    "redirects": (replies(REDIRECT), 302, None),
    "answers 404": (replies(http("404 Not Found")), 404, None),
    "answers with headers without end": (replies(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 20_000), None, "connection"),
}


TAKEN: dict[str, Behave] = {
    "drips its body": drips_the_body,
    "closes within its answer": replies(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab"),
}


@pytest.mark.parametrize("behave", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_answered_with_2xx_is_taken_whatever_becomes_of_the_body(
    api: Deployment, serve: Any, behave: Behave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactor.outgoing.wire.GLANCE_SECONDS", 0.1)
    odd = serve(behave)
    subscription = subscribe(api, url=odd.url)
    api.start("flow")
    api.drain()
    (listed,) = log(api, subscription)
    assert (listed["status"], listed["attempts_made"], listed["last_status"]) == ("succeeded", 1, 200)
    assert odd.connections == 1


@pytest.mark.parametrize(("behave", "status", "error"), BAD.values(), ids=BAD.keys())
def test_a_bad_receiver_costs_its_attempts_and_no_more(
    api: Deployment, serve: Any, behave: Behave, status: int | None, error: str | None
) -> None:
    bad, good = serve(behave), serve(replies(http("204 No Content")))
    subscription = subscribe(api, url=bad.url)
    fine = subscribe(api, url=good.url)
    api.start("flow")
    began = time.monotonic()
    api.drain()
    assert time.monotonic() - began < TIMEOUT_MS / 1000 + 1.5
    for _ in range(3):
        api.wait(2 * SECOND)
    assert bad.connections == ATTEMPTS
    assert good.connections == 1
    (listed,) = log(api, subscription)
    assert listed["status"] == "exhausted"
    shown = delivery(api, subscription, listed["id"])
    assert [(each["status"], each["error"]) for each in shown["attempts"]] == [(status, error)] * ATTEMPTS
    assert all(len(each["response"]) <= 2048 for each in shown["attempts"])
    assert log(api, fine)[0]["status"] == "succeeded"
    assert [message["delivery_id"] for message in api.bodies("ExhaustedQueue")] == [listed["id"]]


def test_nine_slow_subscribers_do_not_delay_the_tenth_of_their_batch(api: Deployment) -> None:
    """The slow ones answer only once the other has been told; in turn, none of them would ever answer."""
    told = threading.Event()
    slow = [f"https://slow{number}.example.com/" for number in range(9)]
    fast = "https://fast.example.com/"
    late: list[bool] = []

    def waits(_: Any) -> OutgoingResponse:
        late.append(told.wait(20))
        return answered(200)

    def tells(_: Any) -> OutgoingResponse:
        told.set()
        return answered(200)

    for url in (*slow, fast):
        subscribe(api, url=url)
        api.outside.will(url, tells if url == fast else waits)
    api.services("deliver_webhooks").logic.outgoing = api.outside  # type: ignore[assignment]  # it answers what the client is asked
    api.start("flow")
    api.relay()
    assert api.work("WebhooksQueue") == 10, "one batch"
    assert late == [True] * 9


def test_a_receiver_that_is_gone_is_left_alone(api: Deployment, serve: Any) -> None:
    gone = serve(replies(http("410 Gone")))
    subscription = subscribe(api, url=gone.url)
    api.start("flow")
    api.drain()
    api.start("flow")
    api.wait(2 * SECOND)
    assert gone.connections == 1
    shown = api.call("GET", f"{SUBSCRIPTIONS}/{subscription}").data
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
    assert log(api, subscription)[0]["status"] == "failed"


def test_what_arrives_over_the_wire_is_taken_by_the_library_of_standard_webhooks(api: Deployment, serve: Any) -> None:
    good = serve(replies(http("204 No Content")))
    # The library knows the time of day only.
    api.clock.now = time.time_ns() // 1_000_000
    made = api.call("POST", SUBSCRIPTIONS, {"url": good.url, "events": [HALTED]}).data
    api.start("flow")
    api.drain()
    (raw,) = good.requests
    head, _, body = raw.partition(b"\r\n\r\n")
    sent = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    told = Webhook(made["secret"]).verify(body, {name.lower(): value for name, value in sent.items()})
    assert told == json.loads(body)
    assert told["event"] == HALTED


def test_an_answer_cannot_write_to_the_log(api: Deployment, serve: Any) -> None:
    """Line ends and control characters of an answer stay within the delivery's JSON."""
    evil = serve(replies(http("500 No", b'\r\n{"level":"ERROR","message":"made up"}\x1b[2J\x00')))
    subscription = subscribe(api, url=evil.url)
    api.start("flow")
    api.drain()
    (listed,) = log(api, subscription)
    (attempt,) = delivery(api, subscription, listed["id"])["attempts"]
    assert "made up" in attempt["response"]
    assert "made up" not in api.logs.getvalue()


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://172.16.0.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://127.0.0.1./",
        "https://0/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://0x7F.0x0.0x0.0x1/",
        "https://127.0.1/",
        "https://[::]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[ff02::1]/",
        "https://169.254.170.2/v2/credentials",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
        "https://192.0.0.192/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://127.0.0.1:443/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://\u2460\u2461\u2466.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://loc\u00adalhost/",
        "https://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://localhost/",
        "https://a.localhost/",
        "https://metadata.google.internal/",
        "https://metadata/",
        "https://instance-data.ec2.internal/",
        "https://a.internal/",
        "https://printer.local/",
        "https://user:password@yourapp.com/",
        "https://user@yourapp.com/",
        "https://@yourapp.com/",
        "https://yourapp.com@127.0.0.1/",
        "https://127.0.0.1\\@yourapp.com/",
        "https://yourapp.com\\.evil.com/",
        "https://yourapp.com:0/",
        "https://yourapp.com:65536/",
        "https://yourapp.com:x/",
        "https://yourapp.com:-1/",
        "https://your app.com/",
        "https://yourapp.com/a b",
        "https://yourapp.com/\r\nX-Injected: 1",
        "https://yourapp.com\r\n/",
        "https://yourapp.com/\x00",
        "https://yourapp..com/",
        "https://.yourapp.com/",
        "https://-yourapp.com/",
        "https:///path",
        "https:yourapp.com",
        "//yourapp.com/",
        "yourapp.com",
        "",
        " https://yourapp.com/",
        "https://yourapp.com/" + "a" * 4096,
        "https://" + "a" * 64 + ".com/",
        "https://" + ".".join(["a" * 60] * 5) + "/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "gopher://yourapp.com/",
        "http://yourapp.com/",
        "ftp://yourapp.com/",
    ],
)
def test_an_address_that_is_not_public_is_refused_when_it_is_given(shared: Deployment, address: str) -> None:
    subscription = subscribe(shared)
    for method, path in (("POST", SUBSCRIPTIONS), ("PATCH", f"{SUBSCRIPTIONS}/{subscription}")):
        refused = shared.call(method, path, {"url": address, "events": [HALTED]})
        assert refused.refusal == (400, "validation_error"), method
        assert [each["field"] for each in refused.error["details"]] == ["url"]
    shared.call("DELETE", f"{SUBSCRIPTIONS}/{subscription}")


def test_a_name_that_leads_inside_is_refused_at_every_attempt(deploy: Deploy) -> None:
    """By DNS answer and by rebinding: what the name leads to is judged as the socket is connected."""
    api = deploy(WebhookRetryDelays="0,1")
    asked: list[str] = []

    def resolve(host: str, *_: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]

    api.services("deliver_webhooks").logic.outgoing = OutgoingClient(False, resolve)
    api.define(one(halting()))
    subscription = subscribe(api, url="https://rebound.example.com/")
    api.start("flow")
    api.drain()
    api.wait(2 * SECOND)
    (listed,) = log(api, subscription)
    attempts = delivery(api, subscription, listed["id"])["attempts"]
    assert [each["error"] for each in attempts] == ["refused_address"] * ATTEMPTS
    assert asked == ["rebound.example.com"] * ATTEMPTS
