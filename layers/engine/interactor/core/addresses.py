"""Which addresses an outgoing request may reach: public ones, and private ones that the deployment names (invariant 8).

The deny list names every range of the IANA special-purpose registries (RFC 6890 and later registrations).
``ipaddress.is_global`` is not enough: it returns True for NAT64 and 6to4 forms of private addresses, for multicast, and
for ranges that were registered after its release.

This module checks one address. ``outgoing`` resolves names and asks the connected socket for its address.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

LOOPBACK: Final = "loopback"
NOT_AN_ADDRESS: Final = "unreadable"

# Hosts that give out credentials. Most are in a range below, but this name says more than the range's, and one is
# public.
_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # EC2, Azure, Google, DigitalOcean
            "169.254.170.2",  # ECS task credentials
            "169.254.170.23",  # EKS pod identity
            "168.63.129.16",  # Azure, in public space
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "fd00:ec2::254",  # EC2
            "fd00:ec2::23",  # EKS pod identity
            "fd20:ce::254",  # Google
        ),
    )
)

_IPV4: Final = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/32", "unspecified"),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", LOOPBACK),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "IETF protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "multicast tunnelling"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV4_MAPPED: Final = IPv6Network("::ffff:0:0/96")

_IPV6: Final = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("::/128", "unspecified"),
        ("::1/128", LOOPBACK),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001::/32", "Teredo"),
        ("2001:2::/48", "benchmarking"),
        ("2001:10::/28", "ORCHID"),
        ("2001:20::/28", "ORCHID"),
        ("2001::/23", "IETF protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

Ranges: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

# The addresses of private networks. A range that the deployment names allows only these, however wide it is.
_PRIVATE: Final = frozenset({"private", "carrier-grade NAT", "unique local"})
_PRIVATE_RANGES: Final[Ranges] = (
    *(network for network, name in _IPV4 if name in _PRIVATE),
    *(network for network, name in _IPV6 if name in _PRIVATE),
)

# Services of EC2 inside those ranges, for every machine: metadata, DNS, time.
_EC2: Final = IPv6Network("fd00:ec2::/32")

# All IPv6 addresses that are given to hosts otherwise are in this range. The rest of IPv6 is not assigned yet.
_IPV6_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def parse_ranges(texts: Iterable[str]) -> Ranges:
    """Return the ranges of private addresses that texts such as ``10.1.0.0/16`` or ``fd12:3456:789a::/48`` name.

    Raises:
        ValueError: one is not in that form, has bits beyond its prefix, or contains no private address.
    """
    found = []
    for text in texts:
        try:
            network = ip_network(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a range of addresses, as in 10.1.0.0/16: {error}") from None
        if "/" not in text:
            raise ValueError(f"{text!r} has no prefix length; one address is {network}")
        if not any(type(network) is type(own) and network.overlaps(own) for own in _PRIVATE_RANGES):
            raise ValueError(f"{text!r} holds no private address, and only those can be allowed")
        found.append(network)
    return tuple(found)


def refusal(address: str, allow_loopback: bool = False, private: Ranges = ()) -> str | None:
    """Return the name of the range that forbids ``address``, or None if it may be reached.

    ``address`` is in the notation of sockets (dotted decimal, or RFC 4291). ``allow_loopback`` allows loopback, for the
    local run. ``private`` allows the private addresses (RFC 1918, RFC 4193, RFC 6598) in its ranges. Link-local
    addresses, metadata addresses, loopback and multicast in these ranges stay forbidden. So does an address that only
    contains an allowed one (IPv4-mapped, 6to4, NAT64).
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return NOT_AN_ADDRESS
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return "zoned"
    name = _range_of(parsed)
    # The ranges must contain the address itself: an IPv4-mapped address has the name of the address inside it.
    inside = any(parsed in own for own in _PRIVATE_RANGES) and any(parsed in network for network in private)
    if name in _PRIVATE and inside and parsed not in _EC2:
        return None
    return None if allow_loopback and name == LOOPBACK else name


def _range_of(address: IPv4Address | IPv6Address) -> str | None:
    if address in _METADATA:
        return "cloud metadata"
    if isinstance(address, IPv4Address):
        return _first(address, _IPV4)
    if address in _IPV4_MAPPED:
        # A socket connects such an address as IPv4, so the name of its IPv4 range says more.
        return _range_of(IPv4Address(int(address) & 0xFFFF_FFFF)) or "IPv4-mapped"
    name = _first(address, _IPV6)
    if name is None and address not in _IPV6_GLOBAL_UNICAST:
        return "reserved"
    return name


def _first(address: IPv4Address | IPv6Address, ranges: Iterable[tuple[IPv4Network | IPv6Network, str]]) -> str | None:
    return next((name for network, name in ranges if address in network), None)
