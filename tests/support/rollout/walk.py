"""Handlers in this process, each under the variables and the role that its function declares.

Every call that a handler makes is signed by a session of its function's role, which the emulator judges; a call that
it refuses is kept in ``denied``, also where the handler makes light of it.

The emulator does not know ``dynamodb:LeadingKeys``. Each role therefore has a twin without the statements that are
bound to leading keys, and a call whose keys do not fit these is signed as the twin.
"""

import base64
import copy
import importlib.util
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ReadTimeoutError

from interactor import services
from interactor.aws import boto
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.sandbox import Sandbox
from interactor.settings import from_environment
from tests.support import events
from tests.support.rollout.emulated import ACCOUNT, REGION, Aws, Stack, eventually, only
from tests.support.rollout.grants import Grant, Need, granted, needed
from tests.support.template import ROOT, Function, functions, template

FUNCTIONS = {each.folder: each for each in functions() if "Condition" not in template()["Resources"][each.logical_id]}
"""The functions of a deployment whose parameters are as usual."""
TWIN = "Unconditioned"
STATIC = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
}
"""What a walk needs of the template: everything but what runs by itself."""
NOT_DECLARED = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "PATH": os.defpath}
ANYONE = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}
"""The last is all that a HEAD of S3 says."""


class Environment(dict[str, str]):
    """A process environment that remembers which variables were asked for that it has not."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.missed: set[str] = set()

    def __missing__(self, name: str) -> str:
        self.missed.add(name)
        raise KeyError(name)


@dataclass(frozen=True)
class Call:
    """A call of AWS that a handler made, and what it needed."""

    service: str
    operation: str
    parameters: dict[str, Any]
    needs: list[Need]


class SharedSession(boto3.session.Session):
    """Makes one client for each service: every call says for itself whose it is."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(region_name=REGION, aws_access_key_id="nobody", aws_secret_access_key="nothing")
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    def client(self, service_name: str, config: Any = None, **_: Any) -> Any:  # type: ignore[override]  # by name
        """The client of a service."""
        if service_name not in self._made:
            self._made[service_name] = super().client(service_name, config=config, endpoint_url=self._endpoint)  # type: ignore[call-overload]  # by name
        return self._made[service_name]


@dataclass
class Walk:
    """A stack's functions in this process. ``calls`` and ``missed`` are by function, ``denied`` is what was refused."""

    aws: Aws
    stack: Stack
    patch: pytest.MonkeyPatch
    sandbox: Sandbox
    calls: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    denied: list[str] = field(default_factory=list)
    missed: dict[str, set[str]] = field(default_factory=dict)
    token: str = ""
    _name: str = ""
    _as: Credentials | None = None
    _loses_answer: bool = False
    _events: dict[str, Any] = field(default_factory=dict)
    _handlers: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    _processes: dict[str, services.Services] = field(default_factory=dict)
    _sessions: dict[str, Credentials] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._logical = {physical: logical for logical, physical in self.stack.resources.items()}
        session = SharedSession(self.aws.endpoint)
        session.events.register("before-parameter-build.*.*", self._sign)
        session.events.register("after-call.*.*", self._look)
        self.patch.setattr(boto3, "DEFAULT_SESSION", session)
        self.patch.setattr(boto, "session", lambda: SimpleNamespace(create_client=session.client))

    # What is called

    def run(self, name: str, event: dict[str, Any], *, later: Millis = 0, loses_answer: bool = False) -> Any:
        """Call a function with an event, ``later`` than now; the answer to its next commit may get lost."""
        function = FUNCTIONS[name]
        self._events[name] = event
        environment = Environment(self._variables(function) | NOT_DECLARED)
        self.patch.setattr(os, "environ", environment)
        self._name, self._loses_answer = name, loses_answer
        services.install(self._services(name, later))
        try:
            return self._handler(name)(event, None)
        finally:
            self.patch.setattr(os, "environ", _OWN_ENVIRONMENT)
            self.missed.setdefault(name, set()).update(environment.missed)

    def repeat(self, name: str) -> None:
        """Let a new copy of a function have its latest event again, whatever comes of it."""
        self._processes.pop(name, None)
        with suppress(Exception):
            self.run(name, self._events[name])

    def request(
        self,
        called: str,
        body: Any = None,
        status: int = 200,
        query: dict[str, str] | None = None,
        key: str | None = None,
        loses_answer: bool = False,
        person: str | None = None,
        act: str = "",
        **path: str,
    ) -> Any:
        """Call an endpoint; its answer, which must have that status.

        ``person``: for whom; ``act``: how the path ends, where the function has several.
        """
        event = asked(called, self.token, body, query, key, person, act, **path)
        answer = self.run(called, event, loses_answer=loses_answer)
        assert answer["statusCode"] == status, (called, self.denied, answer)
        return answered(answer)

    def repeated(self, called: str, body: Any = None, status: int = 200, **path: str) -> Any:
        """Call an endpoint twice with one idempotency key, and the second time another copy of its function."""
        key = f"{called}-{len(self.calls[called])}"
        first = self.request(called, body, status, key=key, **path)
        del self._processes[called]
        assert self.request(called, body, status, key=key, **path) == first
        return first

    def work(self, name: str, queue: str, **how: Any) -> None:
        """Call a worker with everything that waits in its queue."""
        batch = events.sqs(queue, self.messages(queue))
        assert self.run(name, batch, **how) == {"batchItemFailures": []}, (name, self.denied)

    def messages(self, queue: str) -> list[str]:
        """The bodies of everything in a queue, which is empty then."""
        sqs, url, found = self.aws.client("sqs"), self.stack.resources[queue], []

        def receive() -> list[Any]:
            received: list[Any] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            return received

        batch = eventually(receive, f"a message in {queue}")
        while batch:
            found += [message["Body"] for message in batch]
            for message in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            batch = receive()
        return found

    def history(self) -> list[dict[str, Any]]:
        """The history records in the table."""
        items: list[Any] = self.aws.client("dynamodb").scan(TableName=self.stack.resources["Table"])["Items"]
        return [item for item in items if item["sk"]["S"].startswith("H#")]

    # What was called

    def used(self, name: str) -> set[Grant]:
        """The permissions that a function's calls needed, bound to leading keys where one such would do."""
        grants = granted(FUNCTIONS[name])
        return {need.under(grants) for call in self.calls[name] for need in call.needs}

    def call_for(self, name: str, grant: Grant) -> Call:
        """A call that a function made and that needed a permission."""
        grants = granted(FUNCTIONS[name])
        return next(call for call in self.calls[name] if grant in {need.under(grants) for need in call.needs})

    def signer(self, name: str, call: Call) -> str:
        """The logical id of the role that a call is signed as."""
        bound = all(need.under(granted(FUNCTIONS[name])).keys for need in call.needs)
        return f"{FUNCTIONS[name].role}{'' if bound else TWIN}"

    def is_refused(self, call: Call, role: str) -> bool:
        """Whether a call is refused to a role of the stack, or of that name, for want of permission."""
        self._as = self.session(role)
        operation = re.sub(r"(?<!^)(?=[A-Z])", "_", call.operation).lower()
        try:
            getattr(boto3.client(call.service), operation)(**call.parameters)  # type: ignore[call-overload]  # by name
        except ClientError as error:
            return error.response["Error"]["Code"].rpartition("#")[2] in REFUSALS
        finally:
            self._as = None
        return False

    def session(self, role: str) -> Credentials:
        """The credentials of a session of a role of the stack, or of that name."""
        if role not in self._sessions:
            arn = f"arn:aws:iam::{ACCOUNT}:role/{self.stack.resources.get(role, role)}"
            given = self.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="walk")["Credentials"]
            parts = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            self._sessions[role] = Credentials(*parts)
        return self._sessions[role]

    def _sign(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        if self._as is not None:
            context["signing"] = {"request_credentials": self._as}
            return
        service, operation = model.service_model.service_name, model.name
        if operation == "CreateBucket":
            # What boto3 calls the signing of a form. S3 asks whether the signer may put the object when it is sent.
            operation, params = "PutObject", {"Bucket": params["Bucket"], "Key": "acc_1/inst_1/file_1"}
        needs = needed(service, operation, params, self._logical)
        call = Call(service, operation, copy.deepcopy(params), needs)
        self.calls[self._name].append(call)
        context["signing"] = {"request_credentials": self.session(self.signer(self._name, call))}

    def _look(self, parsed: Any, model: Any, **_: Any) -> None:
        error = {} if self._as is not None else parsed.get("Error", {})
        if error.get("Code", "").rpartition("#")[2] in REFUSALS:
            self.denied.append(f"{self._name}: {model.name}: {error.get('Message')}")
        if self._loses_answer and model.name == "TransactWriteItems" and not error:
            self._loses_answer = False
            raise ReadTimeoutError(endpoint_url=self.aws.endpoint)

    def _variables(self, function: Function) -> dict[str, str]:
        known = {**self.stack.parameters, **self.stack.resources, "AWS::StackName": self.stack.name}
        values = function.variables
        given = {name: value for name, value in values.items() if isinstance(value, str)}
        # The one condition is that scripts run in a function of their own: here they run in this process.
        references = {name: value.get("Ref") for name, value in values.items() if isinstance(value, dict)}
        return given | {name: known[named] if named else "" for name, named in references.items()}

    def _handler(self, name: str) -> Callable[[Any, Any], Any]:
        if name not in self._handlers:
            spec: Any = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self._handlers[name] = module.handler
        return self._handlers[name]

    def _services(self, name: str, later: Millis) -> services.Services:
        if later or name not in self._processes:
            made = services.Services(
                World(lambda: services.clock() + later, os.urandom, time.sleep),
                from_environment(self._variables(FUNCTIONS[name])),
            )
            made.logic.sandbox = self.sandbox
            if later:
                return made
            self._processes[name] = made
        return self._processes[name]


_OWN_ENVIRONMENT = os.environ


def asked(
    called: str,
    token: str,
    body: Any = None,
    query: dict[str, str] | None = None,
    key: str | None = None,
    person: str | None = None,
    act: str = "",
    **path: str,
) -> dict[str, Any]:
    """The event of a request to an endpoint, as API Gateway hands it on."""
    routes = FUNCTIONS[called].triggers("HttpApi")
    route = next(each for each in routes if each.get("Path", "").endswith(act))
    who = {} if person is None else {"x-interactor-actor": person}
    method, raw_path = route.get("Method", "GET"), route.get("Path", "/api/v1/nothing")
    return events.http(
        method,
        raw_path.format(**path),
        route=f"{method} {raw_path}",
        parameters=path,
        query=urlencode(query or {}),
        headers=({"authorization": f"Bearer {token}"} if token else {})
        | ({"idempotency-key": key} if key else {})
        | who,
        body=None if body is None else json.dumps(body),
        at=services.clock(),
    )


def answered(answer: Mapping[str, Any]) -> Any:
    """What a function answered a request: what is under ``data``, or the whole."""
    text = answer.get("body") or "{}"
    document = json.loads(base64.b64decode(text) if answer.get("isBase64Encoded") else text)
    return document.get("data", document)


def with_twins(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template's static part, where each role may be taken by the account and has a twin without conditions."""
    made = only(template, STATIC)
    resources = made["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] != "AWS::IAM::Role":
            continue
        properties = resource["Properties"]
        properties["AssumeRolePolicyDocument"]["Statement"].append(ANYONE)
        twin = copy.deepcopy(resource)
        managed = properties.get("ManagedPolicyArns", [])
        bound = [each["Ref"] for each in managed if isinstance(each, dict) and "Ref" in each]
        twin["Properties"]["ManagedPolicyArns"] = [
            each for each in managed if not (isinstance(each, dict) and "Ref" in each)
        ]
        twin["Properties"]["Policies"] = [
            {"PolicyName": f"Policy{number}", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
            for number, document in enumerate(
                [resources[each]["Properties"]["PolicyDocument"] for each in bound]
                + [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            )
            if (statements := [each for each in document["Statement"] if not _is_conditioned(each)])
        ]
        resources[f"{name}{TWIN}"] = twin
    return made


def _is_conditioned(statement: Mapping[str, Any]) -> bool:
    present = statement["Fn::If"][1] if "Fn::If" in statement else statement
    return "Condition" in present
