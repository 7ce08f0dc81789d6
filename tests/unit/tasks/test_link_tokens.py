"""Tokens of links and confirmations: read with the key that made them, and nothing else is one."""

import base64
import string

import pytest

from interactor.core.times import DAY, MINUTE, SECOND
from interactor.tasks.rules import link_tokens
from interactor.tasks.rules.link_tokens import KEY_BYTES, TOKEN_CHARACTERS, Link

KEY, NEXT, OTHER = (bytes([number]) * KEY_BYTES for number in (1, 2, 3))
NOW = 1_770_000_000_000
TASK = "task_01hzzzzzzzzzzzzzzzzzzzzzzz_7"
LINK = Link("acc_acme", TASK, "ann@example.com", 0, NOW + 7 * DAY)
TOKEN = link_tokens.make(KEY, LINK)
LETTERS = string.ascii_letters + string.digits + "-_="
GARBAGE = ("", "x", "AAAA", "A" * 21, "A" * 22, "A" * 23, "A" * 5_000, "\0", "é", "a+/b" * 8, "\ud800", TOKEN + "=")


def test_a_token_is_read_with_the_key_that_made_it() -> None:
    assert link_tokens.read([KEY], TOKEN) == LINK


def test_the_same_link_has_the_same_token() -> None:
    assert link_tokens.make(KEY, Link(**vars(LINK))) == TOKEN


@pytest.mark.parametrize(
    "changed",
    [
        {"account": "acc_other"},
        {"task_id": TASK + "1"},
        {"person": "bo@example.com"},
        {"generation": 1},
        {"ends_at": LINK.ends_at + SECOND},
    ],
)
def test_every_part_is_in_it(changed: dict[str, object]) -> None:
    other = Link(**{**vars(LINK), **changed})  # type: ignore[arg-type]  # of the field's own type
    made = link_tokens.make(KEY, other)
    assert made != TOKEN
    assert link_tokens.read([KEY], made) == other


def test_a_token_says_nothing_to_who_holds_it() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert not any(part in raw for part in (b"acc_acme", b"task_", b"ann"))


def test_a_token_fits_an_address() -> None:
    longest = Link("a" * 64, TASK, "\U0001d54f" * 128, 999_999, LINK.ends_at)
    made = link_tokens.make(KEY, longest)
    assert len(made) <= TOKEN_CHARACTERS
    assert link_tokens.read([KEY], made) == longest
    assert set(made) <= set(LETTERS) - {"="}


def test_while_keys_change_both_read() -> None:
    newer = link_tokens.make(NEXT, LINK)
    assert link_tokens.read([NEXT, KEY], TOKEN) == LINK
    assert link_tokens.read([NEXT, KEY], newer) == LINK


@pytest.mark.parametrize("keys", [[], [OTHER], [OTHER, NEXT]])
def test_a_token_of_another_key_is_none(keys: list[bytes]) -> None:
    assert link_tokens.read(keys, TOKEN) is None


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_no_token(text: str) -> None:
    assert link_tokens.read([KEY, OTHER], text) is None


def test_no_changed_token_is_one() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    flipped = [bytes([*raw[:at], raw[at] ^ 1 << bit, *raw[at + 1 :]]) for at in range(len(raw)) for bit in range(8)]
    texts = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    texts += [TOKEN[:-1] + letter for letter in LETTERS if letter != TOKEN[-1]]
    texts += [TOKEN[:length] for length in range(len(TOKEN))]
    assert not any(link_tokens.read([KEY], text) for text in texts)


def test_every_key_is_tried_whatever_the_text_is(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    real = link_tokens.AESSIV

    class Counted:
        def __init__(self, key: bytes) -> None:
            self.key = key

        def decrypt(self, raw: bytes, bound_to: list[bytes]) -> bytes:
            tried[-1] += 1
            return real(self.key).decrypt(raw, bound_to)

    monkeypatch.setattr(link_tokens, "AESSIV", Counted)
    for text in (TOKEN, TOKEN[:-1], *GARBAGE):
        tried.append(0)
        link_tokens.read([KEY, OTHER], text)
    assert set(tried) == {2}


def test_a_confirmation_holds_for_its_token_what_was_shown_and_fifteen_minutes() -> None:
    made = link_tokens.make_confirmation(KEY, TOKEN, "shown", NOW)
    assert link_tokens.confirms([NEXT, KEY], made, TOKEN, "shown", NOW)
    assert link_tokens.confirms([KEY], made, TOKEN, "shown", NOW + 15 * MINUTE - SECOND)
    assert not link_tokens.confirms([KEY], made, TOKEN, "shown", NOW + 15 * MINUTE)
    assert not link_tokens.confirms([KEY], made, TOKEN + "A", "shown", NOW)
    assert not link_tokens.confirms([KEY], made, TOKEN, "else", NOW)
    assert not link_tokens.confirms([OTHER], made, TOKEN, "shown", NOW)


@pytest.mark.parametrize("text", [*GARBAGE, TOKEN])
def test_nothing_else_confirms(text: str) -> None:
    assert not link_tokens.confirms([KEY], text, TOKEN, "shown", NOW)


def test_a_confirmation_is_no_token() -> None:
    assert link_tokens.read([KEY], link_tokens.make_confirmation(KEY, TOKEN, "shown", NOW)) is None
