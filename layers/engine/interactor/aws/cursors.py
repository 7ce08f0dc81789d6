"""Cursors that their holders cannot read and nobody else can make: encrypted, and bound to their list.

The key is a MAC that a KMS key makes of a constant. It is the same in every process, each process asks for it once, and
it is lost with the KMS key. A cursor is AES-SIV (RFC 5297) of a position, and authenticates what it is bound to. The
same position always gives the same cursor; that need not be secret.
"""

import base64
import binascii
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from interactor.aws import faults

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

LONGEST: Final = 720
"""The longest position is the id of a group: 512 bytes, which are 704 characters of a cursor."""
_SHORTEST_BYTES: Final = 17
"""The tag of AES-SIV, and one byte of a position."""
_MAKES_THE_KEY: Final = b"interactor: cursors, 1"


class Cursors:
    """Makes cursors from positions, and reads them.

    Args:
        client: a boto3 KMS client; ``kms:GenerateMac`` is used, once.
        key_id: the id or ARN of an ``HMAC_256`` key, as in the setting ``CURSOR_KEY_ID``.

    Raises:
        ValueError: there is no key. Without one, anybody could make cursors.
    """

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        if not key_id:
            raise ValueError("no key for cursors is configured; CURSOR_KEY_ID names a KMS key of the kind HMAC_256")
        self._client = client
        self._key_id = key_id

    def make(self, position: str, bound_to: bytes) -> str:
        """Return the cursor of a position that is not empty."""
        return _text(self._cipher.encrypt(position.encode(), [bound_to]))

    def read(self, cursor: str, bound_to: bytes) -> str | None:
        """Return the position of a cursor that was made here and bound to the same; None for any other text."""
        if len(cursor) > LONGEST:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) < _SHORTEST_BYTES or _text(raw) != cursor:
            return None  # the last character has bits that decode to nothing: only the text made here is a cursor
        try:
            return self._cipher.decrypt(raw, [bound_to]).decode()
        except InvalidTag:
            return None

    @cached_property
    def _cipher(self) -> AESSIV:
        with faults.passing():
            made = self._client.generate_mac(KeyId=self._key_id, MacAlgorithm="HMAC_SHA_256", Message=_MAKES_THE_KEY)
        return AESSIV(made["Mac"])


def _text(raw: bytes) -> str:
    """Return the bytes as a cursor's text: base64 for URLs without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
