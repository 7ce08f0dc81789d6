"""One deployment of the template on MiniStack, and the workers that act on it, each with parts of its own."""

import contextvars
import itertools
import json
import logging
import os
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import interactor.services
from interactor.access.rules.principal import ALL, Principal
from interactor.aws import boto
from interactor.aws.dynamo import items as stored
from interactor.aws.dynamo import keys
from interactor.aws.dynamo.table import Table
from interactor.aws.queues import MessageQueue
from interactor.core.times import Millis
from interactor.files.bucket import FileBucket
from interactor.instances.step_queue import StepQueue
from interactor.logic import stand_in
from interactor.logs import logger
from interactor.sandbox import Sandbox
from interactor.services import Services
from interactor.settings import from_environment
from local.intrinsics import Intrinsics, parameter_values
from local.resources import Resources
from tests.support import events
from tests.support.deployed.deployment import API, Answer
from tests.support.outside import Outside
from tests.support.template import ROOT, declared_functions, router, template
from tests.support.workers.faults import Around, Tap
from tests.support.workers.world import Clock

ACCOUNT = "acc_1"
PRINCIPAL = Principal(ACCOUNT, "client_1", frozenset({"*"}), ALL)
MAIN = "thread_main"
_CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:::f", aws_request_id="1"
)
_working: contextvars.ContextVar[Services] = contextvars.ContextVar("worker")
_names = itertools.count(1)
_environment = threading.Lock()


def variables_of(intrinsics: Intrinsics) -> dict[str, str]:
    """The variables of all functions together: a name has one value."""
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    variables: dict[str, Any] = {}
    for function in declared_functions().values():
        variables |= intrinsics.resolve({**common, **function.get("Environment", {}).get("Variables", {})})
    return {key: str(value) for key, value in variables.items()}


class _Working:
    """The services that handlers find: that of the worker which called them, whatever the others do."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_working.get(), name)


class _NoSecrets:
    """An account that has set none."""

    def read(self, _: str) -> dict[str, str]:
        """What there is of them."""
        return {}


class _Verified:
    """Stands for tokens, which are not what is tested here."""

    def verify(self, _: str | None, __: Millis) -> Principal:
        return PRINCIPAL


@dataclass
class Place:
    """Table, queues and variables as the template declares them, under a name of their own."""

    clients: Mapping[str, Any]
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, name: str, clients: Mapping[str, Any], sandbox: Sandbox) -> "Place":
        """Make the resources."""
        pseudo = {
            "AWS::StackName": name,
            "AWS::Region": events.REGION,
            "AWS::AccountId": "000000000000",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        aws: Any = SimpleNamespace(client=lambda service: clients[service])
        resources = Resources(aws, template(), pseudo, "http://127.0.0.1", own=True)
        intrinsics = Intrinsics(template(), parameter_values(template(), {}), pseudo, resources)
        resources.properties = intrinsics.properties
        made = cls(clients, sandbox, variables_of(intrinsics))
        # The emulator removes what is past its end by its own clock, once a minute, and these tests live in the past.
        kept = clients["dynamodb"].describe_time_to_live(TableName=made.table)["TimeToLiveDescription"]
        off = {"Enabled": False, "AttributeName": kept["AttributeName"]}
        clients["dynamodb"].update_time_to_live(TableName=made.table, TimeToLiveSpecification=off)
        return made

    @property
    def table(self) -> str:
        """The table's name."""
        return self.environment["TABLE_NAME"]

    def worker(
        self,
        clock: Clock,
        around: Around | None = None,
        outside: Any = None,
        chance: random.Random | None = None,
        sqs: Any = None,
        sleep: Callable[[float], None] | None = None,
        **variables: str,
    ) -> "Worker":
        """A process of its own. ``around`` is put around its calls of DynamoDB, ``variables`` over its environment."""
        own = {**self.environment, **variables}
        world = clock.world(chance)
        made: Any = Services(replace(world, sleep=sleep or world.sleep), from_environment(own))
        dynamodb, sqs = self.clients["dynamodb"], sqs or self.clients["sqs"]
        common = patch.dict(boto.made, {"dynamodb": dynamodb, "sqs": sqs, "kms": self.clients["kms"]})
        with _environment, patch.dict(os.environ, own), common:
            made.aws.table = Table(dynamodb if around is None else Tap(dynamodb, around), self.table)  # type: ignore[arg-type]  # it answers as a client does
            s3 = self.clients["s3"]
            made.files.bucket = FileBucket(s3 if around is None else Tap(s3, around), own["FILES_BUCKET"])
            made.instances.steps_queue = StepQueue(lambda: sqs, own["STEPS_QUEUE_URL"])
            made.webhooks.queue = MessageQueue(sqs, own["WEBHOOKS_QUEUE_URL"])
            made.webhooks.relay_retry_queue = MessageQueue(sqs, own["RELAY_RETRY_QUEUE_URL"])
            made.logic.sandbox = self.sandbox
            made.logic.outgoing = outside if outside is not None else Outside()
            made.logic.models = stand_in.write
            made.access.verifier = _Verified()
            made.logic.secrets = _NoSecrets()
            # What is interposed here is between the calls of an advance; counting requests would only be in the way.
            made.access.buckets = {}
            assert made.instances.engine
            assert made.webhooks.deliverer
            assert made.webhooks.subscriptions
            assert made.aws.sealer
            assert made.aws.cursors
            assert made.webhooks.concurrency_limits
            assert made.webhooks.replays
            assert made.webhooks.redrive
        return Worker(self, made, clock)

    # What is stored

    def scan(self) -> list[dict[str, Any]]:
        """Every item, in the order of the keys."""
        pages = self.clients["dynamodb"].get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        found = [item for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def raw(self, instance_id: str) -> list[dict[str, Any]]:
        """The items of one instance, in the order of the keys."""
        found: list[dict[str, Any]] = self.clients["dynamodb"].query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.instance(ACCOUNT, instance_id)}},
            ConsistentRead=True,
        )["Items"]
        return found

    def head(self, instance_id: str) -> dict[str, Any]:
        """The head item of one instance."""
        return next(item for item in self.raw(instance_id) if item["sk"]["S"] == keys.HEAD)

    def records(self, instance_id: str) -> list[list[dict[str, Any]]]:
        """The history records of one instance, as lists of events; held to be without gaps and doubles (inv. 2)."""
        raw = self.raw(instance_id)
        document = stored.unpack(next(item for item in raw if item["sk"]["S"] == keys.HEAD)["doc"]["B"])
        history = [item for item in raw if item["sk"]["S"].startswith(keys.HISTORY)]
        records = [stored.unpack(item["doc"]["B"])["events"] for item in history]
        assert [item["sk"]["S"] for item in history] == [keys.history(record[0]["number"]) for record in records]
        events = [event for record in records for event in record]
        numbers = [event["number"] for event in events]
        assert numbers == list(range(1, document["next_event"])), f"the history of {instance_id} has {numbers}"
        assert len({event["id"] for event in events}) == len(events)
        return records

    def events(self, instance_id: str) -> list[dict[str, Any]]:
        """All history events of one instance."""
        return [event for record in self.records(instance_id) for event in record]

    def kinds(self, instance_id: str) -> list[str]:
        """The subtypes of all history events of one instance."""
        return [event["subtype"] for event in self.events(instance_id)]

    def counted(self, namespace: str) -> int:
        """What the namespace's quota counter says."""
        found = self.clients["dynamodb"].query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.quota(ACCOUNT, namespace)}},
            ConsistentRead=True,
        )["Items"]
        return sum(int(item["active"]["N"]) for item in found)

    def active(self, namespace: str) -> int:
        """How many instances of a namespace have not ended, by their heads."""
        wanted = {keys.status_list(ACCOUNT, namespace, status) for status in ("running", "halted")}  # type: ignore[arg-type]  # two of the literals
        return sum(1 for item in self.scan() if item.get("status_pk", {"S": None})["S"] in wanted)

    # The steps queue

    def receive(self, queue: str = "STEPS_QUEUE_URL") -> list[dict[str, Any]]:
        """Take all messages that are there off a queue."""
        sqs, url, taken = self.clients["sqs"], self.environment[queue], []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
                taken.append(json.loads(each["Body"]))
        return taken

    def purge(self) -> None:
        """Lose all step messages."""
        self.clients["sqs"].purge_queue(QueueUrl=self.environment["STEPS_QUEUE_URL"])


@dataclass
class Worker:
    """One process that serves requests and messages."""

    place: Place
    services: Any
    clock: Clock
    handlers: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)

    def handler(self, folder: str) -> Callable[[Any, Any], Any]:
        """A function's handler, as this process loaded it."""
        if folder not in self.handlers:
            spec = spec_from_file_location(f"function_{folder}", ROOT / "functions" / folder / "app.py")
            assert spec is not None
            assert spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            self.handlers[folder] = module.handler
        return self.handlers[folder]

    def invoke(self, folder: str, event: Any) -> Any:
        """Call a function's handler with this worker's parts."""
        token = _working.set(self.services)
        try:
            return self.handler(folder)(json.loads(json.dumps(event)), _CONTEXT)
        finally:
            _working.reset(token)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        at: Millis | None = None,
        key: str | None = None,
        person: str | None = None,
    ) -> Answer:
        """Send a request, which arrived at ``at``, under an ``Idempotency-Key``; ``path`` may have a query.

        ``person``: for whom the client speaks.
        """
        named = {"idempotency-key": key, "x-interactor-actor": person}
        raw_path, _, query = (API + path).partition("?")
        match = router().match(method, raw_path)
        assert match is not None
        event = events.http(
            method,
            raw_path,
            route=match.route.key,
            parameters=match.variables,
            query=query,
            headers={name: value for name, value in named.items() if value is not None},
            body=None if body is None else json.dumps(body),
            at=self.clock.now if at is None else at,
        )
        given = self.invoke(match.route.function, event)
        return Answer(given["statusCode"], given["headers"], given.get("body"))

    def define(self, definition: Mapping[str, Any]) -> str:
        """Create and publish a workflow under a name of its own; answers the name."""
        name = f"flow_{next(_names)}"
        made = self.call("POST", "/workflows", {**definition, "name": name}).data
        assert self.call("POST", f"/workflows/{name}/versions/{made['version_id']}/publish").status == 200
        return name

    def create(self, name: str, given: Any = None, namespace: str = "default", key: str | None = None) -> Answer:
        """Create an instance."""
        body = {"namespace": namespace, "input": given or {}}
        return self.call("POST", f"/workflows/{name}/instances", body, key=key)

    def started(self, definition: Mapping[str, Any], given: Any = None, namespace: str = "default") -> str:
        """The id of a new instance of a new workflow."""
        identifier: str = self.create(self.define(definition), given, namespace).data["id"]
        return identifier

    def resume(
        self,
        instance_id: str,
        given: Any = None,
        thread: str | None = None,
        at: Millis | None = None,
        key: str | None = None,
    ) -> Answer:
        """Resume an instance or one of its threads."""
        within = "" if thread is None else f"/threads/{thread}"
        path = f"/workflows/instances/{instance_id}{within}/resume"
        return self.call("POST", path, {"input": given or {}}, at, key)

    def cancel(self, instance_id: str) -> Answer:
        """Cancel an instance."""
        return self.call("POST", f"/workflows/instances/{instance_id}/cancel")

    def get(self, instance_id: str) -> Any:
        """An instance."""
        return self.call("GET", f"/workflows/instances/{instance_id}").data

    def step(self, message: Mapping[str, Any], received: int = 1) -> bool:
        """Hand one step message to the step worker; answers whether it is done with it."""
        batch = events.sqs("steps", [message], at=self.clock.now, received=received)
        return not self.invoke("advance_steps", batch)["batchItemFailures"]

    def run_steps(self) -> int:
        """Work on all step messages there are, until there are no more; answers how many there were."""
        done = 0
        while messages := self.place.receive():
            for message in messages:
                assert self.step(message)
            done += len(messages)
        return done

    def tick(self) -> None:
        """Let the clock fire."""
        self.invoke("tick_clock", events.schedule("tick", at=self.clock.now))


@contextmanager
def working() -> Iterator[Callable[[Place], Place]]:
    """Handlers find the parts of whichever worker called them, and the variables of the place that was handed in."""
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with patch.dict(os.environ):

        def enter(made: Place) -> Place:
            os.environ.update(made.environment)
            return made

        interactor.services.install(_Working())  # type: ignore[arg-type]  # it stands for the worker's own
        yield enter
    interactor.services.install(None)
    logger.setLevel(level)
