"""An account's secrets in Secrets Manager: for each account one JSON object of texts,
``<prefix>/accounts/<account>``.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from interactor.core.jsons import JsonError, JsonObject, dumps, loads, size
from interactor.core.names import is_account
from interactor.core.storing import StoreBusyError
from interactor.core.times import MINUTE, SECOND, Millis

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH: Final[Millis] = 5 * MINUTE
"""How long a read is remembered. After this time, a changed secret is in use everywhere."""
FRESH_EMPTY: Final[Millis] = 30 * SECOND
"""How long it is remembered that an account has no secrets. It is short, because the first one is probably being added.
"""
ACCOUNTS_REMEMBERED: Final = 100
ACCOUNT_BYTES: Final = 64 * 1024
"""All secrets of one account, as Secrets Manager limits one value."""
NAME_CHARACTERS: Final = 128


class SecretsUnreadableError(ValueError):
    """The stored value is no JSON object; somebody wrote it by other means. The message says where, never what."""


class SecretStore:
    """Secrets by account.

    Args:
        client: a boto3 Secrets Manager client.
        prefix: the first part of every secret's id, one per stack.
        clock: the time now, in milliseconds; for the cache.
    """

    def __init__(self, client: "SecretsManagerClient", prefix: str, clock: Callable[[], Millis]) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[Millis, dict[str, str]]] = OrderedDict()

    def read(self, account: str) -> dict[str, str]:
        """Return names and values of an account's secrets, at most five minutes old; ``{}`` if it has none.

        Raises:
            SecretsUnreadableError: the stored value is no JSON object.
        """
        until, values = self._remembered.get(account, (0, {}))
        if self._clock() >= until:
            values = self._fetch(account)
            self._remembered[account] = (self._clock() + (FRESH if values else FRESH_EMPTY), values)
        self._remembered.move_to_end(account)
        while len(self._remembered) > ACCOUNTS_REMEMBERED:
            self._remembered.popitem(last=False)
        return dict(values)

    def names(self, account: str) -> list[str]:
        """Return the names of an account's secrets, sorted. They are read again."""
        return sorted(self._fetch(account))

    def write(self, account: str, name: str, value: str) -> None:
        """Set one secret. If two writers write at the same moment, one write may be lost: Secrets Manager has no guard.

        Raises:
            ValueError: a script could not write the name after ``secrets.``, or the value is empty or too large.
            SecretsUnreadableError: the stored value is no JSON object.
        """
        if not is_secret_name(name):
            raise ValueError(
                f"a secret's name is 1 to {NAME_CHARACTERS} of the characters A-Z a-z 0-9 _, the first of them no digit"
            )
        if not value:
            raise ValueError("a secret cannot be empty; remove it instead")
        values = {**self._fetch(account), name: value}
        if size(values) > ACCOUNT_BYTES:
            raise ValueError(f"the secrets of one account have at most {ACCOUNT_BYTES} bytes together")
        self._store(account, values)

    def remove(self, account: str, name: str) -> bool:
        """Remove one secret. Return False if there was none with that name.

        Raises:
            SecretsUnreadableError: the stored value is no JSON object.
        """
        values = self._fetch(account)
        if name not in values:
            return False
        del values[name]
        self._store(account, values)
        return True

    def _fetch(self, account: str) -> dict[str, str]:
        secret_id = self._secret_id(account)
        try:
            text = self._client.get_secret_value(SecretId=secret_id)["SecretString"]
        except (
            self._client.exceptions.ResourceNotFoundException,
            # The answer for a secret that is scheduled for deletion, which nobody can use any more.
            self._client.exceptions.InvalidRequestException,
        ):
            return {}
        except (ClientError, BotoCoreError) as error:
            raise StoreBusyError("the secrets could not be read") from error
        try:
            stored = loads(text)
        except JsonError:
            stored = None
        if not isinstance(stored, dict):
            raise SecretsUnreadableError(f"the secret {secret_id} holds no JSON object")
        # A value that is no text cannot be used. It counts as not set, and the error of the state that asks for it
        # names it.
        return {name: value for name, value in stored.items() if isinstance(value, str)}

    def _store(self, account: str, values: JsonObject) -> None:
        secret_id = self._secret_id(account)
        try:
            self._client.put_secret_value(SecretId=secret_id, SecretString=dumps(values))
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_secret(Name=secret_id, SecretString=dumps(values))
        self._remembered.pop(account, None)

    def _secret_id(self, account: str) -> str:
        if not is_account(account):
            raise ValueError("an account is 1 to 64 of the characters A-Z a-z 0-9 _ -")
        return f"{self._prefix}/accounts/{account}"


def is_secret_name(name: str) -> bool:
    """Whether a script can write ``secrets.NAME``."""
    return name.isascii() and name.isidentifier() and len(name) <= NAME_CHARACTERS
