"""Each function has the permissions and the variables that it uses, and no others."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from interactor import services
from interactor.sandbox import Sandbox
from tests.support.rollout.emulated import ACCOUNT, REGION, Aws
from tests.support.rollout.grants import Grant, allowed, denied, granted, needed
from tests.support.rollout.tour import outside, registered, walk
from tests.support.rollout.walk import ANYONE, FUNCTIONS, TWIN, Call, Walk, with_twins

Permission = tuple[str, str]
"""An action and the ARN of a resource, as a role's policies have them."""


@pytest.fixture(scope="module")
def walked(aws: Aws) -> Iterator[Walk]:
    """A deployment after every function was called, and every permission used."""
    patch = pytest.MonkeyPatch()
    stack = aws.deploy("walk", with_twins(aws.template), OutboundAllowLoopback="true", WebhookRetryDelays="0,0")
    registered(aws, stack)
    with Sandbox() as sandbox, outside() as address:
        here = Walk(aws, stack, patch, sandbox)
        try:
            walk(here, address)
            yield here
        finally:
            patch.undo()
            services.install(None)


def test_the_walk_leads_through_every_function(walked: Walk) -> None:
    assert walked.missed.keys() == FUNCTIONS.keys()


def test_functions_read_only_what_they_declare(walked: Walk) -> None:
    missed = {
        name: {variable for variable in variables if not variable.startswith(("AWS_", "BOTO", "_X_AMZN"))}
        for name, variables in walked.missed.items()
    }

    assert {name: variables for name, variables in missed.items() if variables} == {}


def test_no_call_of_a_function_is_refused_to_its_role(walked: Walk) -> None:
    assert walked.denied == []


def test_functions_have_no_permission_that_they_do_not_use(walked: Walk) -> None:
    unused = {name: granted(function) - as_good_as(walked.used(name)) for name, function in FUNCTIONS.items()}

    assert {name: sorted(map(str, grants)) for name, grants in unused.items() if grants} == {}


def test_a_role_has_no_permission_that_none_of_its_functions_uses(walked: Walk) -> None:
    unused = {function.role: granted(function) for function in FUNCTIONS.values()}
    for name, function in FUNCTIONS.items():
        unused[function.role] = unused[function.role] - walked.used(name)

    assert {role: sorted(map(str, grants)) for role, grants in unused.items() if grants} == {}


def as_good_as(used: set[Grant]) -> set[Grant]:
    """These permissions, and those of functions with the same role that give whoever has these nothing new.

    Who may query a partition may get items of it. Who may put an item may change it, and the other way round; and who
    may put any item gains nothing by deleting one.
    """
    like = {
        "dynamodb:Query": ("GetItem", "BatchGetItem"),
        "dynamodb:PutItem": ("UpdateItem", "DeleteItem"),
        "dynamodb:UpdateItem": ("PutItem",),
    }
    return used | {
        replace(grant, action=f"dynamodb:{action}")
        for grant in used
        if grant.action in like and not grant.keys
        for action in like[grant.action]
    }


def test_no_call_of_a_function_is_denied_by_its_keys(walked: Walk) -> None:
    """The emulator does not know leading keys: what a denial of them meets is judged here, call by call."""
    met = {
        f"{name}: {need.action} of {need.keys}"
        for name, function in FUNCTIONS.items()
        for call in walked.calls[name]
        for need in call.needs
        if denied(function, need)
    }

    assert met == set()


TOKEN_FUNCTIONS = {"create_token", "revoke_token"}
CREDENTIALS = ["C#client_1", "F#family_1"]
"""Partitions of a client, with the hash of its secret, and of a family of refresh tokens."""
OF_A_TENANT = ["A#acc_1#I#inst_1", "A#acc_1#Q#C", "A#acc_1#K#C", "A#acc_1#W#c", "A#C#I#inst_1", "A#F#S"]
"""Partitions that look like those, in a namespace or an account of such a name, and are not."""


def reaching(pk: str) -> dict[str, dict[str, Any]]:
    """One call of each kind that reaches a partition, beside a harmless item where there is room for two."""
    key, harmless = {"pk": {"S": pk}, "sk": {"S": "M"}}, {"pk": {"S": "A#acc_1#I#inst_1"}, "sk": {"S": "M"}}
    found: dict[str, dict[str, Any]] = {
        operation: {"TableName": "t", "Key": key} for operation in ("GetItem", "UpdateItem", "DeleteItem")
    }
    found["PutItem"] = {"TableName": "t", "Item": key}
    values = {":pk": {"S": pk}}
    found["Query"] = {"TableName": "t", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
    found["BatchGetItem"] = {"RequestItems": {"t": {"Keys": [harmless, key]}}}
    found["BatchWriteItem"] = {
        "RequestItems": {"t": [{"DeleteRequest": {"Key": harmless}}, {"PutRequest": {"Item": key}}]}
    }
    for kind, item in {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}.items():
        writes = [{"Update": {"TableName": "t", "Key": harmless}}, {kind: {"TableName": "t", item: key}}]
        found[f"TransactWriteItems, {kind}"] = {"TransactItems": writes}
    return found


def refused(name: str, operation: str, parameters: dict[str, Any]) -> bool:
    """Whether a function may not make a call: one item that is refused refuses a batch or transaction."""
    needs = needed("dynamodb", operation.split(",")[0], parameters, {"t": "Table"})
    return not all(allowed(FUNCTIONS[name], need) for need in needs)


@pytest.mark.parametrize("pk", CREDENTIALS)
@pytest.mark.parametrize("operation", reaching(""))
def test_clients_and_refresh_tokens_are_within_reach_of_the_token_functions_alone(pk: str, operation: str) -> None:
    parameters = reaching(pk)[operation]
    may = {name for name in FUNCTIONS if not refused(name, operation, parameters)}

    assert may <= TOKEN_FUNCTIONS


def test_a_token_function_may_read_a_client_and_keep_a_family() -> None:
    for name in TOKEN_FUNCTIONS:
        assert not refused(name, "GetItem", reaching("C#client_1")["GetItem"])
        assert not refused(name, "PutItem", reaching("F#family_1")["PutItem"])


@pytest.mark.parametrize("pk", OF_A_TENANT)
@pytest.mark.parametrize("operation", reaching(""))
def test_no_tenant_is_kept_from_its_own_by_the_name_of_a_namespace(pk: str, operation: str) -> None:
    needs = needed("dynamodb", operation.split(",")[0], reaching(pk)[operation], {"t": "Table"})

    assert [name for name, function in FUNCTIONS.items() for need in needs if denied(function, need)] == []


def permissions(walked: Walk, role: str) -> set[Permission]:
    """What the policies of a role of the stack allow, AWS's own policies apart."""
    iam, name = walked.aws.client("iam"), walked.stack.resources[role]
    documents = [
        iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        if attached["PolicyArn"].startswith(f"arn:aws:iam::{ACCOUNT}:"):
            version = {"PolicyArn": attached["PolicyArn"], "VersionId": "v1"}
            documents.append(iam.get_policy_version(**version)["PolicyVersion"]["Document"])
    return {
        (action, resource)
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def arn(walked: Walk, resource: str) -> str:
    """The ARN of what a permission names."""
    name, _, index = resource.partition("/")
    own = walked.stack.resources.get(name, "")
    if name == "Secrets":
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{walked.stack.name}/accounts/*"
    if name == "Table":
        return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own}{'/' if index else ''}{index}"
    if name == "FilesBucket":
        return f"arn:aws:s3:::{own}{'/' if index else ''}{index}"
    if name.endswith("Key"):
        return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{own}"
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{own.rpartition('/')[2]}"


def permit(walked: Walk, role: str, allowed: set[Permission]) -> None:
    """Give a role these permissions and no others."""
    harmless = ("sts:GetCallerIdentity", "*")  # a policy has at least one statement
    statements = [{"Effect": "Allow", "Action": each[0], "Resource": each[1]} for each in (*allowed, harmless)]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    walked.aws.client("iam").put_role_policy(RoleName=role, PolicyName="Only", PolicyDocument=document)


def lessened(walked: Walk, allowed: set[Permission], grant: Grant) -> set[Permission]:
    """Permissions without one of them, in each of the emulator's spellings."""
    taken = {grant.action, f"{grant.action}Batch"}
    rest = {each for each in allowed if not (each[0] in taken and each[1] == arn(walked, grant.resource))}
    assert rest < allowed, grant
    return rest


def used(walked: Walk) -> Iterator[tuple[str, Grant, Call]]:
    """Every permission of every function, with a call that needed it."""
    for name in FUNCTIONS:
        for grant in sorted(walked.used(name)):
            yield name, grant, walked.call_for(name, grant)


@pytest.fixture
def role(walked: Walk) -> str:
    """A role that may do nothing yet."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [ANYONE]})
    walked.aws.client("iam").create_role(RoleName="another-role", AssumeRolePolicyDocument=trust)
    return "another-role"


def test_each_permission_that_is_taken_away_refuses_a_call_of_the_walk(walked: Walk, role: str) -> None:
    without_effect, of_role = [], cache(lambda role: permissions(walked, role))
    for name, grant, call in used(walked):
        if grant.keys and Grant(grant.action, grant.resource) in granted(FUNCTIONS[name]):
            continue  # what it may do with these keys, it may do with every key
        permit(walked, role, lessened(walked, of_role(walked.signer(name, call)), grant))
        if not walked.is_refused(call, role):
            without_effect.append(f"{name}: {grant}")

    assert without_effect == []


REPEATABLE = {
    "get_instance": "dynamodb:Query",
    "list_instances": "dynamodb:BatchGetItem",
    "get_jwks": "kms:GetPublicKey",
    "unpause_instance": "dynamodb:Query",
    "tick_clock": "sqs:GetQueueAttributes",
}


@contextmanager
def taken_away(walked: Walk, name: str, action: str) -> Iterator[None]:
    """A function's own policies without one action."""
    iam, logical = walked.aws.client("iam"), f"{FUNCTIONS[name].role}{TWIN}"
    role, allowed = walked.stack.resources[logical], permissions(walked, logical)
    documents = {
        policy: iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    for policy in documents:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        permit(walked, role, {each for each in allowed if each[0] != action})
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Only")
        for policy, document in documents.items():
            if document["Statement"]:
                iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


@pytest.mark.parametrize("name", REPEATABLE)
def test_a_handler_without_a_permission_is_found_out(walked: Walk, name: str) -> None:
    action = REPEATABLE[name]
    with taken_away(walked, name, action):
        walked.repeat(name)
    found, walked.denied[:] = list(walked.denied), []
    walked.repeat(name)

    assert found
    assert action in found[0]
    assert walked.denied == []


def test_nothing_of_another_stack_is_within_reach(walked: Walk) -> None:
    names = others(walked)
    within_reach = []
    for name, grant, call in used(walked):
        elsewhere = replace(call, parameters=_renamed(call.parameters, names))
        assert elsewhere.parameters != call.parameters
        if not walked.is_refused(elsewhere, walked.signer(name, call)):
            within_reach.append(f"{name}: {grant}")

    assert within_reach == []


READS = {
    "advance_steps": ["StepsQueue"],
    "retry_relay": ["RelayRetryQueue"],
    # What a replay delivers again it takes out of the exhausted queue.
    "deliver_webhooks": ["ExhaustedQueue", "WebhooksQueue"],
}


@pytest.mark.parametrize("name", READS)
def test_lambda_may_read_a_worker_its_own_queues_and_no_other(walked: Walk, name: str) -> None:
    role, queues = FUNCTIONS[name].role, [each for each in walked.stack.resources if "Queue" in each]
    readable = [
        queue
        for queue in queues
        if not walked.is_refused(
            Call("sqs", "ReceiveMessage", {"QueueUrl": walked.stack.resources[queue], "VisibilityTimeout": 0}, []), role
        )
    ]

    assert sorted(readable) == READS[name]


def test_no_function_has_a_role_that_reads_every_queue_or_stream(aws: Aws) -> None:
    attached = {
        str(arn)
        for resource in aws.template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for arn in resource["Properties"].get("ManagedPolicyArns", [])
    }

    assert not [arn for arn in attached if "Queue" in arn or "DynamoDB" in arn or "Kinesis" in arn]


def test_who_may_count_requests_may_not_write_other_items(walked: Walk) -> None:
    call = walked.call_for("get_instance", Grant("dynamodb:UpdateItem", "Table", "A#*#L"))
    other = replace(call, parameters=call.parameters | {"Key": {"pk": {"S": "A#acc_1#W"}, "sk": {"S": "M"}}})
    needs = [replace(need, keys=("A#acc_1#W",)) for need in call.needs]

    assert not walked.is_refused(call, walked.signer("get_instance", call))
    assert walked.is_refused(other, walked.signer("get_instance", replace(other, needs=needs)))


def others(walked: Walk) -> dict[str, str]:
    """What is called like the stack's resources elsewhere: a table, a queue, keys and a secret of somebody else."""
    aws, names = walked.aws, walked.stack.resources
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    attribute = {"AttributeName": "pk", "AttributeType": "S"}
    table: dict[str, Any] = {"KeySchema": [key], "AttributeDefinitions": [attribute], "BillingMode": "PAY_PER_REQUEST"}
    aws.client("dynamodb").create_table(TableName="another", **table)
    queue = aws.client("sqs").create_queue(QueueName="another")["QueueUrl"]
    found = {names["Table"]: "another"}
    found |= {names[name]: queue for name in names if name.endswith("Queue")}
    for name in ("SigningKey", "DataKey", "CursorKey"):
        found[names[name]] = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    elsewhere = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket="anothers-files", CreateBucketConfiguration=elsewhere)
    found[names["FilesBucket"]] = "anothers-files"
    own = f"{walked.stack.name}/accounts/acc_1"
    aws.client("secretsmanager").create_secret(Name="another/accounts/acc_1", SecretString="{}")
    return found | {own: "another/accounts/acc_1"}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
