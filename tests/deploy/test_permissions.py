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
from tests.support.rollout.grants import Grant, granted
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
    unused = {name: granted(function) - walked.used(name) for name, function in FUNCTIONS.items()}

    assert {name: sorted(map(str, grants)) for name, grants in unused.items() if grants} == {}


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
    iam, logical = walked.aws.client("iam"), f"{FUNCTIONS[name].logical_id}Role{TWIN}"
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
    role, queues = f"{FUNCTIONS[name].logical_id}Role", [each for each in walked.stack.resources if "Queue" in each]
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
