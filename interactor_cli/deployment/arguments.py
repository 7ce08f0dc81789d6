"""The commands on a deployment, by noun (``client``, ``secret``, ``groups``, ``events``, ...), with their options."""

import argparse

from interactor.access.rules.principal import SCOPES

_ADD_HELP = f"""\
The secret is made here, printed once, and kept only as a hash.

scopes: {" ".join(SCOPES)}
A client with the namespace '*' is a service account: it may use every namespace, and name the person it acts for in
X-Interactor-Actor. Any other client needs --acts-for-people for that.
Write '*' in quotes, or the shell puts file names in its place.

examples:
  interactor client add --stack interactor --account acc_acme --scope '*' --namespace '*'
  interactor client add --local --account acc_local --client-id web \\
      --scope workflows:read --scope workflows:execute --namespace user_123
"""

_SET_HELP = """\
The value is read from standard input (one line end at its end is dropped), or asked for at a terminal; never from the
command line, which other users of the machine can see. Running functions use it within five minutes.

examples:
  interactor secret set --stack interactor --account acc_acme --name API_KEY < key.txt
  interactor secret set --local --account acc_local --name API_KEY
"""

_PUT_HELP = """\
The group becomes what the file says, which names one id of a person in each line. Whoever is not in it is a member no
longer. Name and e-mail address stay if they are not given.

examples:
  interactor groups put finance --stack interactor --account acc_acme --members members.txt
  sort team.txt | interactor groups put finance --local --account acc_local --members - --name Finance
"""

_RELAY_HELP = """\
Sends the key of every record of the history that was committed in this time to the relay's retry queue. From there
each becomes webhooks as it did at first; what was delivered in the last 30 days is not delivered again. The metrics
count these events once more. The whole table is read.

example:
  interactor events relay --stack interactor --since 2026-01-20T09:00:00Z --until 2026-01-20T11:00:00Z
"""

_LINKS_HELP = """\
The new key signs links two minutes later. Links of the key before it stay good until the next change, so leave as long
as LinkLifetime between two changes. With --end-all every link ends within a minute: for a key that has leaked.

example:
  interactor links change-key --stack interactor
"""

_COPY_HELP = """\
Puts the items of another table into the deployment's own: what is needed back from a restored table. What is there
stays as it is, unless --replace is given. With --account the account's clients are left out: add them again.

example:
  interactor items copy --stack interactor --from interactor-Table-1A2B3C-restored --dry-run
"""


def add_to(nouns: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands. The parsed result has ``noun``, ``verb`` and the options of the verb."""
    _clients(nouns.add_parser("client", help="OAuth clients", description="Manage OAuth clients."))
    _secrets(nouns.add_parser("secret", help="secrets for HTTP logic and scripts", description="Manage secrets."))
    _groups(nouns.add_parser("groups", help="groups of the directory", description="Put groups."))
    _events(nouns.add_parser("events", help="what was committed", description="Relay events again."))
    _items(nouns.add_parser("items", help="what the table holds", description="Put items back."))
    _links(nouns.add_parser("links", help="signed links of tasks", description="Change the key of signed links."))


def _clients(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{add,list,remove}", required=True)
    add = _verb(verbs, "add", "register a client and print its secret", _ADD_HELP)
    _account(add)
    add.add_argument("--client-id", help="the client's id (default: a random one)")
    add.add_argument("--scope", action="append", required=True, help="a scope it may have; may be given again")
    add.add_argument("--namespace", action="append", required=True, help="a namespace it holds; may be given again")
    add.add_argument("--acts-for-people", action="store_true", help="it may name the person it acts for")
    add.add_argument("--replace", action="store_true", help="give an existing client a new secret and rights")
    _account(_verb(verbs, "list", "list an account's clients"))
    remove = _verb(verbs, "remove", "remove a client; its tokens stay valid until they expire, at most an hour")
    remove.add_argument("--client-id", required=True, help="the client's id")


def _secrets(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{set,list,remove}", required=True)
    put = _verb(verbs, "set", "set a secret", _SET_HELP)
    _account(_verb(verbs, "list", "list the names of an account's secrets, never their values"))
    remove = _verb(verbs, "remove", "remove a secret")
    for verb in (put, remove):
        _account(verb)
        verb.add_argument("--name", required=True, help="the secret's name, as in secrets.NAME")


def _groups(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{put}", required=True)
    put = _verb(verbs, "put", "make a group, or replace its members", _PUT_HELP)
    _account(put)
    put.add_argument("group", help="the group's id")
    put.add_argument("--members", required=True, metavar="FILE", help="ids, one a line; - for the standard input")
    put.add_argument("--name", help="the name that people are shown")
    put.add_argument("--email", help="where the group gets mail")


def _events(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{relay}", required=True)
    relay = _verb(verbs, "relay", "relay the events of a range of time again", _RELAY_HELP)
    relay.add_argument("--since", required=True, help="the first moment, in ISO 8601 (UTC if it does not say)")
    relay.add_argument("--until", help="the moment after the last one (default: now)")
    relay.add_argument("--dry-run", action="store_true", help="count the records and send nothing")


def _items(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{copy}", required=True)
    copy = _verb(verbs, "copy", "put the items of a restored table into the deployment's own", _COPY_HELP)
    copy.add_argument("--from", required=True, dest="source", help="the table to copy from")
    copy.add_argument("--account", help="copy this account's items only")
    copy.add_argument("--replace", action="store_true", help="let them take the place of what is there")
    copy.add_argument("--dry-run", action="store_true", help="count the items and write nothing")


def _links(noun: argparse.ArgumentParser) -> None:
    verbs = noun.add_subparsers(dest="verb", metavar="{change-key}", required=True)
    change = _verb(verbs, "change-key", "give signed links a new key", _LINKS_HELP)
    change.add_argument("--end-all", action="store_true", help="forget the old key at once, and so end every link")


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str, epilog: str | None = None
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.", epilog=epilog)
    verb.add_argument("--json", action="store_true", help="print JSON")
    where = verb.add_argument_group(
        "deployment", "One of --stack, --local, or --table and --secrets-prefix (or TABLE_NAME and SECRETS_PREFIX)."
    )
    kind = where.add_mutually_exclusive_group()
    kind.add_argument("--stack", help="a CloudFormation stack; its outputs name the rest")
    kind.add_argument(
        "--local", nargs="?", const=".local", metavar="DIR", help="the local run that keeps its state in DIR (.local)"
    )
    where.add_argument("--table", help="the DynamoDB table")
    where.add_argument("--secrets-prefix", help="what the ids of the deployment's secrets begin with")
    where.add_argument("--region", help="the AWS region (default: as the AWS tools find it)")
    where.add_argument("--profile", help="the AWS profile (default: as the AWS tools find it)")
    where.add_argument("--endpoint-url", help="another endpoint than AWS, such as http://127.0.0.1:4566")
    return verb


def _account(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--account", required=True, help="the account, 1 to 64 of A-Z a-z 0-9 _ -")
