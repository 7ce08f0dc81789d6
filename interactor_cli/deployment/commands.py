"""What the management command does. Each function returns what to print: a JSON value, and the same as text."""

import argparse
import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from interactor.access.clients import ClientStore
from interactor.access.rules.principal import Client, namespaces_claim
from interactor.aws.dynamo import copying
from interactor.aws.dynamo.table import Table
from interactor.aws.queues import MessageQueue
from interactor.aws.sealing import Sealer
from interactor.core import encodings
from interactor.core.jsons import JsonObject
from interactor.core.names import is_account
from interactor.core.storing import GuardLostError
from interactor.core.times import Millis, iso, parse_iso
from interactor.core.world import World
from interactor.instances.store import outbox
from interactor.logic.secrets import SecretStore
from interactor.people import groups
from interactor.people.groups import Groups
from interactor.people.rules.changes import Condition
from interactor.people.rules.names import read_id
from interactor.people.store.groups import GroupStore
from interactor.tasks.link_keys import LinkKeys
from interactor.webhooks.rules.events import Subscription
from interactor.webhooks.store.subscriptions import SubscriptionStore
from interactor_cli.deployment.target import Target, TargetError
from interactor_cli.outcome import CommandError, Printed, WrongUseError

_SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class Context:
    """What a command may use: the deployment, the time, and a function that asks for a secret value."""

    target: Target
    clock: Callable[[], Millis]
    read_value: Callable[[str], str]

    def clients(self) -> ClientStore:
        """The deployment's clients."""
        table = _known(self.target.table, "table", "TABLE_NAME")
        return ClientStore(self.target.client("dynamodb"), table)

    def subscriptions(self) -> SubscriptionStore:
        """The deployment's webhook subscriptions."""
        table = _known(self.target.table, "table", "TABLE_NAME")
        return SubscriptionStore(Table(self.target.client("dynamodb"), table))

    def groups(self) -> Groups:
        """The groups of the deployment's directory."""
        table = _known(self.target.table, "table", "TABLE_NAME")
        store = GroupStore(Table(self.target.client("dynamodb"), table))
        return Groups(World(self.clock, os.urandom, time.sleep), store)

    def secrets(self) -> SecretStore:
        """The deployment's secrets."""
        prefix = _known(self.target.secrets_prefix, "secrets-prefix", "SECRETS_PREFIX")
        return SecretStore(self.target.client("secretsmanager"), prefix, self.clock)

    def link_keys(self) -> LinkKeys:
        """The keys of the deployment's signed links."""
        table = _known(self.target.table, "table", "TABLE_NAME")
        key = self.target.data_key
        if not key:
            raise TargetError("the key that seals those of links is not known: give --stack or --local, or DATA_KEY_ID")
        return LinkKeys(
            World(self.clock, os.urandom, time.sleep),
            Table(self.target.client("dynamodb"), table),
            lambda: Sealer(self.target.client("kms"), key, "links"),
        )

    def relay_retries(self) -> MessageQueue:
        """The queue of records to relay again."""
        if not self.target.relay_retry_queue:
            raise TargetError("the relay's retry queue is not known: give --stack or --local, or RELAY_RETRY_QUEUE_URL")
        return MessageQueue(self.target.client("sqs"), self.target.relay_retry_queue)


def client_add(arguments: argparse.Namespace, context: Context) -> Printed:
    """Register a client with a generated secret."""
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
        acts_for_people=arguments.acts_for_people,
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
    """Remove a client, and name the subscriptions that it created and that its account keeps (ruling 36)."""
    client = context.clients().get(arguments.client_id)
    if client is None or not context.clients().delete(arguments.client_id):
        raise CommandError(f"there is no client '{arguments.client_id}'")
    left = context.subscriptions().all(client.account)
    made = [each for each in left if each.created_by == client.client_id]
    unknown = [each for each in left if each.created_by is None]
    text = (
        f"Removed {client.client_id}. Its refresh tokens end now, access tokens that it already has when they expire, "
        "in at most an hour."
        + _left("It made these webhook subscriptions", made)
        + _left("Of these webhook subscriptions it is not known who made them", unknown)
    )
    told: JsonObject = {
        "removed": client.client_id,
        "subscriptions": [_subscription_json(each) for each in made],
        "subscriptions_of_unknown_maker": [_subscription_json(each) for each in unknown],
    }
    return Printed(told, text)


def groups_put(arguments: argparse.Namespace, context: Context) -> Printed:
    """Make a group what a file of ids says."""
    _check_account(arguments.account)
    lines = _text_of(arguments.members, context).splitlines()
    members = [line.strip() for line in lines if line.strip()]
    parts = context.groups()
    identifier = read_id(arguments.group, "group")
    found = parts.store.get(arguments.account, identifier)
    name = arguments.name if arguments.name is not None or found is None else found.name
    email = arguments.email if arguments.email is not None or found is None else found.email
    target = groups.wanted(identifier, name, email, members)
    read = Condition(absent=True) if found is None else Condition(frozenset({found.revision}))
    group, _ = groups.put(parts, arguments.account, target, read, "interactor")
    before = frozenset(() if found is None else found.members)
    added, removed = len(set(group.members) - before), len(before - set(group.members))
    told: JsonObject = {"put": group.id, "members": len(group.members), "added": added, "removed": removed}
    return Printed(told, f"Put {group.id}: {len(group.members)} members, {added} added, {removed} removed.")


def _text_of(path: str, context: Context) -> str:
    if path == "-":
        return context.read_value("members")
    try:
        return Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise WrongUseError(f"the file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUseError(f"the file {path} is not UTF-8 text") from None


def secret_set(arguments: argparse.Namespace, context: Context) -> Printed:
    """Set one secret to a value that is read from the input, not given as an argument."""
    store = context.secrets()
    value = context.read_value(arguments.name)
    store.write(arguments.account, arguments.name, value)
    told: JsonObject = {"set": arguments.name}
    text = f"Set {arguments.name}. Running functions use it within five minutes."
    warning = _how_masked(arguments.name, value)
    return Printed({**told, "warning": warning}, f"{text}\nWarning: {warning}") if warning else Printed(told, text)


def secret_list(arguments: argparse.Namespace, context: Context) -> Printed:
    """List the names of an account's secrets."""
    names = context.secrets().names(arguments.account)
    return Printed({"secrets": names}, "\n".join(names) or f"The account {arguments.account} has no secrets.")


def secret_remove(arguments: argparse.Namespace, context: Context) -> Printed:
    """Remove one secret."""
    if not context.secrets().remove(arguments.account, arguments.name):
        raise CommandError(f"the account {arguments.account} has no secret '{arguments.name}'")
    return Printed({"removed": arguments.name}, f"Removed {arguments.name}.")


def events_relay(arguments: argparse.Namespace, context: Context) -> Printed:
    """Send the keys of the records that were committed in a range of time to the relay's retry queue."""
    since = _moment("--since", arguments.since)
    until = context.clock() if arguments.until is None else _moment("--until", arguments.until)
    if since >= until:
        raise WrongUseError(f"--since must be before --until, and {iso(since)} is not before {iso(until)}")
    queue = None if arguments.dry_run else context.relay_retries()
    count, table = 0, _known(context.target.table, "table", "TABLE_NAME")
    for records in outbox.committed(context.target.client("dynamodb"), table, since, until):
        if queue is not None:
            queue.send_all([(key, "relay", 0) for key in records])
        count += len(records)
    done = "would be relayed" if queue is None else "are relayed again"
    text = f"{count} records from {iso(since)} to {iso(until)} {done}."
    return Printed({"records": count, "since": iso(since), "until": iso(until), "sent": queue is not None}, text)


def items_copy(arguments: argparse.Namespace, context: Context) -> Printed:
    """Copy the items of another table into the deployment's own."""
    if arguments.account is not None:
        _check_account(arguments.account)
    table = _known(context.target.table, "table", "TABLE_NAME")
    if arguments.source == table:
        raise WrongUseError(f"'{table}' is the deployment's own table: --from names the one to copy from")
    client, how = context.target.client("dynamodb"), {"replace": arguments.replace, "dry": arguments.dry_run}
    pages = list(copying.copied(client, arguments.source, table, arguments.account, **how))
    written, found = sum(page[0] for page in pages), sum(page[1] for page in pages)
    kept = "" if arguments.replace or arguments.dry_run else f" {found - written} were there and stayed as they are."
    text = f"{found} items found." if arguments.dry_run else f"{written} of {found} items copied into {table}.{kept}"
    return Printed({"found": found, "copied": written}, text)


def links_change_key(arguments: argparse.Namespace, context: Context) -> Printed:
    """Give signed links a new key, beside the previous one or in place of all."""
    try:
        kept = context.link_keys().change(only_new=arguments.end_all)
    except GuardLostError:
        raise CommandError("somebody else changed the key at this moment; look whether that was enough") from None
    text = "Links are signed with a new key in two minutes. "
    text += "Links of the one before it stay good until the next change."
    if arguments.end_all:
        text = "Every link that was sent ends within a minute."
    elif len(kept) == 1:
        text = "Links have their first key now."
    return Printed({"made_at": [iso(each.made_at) for each in kept]}, text)


COMMANDS: Final[dict[tuple[str, str], Callable[[argparse.Namespace, Context], Printed]]] = {
    ("client", "add"): client_add,
    ("client", "list"): client_list,
    ("client", "remove"): client_remove,
    ("links", "change-key"): links_change_key,
    ("groups", "put"): groups_put,
    ("secret", "set"): secret_set,
    ("secret", "list"): secret_list,
    ("secret", "remove"): secret_remove,
    ("events", "relay"): events_relay,
    ("items", "copy"): items_copy,
}


def _known(value: Any, option: str, variable: str) -> str:
    if not value:
        raise TargetError(f"which deployment? Give --stack NAME, --local, or --{option} (or {variable})")
    return str(value)


def _moment(option: str, text: str) -> Millis:
    try:
        return parse_iso(text)
    except ValueError:
        raise WrongUseError(f"{option} is '{text[:40]}': write a time as in 2026-01-20T09:00:00Z") from None


def _how_masked(name: str, value: str) -> str | None:
    """Return a warning about a value that cannot be distinguished from ordinary data (ruling 31); None if it can."""
    if len(value.strip()) < encodings.SHORTEST:
        return (
            f"{name} has fewer than {encodings.SHORTEST} characters, too short to be masked: "
            "where a service or a script shows it, it can be read in instances and their history."
        )
    if not encodings.is_strong(value):
        return (
            f"{name} is too short or too plain to be masked everywhere: it is hidden only in states that mention it, "
            "where it stands alone in a text, and never in numbers and keys. "
            f"Values of at least {encodings.STRONG} characters that are no plain word or number are masked everywhere."
        )
    return None


def _check_account(account: str) -> None:
    if not is_account(account):
        raise WrongUseError("an account is 1 to 64 of the characters A-Z a-z 0-9 _ -")


def _client_json(client: Client) -> JsonObject:
    return {
        "account": client.account,
        "scopes": list(client.scopes),
        "namespaces": namespaces_claim(client.namespaces),
        "acts_for_people": client.speaks_for_people,
    }


def _subscription_json(found: Subscription) -> JsonObject:
    return {
        "id": found.id,
        "url": found.url,
        "status": found.status,
        "namespaces": namespaces_claim(found.namespaces),
    }


def _left(what: str, found: Sequence[Subscription]) -> str:
    if not found:
        return ""
    lines = [
        f"  {each.id}  {each.status}  {each.url}  (namespaces {' '.join(namespaces_claim(each.namespaces))})"
        for each in found
    ]
    return (
        f"\n\n{what}; they are the account's and go on delivering.\nWhere one should not, end it with "
        "DELETE /api/v1/webhooks/subscriptions/{id} and a token that holds its namespaces:\n" + "\n".join(lines)
    )


def _described(client: Client) -> str:
    return (
        f"account        {client.account}\n"
        f"scopes         {' '.join(client.scopes)}\n"
        f"namespaces     {' '.join(namespaces_claim(client.namespaces))}"
        + ("\nacts for       people, whom it may name in X-Interactor-Actor" if client.speaks_for_people else "")
    )
