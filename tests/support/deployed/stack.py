"""What template.yaml declares, made on moto: the variables, queues, table and key that the functions are given."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.sqs.models import sqs_backends

from interactor.access.signing import Signer
from interactor.core.times import Millis
from local.buckets import create_bucket, follow_settings
from local.intrinsics import Intrinsics, parameter_values
from tests.support.events import ACCOUNT, REGION
from tests.support.memory.dynamo import FakeDynamo
from tests.support.memory.endpoint import DynamoEndpoint
from tests.support.template import declared_functions, template

_numbers = itertools.cycle(range(8))
"""Generating a key takes longer than most tests: there are eight, and each deployment takes the next."""
_own_rsa_key = rsa.generate_private_key


def _rsa_key(public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
    return _keys(next(_numbers), public_exponent, key_size)


@cache
def _keys(number: int, exponent: int, size: int) -> rsa.RSAPrivateKey:
    return _own_rsa_key(exponent, size)


@dataclass(frozen=True)
class Aws:
    """What deployments of one module share: clients, the tables behind one of them, a key that signs tokens, queues."""

    clients: dict[str, Any]
    dynamo: DynamoEndpoint
    key_id: str
    signer: Signer
    queues: "QueuePool"


class Stack:
    """One deployment of the template under a name of its own. Resources are made when they are first named."""

    def __init__(self, name: str, aws: Aws, clock: Callable[[], Millis], parameters: Mapping[str, str]) -> None:
        self.name = name
        self._aws, self._clients, self._clock = aws, aws.clients, clock
        self._variables: dict[str, dict[str, str]] = {}
        self._made: dict[str, dict[str, str]] = {"SigningKey": {"Ref": aws.key_id, "Arn": aws.key_id}}
        pseudo = {
            "AWS::StackName": name,
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        self._intrinsics = Intrinsics(template(), parameter_values(template(), parameters), pseudo, self)

    def reference(self, logical_id: str) -> str:
        """What ``Ref`` gives."""
        return self._resource(logical_id)["Ref"]

    def attribute(self, logical_id: str, name: str) -> str:
        """What ``Fn::GetAtt`` gives."""
        return self._resource(logical_id)[name]

    @property
    def table(self) -> FakeDynamo:
        """The table itself, past its client."""
        return self._aws.dynamo.tables[self.reference("Table")]

    def queues(self) -> dict[str, str]:
        """The queues that were made so far: URL to logical id."""
        return {made["QueueUrl"]: name for name, made in self._made.items() if "QueueUrl" in made}

    def variables(self, folder: str) -> dict[str, str]:
        """The environment of one function."""
        if folder not in self._variables:
            common = template()["Globals"]["Function"]["Environment"]["Variables"]
            own = declared_functions()[folder].get("Environment", {}).get("Variables", {})
            resolved = self._intrinsics.resolve({**common, **own})
            self._variables[folder] = {name: str(value) for name, value in resolved.items()}
        return self._variables[folder]

    def remove(self) -> None:
        """Forget the table. Queues are emptied and serve again."""
        for logical_id, made in self._made.items():
            if "QueueUrl" in made:
                self._aws.queues.give_back(logical_id, made)
        if "Table" in self._made:
            del self._aws.dynamo.tables[self._made["Table"]["Ref"]]

    def _resource(self, logical_id: str) -> dict[str, str]:
        if logical_id not in self._made:
            kind = template()["Resources"][logical_id]["Type"]
            if kind == "AWS::Serverless::Function":
                # Handlers run in this process; only the name is asked for.
                return {"Ref": f"{self.name}-{logical_id}"}
            properties = self._intrinsics.properties(logical_id)
            makers = {
                "AWS::DynamoDB::Table": self._table,
                "AWS::SQS::Queue": self._queue,
                "AWS::KMS::Key": self._key,
                "AWS::S3::Bucket": self._bucket,
            }
            make = makers[kind]
            self._made[logical_id] = make(logical_id, properties)
        return self._made[logical_id]

    def _table(self, logical_id: str, _: Mapping[str, Any]) -> dict[str, str]:
        name = f"{self.name}-{logical_id}"
        self._aws.dynamo.tables[name] = FakeDynamo(self._clock)
        return {"Ref": name, "Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}

    def _key(self, logical_id: str, properties: Mapping[str, Any]) -> dict[str, str]:
        wanted = {name: properties[name] for name in ("KeySpec", "KeyUsage")}
        with patch("moto.kms.utils.rsa.generate_private_key", _rsa_key):
            made = self._clients["kms"].create_key(**wanted)["KeyMetadata"]
        return {"Ref": made["KeyId"], "Arn": made["Arn"]}

    def _bucket(self, logical_id: str, properties: Mapping[str, Any]) -> dict[str, str]:
        name = f"{self.name}-{logical_id}".lower()
        create_bucket(self._clients["s3"], name, REGION)
        follow_settings(self._clients["s3"], name, properties)
        return {"Ref": name, "Arn": f"arn:aws:s3:::{name}"}

    def _queue(self, logical_id: str, properties: Mapping[str, Any]) -> dict[str, str]:
        wanted = {"VisibilityTimeout": str(properties.get("VisibilityTimeout", 30))}
        if "RedrivePolicy" in properties:
            wanted["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
        return self._aws.queues.take(logical_id, str(properties["QueueName"]), wanted)


def empty(queue: str) -> None:
    """Lose all messages of a queue; SQS itself does that at most once a minute."""
    found = sqs_backends[ACCOUNT][REGION].queues[queue]
    found._messages = []
    found.pending_messages.clear()
    found.pending_message_groups.clear()
    found.deleted_messages.clear()


class QueuePool:
    """Queues that deployments use one after the other: making them takes longer than most tests."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self._free: dict[str, list[dict[str, str]]] = {}

    def take(self, logical_id: str, name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """An empty queue."""
        if self._free.get(logical_id):
            return self._free[logical_id].pop()
        url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return {"Ref": url, "QueueUrl": url, "QueueName": name, "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}

    def give_back(self, logical_id: str, queue: dict[str, str]) -> None:
        """Empty a queue for the next one."""
        empty(queue["QueueName"])
        self._free.setdefault(logical_id, []).append(queue)
