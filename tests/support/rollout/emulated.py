"""An AWS of the tests' own that checks permissions: MiniStack with ``AUTH=true``, and stacks of its CloudFormation.

What it honours of IAM: actions, resources (table, index, queue, key, secret), each item of a transaction on its own,
who may take a role. What it does not: ``dynamodb:LeadingKeys``, which it takes for absent, so that a condition
``ForAllValues`` on it always holds (``walk`` sees to that one). What it invents: the permission
``sqs:SendMessageBatch`` and ``sqs:DeleteMessageBatch``, where AWS knows no other than for one message, so that they are
given with that. It judges a call of a function's alias by the ARN of the function, and the template names both.
A parameter's value stays a text, where AWS makes it what a resource asks for: the concurrency of queues is written out.
It makes no alarm of several metrics or a query: those are left out.
"""

import copy
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.ministack import Lock, MiniStack
from local.settings import aws_python
from local.transform import transformed
from tests.support.template import TEMPLATE

REGION = "eu-west-1"
ACCOUNT = "000000000000"
PATIENCE = 120.0
"""Seconds until something that should happen is given up: far more than it takes, for a machine that is busy."""
_MEMORY, _ROOM = Path("/dev/shm"), 2_000_000_000
"""Where there is room, functions are unpacked into memory: each has a copy of the layers, and disks are busy."""
_CONFIG = Config(connect_timeout=5, read_timeout=90, retries={"mode": "standard", "total_max_attempts": 2})


@dataclass
class Stack:
    """A stack that was made: the name or id of every resource by logical id, and its outputs."""

    name: str
    parameters: dict[str, str]
    resources: dict[str, str]
    outputs: dict[str, str]


@dataclass
class Aws:
    """A running emulator. Clients are the account's own: they may do everything."""

    endpoint: str
    cache: Path
    _session: Any = field(default_factory=boto3.session.Session)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The shared client of a service."""
        if service not in self._clients:
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            place = {"endpoint_url": self.endpoint, "region_name": REGION}
            self._clients[service] = self._session.client(service, config=_CONFIG, **place, **keys)
        return self._clients[service]

    @cached_property
    def template(self) -> dict[str, Any]:
        """``template.yaml`` as CloudFormation gets it, transformed by AWS's own SAM translator."""
        template = transformed(aws_python(), TEMPLATE, REGION, self.cache).template
        for statement in statements(template):
            given = _listed(statement["Action"])
            batches = [f"{each}Batch" for each in ("sqs:DeleteMessage", "sqs:SendMessage") if each in given]
            if batches:
                statement["Action"] = [*given, *batches]
        for name, resource in list(template["Resources"].items()):
            if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
                del template["Resources"][name]
            scaling = resource.get("Properties", {}).get("ScalingConfig")
            if scaling:
                declared = template["Parameters"][scaling["MaximumConcurrency"]["Ref"]]
                scaling["MaximumConcurrency"] = int(declared["Default"])
        return template

    def put(self, key: str, content: bytes) -> None:
        """Put a file into the bucket of deployments."""
        if "s3" not in self._clients:
            self.client("s3").create_bucket(
                Bucket="deployments", CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        self.client("s3").put_object(Bucket="deployments", Key=key, Body=content)

    def deploy(self, name: str, template: Mapping[str, Any], **parameters: str) -> Stack:
        """Make a stack and wait for it, as ``sam deploy`` does: by a template in a bucket."""
        self.put(f"{name}.json", json.dumps(template).encode())
        self.client("cloudformation").create_stack(
            StackName=name,
            TemplateURL=f"{self.endpoint.replace('127.0.0.1', 'localhost')}/deployments/{name}.json",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        made = eventually(lambda: self._settled(name), f"the stack {name} to be made")
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        reasons = [event["ResourceStatusReason"] for event in events if "FAILED" in event["ResourceStatus"]]
        assert made["StackStatus"] == "CREATE_COMPLETE", reasons
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        resources = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
        }
        outputs = {each["OutputKey"]: each["OutputValue"] for each in made.get("Outputs", [])}
        defaults = {key: str(declared["Default"]) for key, declared in template["Parameters"].items()}
        return Stack(name, defaults | parameters, resources, outputs)

    def _settled(self, name: str) -> Any:
        (stack,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack


def start(directory: Path, cache: Path) -> tuple[Aws, Callable[[], None]]:
    """Start an emulator in a folder of its own; what ends it."""
    lock = Lock(directory)
    unpacked = tempfile.mkdtemp(
        dir=_MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else directory
    )
    settings = {"AUTH": "true", "PERSIST_STATE": "0", "S3_PERSIST": "0", "TMPDIR": unpacked}
    running = MiniStack(aws_python(), directory, lock, directory / "log", os.environ, settings)
    running.wait_until_healthy()

    def stop() -> None:
        running.stop(1)  # and kill it: it has no state to keep, and its functions end with their input
        lock.release()
        shutil.rmtree(unpacked, ignore_errors=True)

    return Aws(running.endpoint, cache), stop


def eventually(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What ``look`` gives once it gives something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)
    return found


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every policy within a template."""
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from statements(each)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def only(template: Mapping[str, Any], kinds: set[str]) -> dict[str, Any]:
    """The template with resources of these kinds only; outputs are left out."""
    kept = {name: each for name, each in template["Resources"].items() if each["Type"] in kinds}
    return copy.deepcopy({**template, "Resources": kept, "Outputs": {}})
