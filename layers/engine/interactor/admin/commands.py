"""What the management command does. Each returns what there is to print: a JSON value and the same for a person."""

import argparse
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from interactor.adapters.clients import ClientStore
from interactor.adapters.secrets import SecretStore
from interactor.admin.target import Target, TargetError
from interactor.core.jsons import Json, JsonObject
from interactor.core.principal import Client, is_account, namespaces_claim
from interactor.core.times import Millis

_SECRET_BYTES: Final = 32


class CommandError(Exception):
    """The command cannot be done; ``str()`` of it says why."""


@dataclass(frozen=True)
class Printed:
    """What a command prints: ``data`` with ``--json``, else ``text``."""

    data: Json
    text: str


@dataclass(frozen=True)
class Context:
    """What a command may use: the deployment, the time, and the way to ask for a secret value."""

    target: Target
    clock: Callable[[], Millis]
    read_value: Callable[[str], str]

    def clients(self) -> ClientStore:
        """The deployment's clients."""
        return ClientStore(self.target.client("dynamodb"), _known(self.target.table, "table", "TABLE_NAME"))

    def secrets(self) -> SecretStore:
        """The deployment's secrets."""
        prefix = _known(self.target.secrets_prefix, "secrets-prefix", "SECRETS_PREFIX")
        return SecretStore(self.target.client("secretsmanager"), prefix, self.clock)


def client_add(arguments: argparse.Namespace, context: Context) -> Printed:
    """Register a client with a secret made here."""
    client_id = arguments.client_id or f"client_{secrets.token_hex(8)}"
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    client = context.clients().put(
        client_id=client_id,
        secret=secret,
        account_id=arguments.account,
        scopes=arguments.scope,
        namespaces=arguments.namespace,
        now=context.clock(),
        replace=arguments.replace,
    )
    text = (
        f"client_id      {client_id}\nclient_secret  {secret}\n{_described(client)}\n\nThe secret is not shown again."
    )
    return Printed({"client_id": client_id, "client_secret": secret, **_client_json(client)}, text)


def client_list(arguments: argparse.Namespace, context: Context) -> Printed:
    """List an account's clients."""
    _check_account(arguments.account)
    clients = context.clients().list(arguments.account)
    text = "\n\n".join(f"client_id      {client.client_id}\n{_described(client)}" for client in clients)
    return Printed(
        {"clients": [{"client_id": client.client_id, **_client_json(client)} for client in clients]},
        text or f"The account {arguments.account} has no clients.",
    )


def client_remove(arguments: argparse.Namespace, context: Context) -> Printed:
    """Remove a client."""
    if not context.clients().delete(arguments.client_id):
        raise CommandError(f"there is no client '{arguments.client_id}'")
    return Printed(
        {"removed": arguments.client_id},
        f"Removed {arguments.client_id}. Tokens it already has stay valid until they expire, at most an hour.",
    )


def secret_set(arguments: argparse.Namespace, context: Context) -> Printed:
    """Set one secret to a value that is read, not given."""
    store = context.secrets()
    store.write(arguments.account, arguments.name, context.read_value(arguments.name))
    return Printed({"set": arguments.name}, f"Set {arguments.name}. Running functions use it within five minutes.")


def secret_list(arguments: argparse.Namespace, context: Context) -> Printed:
    """List the names of an account's secrets."""
    names = context.secrets().names(arguments.account)
    return Printed({"secrets": names}, "\n".join(names) or f"The account {arguments.account} has no secrets.")


def secret_remove(arguments: argparse.Namespace, context: Context) -> Printed:
    """Remove one secret."""
    if not context.secrets().remove(arguments.account, arguments.name):
        raise CommandError(f"the account {arguments.account} has no secret '{arguments.name}'")
    return Printed({"removed": arguments.name}, f"Removed {arguments.name}.")


COMMANDS: Final[dict[tuple[str, str], Callable[[argparse.Namespace, Context], Printed]]] = {
    ("client", "add"): client_add,
    ("client", "list"): client_list,
    ("client", "remove"): client_remove,
    ("secret", "set"): secret_set,
    ("secret", "list"): secret_list,
    ("secret", "remove"): secret_remove,
}


def _known(value: Any, option: str, variable: str) -> str:
    if not value:
        raise TargetError(f"which deployment? Give --stack NAME, --local, or --{option} (or {variable})")
    return str(value)


def _check_account(account: str) -> None:
    if not is_account(account):
        raise CommandError("an account is 1 to 64 of the characters A-Z a-z 0-9 _ -")


def _client_json(client: Client) -> JsonObject:
    return {
        "account": client.account,
        "scopes": list(client.scopes),
        "namespaces": namespaces_claim(client.namespaces),
    }


def _described(client: Client) -> str:
    return (
        f"account        {client.account}\n"
        f"scopes         {' '.join(client.scopes)}\n"
        f"namespaces     {' '.join(namespaces_claim(client.namespaces))}"
    )
