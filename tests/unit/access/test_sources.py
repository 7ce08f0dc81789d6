"""What a request without proof is counted as (ruling 33)."""

import pytest

from interactor.access.rules.rates import NO_SOURCE, source_of

SOURCES = {
    "203.0.113.10": "203.0.113.10",
    "::ffff:203.0.113.10": "203.0.113.10",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:DB8:1:2::": "2001:db8:1:2::/64",
    "fe80::1%eth0": "fe80::/64",
    "::1": "::/64",
    None: NO_SOURCE,
    "": NO_SOURCE,
    "203.0.113.10, 192.0.2.1": NO_SOURCE,
    "203.0.113.010": NO_SOURCE,
    "A#acc_1": NO_SOURCE,
}


@pytest.mark.parametrize("address", SOURCES)
def test_an_address_is_one_source_however_it_is_written(address: str | None) -> None:
    assert source_of(address) == SOURCES[address]
