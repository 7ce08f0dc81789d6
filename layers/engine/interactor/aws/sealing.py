"""The engine's own secrets in storage: encrypted with a KMS key, bound to their purpose and their account, and
decrypted only where they are used.
"""

import base64
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from interactor.aws import faults

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

REMEMBERED: Final = 1_000
"""Decrypted secrets that a process keeps: KMS bills each call, and each attempt needs one."""


class Sealer:
    """Encrypts ("seals") and decrypts texts of up to 4 KB (KMS's own bound).

    The account and ``purpose``, what the text is for, are part of the encryption. A sealed text that was copied to
    another account's item cannot be opened.
    """

    def __init__(self, client: "KMSClient", key_id: str, purpose: str = "webhooks") -> None:
        self._client = client
        self._key_id = key_id
        self._purpose = purpose
        self._opened: OrderedDict[tuple[str, str], str] = OrderedDict()

    def seal(self, account: str, text: str) -> str:
        """Return the encrypted text as base64.

        Raises:
            StoreBusyError: KMS does not answer now.
        """
        context = self._context(account)
        with faults.passing():
            answer = self._client.encrypt(KeyId=self._key_id, Plaintext=text.encode(), EncryptionContext=context)
        sealed = base64.b64encode(answer["CiphertextBlob"]).decode()
        self._remember((account, sealed), text)
        return sealed

    def open(self, account: str, sealed: str) -> str:
        """Return the decrypted text.

        Raises:
            StoreBusyError: KMS does not answer now.
        """
        known = self._opened.get((account, sealed))
        if known is not None:
            return known
        context = self._context(account)
        with faults.passing():
            answer = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=base64.b64decode(sealed), EncryptionContext=context
            )
        text = answer["Plaintext"].decode()
        self._remember((account, sealed), text)
        return text

    def _remember(self, known: tuple[str, str], text: str) -> None:
        self._opened[known] = text
        while len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)

    def _context(self, account: str) -> dict[str, str]:
        return {"account": account, "for": self._purpose}
