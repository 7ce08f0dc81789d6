"""Registered OAuth clients in the table, and the check of their secrets.

Each client has two items, written in one transaction: ``C#<client id> / M``, which the token endpoint reads (the
account is not known before), and ``A#<account>#C / <client id>``, which lists an account's clients. Only salted scrypt
hashes of secrets are stored.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from interactor.access.rules.principal import (
    NAMESPACES_CHARACTERS,
    SCOPES,
    Client,
    is_client_id,
    namespaces_claim,
    parse_namespaces,
)
from interactor.aws import faults
from interactor.core.names import is_account
from interactor.core.times import Millis

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECRET_CHARACTERS: Final = 1_024

# OWASP's smaller choice, which still fits scrypt's 16 MB beside a handler: about 80 ms of one laptop core.
_COST: Final = (2**14, 8, 1)
_SALT_BYTES: Final = 16
_UNKNOWN: Final = f"scrypt${_COST[0]}${_COST[1]}${_COST[2]}${'00' * _SALT_BYTES}${'00' * 64}"

_NO_CLIENT: Final = "-"
"""Not the id of any client: none begins with it."""


class ClientTakenError(ValueError):
    """The client id belongs to another account, or exists and must not be replaced."""


class ClientStore:
    """The registered clients, by id and by account.

    Args:
        client: a boto3 DynamoDB client.
        table: the table's name.
        entropy: returns that many random bytes; for salts.
    """

    def __init__(self, client: "DynamoDBClient", table: str, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._client = client
        self._table = table
        self._entropy = entropy

    def put(
        self,
        client_id: str,
        secret: str,
        account_id: str,
        scopes: Sequence[str],
        namespaces: Sequence[str],
        now: Millis,
        *,
        replace: bool = True,
        acts_for_people: bool = False,
    ) -> Client:
        """Register a client, or with ``replace`` register it again with another secret and other rights.

        Raises:
            ClientTakenError: the id is another account's, or it exists and ``replace`` is False.
            ValueError: an argument is not what it should be, with a sentence.
        """
        client = check_client(client_id, secret, account_id, scopes, namespaces, acts_for_people)
        common: dict[str, Any] = {
            "client_id": {"S": client_id},
            "account": {"S": account_id},
            "scopes": {"L": [{"S": scope} for scope in client.scopes]},
            "namespaces": {"L": [{"S": name} for name in namespaces_claim(client.namespaces)]},
            "acts_for_people": {"BOOL": client.acts_for_people},
            "created_at": {"N": str(now)},
        }
        secret_hash = hash_secret(secret, self._entropy(_SALT_BYTES))
        # The same id in another account would give away that account's tokens, and leave a false entry in its list.
        unless_taken = "attribute_not_exists(pk)" + (" OR account = :account" if replace else "")
        main: Any = {
            "TableName": self._table,
            "Item": {**_main_key(client_id), **common, "secret_hash": {"S": secret_hash}},
            "ConditionExpression": unless_taken,
        }
        if replace:
            main["ExpressionAttributeValues"] = {":account": {"S": account_id}}
        listed: Any = {"TableName": self._table, "Item": {**_listing_key(account_id, client_id), **common}}
        try:
            self._client.transact_write_items(TransactItems=[{"Put": main}, {"Put": listed}])
        except self._client.exceptions.TransactionCanceledException as error:
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in _reasons(error)):
                raise ClientTakenError(f"the client id '{client_id}' is taken; choose another") from None
            raise
        return client

    def get(self, client_id: str) -> Client | None:
        """Return the client with that id, or None."""
        item = self._item(client_id)
        return None if item is None else _client(item)

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        """Return the client if the secret is right. An unknown id takes as long as a wrong secret."""
        item = self._item(client_id)
        stored = _UNKNOWN if item is None else str(item["secret_hash"]["S"])
        right = secret_matches(secret, stored)
        return _client(item) if right and item is not None else None

    def list(self, account_id: str) -> list[Client]:
        """Return the clients of an account, sorted by id. It is one query with all its pages."""
        if not is_account(account_id):
            return []
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": _listing_key(account_id, "")["pk"]},
        )
        return [_client(item) for page in pages for item in page["Items"]]

    def delete(self, client_id: str) -> bool:
        """Remove a client. Its access tokens stay valid until they expire. Returns False if there was none."""
        client = self.get(client_id)
        if client is None:
            return False
        keys = (_main_key(client_id), _listing_key(client.account, client_id))
        self._client.transact_write_items(
            TransactItems=[{"Delete": {"TableName": self._table, "Key": key}} for key in keys]
        )
        return True

    def _item(self, client_id: str) -> Mapping[str, Any] | None:
        # A text that cannot be an id is also looked up, under a name that no client has: it costs the same as an
        # unknown id.
        sought = client_id if is_client_id(client_id) else _NO_CLIENT
        with faults.passing():
            answer = self._client.get_item(TableName=self._table, Key=_main_key(sought), ConsistentRead=True)
        return answer.get("Item")


def check_client(
    client_id: str,
    secret: str,
    account_id: str,
    scopes: Sequence[str],
    namespaces: Sequence[str],
    acts_for_people: bool = False,
) -> Client:
    """Return a client with these values.

    Raises:
        ValueError: names the first value that is wrong, with a sentence.
    """
    if not is_client_id(client_id):
        raise ValueError("a client id is 1 to 64 of the characters A-Z a-z 0-9 . _ - and begins with a letter or digit")
    if not is_account(account_id):
        raise ValueError("an account is 1 to 64 of the characters A-Z a-z 0-9 _ -")
    if not 1 <= len(secret) <= SECRET_CHARACTERS:
        raise ValueError(f"a client secret has 1 to {SECRET_CHARACTERS} characters")
    if not scopes:
        raise ValueError(f"a client needs at least one scope of: {' '.join(SCOPES)}")
    for scope in scopes:
        if scope not in SCOPES:
            raise ValueError(f"'{scope}' is not a scope; the scopes are: {' '.join(SCOPES)}")
    if sum(map(len, namespaces)) > NAMESPACES_CHARACTERS:
        raise ValueError(
            f"the namespaces of a client have at most {NAMESPACES_CHARACTERS} characters together, so that its tokens "
            'fit a request header; use ["*"] or several clients'
        )
    return Client(client_id, account_id, tuple(dict.fromkeys(scopes)), parse_namespaces(namespaces), acts_for_people)


def hash_secret(secret: str, salt: bytes) -> str:
    """Return ``scrypt$n$r$p$salt$hash``: the stored form of a secret. It has the cost, so that the cost can change."""
    n, r, p = _COST
    return f"scrypt${n}${r}${p}${salt.hex()}${_scrypt(secret, salt, n, r, p).hex()}"


def secret_matches(secret: str, stored: str) -> bool:
    """Whether ``secret`` hashes to ``stored``, compared in constant time."""
    _, n, r, p, salt, digest = stored.split("$")
    found = _scrypt(secret, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(digest))


def _scrypt(secret: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # surrogatepass: a text from a JSON body must not be able to raise here.
    return hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, dklen=64)


def _main_key(client_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"C#{client_id}"}, "sk": {"S": "M"}}


def _listing_key(account_id: str, client_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"A#{account_id}#C"}, "sk": {"S": client_id}}


def _client(item: Mapping[str, Any]) -> Client:
    return Client(
        item["client_id"]["S"],
        item["account"]["S"],
        tuple(scope["S"] for scope in item["scopes"]["L"]),
        parse_namespaces([name["S"] for name in item["namespaces"]["L"]]),
        # Clients of releases before this right have no such attribute.
        item.get("acts_for_people", {"BOOL": False})["BOOL"],
        _generation(item),
    )


def _generation(item: Mapping[str, Any]) -> str:
    """Return the generation, from the stored hash, whose salt is new with each registration. Listed items have none."""
    stored = item["secret_hash"]["S"] if "secret_hash" in item else ""
    return hashlib.sha256(f"{item['account']['S']}/{stored}".encode()).hexdigest()[:32]


def _reasons(error: Exception) -> Sequence[Mapping[str, Any]]:
    response: Mapping[str, Any] = getattr(error, "response", {})
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", ())
    return reasons
