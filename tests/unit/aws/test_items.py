"""Documents as bytes: what was written once can be read for ever."""

import hashlib
import json
import zlib

import pytest

from interactor.aws.dynamo import items
from interactor.aws.dynamo.compression_dictionary import PHRASES

SMALL = {"at": 1}
TYPICAL = {"schema": 1, "events": [{"number": n, "type": "transition", "subtype": "state_change"} for n in range(9)]}
LARGE = {"layer": {f"key{number}": "é\u0000" * number for number in range(500)}}


@pytest.mark.parametrize("document", [SMALL, TYPICAL, LARGE, None, 1.0, "text", []])
def test_a_document_comes_back_as_it_was(document: object) -> None:
    assert items.unpack(items.pack(document)) == document


def test_what_all_documents_have_in_common_takes_no_room() -> None:
    raw = json.dumps(TYPICAL).encode()
    assert len(items.pack_bytes(raw)) < 0.75 * len(zlib.compress(raw, 9))


def test_what_does_not_get_smaller_is_kept_as_it_is() -> None:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(40))
    assert items.pack_bytes(noise) == b"\x01" + noise
    assert items.unpack_bytes(items.pack_bytes(noise)) == noise


def test_whole_numbers_that_were_stored_as_doubles_are_whole_again() -> None:
    stored = b'\x01{"amount":1500.0,"big":1e+30,"rate":1e-05,"id":1610521604143693812}'
    document = {"amount": 1500, "big": 10**30, "rate": 1e-05, "id": 1610521604143693812}
    assert repr(items.unpack(stored)) == repr(document)


def test_the_phrases_never_change_since_what_is_stored_needs_them() -> None:
    assert hashlib.sha256(PHRASES).hexdigest() == "f3abdbb6bfe383a74ff8942e4541d1d8fc96155b099a30ac193a50778440c623"
