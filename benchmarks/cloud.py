"""A deployment of the template on an embedded AWS of its own, with triggers that go when they are told to.

One process serves all functions, warm, as the local run does. What AWS would do by itself (route a request, read the
stream, poll a queue) is done here step by step, so that batches have the size that is asked for.
"""

import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import boto3

import interactor.services
from benchmarks import logbook
from benchmarks.logbook import Logbook
from benchmarks.meter import Meter
from benchmarks.tally import Tally, add
from interactor.access.clients import ClientStore
from interactor.aws import boto
from interactor.core.times import Millis
from interactor.core.world import World
from interactor.logs import logger
from interactor.sandbox import Sandbox
from interactor.services import Services
from interactor.settings import from_environment
from local import gateway, patterns, streamrecords, template
from local.aws import Aws
from local.functions import Functions
from local.intrinsics import Intrinsics, parameter_values
from local.ministack import Lock, MiniStack
from local.queues import sqs_event
from local.resources import Resources
from local.settings import ROOT, aws_python
from local.template import SourceMapping
from local.transform import transformed

API = "/api/v1"
ACCOUNT = "acc_bench"
CLIENT, SECRET = "bench", "bench-secret-of-thirty-two-characters"
REGION = "us-east-1"
NOON: Millis = 1_795_348_800_000
"""2026-11-22T12:00:00Z: counts are made at one moment, so that they are the same at every run."""

_ENVIRONMENT = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
}
_FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


class SteppingClock:
    """A clock that moves a millisecond at each look: no two moments are the same, and every run has the same ones."""

    def __init__(self, now: Millis = NOON) -> None:
        self.now = now

    def __call__(self) -> Millis:
        self.now += 1
        return self.now


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def data(self) -> Any:
        """What is under ``data`` of a success."""
        if self.status not in (200, 201):
            raise AssertionError(f"{self.status}: {self.body}")
        return self.body["data"]


@dataclass(frozen=True)
class Timed:
    """One invocation: seconds by the wall, and of this process's processor."""

    function: str
    wall: float
    processor: float


@dataclass
class Observed:
    """What is watched at the moment: a tally, or the time of each invocation."""

    tally: Tally | None = None
    timed: list[Timed] = field(default_factory=list)


class Cloud:
    """A context: a deployment while it is open. ``parameters`` are the template's, over their defaults."""

    def __init__(self, **parameters: str) -> None:
        self._parameters = {"OutboundAllowLoopback": "true", **parameters}
        self._observed = Observed()
        self._token = ""

    def __enter__(self) -> Self:
        self._directory = Path(tempfile.mkdtemp(prefix="benchmarks-"))
        self._kept = dict(os.environ)
        for name in [each for each in os.environ if each.startswith("AWS_ENDPOINT_URL")]:
            del os.environ[name]
        for name in _FOREIGN:
            os.environ.pop(name, None)
        self._lock = Lock(self._directory)
        self._aws = MiniStack(aws_python(), self._directory, self._lock, self._directory / "log", dict(os.environ))
        os.environ.update(_ENVIRONMENT, AWS_ENDPOINT_URL=self._aws.endpoint)
        self.endpoint = self._aws.endpoint
        self._aws.wait_until_healthy()
        self.aws = Aws()
        self._declare()
        boto.session.cache_clear()
        # An emulator takes its time where a table is large.
        self._config = cast(dict[str, Any], boto.CONFIG)
        self._read_timeout = self._config["read_timeout"]
        self._config["read_timeout"] = 120
        self.meter = Meter(self.aws.client("dynamodb"))
        self.meter.attach(boto.session())
        self.restart()
        self._functions = Functions(self._declared.functions, ROOT)
        self._follow()
        self._logbook = Logbook(logger)
        clients = ClientStore(self.aws.client("dynamodb"), self.table)
        clients.put(CLIENT, SECRET, ACCOUNT, ["*"], ["*"], self.clock())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logic = interactor.services.services().logic
        sandbox = logic.__dict__.get("sandbox")
        if isinstance(sandbox, Sandbox):
            sandbox.close()
        interactor.services.install(None)
        self._config["read_timeout"] = self._read_timeout
        boto.session.cache_clear()
        self._aws.stop(20)
        self._lock.release()
        shutil.rmtree(self._directory, ignore_errors=True)
        os.environ.clear()
        os.environ.update(self._kept)

    @property
    def table(self) -> str:
        """The table's name."""
        return os.environ["TABLE_NAME"]

    def function(self, folder: str) -> template.Function:
        """What the template declares of a function."""
        return self._declared.functions[self._ids[folder]]

    def restart(self, clock: Callable[[], Millis] | None = None) -> None:
        """Make the process's parts anew. ``clock`` None: the one of counts, with chance that is the same as well."""
        interactor.services.install(None)
        if clock is None:
            self.clock: Callable[[], Millis] = SteppingClock()
            chance = random.Random(7)  # noqa: S311 - the same ids at every run
            interactor.services.install(Services(World(self.clock, chance.randbytes, lambda _: None)))
        else:
            self.clock = clock
            interactor.services.install(Services(World(clock, os.urandom, time.sleep)))

    def limits(self, each: str) -> None:
        """Have other rate limits from now on; 0 is none."""
        os.environ.update({name: each for name in os.environ if name.startswith("RATE_LIMIT_")})
        self.forget_limits()

    def plain_client(self) -> Any:
        """A client of DynamoDB as boto3 makes it, that nobody hooks."""
        return boto3.Session().client("dynamodb")

    def handle(self, folder: str, event: Any) -> Any:
        """Call a handler and nothing else."""
        with self._logbook.written():
            return self._functions.invoke(self._ids[folder], event)

    def forget_limits(self) -> None:
        """Have the process read its rate limits again."""
        interactor.services.services().settings = from_environment(os.environ)
        interactor.services.services().__dict__.pop("access", None)

    # Watching

    @contextmanager
    def counting(self) -> Iterator[Tally]:
        """Count what the handlers do meanwhile."""
        tally = Tally()
        self._observed = Observed(tally)
        try:
            yield tally
        finally:
            self._observed = Observed()

    @contextmanager
    def timing(self) -> Iterator[list[Timed]]:
        """Time the invocations made meanwhile."""
        self._observed = Observed()
        try:
            yield self._observed.timed
        finally:
            self._observed = Observed()

    # Requests

    def log_in(self) -> None:
        """Get a token, as clients do, once an hour."""
        self._token = ""
        asked = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        self._token = self.call("POST", "/oauth/token", asked).data["access_token"]

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[str, dict[str, Any]]:
        """The function that a request goes to, by folder, and its event."""
        sent = {"host": "api.example", "user-agent": "curl/8.7.1", **headers}
        if self._token:
            sent["authorization"] = f"Bearer {self._token}"
        if body is not None:
            sent["content-type"] = "application/json"
        raw = b"" if body is None else json.dumps(body).encode()
        now = getattr(self.clock, "now", None) or self.clock()
        asked = gateway.Request(method, API + path, "HTTP/1.1", sent, "203.0.113.10", raw, now)
        match = self._router.match(method, asked.target.partition("?")[0])
        if match is None:
            raise AssertionError(f"no route takes {method} {path}")
        return self._folders[match.route.function], gateway.event(asked, match)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request."""
        folder, event = self.request(method, path, body, **headers)
        if (tally := self._observed.tally) is not None:
            tally.api_requests += 1
            line = logbook.access_line(self._access_form, event["routeKey"], event["rawPath"])
            _log(tally, [line])
        given = gateway.response(self.invoke(folder, event))
        return Answer(given.status, dict(given.headers), json.loads(given.body or b"null"))

    def define(self, definition: Mapping[str, Any]) -> str:
        """Create and publish a workflow; answers its name."""
        made = self.call("POST", "/workflows", definition).data
        self.call("POST", f"/workflows/{definition['name']}/versions/{made['version_id']}/publish")
        return str(definition["name"])

    # Triggers

    def relay(self, batch: int) -> int:
        """Hand what is new in the stream to the relay, so many records at a time; answers how many batches."""
        (mapping,) = self._declared.streams
        wanted = [each for each in self._new_records() if patterns.any_matches(mapping.filters, each)]
        batches = _batches(wanted, batch)
        for each in batches:
            answer = self._trigger(mapping, {"Records": each})
            if answer["batchItemFailures"]:
                raise AssertionError("the relay failed")
        return len(batches)

    def work(self, folder: str, batch: int) -> int:
        """Hand the messages of a function's queue to it, so many at a time, until there are none; how many batches."""
        mapping = next(each for each in self._declared.queues if self._folders[each.function] == folder)
        done = 0
        while messages := self._received(mapping):
            batches = _batches(messages, min(batch, mapping.batch_size))
            for each in batches:
                answer = self._trigger(mapping, sqs_event(each, mapping.source_arn))
                if answer["batchItemFailures"]:
                    raise AssertionError(f"{folder} failed")
                if (tally := self._observed.tally) is not None:
                    for operation in ("ReceiveMessage", "DeleteMessageBatch"):
                        add(tally.calls, f"sqs.{operation} (event source)")
                    tally.queue_requests += 2
            done += len(batches)
        return done

    def invoke(self, folder: str, event: Any) -> Any:
        """Call a function's handler with an event."""
        observed, logical_id = self._observed, self._ids[folder]
        if observed.tally is None:
            began, processor = time.perf_counter(), time.process_time()
            with self._logbook.written():
                answer = self._functions.invoke(logical_id, event)
            taken = time.perf_counter() - began
            observed.timed.append(Timed(folder, taken, time.process_time() - processor))
            return answer
        add(observed.tally.invocations, folder)
        with self._logbook.written() as lines, self.meter.counting(observed.tally):
            answer = self._functions.invoke(logical_id, event)
        _log(observed.tally, lines)
        return answer

    def _trigger(self, mapping: SourceMapping, event: Any) -> Any:
        return self.invoke(self._folders[mapping.function], event)

    def _received(self, mapping: SourceMapping) -> list[Mapping[str, Any]]:
        sqs, found = self.aws.client("sqs"), []
        url = sqs.get_queue_url(QueueName=mapping.source_arn.rpartition(":")[2])["QueueUrl"]
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            found += messages
            entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        return found

    def _new_records(self) -> list[dict[str, Any]]:
        (mapping,) = self._declared.streams
        client, found = self.aws.client("dynamodbstreams"), []
        for shard, iterator in list(self._iterators.items()):
            while True:
                answer = client.get_records(ShardIterator=iterator, Limit=1000)
                iterator = self._iterators[shard] = answer["NextShardIterator"]
                if not answer["Records"]:
                    break
                found += [streamrecords.from_stream(each, mapping.source_arn, REGION) for each in answer["Records"]]
        return found

    def _follow(self) -> None:
        (mapping,) = self._declared.streams
        client = self.aws.client("dynamodbstreams")
        described = client.describe_stream(StreamArn=mapping.source_arn)["StreamDescription"]
        self._iterators: dict[str, str] = {
            shard["ShardId"]: client.get_shard_iterator(
                StreamArn=mapping.source_arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in described["Shards"]
        }

    def _declare(self) -> None:
        source = transformed(aws_python(), ROOT / "template.yaml", REGION, ROOT / ".local" / "transformed")
        pseudo = {
            "AWS::StackName": "bench",
            "AWS::Region": REGION,
            "AWS::AccountId": "000000000000",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:000000000000:stack/bench/1",
        }
        resources = Resources(self.aws, source.template, pseudo, "http://127.0.0.1", own=True)
        parameters = parameter_values(source.template, self._parameters)
        intrinsics = Intrinsics(source.template, parameters, pseudo, resources)
        resources.properties = intrinsics.properties
        self._declared = template.read(source, intrinsics)
        os.environ.update(template.shared_environment(self._declared))
        self._router = gateway.Router(self._declared.routes)
        self._folders = {name: Path(each.code_uri).name for name, each in self._declared.functions.items()}
        self._ids = {folder: name for name, folder in self._folders.items()}
        stages = [each for each in source.template["Resources"].values() if each["Type"] == "AWS::ApiGatewayV2::Stage"]
        self._access_form: str = stages[0]["Properties"]["AccessLogSettings"]["Format"]


def _batches(found: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(found[start : start + size]) for start in range(0, len(found), size)]


def _log(tally: Tally, lines: list[str]) -> None:
    tally.log_lines += len(lines)
    tally.log_bytes += logbook.billed_bytes(lines)
