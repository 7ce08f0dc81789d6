"""The management command against AWS in this process: what it makes works, and what it refuses it explains."""

import functools
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoRegionError
from botocore.stub import Stubber
from moto import mock_aws

import interactor_client
from interactor.access.clients import ClientStore
from interactor.aws.dynamo.copying import copied
from interactor.aws.dynamo.table import Table
from interactor.core.times import parse_iso
from interactor.logic.secrets import SecretStore
from interactor.people.store.groups import GroupStore
from interactor.webhooks.rules.events import Subscription
from interactor.webhooks.store.subscriptions import SubscriptionStore
from interactor_cli.__main__ import main
from interactor_cli.deployment import target
from interactor_cli.deployment.target import Choice, find
from tests.support.pages import ROOT

HERE = target.Target()
NOW = 1_800_000_000_000
OUTPUTS = {"demo": {"TableName": "of-the-stack", "SecretsPrefix": "of-the-stack"}, "other": {"QueueUrl": "x"}}
ADD = ["client", "add", "--stack", "demo", "--account", "acc_1", "--scope", "*", "--namespace", "*"]
SET = ["secret", "set", "--stack", "demo", "--account", "acc_1", "--name", "API_KEY"]


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run(*argv: str, stdin: str = "", environment: dict[str, str] | None = None) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, environment or {}, io.StringIO(stdin), out, err, lambda: NOW)
    return Ran(code, out.getvalue(), err.getvalue())


class Stacks:
    """CloudFormation that knows the stacks of `OUTPUTS`, its answers checked against AWS's own description of them."""

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803  # boto3's name
        client = boto3.client("cloudformation")
        stubber = Stubber(client)
        if StackName in OUTPUTS:
            outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS[StackName].items()]
            stack = {"StackName": StackName, "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", "Outputs": outputs}
            stubber.add_response("describe_stacks", {"Stacks": [stack]})
        else:
            stubber.add_client_error("describe_stacks", "ValidationError", f"Stack with id {StackName} does not exist")
        with stubber:
            return client.describe_stacks(StackName=StackName)


@pytest.fixture(scope="module")
def make_client() -> Callable[[target.Target, str], Any]:
    """The command's own way to make clients, each made once: making one takes longer than a test."""
    return functools.cache(target.Target.client)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, make_client: Callable[[target.Target, str], Any]) -> Iterator[None]:
    """AWS in this process, with the table of the stack ``demo``."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def client(self: target.Target, service: str) -> Any:
        return Stacks() if service == "cloudformation" else make_client(self, service)

    with mock_aws():
        monkeypatch.setattr(target.Target, "client", client)
        make_client(HERE, "dynamodb").create_table(
            TableName="of-the-stack",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        yield


@pytest.fixture
def clients() -> ClientStore:
    return ClientStore(HERE.client("dynamodb"), "of-the-stack")


def secrets_of(account: str) -> dict[str, str]:
    return SecretStore(HERE.client("secretsmanager"), "of-the-stack", lambda: NOW).read(account)


def test_an_added_client_can_authenticate_with_what_was_printed(clients: ClientStore) -> None:
    added = run(*ADD, "--json").data
    client = clients.authenticate(added["client_id"], added["client_secret"])
    assert client is not None
    assert (client.account, client.scopes, client.speaks_for_people) == ("acc_1", ("*",), True)
    assert {name: added[name] for name in ("account", "scopes", "namespaces")} == {
        "account": "acc_1",
        "scopes": ["*"],
        "namespaces": ["*"],
    }


def test_the_secret_is_printed_for_a_person_too_and_only_once(clients: ClientStore) -> None:
    added = run(*ADD, "--client-id", "web")
    secret = next(line.split()[1] for line in added.out.splitlines() if line.startswith("client_secret"))
    assert clients.authenticate("web", secret) is not None
    assert secret not in run("client", "list", "--stack", "demo", "--account", "acc_1").out


def test_a_client_of_one_namespace_may_be_given_the_right_to_act_for_people(clients: ClientStore) -> None:
    add = ("client", "add", "--stack", "demo", "--account", "acc_1", "--scope", "*", "--namespace", "a", "--json")
    for more, expected in (((), False), (("--acts-for-people",), True)):
        added = run(*add, *more).data
        client = clients.authenticate(added["client_id"], added["client_secret"])
        assert client is not None
        assert (client.speaks_for_people, added["acts_for_people"]) == (expected, expected)
    shown = run("client", "list", "--stack", "demo", "--account", "acc_1").out
    assert shown.count("people, whom it may name in X-Interactor-Actor") == 1


def test_two_clients_have_different_ids_and_secrets() -> None:
    one, two = run(*ADD, "--json").data, run(*ADD, "--json").data
    assert one["client_id"] != two["client_id"]
    assert one["client_secret"] != two["client_secret"]


def test_an_existing_client_is_replaced_only_when_asked(clients: ClientStore) -> None:
    first = run(*ADD, "--client-id", "web", "--json").data
    refused = run(*ADD, "--client-id", "web")
    assert (refused.code, refused.out) == (1, "")
    assert "taken" in refused.err
    assert clients.authenticate("web", first["client_secret"]) is not None
    second = run(*ADD, "--client-id", "web", "--replace", "--json").data
    assert clients.authenticate("web", first["client_secret"]) is None
    assert clients.authenticate("web", second["client_secret"]) is not None


def test_clients_are_listed_and_removed() -> None:
    run(*ADD, "--client-id", "web")
    listing = ("client", "list", "--stack", "demo", "--account", "acc_1", "--json")
    assert run(*listing).data == {
        "clients": [
            {"client_id": "web", "account": "acc_1", "scopes": ["*"], "namespaces": ["*"], "acts_for_people": True}
        ]
    }
    removal = ("client", "remove", "--stack", "demo", "--client-id", "web")
    assert run(*removal).code == 0
    assert run(*listing).data == {"clients": []}
    again = run(*removal)
    assert (again.code, again.err) == (1, "error: there is no client 'web'\n")


def test_a_removed_client_leaves_its_subscriptions_to_its_account_and_they_are_named() -> None:
    run(*ADD, "--client-id", "web")
    store = SubscriptionStore(Table(boto3.client("dynamodb"), "of-the-stack"))
    made = Subscription("whsub_1", "acc_1", "https://one.example/", ("x",), "sealed", ("n1",), NOW, created_by="web")
    old = replace(made, id="whsub_2", url="https://two.example/", created_by=None)
    for each in (made, old, replace(made, id="whsub_3", created_by="cron"), replace(made, id="whsub_4", account="acc")):
        store.add(each, store.generation(each.account), each.id)
    removal = ("client", "remove", "--stack", "demo", "--client-id", "web")
    shown = run(*removal).out
    assert "go on delivering" in shown
    assert [name for name in ("whsub_1", "whsub_2", "whsub_3", "whsub_4") if name in shown] == ["whsub_1", "whsub_2"]
    assert [each.id for each in store.all("acc_1")] == ["whsub_3", "whsub_2", "whsub_1"]
    run(*ADD, "--client-id", "web")
    told = run(*removal, "--json").data
    one = {"id": "whsub_1", "url": "https://one.example/", "status": "active", "namespaces": ["n1"]}
    assert told["subscriptions"] == [one]
    assert [each["id"] for each in told["subscriptions_of_unknown_maker"]] == ["whsub_2"]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--scope", "README.md", "'README.md' is not a scope"),
        ("--namespace", "a b", "stands alone"),
        ("--account", "a#b", "an account is"),
        ("--client-id", "a#b", "a client id is"),
    ],
)
def test_a_wrong_client_is_refused_in_words(option: str, value: str, says: str) -> None:
    refused = run(*ADD, option, value)
    assert refused.code == 2
    assert says in refused.err


@pytest.mark.parametrize(
    ("given", "kept"), [("k3y", "k3y"), ("k3y\n", "k3y"), ("k3y\r\n", "k3y"), ("a\nb\n\n", "a\nb\n")]
)
def test_a_secret_is_read_from_standard_input(given: str, kept: str) -> None:
    done = run(*SET, stdin=given)
    assert done.code == 0
    assert secrets_of("acc_1") == {"API_KEY": kept}
    assert "k3y" not in done.out


@pytest.mark.parametrize(
    ("value", "says"),
    [("ab", "too short to be masked"), ("1000", "too plain to be masked everywhere"), ("sk_live_51H8x&ue", None)],
)
def test_a_value_that_cannot_be_masked_everywhere_is_set_with_a_warning(value: str, says: str | None) -> None:
    done = run(*SET, stdin=value)
    assert done.code == 0
    assert secrets_of("acc_1") == {"API_KEY": value}
    assert (says in done.out) if says else ("Warning" not in done.out)
    assert value not in done.out


def test_a_secret_is_asked_for_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed at {prompt!r}")
    assert main(SET, {}, Terminal(), io.StringIO(), io.StringIO(), lambda: NOW) == 0
    assert secrets_of("acc_1") == {"API_KEY": "typed at 'Value of API_KEY: '"}


def test_an_empty_secret_is_refused() -> None:
    refused = run(*SET, stdin="\n")
    assert (refused.code, refused.err) == (2, "error: a secret cannot be empty; remove it instead\n")


def test_secrets_are_listed_by_name_and_removed() -> None:
    run(*SET, stdin="k3y")
    listed = run("secret", "list", "--stack", "demo", "--account", "acc_1")
    assert listed.out == "API_KEY\n"
    removal = ("secret", "remove", "--stack", "demo", "--account", "acc_1", "--name", "API_KEY")
    assert run(*removal).code == 0
    assert secrets_of("acc_1") == {}
    assert "no secret 'API_KEY'" in run(*removal).err


def test_a_deployment_can_be_named_by_hand_or_by_the_environment() -> None:
    run(*ADD, "--client-id", "web")
    by_hand = run("client", "list", "--table", "of-the-stack", "--account", "acc_1")
    by_environment = run("client", "list", "--account", "acc_1", environment={"TABLE_NAME": "of-the-stack"})
    assert "web" in by_hand.out
    assert by_hand.out == by_environment.out


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["client", "list", "--account", "acc_1"], 2, "which deployment?"),
        (["secret", "list", "--account", "acc_1"], 2, "which deployment?"),
        (["client", "list", "--account", "acc_1", "--stack", "nowhere"], 2, "there is no stack 'nowhere'"),
        (["client", "list", "--account", "acc_1", "--stack", "other"], 2, "no output TableName"),
        (["client", "list", "--account", "acc_1", "--local", "/nowhere"], 2, "make serve"),
        (["client", "list", "--account", "a#b", "--table", "of-the-stack"], 2, "an account is"),
        (["client", "list", "--account", "acc_1", "--table", "nothing"], 1, "AWS says"),
        (["client", "list", "--account", "acc_1", "--stack", "demo", "--profile", "nobody"], 1, "AWS says"),
    ],
)
def test_a_deployment_that_cannot_be_found_is_said_in_one_line(argv: list[str], code: int, says: str) -> None:
    failed = run(*argv)
    assert (failed.code, failed.out) == (code, "")
    assert failed.err.startswith("error: ")
    assert failed.err.count("\n") == 1
    assert says in failed.err


@pytest.mark.parametrize(
    ("option", "says"), [("--local", "start it with 'make serve'"), ("--endpoint-url", "nothing answers")]
)
def test_an_endpoint_where_nothing_answers_is_said(
    option: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(_: target.Target, __: str) -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(target.Target, "client", unanswered)
    value = local_run(tmp_path) if option == "--local" else "http://127.0.0.1:9"
    failed = run("client", "list", "--account", "acc_1", "--table", "t", option, value)
    assert failed.code == 2
    assert says in failed.err


@pytest.mark.parametrize(("named", "says"), [([], "which deployment?"), (["--table", "t"], "in which region?")])
def test_without_a_region_the_deployment_is_asked_for_first(
    named: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_: target.Target, __: str) -> Any:
        raise NoRegionError

    monkeypatch.setattr(target.Target, "client", nowhere)
    failed = run("client", "list", "--account", "acc_1", *named)
    assert failed.code == 2
    assert says in failed.err


def local_run(folder: Path, **changes: Any) -> str:
    values = {"endpoint_url": "http://127.0.0.1:4566", "table": "t", "secrets_prefix": "s", "region": "eu-west-1"}
    (folder / target.LOCAL_FILE).write_text(json.dumps({**values, **changes}))
    return str(folder)


def test_a_local_run_is_found_by_its_folder_and_with_its_own_credentials(tmp_path: Path) -> None:
    folder = local_run(tmp_path, access_key_id="embedded", secret_access_key="embedded")
    found = find(Choice(local=folder), {"AWS_ACCESS_KEY_ID": "real"})
    assert (found.table, found.secrets_prefix) == ("t", "s")
    client = found.client("dynamodb")
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "eu-west-1"
    assert client._request_signer._credentials.access_key == "embedded"


@pytest.mark.parametrize(
    ("endpoint_url", "environment", "key"),
    [
        ("http://127.0.0.1:4566", {}, "test"),
        ("http://127.0.0.1:4566", {"AWS_ACCESS_KEY_ID": "mine"}, None),
        ("http://127.0.0.1:4566", {"AWS_PROFILE": "mine"}, None),
        (None, {}, None),
    ],
)
def test_a_local_run_that_names_no_credentials_uses_the_shells(
    tmp_path: Path, endpoint_url: str | None, environment: dict[str, str], key: str | None
) -> None:
    assert find(Choice(local=local_run(tmp_path, endpoint_url=endpoint_url)), environment).access_key_id == key


def test_an_endpoint_of_this_machine_needs_no_credentials() -> None:
    choice = Choice(table="t", endpoint_url="http://localhost:4566", region="us-east-1")
    assert find(choice, {}).access_key_id == "test"
    assert find(choice, {"AWS_ACCESS_KEY_ID": "mine"}).access_key_id is None
    assert find(Choice(table="t", endpoint_url="https://dynamodb.example"), {}).access_key_id is None


@pytest.mark.parametrize("content", ["", "[]", "{}", "null"])
def test_a_broken_local_file_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / target.LOCAL_FILE).write_text(content)
    failed = run("client", "list", "--account", "acc_1", "--local", str(tmp_path))
    assert failed.code == 2
    assert "start the local run again" in failed.err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["clients"],
        ["client"],
        ["client", "make"],
        ["client", "add"],
        ["secret", "set", "--account", "acc_1", "--name", "A", "value-on-the-command-line"],
        ["client", "list", "--acc", "acc_1"],
        ["client", "list", "--account", "acc_1", "--stack", "a", "--local"],
    ],
)
def test_a_wrong_command_line_is_said_in_one_line_and_exits_with_two(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*argv)
    assert ended.value.code == 2
    assert re.fullmatch(r"error: .+; see 'interactor.* --help'\n", capsys.readouterr().err)


@pytest.mark.parametrize("argv", [["--help"], ["client", "add", "--help"], ["secret", "set", "--help"]])
def test_help_has_examples(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*argv)
    assert ended.value.code == 0
    assert "\nexamples:\n  interactor " in capsys.readouterr().out


def test_within_the_project_the_command_has_its_old_name_too() -> None:
    program = [sys.executable, "-m", "interactor.admin", "--version"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"interactor {interactor_client.__version__}\n"


RELAY = ["events", "relay", "--stack", "demo", "--since", "2026-01-20T09:00:00Z", "--until", "2026-01-20T11:00Z"]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> str:
    """The relay's retry queue of the stack ``demo``."""
    url: str = HERE.client("sqs").create_queue(QueueName="relay-retry")["QueueUrl"]
    monkeypatch.setitem(OUTPUTS, "demo", OUTPUTS["demo"] | {"RelayRetryQueueUrl": url})
    return url


def committed(sk: str, at: str | None) -> dict[str, str]:
    """Put a record into the table; its key."""
    key = {"pk": "A#acc_1#I#inst_1", "sk": sk}
    item = {name: {"S": value} for name, value in key.items()}
    more = {} if at is None else {"at": {"N": str(parse_iso(at))}}
    HERE.client("dynamodb").put_item(TableName="of-the-stack", Item=item | more)
    return key


def test_the_history_of_a_range_of_time_is_relayed_again(queue: str) -> None:
    wanted = [committed("H#0000001", "2026-01-20T09:00Z"), committed("H#0000002", "2026-01-20T10:59:59.999Z")]
    committed("H#0000003", "2026-01-20T11:00Z")
    committed("H#0000000", "2026-01-20T08:59:59.999Z")
    committed("H#0000002#0001", None)
    committed("M", "2026-01-20T10:00Z")

    assert run(*RELAY, "--dry-run", "--json").data["records"] == 2
    assert "2 records" in run(*RELAY).out

    received = HERE.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted((json.loads(each["Body"]) for each in received), key=lambda key: key["sk"]) == wanted


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([*RELAY[:4], "--since", "yesterday"], "--since is 'yesterday': write a time as in"),
        ([*RELAY[:4], "--since", "2026-01-20", "--until", "2026-01-20"], "--since must be before --until"),
        ([*RELAY[:4], "--since", "2026-01-20", "--until", ""], "--until is '': write a time"),
    ],
)
def test_a_range_that_is_none_is_refused(queue: str, argv: list[str], says: str) -> None:
    refused = run(*argv)

    assert refused.code == 2
    assert says in refused.err


def test_a_stack_without_that_queue_is_told() -> None:
    refused = run(*RELAY)

    assert refused.code == 2
    assert "the relay's retry queue is not known" in refused.err


def table_of(name: str) -> dict[tuple[str, str], str]:
    """The attribute ``is`` of a table's items."""
    found = HERE.client("dynamodb").scan(TableName=name)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item["is"]["S"] for item in found}


def put(table: str, is_: str, *keys: tuple[str, str]) -> None:
    for pk, sk in keys:
        HERE.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, "is": {"S": is_}})


COPY = ["items", "copy", "--stack", "demo", "--from", "restored", "--json"]
MINE, MINE_TOO, THEIRS = ("A#acc_1#I#1", "M"), ("A#acc_1#I#1", "H#1"), ("A#acc_10#I#1", "M")


@pytest.fixture
def restored() -> None:
    """A table of before, and the stack's own, in which one item is missing and one has changed."""
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    types = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    HERE.client("dynamodb").create_table(
        TableName="restored", BillingMode="PAY_PER_REQUEST", KeySchema=schema, AttributeDefinitions=types
    )
    put("restored", "old", MINE, MINE_TOO, THEIRS)
    put("of-the-stack", "new", MINE)


@pytest.mark.usefixtures("restored")
def test_what_is_missing_is_put_back_from_a_restored_table() -> None:
    assert run(*COPY, "--dry-run").data == {"found": 3, "copied": 0}
    assert table_of("of-the-stack") == {MINE: "new"}
    assert run(*COPY).data == {"found": 3, "copied": 2}
    assert table_of("of-the-stack") == {MINE: "new", MINE_TOO: "old", THEIRS: "old"}


@pytest.mark.usefixtures("restored")
def test_what_is_there_is_replaced_only_when_asked_and_of_one_account_only() -> None:
    assert run(*COPY, "--account", "acc_1", "--replace").data == {"found": 2, "copied": 2}
    assert table_of("of-the-stack") == {MINE: "old", MINE_TOO: "old"}


def test_history_is_copied_after_what_says_that_it_was_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Tables:
        def get_paginator(self, _name: str) -> "Tables":
            return self

        def paginate(self, FilterExpression: str, **_: Any) -> list[Any]:  # noqa: N803  # boto3's name
            is_history = not FilterExpression.startswith("NOT")
            return [{"Items": [{"pk": {"S": "p"}, "sk": {"S": "H#1" if is_history else "del_1"}}]}]

        def put_item(self, Item: Any, **_: Any) -> None:  # noqa: N803  # boto3's name
            written.append(Item["sk"]["S"])

    tables: Any = Tables()
    assert list(copied(tables, "restored", "own", None, replace=False, dry=False)) == [(1, 1), (1, 1)]
    assert written == ["del_1", "H#1"]


def test_a_table_is_not_copied_into_itself() -> None:
    refused = run("items", "copy", "--stack", "demo", "--from", "of-the-stack")
    assert refused.code == 2
    assert "the deployment's own table" in refused.err


def test_a_table_to_copy_from_that_is_not_there_is_told() -> None:
    refused = run(*COPY)
    assert refused.code == 1
    assert "ResourceNotFoundException" in refused.err


@pytest.fixture
def data_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data key of the stack ``demo``."""
    key: str = HERE.client("kms").create_key()["KeyMetadata"]["KeyId"]
    monkeypatch.setitem(OUTPUTS, "demo", OUTPUTS["demo"] | {"DataKeyId": key})


def test_a_group_becomes_what_a_file_says(tmp_path: Path) -> None:
    put = ["groups", "put", "R&D #1", "--stack", "demo", "--account", "acc_1", "--json", "--members"]
    file = tmp_path / "members.txt"
    file.write_text("\ufeffann\r\n\n bo \nann\n", "utf-8")
    assert run(*put, str(file), "--name", "R&D").data == {"put": "R&D #1", "members": 2, "added": 2, "removed": 0}
    many = "".join(f"person-{number}\n" for number in range(150))
    assert run(*put, "-", stdin=many).data == {"put": "R&D #1", "members": 150, "added": 150, "removed": 2}
    group = GroupStore(Table(boto3.client("dynamodb"), "of-the-stack")).get("acc_1", "R&D #1")
    assert group is not None
    assert (group.name, len(group.members), group.changing) == ("R&D", 150, None)


def test_a_file_of_members_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    put = ["groups", "put", "none", "--stack", "demo", "--account", "acc_1", "--members"]
    file = tmp_path / "members.txt"
    file.write_bytes(b"\xff\xfe")
    for path in (str(file), str(tmp_path), str(tmp_path / "missing")):
        refused = run(*put, path)
        assert (refused.code, refused.err.count("\n")) == (2, 1)
    refused = run(*put, "-", stdin="ann\n" + "x" * 129)
    assert refused.code == 1
    assert GroupStore(Table(boto3.client("dynamodb"), "of-the-stack")).get("acc_1", "none") is None


@pytest.mark.usefixtures("data_key")
def test_links_get_a_new_key_beside_the_old_one_or_in_place_of_it() -> None:
    change = ["links", "change-key", "--stack", "demo"]
    assert "first key" in run(*change).out
    assert len(run(*change, "--json").data["made_at"]) == 2
    assert len(run(*change, "--json").data["made_at"]) == 2
    assert "ends within a minute" in run(*change, "--end-all").out


def test_without_the_key_that_seals_them_the_keys_of_links_stay() -> None:
    refused = run("links", "change-key", "--table", "of-the-stack", "--secrets-prefix", "x")
    assert refused.code == 2
    assert "DATA_KEY_ID" in refused.err
