"""From a host to a connected socket whose address was checked.

The name is resolved once. All its addresses are checked before the first connection, and the socket connects to a
checked address, not to the name. So it changes nothing if a name server answers differently the next time. Then the
connected socket's peer address is checked again: that is the address that counts.
"""

import functools
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import certifi

from interactor.core.addresses import Ranges, refusal
from interactor.core.urls import Target
from interactor.outgoing.messages import OutgoingError
from interactor.outgoing.stream import Deadline

Resolve: TypeAlias = Callable[..., list[tuple[Any, ...]]]
"""``socket.getaddrinfo``, or a function with the same result."""

_MAX_TRIED: Final = 6

# A lookup cannot be interrupted, only abandoned. This limits how many may be under way at once.
_lookups = threading.BoundedSemaphore(64)


def open_socket(
    target: Target, resolve: Resolve, allow_loopback: bool, private: Ranges, deadline: Deadline
) -> socket.socket:
    """Return a socket that is connected to ``target``, with TLS if the URL says so. The caller closes it.

    Raises:
        OutgoingError: ``refused_address`` or ``connection``.
        TimeoutError: the deadline has passed.
    """
    addresses = [target.host] if target.is_address else _addresses(target, resolve, deadline)
    for address in addresses:
        _judge(address, allow_loopback, private)
    raw = _connect(addresses[:_MAX_TRIED], target.port, deadline)
    try:
        _judge(raw.getpeername()[0], allow_loopback, private)
        return _secure(raw, target.host, deadline) if target.scheme == "https" else raw
    except BaseException:
        raw.close()
        raise


def _judge(address: str, allow_loopback: bool, private: Ranges) -> None:
    name = refusal(address, allow_loopback, private)
    if name is not None:
        raise OutgoingError(
            "refused_address", f"The host leads to a {name} address; only public addresses can be called"
        )


def _addresses(target: Target, resolve: Resolve, deadline: Deadline) -> list[str]:
    """Return every address of the name, in the resolver's order."""
    answers = _look_up(target, resolve, deadline)
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if not addresses:
        raise OutgoingError("connection", f"The name {target.host} has no address")
    return addresses


def _look_up(target: Target, resolve: Resolve, deadline: Deadline) -> list[tuple[Any, ...]]:
    """Resolve in a separate OS thread, because the resolver has no timeout."""
    if not _lookups.acquire(timeout=deadline.remaining()):
        raise TimeoutError
    answer: queue.SimpleQueue[list[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(resolve(target.host, target.port, 0, socket.SOCK_STREAM))
        except Exception as error:  # whatever it is belongs to the caller, not to this OS thread
            answer.put(error)
        finally:
            _lookups.release()

    try:
        threading.Thread(target=look_up, name="outgoing-lookup", daemon=True).start()
    except RuntimeError:
        _lookups.release()
        raise OutgoingError("connection", f"The name {target.host} could not be resolved now") from None
    try:
        result = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, (OSError, UnicodeError)):
        raise OutgoingError("connection", f"The name {target.host} could not be resolved") from result
    if isinstance(result, Exception):
        raise result
    return result


def _connect(addresses: list[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers. Each address gets an equal part of the remaining time."""
    failure: OSError | None = None
    for position, address in enumerate(addresses):
        parsed = ipaddress.ip_address(address)
        raw: socket.socket | None = None
        try:
            raw = socket.socket(socket.AF_INET if parsed.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
            raw.settimeout(deadline.remaining() / (len(addresses) - position))
            raw.connect((str(parsed), port))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return raw
        except OSError as error:
            failure = error
            if raw is not None:
                raw.close()
    deadline.remaining()
    if isinstance(failure, TimeoutError):
        raise failure
    raise OutgoingError("connection", f"Could not connect: {_reason(failure)}") from failure


def _secure(raw: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """Return TLS over ``raw``. The certificate is checked against the URL's host."""
    raw.settimeout(deadline.remaining())
    try:
        return tls_context().wrap_socket(raw, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise OutgoingError("connection", f"The server's certificate is not valid: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise OutgoingError("connection", "The server and this client found no common TLS (1.2 or later)") from error


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return a context with certifi's certificates, host name checks, and TLS 1.2 or later.

    It is built by hand because the ready-made contexts also read ``SSLKEYLOGFILE`` from the environment.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _reason(error: OSError | None) -> str:
    """Return the system's message without an address."""
    return (error.strerror if error is not None and error.strerror else "no answer").lower()
