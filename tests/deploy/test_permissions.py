"""One walk through the whole product, each function with the variables and permissions that it declares, and no others.

The emulator here checks no permission, so that each call is compared with the function's statements instead.
"""

import base64
import importlib.util
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from interactor import runtime
from interactor.adapters.clients import ClientStore
from tests.deploy.declared import ROOT, Function, functions, resources, strings, template

FUNCTIONS = {function.folder: function for function in functions()}
STACK = "stack"
NOT_DECLARED = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "PATH": os.defpath} | dict.fromkeys(
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "testing"
)
UNREACHABLE = "http://127.0.0.1:9/nothing-listens-here"
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
DEFINITION = {
    "name": "approval",
    "initial_state": "prepare",
    "states": {
        "prepare": {
            "type": "action",
            "logic": {"type": "script", "code": "return {prepared: true, known: typeof secrets.TOKEN};"},
            "transitions": [{"target": "wait"}],
        },
        "wait": {
            "type": "halting",
            "transitions": [
                {"to": "call", "key": "call", "description": "Call"},
                {"to": "done", "key": "stop", "description": "Stop"},
            ],
        },
        "call": {
            "type": "action",
            "logic": {
                "type": "http",
                "url": UNREACHABLE,
                "method": "POST",
                "headers": {"Authorization": "${secrets.TOKEN}"},
            },
            "transitions": [{"target": "done"}],
        },
        "done": {"type": "terminal"},
    },
}
Action = tuple[str, str]
OFF_THE_WAY: dict[str, set[Action]] = {
    # A refresh token that was used before ends its family.
    "create_token": {("dynamodb:DeleteItem", "Table")},
    # Hints at a thread that goes on elsewhere, or at what follows the end.
    "create_instance": {("sqs:SendMessage", "StepsQueue")},
    "cancel_instance": {("sqs:SendMessage", "StepsQueue"), ("dynamodb:GetItem", "Table")},
    # Reading the head again after losing its guard; giving back the quota at an end; scripts that name a secret.
    "resume_instance": {
        ("dynamodb:GetItem", "Table"),
        ("secretsmanager:GetSecretValue", "Secrets"),
    },
    "pause_instance": {("dynamodb:GetItem", "Table"), ("sqs:SendMessage", "StepsQueue")},
    "unpause_instance": {("dynamodb:GetItem", "Table"), ("sqs:SendMessage", "StepsQueue")},
    "retry_instance": {("dynamodb:GetItem", "Table"), ("secretsmanager:GetSecretValue", "Secrets")},
    "resume_thread": {
        ("dynamodb:GetItem", "Table"),
        ("secretsmanager:GetSecretValue", "Secrets"),
        ("sqs:SendMessage", "StepsQueue"),
    },
    # Whether a write whose answer was lost took effect; the cleaning of an instance that ended long ago; the hint at
    # another attempt.
    "advance_steps": {
        ("sqs:SendMessage", "StepsQueue"),
        ("dynamodb:BatchWriteItem", "Table"),
        ("dynamodb:DeleteItem", "Table"),
        ("dynamodb:GetItem", "Table"),
    },
    # An idempotency key, and what a repeated one answers.
    "create_subscription": {("dynamodb:GetItem", "Table"), ("kms:Decrypt", "DataKey")},
    "rotate_secret": {("dynamodb:PutItem", "Table"), ("kms:Decrypt", "DataKey")},
    "enable_subscription": {("dynamodb:PutItem", "Table")},
    "disable_subscription": {("dynamodb:PutItem", "Table")},
    "test_subscription": {("dynamodb:PutItem", "Table")},
    "replay_delivery": {("dynamodb:PutItem", "Table")},
    "replay_deliveries": {("dynamodb:PutItem", "Table")},
    # What fails is set aside.
    "relay_events": {("sqs:SendMessage", "RelayRetryQueue")},
    # A 410 disables the subscription, which is an event; a last attempt is set aside.
    "deliver_webhooks": {("dynamodb:PutItem", "Table"), ("sqs:SendMessage", "ExhaustedQueue")},
    # Nothing is overdue here.
    "tick_clock": {("sqs:SendMessage", "StepsQueue")},
}
"""What a function may do and does not do in this walk. What is neither here nor on the way is not given."""


class Environment(dict[str, str]):
    """A process environment that remembers which variables were asked for that it has not."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.missed: set[str] = set()

    def __missing__(self, name: str) -> str:
        self.missed.add(name)
        raise KeyError(name)


def allowed(function: Function) -> set[Action]:
    """What a function's statements allow: an action on a resource by its logical id, an index, or a secret."""
    found = set()
    for statement in function.statements:
        listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for resource in listed:
            (text,) = strings(resource)
            name = "Secrets" if ":secret:" in text else text.replace("${", "").replace("}", "").replace(".Arn", "")
            found |= {(action, name) for action in statement["Action"]}
    return found


@dataclass
class Deployment:
    """The template's resources in an emulator, and its functions beside them."""

    patch: pytest.MonkeyPatch
    names: dict[str, str] = field(default_factory=dict)
    called: dict[str, set[Action]] = field(default_factory=lambda: defaultdict(set))
    missed: dict[str, set[str]] = field(default_factory=dict)
    token: str = ""

    def make_resources(self) -> None:
        """Make the table, the queues and the key as the template declares them."""
        boto3.setup_default_session()
        declared = resources("AWS::DynamoDB::Table")["Table"]
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        boto3.client("dynamodb").create_table(TableName="Table", **{name: declared[name] for name in wanted})
        self.names["Table"] = "Table"
        for queue in resources("AWS::SQS::Queue"):
            self.names[queue] = boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
        key = boto3.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        self.names["SigningKey"] = key["KeyMetadata"]["KeyId"]
        data_key = boto3.client("kms").create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT")
        self.names["DataKey"] = data_key["KeyMetadata"]["KeyId"]
        secret = {"Name": f"{STACK}/accounts/acc_1", "SecretString": json.dumps({"TOKEN": "its-value"})}
        boto3.client("secretsmanager").create_secret(**secret)
        store = ClientStore(boto3.client("dynamodb"), "Table")
        store.put("client", "its-own-secret", "acc_1", ["*"], ["*"], 1_800_000_000_000)

    def run(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function with an event, in the environment that it declares."""
        function = FUNCTIONS[name]
        environment = Environment(self._variables(function) | NOT_DECLARED)
        self.patch.setattr(os, "environ", environment)
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        session.events.register(
            "provide-client-params.*.*", lambda params, model, **_: self._record(name, params, model)
        )
        runtime.install(None)
        spec: Any = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            answer = module.handler(event, None)
        finally:
            self.patch.undo()
            boto3.setup_default_session()
        self.missed.setdefault(name, set()).update(environment.missed)
        return answer

    def request(
        self, called: str, body: Any = None, status: int = 200, query: dict[str, str] | None = None, **path: str
    ) -> Any:
        """Call an endpoint; its answer, which must have that status."""
        route = FUNCTIONS[called].triggers("HttpApi")[0]
        method, raw_path = route.get("Method", "GET"), route.get("Path", "/api/v1/nothing")
        authorization = {"authorization": f"Bearer {self.token}"} if self.token else {}
        event = {
            "version": "2.0",
            "routeKey": f"{method} {raw_path}",
            "rawPath": raw_path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json"} | authorization,
            "queryStringParameters": query,
            "pathParameters": path,
            "requestContext": {
                "http": {"method": method, "path": raw_path.format(**path)},
                "timeEpoch": 4_000_000_000_000,
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self.run(called, event)
        assert answer["statusCode"] == status, (called, self.missed[called], answer)
        text = answer.get("body") or "{}"
        document = json.loads(base64.b64decode(text) if answer.get("isBase64Encoded") else text)
        return document.get("data", document)

    def messages(self, queue: str) -> dict[str, Any]:
        """Everything in a queue, as the event that Lambda makes of it."""
        sqs, found = boto3.client("sqs"), []
        while received := sqs.receive_message(QueueUrl=self.names[queue], MaxNumberOfMessages=10).get("Messages"):
            found += received
        assert found, f"{queue} is empty"
        return {"Records": [as_record(message) for message in found]}

    def history(self) -> list[dict[str, Any]]:
        """The history records in the table."""
        items: list[Any] = boto3.client("dynamodb").scan(TableName="Table")["Items"]
        return [item for item in items if item["sk"]["S"].startswith("H#")]

    def _variables(self, function: Function) -> dict[str, str]:
        parameters = {name: str(each["Default"]) for name, each in template()["Parameters"].items()}
        parameters |= {"AWS::StackName": STACK, "OutboundAllowLoopback": "true"}
        return {name: (parameters | self.names)[value["Ref"]] for name, value in function.variables.items()}

    def _record(self, name: str, params: dict[str, Any], model: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        if operation == "TransactWriteItems":
            self.called[name] |= {
                (f"dynamodb:{WRITES[kind]}", "Table") for item in params["TransactItems"] for kind in item
            }
        elif service == "dynamodb":
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            self.called[name].add((f"dynamodb:{operation}", f"Table{index}"))
        elif service == "sqs":
            queue = next(key for key, url in self.names.items() if url == params["QueueUrl"])
            self.called[name].add((f"sqs:{operation.removesuffix('Batch')}", queue))
        elif service == "secretsmanager":
            assert params["SecretId"].startswith(f"{STACK}/accounts/")
            self.called[name].add((f"{service}:{operation}", "Secrets"))
        else:
            key = next(key for key, given in self.names.items() if given == params["KeyId"])
            self.called[name].add((f"{service}:{operation}", key))


def as_record(message: Any, receives: int = 1) -> dict[str, Any]:
    """A received message as Lambda passes it on."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
    }


def as_stream_record(item: dict[str, Any], number: int) -> dict[str, Any]:
    """An inserted item as the table's stream passes it on: bytes as base64 text."""
    image = {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()
    }
    change = {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": image, "SequenceNumber": str(number)}
    return {"eventID": str(number), "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


@pytest.fixture(scope="module")
def walked() -> Iterator[Deployment]:
    """A deployment after every function was called at least once."""
    patch = pytest.MonkeyPatch()
    with patch.context() as surroundings, mock_aws():
        for name, value in NOT_DECLARED.items():
            surroundings.setenv(name, value)
        here = Deployment(pytest.MonkeyPatch())
        here.make_resources()
        walk(here)
        yield here
    runtime.install(None)


def walk(here: Deployment) -> None:
    """Define, publish, subscribe, start, halt, resume, cancel, call out, tick, relay, deliver."""
    grant = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "its-own-secret"}
    granted = here.request("create_token", grant)
    here.token = granted["access_token"]
    refresh = {"grant_type": "refresh_token", "client_id": "client", "refresh_token": granted["refresh_token"]}
    refreshed = here.request("create_token", refresh)
    here.request("revoke_token", {"token": refreshed["access_token"]})
    here.request("revoke_token", {"token": refreshed["refresh_token"]})
    here.request("get_jwks")
    here.request("get_schema")
    assert here.request("get_openapi")["openapi"] == "3.1.0"
    here.request("unknown_route", status=404)

    assert here.request("validate_workflow", DEFINITION)["valid"]
    here.request("create_workflow", DEFINITION, 201)
    version = here.request("create_version", DEFINITION, 201, name="approval")["version_id"]
    here.request("publish_version", name="approval", version_id=version)
    here.request("list_workflows")
    here.request("get_workflow", name="approval")
    here.request("list_versions", name="approval")
    here.request("get_version", name="approval", version_id=version)
    subscription = {"url": UNREACHABLE, "events": ["workflow.instance.halted"]}
    subscribed = here.request("create_subscription", subscription, 201)
    here.request("list_subscriptions")
    here.request("list_event_types")
    whsub = {"subscription_id": subscribed["id"]}
    here.request("get_subscription", **whsub)
    here.request("update_subscription", {"namespace_filter": None}, **whsub)
    here.request("disable_subscription", **whsub)
    here.request("enable_subscription", **whsub)
    here.request("rotate_secret", **whsub)
    here.request("test_subscription", status=202, **whsub)

    one, two, three = (here.request("create_instance", {"input": {}}, 201, name="approval")["id"] for _ in range(3))
    here.request("get_instance", instance_id=one)
    here.request("list_threads", instance_id=one)
    for query in ({}, {"workflow_name": "approval"}, {"namespace": "default", "status": "halted"}):
        here.request("list_instances", query=query)
    here.request("resume_instance", {"selected_option": "call"}, instance_id=one)
    here.request("resume_thread", {"selected_option": "stop"}, instance_id=two, thread_id="thread_main")
    here.request("cancel_instance", instance_id=three)

    assert here.run("advance_steps", here.messages("StepsQueue")) == {"batchItemFailures": []}
    four = here.request("create_instance", {"input": {}}, 201, name="approval")["id"]
    here.request("pause_instance", instance_id=four)
    here.request("unpause_instance", instance_id=four)
    assert here.request("get_instance", instance_id=one)["status"] == "failed"
    here.request("retry_instance", instance_id=one)
    found = here.request("get_history", instance_id=one, query={"include_data": "true"})["events"]
    here.request("get_event", instance_id=one, event_id=found[0]["id"])
    here.request("list_errors")
    here.request("get_diagram", name="approval", version_id=version)
    here.request("get_instance_diagram", instance_id=one)
    here.run("tick_clock", {})
    history = here.history()
    stream = {"Records": [as_stream_record(item, number) for number, item in enumerate(history)]}
    assert here.run("relay_events", stream) == {"batchItemFailures": []}
    keys = json.dumps({name: history[0][name]["S"] for name in ("pk", "sk")})
    message = as_record({"MessageId": "1", "ReceiptHandle": "1", "Body": keys})
    assert here.run("retry_relay", {"Records": [message]}) == {"batchItemFailures": []}
    assert here.run("deliver_webhooks", here.messages("WebhooksQueue")) == {"batchItemFailures": []}
    (first, *_) = here.request("list_deliveries", **whsub)["deliveries"]
    here.request("get_delivery", **whsub, delivery_id=first["id"])
    here.request("replay_delivery", status=202, **whsub, delivery_id=first["id"])
    here.request("replay_deliveries", {"since": "2026-01-01", "status": "pending"}, 202, **whsub)
    assert here.run("deliver_webhooks", here.messages("WebhooksQueue")) == {"batchItemFailures": []}
    here.request("delete_subscription", status=204, **whsub)


def test_the_walk_leads_through_every_function(walked: Deployment) -> None:
    assert walked.missed.keys() == FUNCTIONS.keys()


def test_functions_read_only_what_they_declare(walked: Deployment) -> None:
    missed = {
        name: {variable for variable in variables if not variable.startswith(("AWS_", "BOTO", "_X_AMZN"))}
        for name, variables in walked.missed.items()
    }

    assert {name: variables for name, variables in missed.items() if variables} == {}


def test_functions_call_only_what_they_may(walked: Deployment) -> None:
    beyond = {name: walked.called[name] - allowed(function) for name, function in FUNCTIONS.items()}

    assert {name: actions for name, actions in beyond.items() if actions} == {}


def test_functions_may_only_what_they_call(walked: Deployment) -> None:
    unused = {name: allowed(function) - walked.called[name] for name, function in FUNCTIONS.items()}

    assert {name: actions for name, actions in unused.items() if actions} == OFF_THE_WAY
