"""URLs of outgoing requests, read by one parser both for the check and for the request itself.

If two parsers disagree about where the host ends, such a check can be bypassed. So there is one parser, and it refuses
everything that is ambiguous: backslashes, credentials, hosts with characters beyond ASCII, and addresses in unusual
notations. Names are not resolved here. The address is checked when it is connected (``interactor.core.addresses``,
invariant 8 of the design).
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, Literal
from urllib.parse import quote

from interactor.core.addresses import LOOPBACK, Ranges, refusal

MAX_LENGTH: Final = 2048
"""Characters of a URL."""

Scheme = Literal["http", "https"]

_PORTS: Final[dict[Scheme, int]] = {"http": 80, "https": 443}
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TARGET_SAFE: Final = "/?:@!$&'()*+,;=-._~%[]"

_LOOPBACK_NAMES: Final = frozenset(
    {"localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "localhost.localdomain",
     "localhost4.localdomain4", "localhost6.localdomain6"}
)  # fmt: skip
_LOCAL_SUFFIXES: Final = (
    "local",
    "localdomain",
    "localdomain4",
    "localdomain6",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "svc",
)


class UrlError(ValueError):
    """A URL that cannot be a target. ``str()`` of the error is a sentence for the URL's author.

    ``refused`` is True if the URL is well formed but leads to a place that is not public.
    """

    def __init__(self, message: str, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True)
class Target:
    """The parts of a URL, in the form that a request needs.

    ``host`` is a lower-case name or an address, without brackets and trailing dot. ``path`` begins with ``/``, is
    percent-encoded ASCII, and includes the query but never the fragment.
    """

    scheme: Scheme
    host: str
    port: int
    path: str
    is_address: bool

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header: with the port only if it is not the scheme's default (RFC 9110, section
        7.2).
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def check_url(url: str, *, https_only: bool, allow_loopback: bool, private: Ranges = ()) -> str | None:
    """Return a sentence that says why ``url`` cannot be a target, or None if it can.

    ``allow_loopback`` (for the local run) allows loopback addresses and names, also with plain http if ``https_only``
    is set. ``private`` ranges allow their private addresses, and names that are used inside networks, such as
    ``orders.internal``.
    """
    try:
        parse(url, https_only=https_only, allow_loopback=allow_loopback, private=private)
    except UrlError as error:
        return str(error)
    return None


def parse(url: str, *, https_only: bool = False, allow_loopback: bool = False, private: Ranges = ()) -> Target:
    """Read a URL by the rules of ``check_url``.

    Raises:
        UrlError: with the reason.
    """
    scheme, authority, rest = _split(url)
    written_host, port = _authority(authority, _PORTS[scheme])
    host, is_address, loopback = _host(written_host, allow_loopback, private)
    if https_only and scheme != "https" and not loopback:
        raise UrlError("The URL must begin with https://")
    return Target(scheme, host, port, _path(rest), is_address)


def _split(url: str) -> tuple[Scheme, str, str]:
    if len(url) > MAX_LENGTH:
        raise UrlError(f"The URL is longer than {MAX_LENGTH} characters")
    if _BLANK_OR_CONTROL.search(url):
        raise UrlError("The URL contains a blank or a control character; percent-encode it")
    if "\\" in url:
        raise UrlError("The URL contains a backslash; write / or percent-encode it as %5C")
    if any("\ud800" <= character <= "\udfff" for character in url):
        raise UrlError("The URL contains half of a surrogate pair, which is no character")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise UrlError("The URL must be complete: https://host/path")
    scheme = parts[1].lower()
    if scheme == "https":
        return "https", parts[2], parts[3]
    if scheme == "http":
        return "http", parts[2], parts[3]
    raise UrlError("The URL must begin with https:// or http://")


def _authority(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise UrlError("The URL must not contain a user name or password; send them in a header")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise UrlError("The URL's host and port cannot be read; write https://host:port/path")
    if not parts[1]:
        raise UrlError("The URL has no host")
    port = int(parts[2]) if parts[2] else default_port
    if not 1 <= port <= 65535:
        raise UrlError("The URL's port must be between 1 and 65535")
    return parts[1], port


def _host(written: str, allow_loopback: bool, private: Ranges) -> tuple[str, bool, bool]:
    """Return the host, whether it is an address, and whether it is known to be this machine."""
    if written.startswith("["):
        address = _ipv6(written[1:-1])
        return address, True, _judge(address, allow_loopback, private)
    if not written.isascii():
        raise UrlError("The URL's host must be ASCII; write an international name in its xn-- form")
    host = written.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = _ipv4(host, labels, allow_loopback, private)
        return address, True, _judge(address, allow_loopback, private)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise UrlError("The URL's host is not a valid name")
    if host in _LOOPBACK_NAMES or labels[-1] == "localhost":
        if not allow_loopback:
            raise UrlError("The URL's host is a local name; only public hosts can be called", refused=True)
        return host, False, True
    local = any(host == suffix or host.endswith("." + suffix) for suffix in _LOCAL_SUFFIXES)
    if len(labels) == 1 or (local and not private):
        raise UrlError("The URL's host is a local name; only public hosts can be called", refused=True)
    return host, False, False


def _judge(address: str, allow_loopback: bool, private: Ranges) -> bool:
    """Return whether an allowed address is loopback.

    Raises:
        UrlError: the address is not public and not allowed.
    """
    name = refusal(address, allow_loopback, private)
    if name is not None:
        raise UrlError(f"The URL's host is a {name} address; only public addresses can be called", refused=True)
    return refusal(address) == LOOPBACK


def _ipv6(text: str) -> str:
    if "%" in text:
        raise UrlError("The URL's host has an IPv6 zone, which names a network of this machine", refused=True)
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise UrlError("The URL's host is not a valid IPv6 address") from None


def _ipv4(host: str, labels: list[str], allow_loopback: bool, private: Ranges) -> str:
    """Return the address of a host that ends in a number.

    The C library and browsers read such a host as an address (inet_aton).
    """
    if len(labels) > 4 or not all(map(_NUMBER.fullmatch, labels)) or max(map(len, labels)) > 64:
        raise UrlError("The URL's host ends in a number but is not an IPv4 address")
    try:
        numbers = [_number(label) for label in labels]
    except ValueError:
        raise UrlError("The URL's host is not a valid IPv4 address") from None
    *leading, last = numbers
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(numbers)):
        raise UrlError("The URL's host is not a valid IPv4 address")
    value = last + sum(number << (24 - 8 * place) for place, number in enumerate(leading))
    address = str(IPv4Address(value))
    _judge(address, allow_loopback, private)
    if address != host:
        # Readers differ on such notations (010 is 8 or 10), so the checked address might not be the one that is
        # connected.
        raise UrlError("The URL's host is an address in an unusual notation; write four decimal numbers")
    return address


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if len(label) > 1 and label.startswith("0") else 10)


def _path(rest: str) -> str:
    """Return path and query as a request line has them. What is percent-encoded already stays as it is."""
    path = rest if rest.startswith("/") else "/" + rest
    return quote(_STRAY_PERCENT.sub("%25", path), safe=_TARGET_SAFE)
