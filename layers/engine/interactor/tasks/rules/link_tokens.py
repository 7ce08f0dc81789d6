"""Tokens of signed links: what they hold nobody reads, and nobody else makes one.

A token is AES-SIV (RFC 5297) of whom it is for: account, task, person, the generation of the person's slot, and when it
ends. Nothing is stored for it. The same contents have the same token under the same key, so that a mail or webhook
that is made again is the same. A confirmation is bound to one token and to what its holder was shown, so that what was
made for one page decides on no other.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from interactor.core import jsons
from interactor.core.jsons import JsonError
from interactor.core.times import MINUTE, SECOND, Millis

KEY_BYTES: Final = 64
"""A key of AES-SIV with AES-256, which is two keys in one."""
TOKEN_CHARACTERS: Final = 2_048
"""No token is longer: a person's id has at most 128 characters, of up to 12 bytes as JSON writes them."""
CONFIRMED_WITHIN: Final[Millis] = 15 * MINUTE
"""How long what a page was given confirms a decision."""

_LINK: Final = [b"interactor: link, 1"]
_CONFIRM: Final = b"interactor: confirm, 1"
_NOTHING: Final = bytes(128)
"""Tried where a text is not even base64, so that every wrong token costs the same."""


@dataclass(frozen=True)
class Link:
    """Whom a link is for. ``generation`` is that of the person's slot in the task when the link was made; ``ends_at``
    is in whole seconds.
    """

    account: str
    task_id: str
    person: str
    generation: int
    ends_at: Millis


def make(key: bytes, link: Link) -> str:
    """Return the token of a link: base64 for URLs, without padding."""
    held = [link.account, link.task_id, link.person, link.generation, link.ends_at // SECOND]
    return _text(AESSIV(key).encrypt(jsons.encode(held), _LINK))


def read(keys: Sequence[bytes], token: str) -> Link | None:
    """Return the link of a token that one of the keys made, whether it has ended or not.

    None for every other text. Each key is tried whatever the others say, so that no answer comes sooner.
    """
    held = _opened(keys, token, _LINK)
    if held is None:
        return None
    try:
        account, task_id, person, generation, ends_at = jsons.loads_own(held)
    except (ValueError, JsonError):
        return None  # a later release holds more in its tokens
    return Link(account, task_id, person, generation, ends_at * SECOND)


def make_confirmation(key: bytes, token: str, shown: str, now: Millis) -> str:
    """Return what confirms a decision of this token's holder, who is shown ``shown`` (a hash) now."""
    ends_at = (now + CONFIRMED_WITHIN) // SECOND
    return _text(AESSIV(key).encrypt(str(ends_at).encode(), _bound_to(token, shown)))


def confirms(keys: Sequence[bytes], confirmation: str, token: str, shown: str, now: Millis) -> bool:
    """Whether a text confirms a decision of this token's holder about what is shown, now."""
    held = _opened(keys, confirmation, _bound_to(token, shown))
    return held is not None and now < int(held) * SECOND


def _bound_to(token: str, shown: str) -> list[bytes]:
    return [_CONFIRM, token.encode("utf-8", "surrogatepass"), shown.encode()]


def _opened(keys: Sequence[bytes], text: str, bound_to: list[bytes]) -> bytes | None:
    raw, found = _raw(text), None
    for key in keys:
        try:
            held = AESSIV(key).decrypt(_NOTHING if raw is None else raw, bound_to)
        except InvalidTag:
            continue
        found = found or held
    return found


def _raw(text: str) -> bytes | None:
    if len(text) > TOKEN_CHARACTERS:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last character has bits that decode to nothing: only the text made here is a token.
    return raw if len(raw) > 16 and _text(raw) == text else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
