"""Permissions as values: what a function's statements grant, and what one call of AWS needs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.template import Function, strings

_LEADING_KEYS = {"ForAllValues:StringLike"}
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, order=True)
class Grant:
    """An action on a resource by its logical id (an index, ``Secrets``), bound to leading keys of a pattern, or not."""

    action: str
    resource: str
    keys: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" where {self.keys}" if self.keys else "")


@dataclass(frozen=True)
class Need:
    """What a call needs: an action on a resource, of items with these partition keys."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def under(self, grants: set[Grant]) -> Grant:
        """The grant that it falls under: one bound to its keys, where there is one, else one that is not bound."""
        for grant in sorted(grants):
            same = (grant.action, grant.resource) == (self.action, self.resource)
            if same and grant.keys and self.keys and all(_like(key, grant.keys) for key in self.keys):
                return grant
        return Grant(self.action, self.resource)


def granted(function: Function) -> set[Grant]:
    """What a function's statements grant, but for calls of other functions, which the walk makes in its process."""
    found = set()
    for statement in function.statements:
        if statement["Action"] == ["lambda:InvokeFunction"]:
            continue
        for resource in _listed(statement["Resource"]):
            (text,) = strings(resource)
            name = "Secrets" if ":secret:" in text else text.replace("${", "").replace("}", "").replace(".Arn", "")
            found |= {
                Grant(action, name, pattern) for action in statement["Action"] for pattern in _patterns(statement)
            }
    return found


def denied(function: Function, need: Need) -> bool:
    """Whether a statement of a function denies what a call needs, whatever else grants it.

    A denial bound to leading keys holds where any key of the call is like one of its patterns (``ForAnyValue``). A
    batch is one need with all its keys, an item of a transaction is a need of its own. An index has partition keys of
    its own, which a denial of the table does not meet.
    """
    for statement in function.denied:
        if not any(_like(need.action, each) for each in _listed(statement["Action"])):
            continue
        condition = statement["Condition"]
        assert condition.keys() == {"ForAnyValue:StringLike"}, f"this condition is not judged here: {condition}"
        patterns = condition["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]
        resources = {each for resource in _listed(statement["Resource"]) for each in strings(resource)}
        if f"{need.resource}.Arn" in resources and any(
            _like(key, pattern) for key in need.keys for pattern in patterns
        ):
            return True
    return False


def allowed(function: Function, need: Need) -> bool:
    """Whether a function may do what a call needs: something grants it, and nothing denies it."""
    return need.under(granted(function)) in granted(function) and not denied(function, need)


def needed(service: str, operation: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> list[Need]:
    """What one call needs; ``names`` are the logical ids of tables, queues and keys by what they are called."""
    if service == "sqs":
        return [Need(f"sqs:{operation.removesuffix('Batch')}", names[parameters["QueueUrl"]])]
    if service == "secretsmanager":
        return [Need(f"{service}:{operation}", "Secrets")]
    if service == "s3":
        return [Need(f"s3:{each}", resource) for each, resource in _of_s3(operation, parameters, names)]
    if service != "dynamodb":
        return [Need(f"{service}:{operation}", names[parameters["KeyId"]])]
    if operation == "TransactWriteItems":
        return [
            Need(f"dynamodb:{_WRITES[kind]}", names[write["TableName"]], (_partition(write),))
            for item in parameters["TransactItems"]
            for kind, write in item.items()
        ]
    if operation.startswith("Batch"):
        return [
            Need(f"dynamodb:{operation}", names[table], tuple(_partitions(asked)))
            for table, asked in parameters["RequestItems"].items()
        ]
    table = names[parameters["TableName"]]
    index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
    return [Need(f"dynamodb:{operation}", f"{table}{index}", (_partition(parameters),))]


def _of_s3(operation: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a call of S3 needs, of the bucket or of what lies in it."""
    bucket = names[parameters["Bucket"]]
    if operation == "ListObjectVersions":
        yield "ListBucketVersions", bucket
    else:
        version = "Version" if "VersionId" in parameters else ""
        yield f"{operation.replace('Head', 'Get')}{version}", f"{bucket}/*"


def _patterns(statement: Mapping[str, Any]) -> list[str]:
    condition = statement.get("Condition")
    if condition is None:
        return [""]
    assert condition.keys() == _LEADING_KEYS, f"this condition is not judged here: {condition}"
    patterns: list[str] = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    return patterns


def _partition(asked: Mapping[str, Any]) -> str:
    if "KeyConditionExpression" in asked:
        name = re.match(r"\S+ = (:\w+)", asked["KeyConditionExpression"])
        assert name, asked["KeyConditionExpression"]
        return str(asked["ExpressionAttributeValues"][name[1]]["S"])
    return str((asked.get("Key") or asked["Item"])["pk"]["S"])


def _partitions(asked: Any) -> Iterator[str]:
    if isinstance(asked, dict):
        yield from (key["pk"]["S"] for key in asked["Keys"])
    else:
        yield from (_partition(write) for each in asked for write in each.values())


def _like(key: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), key) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
