"""The built template, deployed: a Lambda runtime that is not ours runs the functions from the built layers.

MiniStack's CloudFormation makes the stack, its Lambda runs each function in a process of its own under the function's
role, its event source mappings call the workers. An HTTP API's routes it does not serve, so that requests go to the
functions as API Gateway would hand them on.
"""

import copy
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from interactor.services import clock
from interactor_cli.__main__ import main as admin
from interactor_client.webhooks import verify_webhook
from tests.support.rollout.emulated import REGION, Aws, Stack, eventually
from tests.support.rollout.tour import GRANT
from tests.support.rollout.walk import answered, asked
from tests.support.template import ROOT, functions

pytestmark = pytest.mark.build

LONGEST_NAME = "interactor-" + 53 * "x"
"""docs/deploy.md: a stack's name may have 64 characters."""
HALTED, COMPLETED = "workflow.instance.halted", "workflow.instance.completed"


@dataclass
class Receiver:
    """A service outside: keeps what it is sent."""

    url: str
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def at(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        """Headers and body of what came to a path."""
        return [(headers, body) for where, headers, body in self.got if where == path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service on this machine."""
    got = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            answer = json.dumps({"order": 7}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    got.url = f"http://127.0.0.1:{server.server_port}"
    yield got
    server.shutdown()
    server.server_close()


def zipped(folder: Path) -> bytes:
    """A folder as a deployment packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return packed.getvalue()


def packaged(aws: Aws, layers: Path) -> dict[str, Any]:
    """The template with its code in a bucket, as ``sam package`` leaves it."""
    template = copy.deepcopy(aws.template)
    folders = {function.logical_id: ROOT / "functions" / function.folder for function in functions()}
    for name, resource in template["Resources"].items():
        key = f"{name}.zip"
        if resource["Type"] == "AWS::Lambda::Function":
            aws.put(key, zipped(folders[name]))
            resource["Properties"]["Code"] = {"S3Bucket": "deployments", "S3Key": key}
        elif resource["Type"] == "AWS::Lambda::LayerVersion":
            (folder,) = [each for each in layers.iterdir() if name.startswith(each.name)]
            aws.put(key, zipped(folder))
            resource["Properties"]["Content"] = {"S3Bucket": "deployments", "S3Key": key}
    return template


@dataclass
class Deployed:
    """A stack whose functions are called over Lambda's own API."""

    aws: Aws
    stack: Stack
    token: str = ""

    def request(self, called: str, body: Any = None, status: int = 200, **path: str) -> Any:
        """Call an endpoint; its answer, which must have that status."""
        payload = json.dumps(asked(called, self.token, body, **path)).encode()
        logical_id = f"{called.title().replace('_', '')}Function"
        answer = self.aws.client("lambda").invoke(FunctionName=self.stack.resources[logical_id], Payload=payload)
        given = json.loads(answer["Payload"].read())
        assert given.get("statusCode") == status, (called, answer.get("FunctionError"), given)
        return answered(given)

    def waiting(self) -> dict[str, str]:
        """How many messages are in each queue that takes what failed."""
        found = {}
        for name, url in self.stack.resources.items():
            if name.endswith(("DeadLetterQueue", "ExhaustedQueue", "FailureQueue", "RelayRetryQueue")):
                asked_for = ["ApproximateNumberOfMessages"]
                given = self.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=asked_for)
                found[name] = given["Attributes"]["ApproximateNumberOfMessages"]
        return found


def registered(aws: Aws, stack: Stack) -> dict[str, str]:
    """A client's grant, and a secret, made by the management command, which finds the stack by its outputs."""
    environment = {"AWS_ENDPOINT_URL": aws.endpoint}
    place = ["--stack", stack.name, "--account", "acc_1", "--region", REGION]
    client = ["client", "add", *place, "--client-id", "client", "--scope", "*", "--namespace", "*", "--json"]
    printed, problems = io.StringIO(), io.StringIO()
    assert admin(client, environment, io.StringIO(), printed, problems, clock) == 0, problems.getvalue()
    grant = GRANT | {"client_secret": json.loads(printed.getvalue())["client_secret"]}
    secret = ["secret", "set", *place, "--name", "TOKEN"]
    assert admin(secret, environment, io.StringIO("its-value\n"), printed, problems, clock) == 0, problems.getvalue()
    return grant


def approval(url: str) -> dict[str, Any]:
    """A purchase that a script prepares, a person approves, and an outside service orders."""
    field_ = {"name": "approved", "type": "boolean", "label": "Approve?", "required": True}
    order = {"type": "http", "url": f"{url}/orders", "method": "POST", "headers": {"X-Token": "${secrets.TOKEN}"}}
    return {
        "name": "purchase",
        "initial_state": "prepare",
        "states": {
            "prepare": {
                "type": "action",
                "logic": {"type": "script", "code": "return {total: input.price * input.count};"},
                "transitions": [{"target": "approve"}],
            },
            "approve": {
                "type": "halting",
                "presentation": {"type": "form", "title": "Buy for ${workflow_data.total}?", "fields": [field_]},
                "transitions": [{"target": "order", "condition": {"field": "approved", "equals": True}}],
            },
            "order": {"type": "action", "logic": order, "transitions": [{"target": "done"}]},
            "done": {"type": "terminal"},
        },
    }


def test_an_approval_runs_on_what_is_deployed(aws: Aws, native_layers: Path, receiver: Receiver) -> None:
    stack = aws.deploy(LONGEST_NAME, packaged(aws, native_layers), OutboundAllowLoopback="true")
    api = Deployed(aws, stack)
    api.token = api.request("create_token", registered(aws, stack))["access_token"]

    version = api.request("create_workflow", approval(receiver.url), 201)["version_id"]
    api.request("publish_version", name="purchase", version_id=version)
    wanted = {"url": f"{receiver.url}/hooks", "events": [HALTED, COMPLETED]}
    secret = api.request("create_subscription", wanted, 201)["secret"]

    instance = api.request("create_instance", {"input": {"price": 20, "count": 3}}, 201, name="purchase")
    assert instance["halting_presentation"]["title"] == "Buy for 60?"
    eventually(lambda: receiver.at("/hooks"), "the webhook of the halt")

    resumed = api.request("resume_instance", {"input": {"approved": True}}, instance_id=instance["id"])
    assert resumed["status"] == "running"  # what calls out goes through the queue

    def completed() -> Any:
        now = api.request("get_instance", instance_id=instance["id"])
        assert now["status"] in ("running", "completed"), now
        return now if now["status"] == "completed" else None

    ended = eventually(completed, "the instance to complete")
    assert ended["workflow_data"]["order"] == {"status": 200, "body": {"order": 7}}
    ((headers, _),) = receiver.at("/orders")
    assert headers["x-token"] == "its-value"

    hooks = eventually(lambda: sent if len(sent := receiver.at("/hooks")) == 2 else None, "the webhook of the end")
    assert [verify_webhook(headers, body, secret)["event"] for headers, body in hooks] == [HALTED, COMPLETED]
    assert set(api.waiting().values()) == {"0"}, api.waiting()
