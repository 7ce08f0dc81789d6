"""Accounts, clients and secrets that the local run begins with, written by the engine's own stores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws import Aws
from local.settings import LocalRunError, now_ms


@dataclass(frozen=True, slots=True)
class SeedClient:
    """A client that may ask for tokens."""

    account: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    namespaces: tuple[str, ...]
    acts_for_people: bool = False


@dataclass(frozen=True, slots=True)
class Seed:
    """What the seed file says: clients, and secrets by account and name."""

    clients: tuple[SeedClient, ...]
    secrets: Mapping[str, Mapping[str, str]]


def read(path: Path) -> Seed:
    """Read a seed file; a ``LocalRunError`` names the field that is wrong."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise LocalRunError(
            f"The seed file {path} cannot be read: {error.strerror}. See INTERACTOR_LOCAL_SEED."
        ) from None
    except ValueError as error:
        raise LocalRunError(f"The seed file {path} is not JSON: {error}.") from None
    try:
        clients = [
            _client(_field(account, "id", str), client)
            for account in _field(document, "accounts", list)
            for client in account.get("clients", [])
        ]
        secrets = {_field(account, "id", str): account.get("secrets", {}) for account in document["accounts"]}
    except (TypeError, ValueError, AttributeError) as error:
        raise LocalRunError(f"The seed file {path}: {error}.") from None
    return Seed(tuple(clients), {account: values for account, values in secrets.items() if values})


def plant(seed: Seed, aws: Aws, environment: Mapping[str, str]) -> None:
    """Write clients and secrets where the functions look for them. What is there already is left as it is."""
    if seed.clients:
        # The engine is imported only when there is something to seed, so that any template can be run.
        from interactor.access.clients import ClientStore, ClientTakenError

        clients = ClientStore(aws.client("dynamodb"), _variable(environment, "TABLE_NAME"))
        for client in seed.clients:
            found = clients.authenticate(client.client_id, client.client_secret)
            rights = (client.account, list(client.scopes), list(client.namespaces))
            acts = client.acts_for_people
            if found is None or (*_rights(found), found.acts_for_people) != (*rights, acts):
                try:
                    clients.put(client.client_id, client.client_secret, *rights, now_ms(), acts_for_people=acts)
                except ClientTakenError as error:
                    raise LocalRunError(f"Seeding {client.client_id}: {error}, or start with FRESH=1.") from None
                except ValueError as error:
                    raise LocalRunError(f"Seeding {client.client_id}: {error}.") from None
    if seed.secrets:
        from interactor.logic.secrets import SecretStore

        secrets = SecretStore(aws.client("secretsmanager"), _variable(environment, "SECRETS_PREFIX"), now_ms)
        for account, values in seed.secrets.items():
            known = secrets.read(account)
            for name, value in values.items():
                if known.get(name) != value:
                    try:
                        secrets.write(account, name, value)
                    except ValueError as error:
                        raise LocalRunError(f"Seeding the secret {name} of {account}: {error}.") from None


def _rights(client: Any) -> tuple[str, list[str], list[str]]:
    names = list(client.namespaces) if isinstance(client.namespaces, tuple) else ["*"]
    return client.account, list(client.scopes), names


def _variable(environment: Mapping[str, str], name: str) -> str:
    if name not in environment:
        raise LocalRunError(f"Nothing can be seeded: no function of the template declares the variable {name}.")
    return environment[name]


def _client(account: str, client: Mapping[str, Any]) -> SeedClient:
    return SeedClient(
        account,
        _field(client, "client_id", str),
        _field(client, "client_secret", str),
        tuple(_field(client, "scopes", list)),
        tuple(_field(client, "namespaces", list)),
        "acts_for_people" in client and _field(client, "acts_for_people", bool),
    )


_KINDS = {str: "a text", list: "a list", bool: "true or false"}


def _field(document: Mapping[str, Any], name: str, kind: type) -> Any:
    if not isinstance(document.get(name), kind):
        raise ValueError(f"{name!r} is missing or not {_KINDS[kind]}")
    return document[name]
