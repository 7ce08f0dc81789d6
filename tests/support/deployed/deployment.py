"""A whole deployment in this process: every handler under its own variables, time and the outside handed in.

The table is in memory (``tests/support/memory``), behind boto3's own client; queues, keys, secrets and buckets are
moto's, which knows one thread of the operating system at a time.
"""

import io
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import interactor.services
from interactor.access.clients import ClientStore
from interactor.access.signing import Signer
from interactor.aws import boto
from interactor.aws.dynamo.items import unpack_bytes
from interactor.aws.dynamo.table import Table
from interactor.core.times import SECOND, Millis
from interactor.core.world import World
from interactor.instances.store.instances import InstanceStore
from interactor.logic.secrets import SecretStore
from interactor.logs import logger
from interactor.sandbox import Sandbox
from interactor.services import Services
from interactor.settings import from_environment
from local.patterns import any_matches
from tests.support import events
from tests.support.deployed.described import check_described
from tests.support.deployed.stack import Aws, Stack, empty
from tests.support.outside import Outside
from tests.support.template import ROOT, declared_functions, router, stream_filters, triggers

API = "/api/v1"
ACCOUNT = "acc_1"
NAMESPACE = "user_123"
NO_TOKEN = ""
SOURCE = "203.0.113.10"
# Tests ask more in a minute than callers may; those of the limits name the limits they mean.
NO_LIMITS = dict.fromkeys(
    ("RateLimitRead", "RateLimitWrite", "RateLimitCreate", "RateLimitToken", "RateLimitSource"), "0"
)
_BEAT: Millis = 10
_CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::function",
    aws_request_id="1",
)


@dataclass
class Clock:
    """The time, which moves when it is told to."""

    now: Millis = events.NOON

    def __call__(self) -> Millis:
        return self.now

    def advance(self, length: Millis) -> None:
        """Let time pass."""
        self.now += length


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. ``raw`` is the text of its body, or None."""

    status: int
    headers: Mapping[str, str]
    raw: str | None

    @property
    def body(self) -> Any:
        """The body, read."""
        return json.loads(self.raw or "null")

    @property
    def data(self) -> Any:
        """What is under ``data``, of an answer that must be 200 or 201."""
        assert self.status in (200, 201), f"{self.status}: {self.raw}"
        return self.body["data"]

    @property
    def error(self) -> Any:
        """What is under ``error``."""
        assert self.status >= 400, f"{self.status}: {self.raw}"
        return self.body["error"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of an error."""
        return self.status, self.error["code"]


@cache
def handler(folder: str) -> Callable[[Any, Any], Any]:
    """The handler of one function."""
    spec = spec_from_file_location(f"function_{folder}", ROOT / "functions" / folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@cache
def _all_variables() -> frozenset[str]:
    return frozenset(
        name
        for function in declared_functions().values()
        for name in function.get("Environment", {}).get("Variables", {})
    )


@dataclass
class Deployment:
    """One deployment. ``sent`` holds every message that was sent, as (queue's logical id, body, delay in seconds)."""

    clients: Mapping[str, Any]
    stack: Stack
    sandbox: Sandbox
    signer: Signer
    clock: Clock = field(default_factory=Clock)
    outside: Outside = field(default_factory=Outside)
    sent: list[tuple[str, Any, int]] = field(default_factory=list)
    logs: io.StringIO = field(default_factory=io.StringIO)
    relayed: set[tuple[str, str]] = field(default_factory=set)
    processes: dict[str, Services] = field(default_factory=dict)
    tokens: dict[str, tuple[str, Millis]] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    errors_expected: bool = False
    entropy: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - tests want it predictable

    # Clients and secrets

    @property
    def table(self) -> str:
        """The table's name."""
        return self.stack.reference("Table")

    def register(self, client_id: str, secret: str, account: str = ACCOUNT, **rights: Any) -> None:
        """Register an OAuth client, by default with all rights."""
        scopes, namespaces = rights.get("scopes", ["*"]), rights.get("namespaces", ["*"])
        ClientStore(self.clients["dynamodb"], self.table, self.entropy.randbytes).put(
            client_id,
            secret,
            account,
            scopes,
            namespaces,
            self.clock(),
            acts_for_people=rights.get("acts_for_people", False),
        )

    def set_secret(self, name: str, value: str, account: str = ACCOUNT) -> None:
        """Set one secret of an account."""
        SecretStore(self.clients["secretsmanager"], self.stack.name, self.clock).write(account, name, value)

    def token(
        self,
        account: str = ACCOUNT,
        namespaces: tuple[str, ...] = ("*",),
        scopes: tuple[str, ...] = ("*",),
        subject: str = "client_1",
    ) -> str:
        """A token as ``POST /oauth/token`` issues it, without its costly check of the secret."""
        asked = json.dumps([account, namespaces, scopes, subject])
        token, until = self.tokens.get(asked, ("", 0))
        if self.clock() >= until:
            token, until = self._new_token(account, namespaces, scopes, subject), self.clock() + 3000 * SECOND
            self.tokens[asked] = token, until
        return token

    def _new_token(self, account: str, namespaces: tuple[str, ...], scopes: tuple[str, ...], subject: str) -> str:
        variables = self.stack.variables("get_instance")
        issued = self.clock() // SECOND
        return self.signer.sign(
            {
                "iss": variables["TOKEN_ISSUER"],
                "aud": variables["TOKEN_AUDIENCE"],
                "sub": subject,
                "account_id": account,
                "namespaces": list(namespaces),
                "scope": " ".join(scopes),
                "iat": issued,
                "exp": issued + 3600,
                "jti": self.entropy.randbytes(16).hex(),
            }
        )

    # Requests

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        at: Millis | None = None,
        source: str | None = SOURCE,
    ) -> Answer:
        """Send a request through the template's routes. ``path`` is below ``/api/v1`` unless it begins with ``//``.

        ``body`` goes as JSON unless it is text or bytes. ``token`` None: one with all rights. ``at``: when the
        request reached the API, now unless it says. ``source``: the address it comes from.
        """
        self.clock.advance(_BEAT)
        target = path[1:] if path.startswith("//") else API + path
        raw_path, _, query = target.partition("?")
        match = router().match(method, raw_path)
        assert match is not None, f"no route takes {method} {raw_path}"
        sent = dict(headers or {})
        if token != NO_TOKEN:
            sent["authorization"] = f"Bearer {token or self.token()}"
        event = events.http(
            method,
            raw_path,
            route=match.route.key,
            parameters=match.variables,
            query=query,
            headers=sent,
            body=body if body is None or isinstance(body, str | bytes) else json.dumps(body),
            at=self.clock() if at is None else at,
            source=source,
        )
        return self.request(match.route.function, event)

    def request(self, folder: str, event: Mapping[str, Any]) -> Answer:
        """Hand an event to an endpoint, and hold its answer to what every answer must be."""
        given = self.invoke(folder, event)
        answer = Answer(given["statusCode"], given["headers"], given.get("body"))
        assert answer.headers["X-Request-Id"]
        check_described(event["routeKey"], answer.status, answer.headers, answer.raw)
        if answer.status >= 400:
            assert set(answer.body) == {"error"}
            assert set(answer.error) == {"code", "message", "details", "request_id"}
            assert answer.error["request_id"] == answer.headers["X-Request-Id"]
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.error["message"]
        return answer

    def invoke(self, folder: str, event: Mapping[str, Any]) -> Any:
        """Call a function's handler as Lambda does: under its own variables and in a process of its own."""
        variables = self.stack.variables(folder)
        with patch.dict(os.environ, variables):
            for name in _all_variables() - set(variables):
                os.environ.pop(name, None)
            outer = interactor.services._services
            self._install(self.services(folder))
            try:
                return handler(folder)(json.loads(json.dumps(event)), _CONTEXT)
            finally:
                self._install(outer)
                logger.remove_keys(["request_id", "route", "instance_id"])

    def _install(self, services: Services | None) -> None:
        interactor.services.install(services)
        boto.made.update(self.clients)

    def services(self, folder: str) -> Services:
        """The parts of one function's process."""
        if folder not in self.processes:
            made = Services(
                World(self.clock, self.entropy.randbytes, lambda seconds: self.clock.advance(int(seconds * 1000))),
                from_environment(self.stack.variables(folder)),
            )
            made.logic.sandbox, made.access.signer = self.sandbox, self.signer
            made.logic.outgoing = self.outside  # type: ignore[assignment]  # it answers what the client is asked
            self.processes[folder] = made
        return self.processes[folder]

    # Workers

    def drain(self) -> None:
        """Run stream and queues until nothing is left that is due."""
        for _ in range(200):
            if not (self.relay() + sum(self.work(trigger.queue) for trigger in triggers())):
                return
        raise AssertionError("the workers never came to rest")

    def relay(self) -> int:
        """Hand what is new in the table to the stream's function; answers how many records."""
        fresh = [item for item in self.items() if (item["pk"]["S"], item["sk"]["S"]) not in self.relayed]
        self.relayed |= {(item["pk"]["S"], item["sk"]["S"]) for item in fresh}
        batch = events.stream(self.table, fresh, at=self.clock())
        batch["Records"] = [record for record in batch["Records"] if any_matches(stream_filters(), record)]
        if batch["Records"]:
            assert self.invoke("relay_events", batch) == {"batchItemFailures": []}
        return len(batch["Records"])

    def work(self, queue: str) -> int:
        """Hand one batch of a queue to its function, as the event source mapping does; answers how many messages."""
        if not self.waiting[queue]:
            return 0
        (trigger,) = (each for each in triggers() if each.queue == queue)
        sqs, url = self.clients["sqs"], self.stack.reference(queue)
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=trigger.batch, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return 0
        batch = events.sqs(self.stack.attribute(queue, "QueueName"), [each["Body"] for each in found], at=self.clock())
        for record, each in zip(batch["Records"], found, strict=True):
            record["attributes"]["ApproximateReceiveCount"] = each["Attributes"]["ApproximateReceiveCount"]
        try:
            answer = self.invoke(trigger.function, batch) or {}
        except Exception:
            if not self.errors_expected:
                raise
            return len(found)
        failed = {each["itemIdentifier"] for each in answer.get("batchItemFailures", [])} if trigger.partial else set()
        for record, each in zip(batch["Records"], found, strict=True):
            if record["messageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
                self.waiting[queue] -= 1
        return len(found)

    def tick(self) -> None:
        """Let the clock fire, and run what it hints at."""
        self.invoke("tick_clock", events.schedule("tick", at=self.clock()))
        self.drain()

    def wait(self, length: Millis) -> None:
        """Let time pass, and run the queues."""
        self.clock.advance(length)
        self.drain()

    def purge(self, queue: str) -> None:
        """Lose all messages of a queue."""
        empty(self.stack.attribute(queue, "QueueName"))
        self.waiting[queue] = 0

    def bodies(self, queue: str) -> list[Any]:
        """The messages that a queue which calls nobody holds."""
        url = self.stack.reference(queue)
        found = self.clients["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    # Faults

    @contextmanager
    def interposed(self, operation: str, action: Callable[[], Any], after: int = 0) -> Iterator[None]:
        """Do something between the next call of this operation of DynamoDB and its effect, once; or a later one's.

        What ``action`` answers, unless None, is the call's answer, and the table never sees the call.
        """
        events_of_client = self.clients["dynamodb"].meta.events
        name = f"before-send.dynamodb.{operation}"
        waiting: list[Callable[[], Any]] = [action, *[lambda: None] * after]

        def hook(**_: Any) -> Any:
            return waiting.pop()() if waiting else None

        events_of_client.register_first(name, hook)
        try:
            yield
        finally:
            events_of_client.unregister(name, hook)
        assert not waiting, f"{operation} was never called"

    @contextmanager
    def answer_lost(self, operation: str) -> Iterator[None]:
        """Let the next call of this operation of DynamoDB take effect, and lose its answer, once."""
        events_of_client = self.clients["dynamodb"].meta.events
        name = f"before-parse.dynamodb.{operation}"
        waiting = [{"status_code": 500, "body": b'{"__type": "x#InternalServerError", "message": "Lost"}'}]

        def hook(response_dict: dict[str, Any], **_: Any) -> None:
            if waiting:
                response_dict.update(waiting.pop())

        events_of_client.register(name, hook)
        try:
            yield
        finally:
            events_of_client.unregister(name, hook)
        assert not waiting, f"{operation} was never called"

    # What is stored

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table."""
        return sorted(self.stack.table.everything(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def stored_text(self) -> str:
        """Everything that is stored, in the clear: documents unpacked, as one text to look for things in."""

        def clear(value: Any) -> Any:
            if isinstance(value, bytes):
                try:
                    return unpack_bytes(value).decode()
                except (UnicodeDecodeError, ValueError):
                    return value.hex()
            if isinstance(value, dict):
                return {name: clear(each) for name, each in value.items()}
            return [clear(each) for each in value] if isinstance(value, list) else value

        return json.dumps([clear(item) for item in self.items()], ensure_ascii=False)

    def events_of(self, instance_id: str, account: str = ACCOUNT) -> list[dict[str, Any]]:
        """An instance's history events in the order of their numbers."""
        store = InstanceStore(Table(self.clients["dynamodb"], self.table))
        head = store.read_with_history(account, instance_id)
        assert head is not None, f"no instance {instance_id} in {account}"
        return [event for record in head.records or () for event in record.events]

    def states_of(self, instance_id: str) -> list[str]:
        """The states that thread_main passed, in order."""
        found = []
        for event in self.events_of(instance_id):
            if event["thread"] == "thread_main" and event["subtype"] in ("created", "state_change"):
                found.append(event.get("initial_state") or event["to_state"])
        return found

    # Shortcuts

    def define(self, definition: Mapping[str, Any], token: str | None = None) -> str:
        """Create and publish a workflow; answers the version's id."""
        made = self.call("POST", "/workflows", definition, token)
        assert made.status == 201, made.raw
        version: str = made.data["version_id"]
        path = f"/workflows/{definition['name']}/versions/{version}/publish"
        assert self.call("POST", path, token=token).status == 200
        return version

    def start(self, name: str, given: Any = None, token: str | None = None, namespace: str = NAMESPACE) -> Any:
        """Create an instance; answers it."""
        made = self.call("POST", f"/workflows/{name}/instances", {"namespace": namespace, "input": given or {}}, token)
        assert made.status == 201, made.raw
        return made.data

    def get(self, instance_id: str, token: str | None = None) -> Any:
        """An instance."""
        return self.call("GET", f"/workflows/instances/{instance_id}", token=token).data

    def resume(self, instance_id: str, given: Any = None, **rest: Any) -> Answer:
        """Resume an instance with an input."""
        return self.call("POST", f"/workflows/instances/{instance_id}/resume", {"input": given or {}}, **rest)


def note_sent(deployment: Deployment) -> Callable[..., None]:
    """What to call with each request to SQS, so that ``sent`` is kept."""
    names: dict[str, str] = {}

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        url = params.get("QueueUrl", "")
        names.update(deployment.stack.queues())
        if url not in names:
            return  # another deployment's: two may be up at once
        entries = params.get("Entries", [params]) if model.name.startswith("SendMessage") else []
        for entry in entries:
            deployment.waiting[names[url]] += 1
            deployment.sent.append((names[url], json.loads(entry["MessageBody"]), entry.get("DelaySeconds", 0)))

    return note


@contextmanager
def deployed(name: str, aws: Aws, sandbox: Sandbox, **parameters: str) -> Iterator[Deployment]:
    """A deployment of its own, taken down afterwards. Errors in its log fail the test unless it expects some."""
    clients, clock = aws.clients, Clock()
    stack = Stack(name, aws, clock, {**NO_LIMITS, **parameters})
    deployment = Deployment(clients, stack, sandbox, aws.signer, clock)
    note, stream = note_sent(deployment), logger.registered_handler.stream
    time_of_queues = {"unix_time_millis": deployment.clock, "unix_time": lambda: deployment.clock() / 1000}
    logger.registered_handler.stream = deployment.logs
    clients["sqs"].meta.events.register("before-parameter-build.sqs", note)
    try:
        with patch.multiple("moto.sqs.models", **time_of_queues):
            deployment.stack.reference("Table")
            yield deployment
            deployment.stack.remove()
    finally:
        clients["sqs"].meta.events.unregister("before-parameter-build.sqs", note)
        logger.registered_handler.stream = stream
    complaints = [line for line in deployment.logs.getvalue().splitlines() if '"level":"ERROR"' in line]
    assert deployment.errors_expected or not complaints, complaints[0]
