"""Where a request may go: judged on the address that the socket is connected to."""

import datetime
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interactor.core.addresses import parse_ranges
from interactor.outgoing import OutgoingClient, OutgoingError, connect
from tests.support.servers import Serve, Server, answer, answering
from tests.unit.outgoing.test_exchanges import request

PUBLIC = "93.184.215.14"


class Resolver:
    """Answers the n-th lookup with the n-th list of addresses, and the last one from then on."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, family: int = 0, kind: int = 0) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, kind, 6, "", (a, port)) for a in addresses]


class Sockets:
    """Stands in for the network: notes which address each socket is asked to reach, and connects it elsewhere."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
        self.asked: list[str] = []
        reach = socket.socket.connect
        sockets = self

        class Redirected(socket.socket):
            def connect(self, address: Any) -> None:
                sockets.asked.append(address[0])
                reach(self, ("127.0.0.1", port))

        monkeypatch.setattr(socket, "socket", Redirected)


def failure(client: OutgoingClient, url: str) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        client.send(request(url))
    return caught.value


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["0.0.0.0"],  # noqa: S104 - an address to judge, not to bind
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
        [PUBLIC] * 20 + ["10.0.0.1"],
        [PUBLIC, "not an address"],
    ],
    ids=repr,
)
def test_a_name_with_any_answer_that_is_not_public_is_refused_and_nothing_is_connected(
    monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    sockets = Sockets(monkeypatch, 1)
    error = failure(OutgoingClient(resolve=Resolver(answers)), "http://rebind.example.com/")
    assert error.kind == "refused_address"
    assert not any(address in error.message for address in answers)
    assert sockets.asked == []


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_no_range_of_private_addresses_opens_another_place(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    sockets = Sockets(monkeypatch, 1)
    client = OutgoingClient(resolve=Resolver(["10.0.0.1", address]), private=parse_ranges(("0.0.0.0/0", "::/0")))

    assert failure(client, "http://rebind.internal/").kind == "refused_address"
    assert sockets.asked == []


def test_a_private_address_inside_a_named_range_is_connected_and_its_peer_judged(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answering(answer()))
    sockets = Sockets(monkeypatch, server.port)
    private = parse_ranges(("10.1.0.0/16",))

    assert failure(OutgoingClient(resolve=Resolver(["10.2.0.1"]), private=private), "http://a.internal/").kind == (
        "refused_address"
    )
    assert sockets.asked == []
    error = failure(OutgoingClient(resolve=Resolver(["10.1.0.1"]), private=private), "http://a.internal/")
    assert sockets.asked == ["10.1.0.1"]
    # The stand-in network led the socket to loopback, which no range opens.
    assert (error.kind, "loopback" in error.message) == ("refused_address", True)
    assert server.requests == []
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("10.1.0.1", 80))
    client = OutgoingClient(resolve=Resolver(["10.1.0.1"]), private=private)
    assert client.send(request("http://a.internal/")).status == 200


def test_a_name_that_changes_its_answer_is_asked_once_and_reaches_what_was_judged(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answering(answer()))
    sockets = Sockets(monkeypatch, server.port)
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    error = failure(OutgoingClient(resolve=resolver), "http://rebind.example.com/")
    assert resolver.asked == ["rebind.example.com"]
    assert sockets.asked == [PUBLIC]
    # The stand-in network led the socket to loopback: its peer is judged once more, and nothing was sent.
    assert (error.kind, "loopback" in error.message) == ("refused_address", True)
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://a.localhost:{port}/",
    ],
)
def test_loopback_is_refused_unless_it_is_allowed(serve: Serve, url: str) -> None:
    server = serve(answering(answer()))
    resolver = Resolver(["127.0.0.1"])
    assert failure(OutgoingClient(resolve=resolver), url.format(port=server.port)).kind == "refused_address"
    assert (server.connections, resolver.asked) == (0, [])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "a.localhost", "hooks.example.com"])
def test_loopback_is_reached_where_it_is_allowed(serve: Serve, host: str) -> None:
    server = serve(answering(answer()))
    client = OutgoingClient(allow_loopback=True, resolve=Resolver(["127.0.0.1"]))
    assert client.send(request(f"http://{host}:{server.port}/")).status == 200
    assert f"host: {host}:{server.port}".encode() in server.requests[0].lower()


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "fd00:ec2::254", "64:ff9b::7f00:1"])  # noqa: S104 - to judge, not to bind
def test_other_places_stay_refused_where_loopback_is_allowed(address: str) -> None:
    client = OutgoingClient(allow_loopback=True, resolve=Resolver([address]))
    assert failure(client, "http://localhost/").kind == "refused_address"
    assert failure(client, f"http://{f'[{address}]' if ':' in address else address}/").kind == "refused_address"


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "unknown"), OSError(), UnicodeError()], ids=repr)
def test_a_name_that_cannot_be_resolved_is_a_connection_error(problem: Exception) -> None:
    def resolve(*_: object) -> list[tuple[Any, ...]]:
        raise problem

    error = failure(OutgoingClient(resolve=resolve), "http://nowhere.example.com/")
    assert (error.kind, error.message) == ("connection", "The name nowhere.example.com could not be resolved")


def test_a_name_without_addresses_is_a_connection_error() -> None:
    assert failure(OutgoingClient(resolve=Resolver([])), "http://nowhere.example.com/").kind == "connection"


def test_a_url_that_cannot_be_read_is_invalid() -> None:
    assert failure(OutgoingClient(), "http://user:pass@example.com/").kind == "invalid"
    assert failure(OutgoingClient(), "ftp://example.com/").kind == "invalid"


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for hooks.example.com and 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    names: list[x509.GeneralName] = [
        x509.DNSName("hooks.example.com"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's authorities are this certificate alone."""
    context = connect.tls_context.__wrapped__()
    context.load_verify_locations(certificate)
    monkeypatch.setattr(connect, "tls_context", lambda: context)


def tls_server(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context


@pytest.mark.usefixtures("trusted")
def test_tls_uses_the_name_for_the_handshake_the_certificate_and_the_host_header(
    serve: Serve, certificate: Path
) -> None:
    names: list[str | None] = []
    server = serve(answering(answer(body=b"secret")), tls_server(certificate, names))
    client = OutgoingClient(allow_loopback=True, resolve=Resolver(["127.0.0.1"]))
    assert client.send(request(f"https://hooks.example.com:{server.port}/")).body == b"secret"
    assert names == ["hooks.example.com"]
    assert client.send(request(server.url)).body == b"secret"


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused_before_the_request_is_sent(serve: Serve, certificate: Path) -> None:
    server = serve(answering(answer()), tls_server(certificate, []))
    client = OutgoingClient(allow_loopback=True, resolve=Resolver(["127.0.0.1"]))
    error = failure(client, f"https://other.example.com:{server.port}/")
    assert (error.kind, "certificate" in error.message) == ("connection", True)
    assert server.requests == []


def test_no_certificate_is_trusted_because_the_environment_says_so(
    serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(certificate))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    connect.tls_context.cache_clear()
    server = serve(answering(answer()), tls_server(certificate, []))
    error = failure(OutgoingClient(allow_loopback=True), server.url)
    assert (error.kind, "certificate" in error.message) == ("connection", True)
    assert not (tmp_path / "keys").exists()
    assert Path(certifi.where()).exists()


@pytest.mark.usefixtures("trusted")
def test_a_server_that_knows_no_modern_tls_is_refused(serve: Serve, certificate: Path) -> None:
    context = tls_server(certificate, [])
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert failure(OutgoingClient(allow_loopback=True), serve(answering(answer()), context).url).kind == "connection"


@pytest.mark.usefixtures("trusted")
def test_a_slow_server_behind_tls_is_left_at_the_deadline(serve: Serve, certificate: Path) -> None:
    def drips(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        server.drip(connection, b"HTTP/1.1 200 " + b"O" * 100)

    client = OutgoingClient(allow_loopback=True)
    with pytest.raises(OutgoingError) as caught:
        client.send(request(serve(drips, tls_server(certificate, [])).url, timeout_ms=300))
    assert caught.value.kind == "timeout"
    assert caught.value.duration_ms < 800
