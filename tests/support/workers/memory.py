"""A deployment over the table and queues of the simulation: nothing leaves the process, and each run has a copy."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from interactor.sandbox import Sandbox
from local.intrinsics import Intrinsics, parameter_values
from tests.support import events
from tests.support.memory.dynamo import FakeDynamo
from tests.support.template import template
from tests.support.workers.place import Place, Worker, variables_of

_PSEUDO = {
    "AWS::StackName": "memory",
    "AWS::Region": events.REGION,
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


class _Names:
    """What resources are called where nothing is made: by their logical ids."""

    def reference(self, logical_id: str) -> str:
        return logical_id

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{logical_id}.{name}"


class _OpenSeals:
    """Stands for KMS: what it seals is as it was, and every MAC is the same."""

    def generate_mac(self, **_: Any) -> Any:
        return {"Mac": bytes(32)}

    def encrypt(self, *, Plaintext: bytes, **_: Any) -> Any:  # noqa: N803 - boto3's names
        return {"CiphertextBlob": Plaintext}

    def decrypt(self, *, CiphertextBlob: bytes, **_: Any) -> Any:  # noqa: N803 - boto3's names
        return {"Plaintext": CiphertextBlob}


@dataclass
class MemoryPlace(Place):
    """A deployment in memory. Function modules are loaded once for all its workers: they keep nothing themselves."""

    handlers: dict[str, Callable[[Any, Any], Any]] = field(default_factory=dict)

    @classmethod
    def begin(cls, sandbox: Sandbox) -> "MemoryPlace":
        """An empty deployment, with the variables that the template declares."""
        clients = {"dynamodb": FakeDynamo(), "kms": _OpenSeals(), "sqs": SimpleNamespace(), "s3": SimpleNamespace()}
        names = _Names()
        intrinsics = Intrinsics(template(), parameter_values(template(), {}), _PSEUDO, names)
        return cls(clients, sandbox, variables_of(intrinsics))

    @property
    def dynamodb(self) -> FakeDynamo:
        """The table."""
        held: FakeDynamo = self.clients["dynamodb"]
        return held

    def copied(self) -> "MemoryPlace":
        """Another deployment that has everything that is stored here."""
        clients = {**self.clients, "dynamodb": copy.deepcopy(self.dynamodb)}
        return MemoryPlace(clients, self.sandbox, self.environment, self.handlers)

    def scan(self) -> list[dict[str, Any]]:
        """As ``Place.scan``."""
        return sorted(self.dynamodb.everything(), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def worker(self, *given: Any, **variables: Any) -> Worker:
        """As ``Place.worker``."""
        made = super().worker(*given, **variables)
        made.handlers = self.handlers
        return made
