"""Cursors: opened with the key that made them and where they belong, and by nothing else."""

import hashlib
from typing import Any

import pytest

from interactor.aws.cursors import LONGEST, Cursors

POSITION = "inst_01hzzzzzzzzzzzzzzzzzzzzzzz"


class Kms:
    """Makes MACs as KMS does, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def generate_mac(self, **asked: Any) -> Any:
        """A MAC of key and message."""
        self.calls += 1
        return {"Mac": hashlib.sha256(asked["KeyId"].encode() + asked["Message"]).digest()}


def cursors(key: str = "one", kms: Kms | None = None) -> Cursors:
    return Cursors(kms or Kms(), key)  # type: ignore[arg-type]  # it does what is asked of the client


def test_every_process_reads_what_another_made() -> None:
    assert cursors().read(cursors().make(POSITION, b"list"), b"list") == POSITION


def test_a_process_asks_for_its_key_once() -> None:
    kms = Kms()
    one = cursors(kms=kms)
    for number in range(5):
        assert one.read(one.make(str(number), b"list"), b"list") == str(number)
    assert kms.calls == 1


def test_after_another_key_has_taken_its_place_cursors_of_the_old_one_are_none() -> None:
    assert cursors("two").read(cursors("one").make(POSITION, b"list"), b"list") is None


def test_a_cursor_of_another_list_is_none() -> None:
    assert cursors().read(cursors().make(POSITION, b"list"), b"other") is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "AAAA", "A" * 22, "A" * 23, "A" * LONGEST, "A" * 5000, "\0", "é", "a+/b" * 8]
)
def test_garbage_is_no_cursor(cursor: str) -> None:
    assert cursors().read(cursor, b"list") is None


def test_only_the_text_that_was_made_is_a_cursor() -> None:
    """The last character of base64 may hold bits that decode to nothing; a changed one is a changed cursor."""
    made = [cursors().make("x" * length, b"list") for length in (1, 2, 3)]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    changed = [cursor[:-1] + letter for cursor in made for letter in letters if letter != cursor[-1]]
    assert [cursor for cursor in changed if cursors().read(cursor, b"list") is not None] == []


def test_without_a_key_there_are_no_cursors_and_it_says_so() -> None:
    with pytest.raises(ValueError, match="CURSOR_KEY_ID"):
        cursors("")
