"""Which private addresses a deployment can open to outgoing requests, and that no range opens anything else."""

import re

import pytest

from interactor.core.addresses import parse_ranges, refusal
from interactor.core.urls import UrlError, check_url, parse

EVERYTHING = parse_ranges(("0.0.0.0/0", "::/0"))
"""The most that somebody can name."""

INSIDE = ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "fd12:3456::1"]
NEVER = [
    *("127.0.0.1", "::1", "0.0.0.0", "::"),  # noqa: S104 - addresses to judge, not to bind
    *("169.254.0.1", "169.254.169.254", "169.254.169.253", "169.254.170.2", "169.254.170.23", "fe80::1", "fec0::1"),
    *("fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::123", "fd00:ec2::23", "fd00:ec2:1::1", "fd20:ce::254"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.0.1"),
    *("224.0.0.1", "239.255.255.255", "ff02::1", "255.255.255.255", "240.0.0.1"),
    *("198.18.0.1", "192.0.2.1", "2001:db8::1", "100::1", "5f00::1"),
    # Allowed and refused ones inside others.
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1"),
    *("::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::a00:1"),
    *("2002:a00:1::", "2002:a9fe:a9fe::", "2002:7f00:1::", "2001:0:a00:1::", "2001:0:7f00:1::"),
    *("fd12:3456::1%eth0", "fe80::1%eth0", "10.0.0.1%eth0", "10.1", "0x0a000001", "010.0.0.1", "10.0.0.1 ", ""),
]
WRONG = {
    "10.0.0.0/33": "is not a range of addresses, as in 10.1.0.0/16",
    "10.0.0.1/8": "has host bits set",
    "10.0.0.0/-1": "is not a range of addresses",
    "10.0.0.0/8/8": "is not a range of addresses",
    "10.0.0": "is not a range of addresses",
    "vpc": "is not a range of addresses",
    "fd00::/129": "is not a range of addresses",
    "10.0.0.5": "has no prefix length; one address is 10.0.0.5/32",
    "8.8.8.0/24": "holds no private address",
    "127.0.0.0/8": "holds no private address",
    "169.254.0.0/16": "holds no private address",
    "169.254.169.254/32": "holds no private address",
    "224.0.0.0/4": "holds no private address",
    "fe80::/10": "holds no private address",
    "::ffff:10.0.0.0/104": "holds no private address",
    "64:ff9b::/96": "holds no private address",
    "2002::/16": "holds no private address",
}


@pytest.mark.parametrize("address", INSIDE)
def test_a_private_address_is_reached_inside_a_named_range_alone(address: str) -> None:
    assert refusal(address, private=EVERYTHING) is None
    assert refusal(address) is not None
    assert refusal(address, private=parse_ranges(("10.77.0.0/16", "fd77::/16"))) is not None


def test_a_range_ends_where_it_ends() -> None:
    ranges = parse_ranges(("10.1.0.0/16", "192.168.7.0/24"))
    allowed = ["10.1.0.0", "10.1.255.255", "192.168.7.255"]
    refused = ["10.0.255.255", "10.2.0.0", "192.168.6.255", "192.168.8.0", "172.16.0.1"]

    assert [address for address in (*allowed, *refused) if refusal(address, private=ranges) is None] == allowed


@pytest.mark.parametrize("address", NEVER)
def test_no_range_opens_what_is_not_private(address: str) -> None:
    assert refusal(address, private=EVERYTHING) is not None
    assert refusal(address, private=EVERYTHING) == refusal(address)


def test_loopback_is_opened_by_its_own_setting_alone() -> None:
    assert refusal("127.0.0.1", allow_loopback=True, private=EVERYTHING) is None
    assert refusal("10.0.0.1", allow_loopback=True) == "private"


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_a_public_address_needs_no_range(address: str) -> None:
    assert refusal(address, private=parse_ranges(("10.0.0.0/8",))) is None


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_a_range_that_cannot_be_meant_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        parse_ranges(("10.0.0.0/8", text))

    assert repr(text) in str(caught.value)


# URLs


@pytest.mark.parametrize("url", ["https://10.1.2.3/", "https://[fd12:3456::1]/", "https://orders.internal/"])
def test_a_url_may_name_what_a_range_opens(url: str) -> None:
    assert check_url(url, https_only=True, allow_loopback=False, private=EVERYTHING) is None
    assert check_url(url, https_only=True, allow_loopback=False) is not None


@pytest.mark.parametrize(
    "url",
    [
        *("https://localhost/", "https://a.localhost/", "https://localhost.localdomain/", "https://orders/"),
        *("https://169.254.169.254/", "https://[fd00:ec2::254]/", "https://[::ffff:10.0.0.1]/", "https://127.0.0.1/"),
        *("https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://[fd12:3456::1%25eth0]/"),
        *("https://10.1/", "https://167772161/", "https://0xa.0.0.1/", "https://012.0.0.1/"),
    ],
)
def test_a_url_names_nothing_else_for_it(url: str) -> None:
    with pytest.raises(UrlError):
        parse(url, private=EVERYTHING)


def test_a_private_address_is_no_reason_for_plain_http_where_https_is_asked_for() -> None:
    message = check_url("http://10.1.2.3/", https_only=True, allow_loopback=False, private=EVERYTHING)

    assert message == "The URL must begin with https://"
